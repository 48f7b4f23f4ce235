//! A real OpenLDAP directory per test: `ldap://` and `ldaps://` on loopback ports, `memberOf` kept by the server, a service account that may read all.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use super::certificates::{self, Files, Flaw};
use super::janitor::{self, Server};
use super::ldap_tools::LdapTools;
use super::{accepts, free_port, succeed, wait_until};

/// The directory's base; people are below `ou=people`, groups below `ou=groups`.
pub(crate) const BASE: &str = "dc=example,dc=org";
/// Who may read all entries and page through them without limit.
pub(crate) const SERVICE_DN: &str = "cn=muster,dc=example,dc=org";
/// The service account's password.
pub(crate) const SERVICE_PASSWORD: &str = "opensesame-slapd";
const ADMIN_DN: &str = "cn=admin,dc=example,dc=org";
const ADMIN_PASSWORD: &str = "opensesame-slapd-admin";

/// What a directory has besides what every one has: `memberOf`, the change log of RFC 4533 (`syncprov`), a size limit of 500 entries that does not count
/// for the service account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// What is wrong with the server's certificate.
    pub(crate) flaw: Flaw,
    /// Ask for client certificates and take `cn=<name>` for `cn=<name>,dc=example,dc=org` (SASL EXTERNAL).
    pub(crate) client_certificates: bool,
    /// Take nobody over TLS who has no client certificate; implies `client_certificates`.
    pub(crate) insists_on_certificates: bool,
    /// Listen at [`Slapd::socket_url`] too, and take every process there for the service account (SASL EXTERNAL).
    pub(crate) socket: bool,
    /// Members follow when an entry is renamed, and go when it is deleted.
    pub(crate) referential_integrity: bool,
    /// An account is locked at the third wrong password (`pwdAccountLockedTime`).
    pub(crate) password_policy: bool,
    /// The number of entries anybody gets who has no limit of their own, instead of 500.
    pub(crate) size_limit: Option<u32>,
    /// Limits that come before the service account's own (slapd.conf(5), `limits`), such as `dn.exact="cn=muster,dc=example,dc=org" size.pr=50`.
    pub(crate) limits: Vec<String>,
    /// Access rules (slapd.access(5)) that come before the usual ones.
    pub(crate) access: Vec<String>,
    /// Without `syncprov`, and with nobody but the administrator allowed to read: what is missing is put in with [`Slapd::configuration_tools`].
    pub(crate) unprepared: bool,
    /// Listen at `[::1]` too, under [`Slapd::six_url`] and [`Slapd::six_tls_url`], with that address in the certificate.
    pub(crate) six: bool,
    /// How many deletions the change log holds, instead of 10,000.
    pub(crate) session_log: Option<u32>,
    /// Further bases, such as `dc=north,dc=org`, with `ou=people` and `ou=groups`. The administrator and the service account are the same.
    pub(crate) more_bases: Vec<String>,
}

/// A running (or stopped) slapd, gone with all its files when dropped.
#[derive(Debug)]
pub(crate) struct Slapd {
    server: Option<Server>,
    port: u16,
    tls_port: u16,
    socket: bool,
    six: bool,
    certificates: Files,
    directory: TempDir,
}

impl Slapd {
    /// A directory with its base, `ou=people`, `ou=groups`, the service account and the entries of `ldif`.
    ///
    /// They are loaded before the server starts: fast also for 100,000, but `memberOf` is only kept for groups added with [`Slapd::tools`] later.
    pub(crate) async fn start(ldif: &str) -> Self {
        Self::start_with(&Options::default(), ldif).await
    }

    /// [`Slapd::start`] with more.
    pub(crate) async fn start_with(options: &Options, ldif: &str) -> Self {
        let directory = janitor::directory("slapd");
        let certificates = certificates::issue_flawed(directory.path(), names(options.six), options.flaw);
        std::fs::write(directory.path().join("slapd.conf"), configuration(&directory, &certificates, options)).expect("own directory");
        let mut slapd = Self { server: None, port: 0, tls_port: 0, socket: options.socket, six: options.six, certificates, directory };
        let policy = if options.password_policy { POLICY } else { "" };
        for number in 0..=options.more_bases.len() {
            std::fs::create_dir(slapd.file(&format!("db{number}"))).expect("own directory");
        }
        slapd.load(BASE, &format!("{}\n{policy}\n{ldif}", skeleton())).await;
        for base in &options.more_bases {
            slapd.load(base, &units(base)).await;
        }
        for _ in 0..3 {
            (slapd.port, slapd.tls_port) = (free_port(), free_port());
            if slapd.listen().await {
                return slapd;
            }
        }
        panic!("slapd found no free ports in three tries");
    }

    /// `ldap://127.0.0.1:…`
    pub(crate) fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// `ldaps://localhost:…`, with a certificate for `localhost` and `127.0.0.1` by [`Slapd::authority`].
    pub(crate) fn tls_url(&self) -> String {
        format!("ldaps://localhost:{}", self.tls_port)
    }

    /// `ldap://[::1]:…`
    pub(crate) fn six_url(&self) -> String {
        assert!(self.six, "this slapd was started without IPv6");
        format!("ldap://[::1]:{}", self.port)
    }

    /// `ldaps://[::1]:…`
    pub(crate) fn six_tls_url(&self) -> String {
        assert!(self.six, "this slapd was started without IPv6");
        format!("ldaps://[::1]:{}", self.tls_port)
    }

    /// Puts another key and certificate in place of the present ones, and starts the server again with them.
    pub(crate) async fn renew_certificate(&mut self, flaw: Flaw) {
        self.certificates = certificates::issue_flawed(self.directory.path(), names(self.six), flaw);
        self.stop().await;
        self.start_again().await;
    }

    /// `ldapi://…`, a Unix socket in the server's folder.
    pub(crate) fn socket_url(&self) -> String {
        assert!(self.socket, "this slapd was started without a socket");
        format!("ldapi://{}", self.file("ldapi").to_str().expect("a plain path").replace('/', "%2F"))
    }

    /// Where the server's files are; for further files of a test.
    pub(crate) fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// The PEM file of the authority that signed the server's certificate.
    pub(crate) fn authority(&self) -> &std::path::Path {
        &self.certificates.authority
    }

    /// Changes entries as the directory's administrator.
    pub(crate) fn tools(&self) -> LdapTools {
        LdapTools { url: self.url(), bind_dn: ADMIN_DN.to_owned(), password: ADMIN_PASSWORD.to_owned() }
    }

    /// Changes the server's own configuration (`cn=config`) while it runs. What is changed there is gone when it starts again.
    pub(crate) fn configuration_tools(&self) -> LdapTools {
        LdapTools { bind_dn: "cn=config".to_owned(), ..self.tools() }
    }

    /// Unplugs the directory: connections break, new ones are refused.
    pub(crate) async fn stop(&mut self) {
        let mut server = self.server.take().expect("slapd is running");
        server.end(Signal::TERM).await;
    }

    /// Makes the directory take its time: it answers nobody until [`thaw`](Self::thaw).
    pub(crate) fn freeze(&self) {
        self.server.as_ref().expect("slapd is running").signal(Signal::STOP);
    }

    /// Lets a frozen directory go on.
    pub(crate) fn thaw(&self) {
        self.server.as_ref().expect("slapd is running").signal(Signal::CONT);
    }

    /// Plugs the directory in again, on the same ports with the same entries.
    pub(crate) async fn start_again(&mut self) {
        assert!(self.server.is_none(), "slapd is already running");
        assert!(self.listen().await, "slapd's ports were taken while it was stopped");
    }

    /// Fills one database before the server starts.
    async fn load(&self, base: &str, ldif: &str) {
        let mut load = Command::new("slapadd");
        load.env("PATH", PATH).args(["-q", "-b", base, "-f"]).arg(self.file("slapd.conf"));
        succeed(load, ldif).await;
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Whether the server came up; it does not when a port has been taken.
    async fn listen(&mut self) -> bool {
        let mut command = Command::new("slapd");
        let socket = if self.socket { self.socket_url() } else { String::new() };
        let six = if self.six { format!("{}/ {}/", self.six_url(), self.six_tls_url()) } else { String::new() };
        command.env("PATH", PATH).args(["-d", "none", "-h", &format!("{}/ ldaps://127.0.0.1:{}/ {six} {socket}", self.url(), self.tls_port), "-f"]);
        command.arg(self.file("slapd.conf"));
        let mut server = Server::start(command, &self.file("log"), "TERM");
        let addresses = [self.port, self.tls_port].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        wait_until("slapd to accept connections or to give up", async || {
            server.ended().is_some() || (server.log().contains("slapd starting") && accepts(addresses[0]).await && accepts(addresses[1]).await)
        })
        .await;
        match server.ended() {
            None => self.server = Some(server),
            Some(_) if server.log().contains("Address already in use") => {}
            Some(status) => panic!("slapd did not start: {status}\n{}", server.log()),
        }
        self.server.is_some()
    }
}

const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// The names in the certificate.
const fn names(six: bool) -> &'static [&'static str] {
    if six { &["localhost", "127.0.0.1", "::1"] } else { &["localhost", "127.0.0.1"] }
}

/// A policy for everybody.
const POLICY: &str = "dn: cn=policy,dc=example,dc=org\nobjectClass: organizationalRole\nobjectClass: pwdPolicy\ncn: policy\npwdAttribute: userPassword\n\
                      pwdLockout: TRUE\npwdMaxFailure: 3\n";

fn configuration(directory: &TempDir, certificates: &Files, options: &Options) -> String {
    let at = directory.path().display();
    let Files { authority, certificate, key } = certificates;
    let (authority, certificate, key) = (authority.display(), certificate.display(), key.display());
    let mut text = format!(
        r#"include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
moduleload refint
pidfile {at}/pid
argsfile {at}/args
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
sizelimit {}
sockbuf_max_incoming_auth 200000000
threads 4
"#,
        options.size_limit.unwrap_or(500)
    );
    if options.client_certificates || options.insists_on_certificates {
        let verify = if options.insists_on_certificates { "demand" } else { "try" };
        text += &format!("TLSVerifyClient {verify}\nauthz-regexp \"^cn=([^,]+)$\" \"cn=$1,{BASE}\"\n");
    }
    if options.socket {
        text += &format!("authz-regexp \"^gidNumber=[0-9]+[+]uidNumber=[0-9]+,cn=peercred,cn=external,cn=auth$\" \"{SERVICE_DN}\"\n");
    }
    if options.unprepared {
        text += &format!("database config\nrootdn \"cn=config\"\nrootpw {ADMIN_PASSWORD}\n");
    } else {
        text += "moduleload syncprov\n";
    }
    text += &database(&format!("{at}/db0"), BASE, options);
    if !options.unprepared {
        text += &format!("overlay syncprov\nsyncprov-sessionlog {}\n", options.session_log.unwrap_or(10_000));
    }
    text += "overlay memberof\n";
    if options.referential_integrity {
        text += "overlay refint\nrefint_attributes member\n";
    }
    if options.password_policy {
        text += &format!("overlay ppolicy\nppolicy_default \"cn=policy,{BASE}\"\n");
    }
    for (number, base) in options.more_bases.iter().enumerate() {
        text += &database(&format!("{at}/db{}", number + 1), base, options);
    }
    text
}

fn database(directory: &str, base: &str, options: &Options) -> String {
    let lines = |name: &str, lines: &[String]| lines.iter().map(|line| format!("{name} {line}\n")).collect::<String>();
    // Only one database can hold the administrator's own password; the others know them by name.
    let password = if base == BASE { format!("rootpw {ADMIN_PASSWORD}\n") } else { String::new() };
    let (limits, mut access) = (lines("limits", &options.limits), lines("access", &options.access));
    if options.unprepared {
        access += "access to attrs=userPassword by self write by anonymous auth by * none\naccess to * by * none\n";
    }
    format!(
        r#"database mdb
maxsize 2147483648
suffix "{base}"
rootdn "{ADMIN_DN}"
{password}directory {directory}
dbnosync
index objectClass,uid,mail,member,memberUid,entryUUID,entryCSN eq
{limits}limits dn.exact="{SERVICE_DN}" size.soft=unlimited size.hard=unlimited size.pr=1000 size.prtotal=unlimited time=unlimited
{access}access to attrs=userPassword by self write by anonymous auth by * none
access to * by dn.exact="{SERVICE_DN}" read by users read by * none
"#
    )
}

fn skeleton() -> String {
    format!(
        "{}dn: {SERVICE_DN}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: muster\nuserPassword: {SERVICE_PASSWORD}\n",
        units(BASE)
    )
}

/// The base `dc=…` and its two units.
fn units(base: &str) -> String {
    let unit = |name: &str| format!("dn: ou={name},{base}\nobjectClass: organizationalUnit\nou: {name}\n\n");
    let name = base.split([',', '=']).nth(1).expect("a base that begins with dc=");
    format!("dn: {base}\nobjectClass: dcObject\nobjectClass: organization\ndc: {name}\no: Example\n\n{}{}", unit("people"), unit("groups"))
}

/// The DN of a person made by [`person`] or [`organisation`].
pub(crate) fn person_dn(uid: &str) -> String {
    format!("uid={uid},ou=people,{BASE}")
}

/// The LDIF of one person with given name, surname and e-mail address.
pub(crate) fn person(uid: &str, given_name: &str, surname: &str) -> String {
    format!(
        "dn: {}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {given_name} {surname}\ngivenName: {given_name}\nsn: {surname}\n\
         mail: {uid}@example.org\n\n",
        person_dn(uid)
    )
}

/// The LDIF of one group of people named by uid; a `groupOfNames` cannot be empty.
pub(crate) fn group(name: &str, uids: &[&str]) -> String {
    assert!(!uids.is_empty(), "a groupOfNames has at least one member");
    let mut ldif = format!("dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n");
    for uid in uids {
        writeln!(ldif, "member: {}", person_dn(uid)).expect("a string takes all text");
    }
    ldif + "\n"
}

/// The LDIF of `people` persons (`person000001`, …) spread evenly over `groups` groups (`team0001`, …).
pub(crate) fn organisation(people: usize, groups: usize) -> String {
    let uid = |number: usize| format!("person{number:06}");
    let mut ldif: String = (1..=people).map(|number| person(&uid(number), "Person", &format!("Number{number:06}"))).collect();
    for team in 1..=groups {
        let uids: Vec<String> = (1..=people).filter(|number| number % groups == team % groups).map(uid).collect();
        ldif += &group(&format!("team{team:04}"), &uids.iter().map(String::as_str).collect::<Vec<_>>());
    }
    ldif
}

/// The LDIF of a large organisation: `people` persons (`person000001`, …), a group for every twenty of them and three memberships for every two people.
/// Three groups (`large1`, …) have a fifth of all people each, the others (`team0001`, …) share the rest evenly. 100,000 people make 5,000 groups with
/// 150,000 memberships, three of 20,000.
pub(crate) fn large_organisation(people: usize) -> String {
    const LARGE: usize = 3;
    let uid = |number: usize| format!("person{:06}", (number - 1) % people + 1);
    let mut ldif: String = (1..=people).map(|number| person(&uid(number), "Person", &format!("Number{number:06}"))).collect();
    let mut add = |name: String, first: usize, count: usize| {
        let uids: Vec<String> = (first..first + count).map(uid).collect();
        ldif += &group(&name, &uids.iter().map(String::as_str).collect::<Vec<_>>());
    };
    let fifth = people / 5;
    for number in 1..=LARGE {
        add(format!("large{number}"), number * fifth, fifth);
    }
    let (teams, rest) = (people / 20 - LARGE, people * 3 / 2 - LARGE * fifth);
    for team in 0..teams {
        let (first, next) = (rest * team / teams, rest * (team + 1) / teams);
        add(format!("team{:04}", team + 1), first + 1, next - first);
    }
    ldif
}
