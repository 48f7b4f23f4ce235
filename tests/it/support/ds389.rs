//! A real 389 Directory Server per test: `ldap://` with StartTLS and `ldaps://` on loopback ports, `memberOf`, account locks, `entryUUID` and `nsUniqueId`,
//! persistent search and content synchronisation.
//!
//! Setting one up takes seconds and needs root, so it is done once and kept as an archive in cargo's temporary folder; each test unpacks its own copy. The
//! set-up tool takes every path from a file of defaults, which here all lead into the temporary folder: nothing is written outside.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::certificates::{self, Files};
use super::janitor::{self, Server};
use super::ldap_tools::LdapTools;
use super::{accepts, free_port, output, random_name, succeed, wait_until};

/// The directory's base; people are below `ou=people`, groups below `ou=groups`, as in [`super::slapd`], whose LDIF helpers do here as well.
pub(crate) const BASE: &str = "dc=example,dc=org";
/// Who may read all people and groups.
pub(crate) const SERVICE_DN: &str = "cn=muster,dc=example,dc=org";
/// The service account's password.
pub(crate) const SERVICE_PASSWORD: &str = "opensesame-389ds";
const ADMIN_DN: &str = "cn=Directory Manager";
const ADMIN_PASSWORD: &str = "opensesame-389ds-admin";
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
/// The package's own paths.
const DEFAULTS: &str = "/usr/share/dirsrv/inf/defaults.inf";
/// What stands in the archive for the folder it is unpacked into.
const HERE: &str = "@HERE@";

/// A running server, gone with all its files when dropped.
#[derive(Debug)]
pub(crate) struct Ds389 {
    server: Option<Server>,
    port: u16,
    tls_port: u16,
    certificates: Files,
    directory: TempDir,
}

impl Ds389 {
    /// A directory with its base, `ou=people`, `ou=groups`, the service account and the entries of `ldif`, added one by one (a few hundred at most).
    pub(crate) async fn start(ldif: &str) -> Self {
        assert!(rustix::process::geteuid().is_root(), "a 389 Directory Server is set up by root: run scripts/test");
        static ARCHIVE: OnceCell<PathBuf> = OnceCell::const_new();
        let archive = ARCHIVE.get_or_init(set_up).await;
        let directory = janitor::directory("ds389");
        let mut unpack = Command::new("tar");
        unpack.env("PATH", PATH).arg("-xzf").arg(archive).arg("-C").arg(directory.path());
        succeed(unpack, "").await;
        let certificates = certificates::issue(directory.path(), &["localhost", "127.0.0.1"]);
        let mut ds389 = Self { server: None, port: 0, tls_port: 0, certificates, directory };
        ds389.take_certificate().await;
        let fresh = std::fs::read_to_string(ds389.configuration().join("dse.ldif")).expect("own file");
        for _ in 0..3 {
            (ds389.port, ds389.tls_port) = (free_port(), free_port());
            let configured = configured(&fresh, ds389.directory.path(), ds389.port, ds389.tls_port);
            std::fs::write(ds389.configuration().join("dse.ldif"), configured).expect("own file");
            if ds389.listen().await {
                ds389.tools().add(&skeleton()).await;
                ds389.tools().modify(&RIGHT.replace("{}", SERVICE_DN)).await;
                if !ldif.is_empty() {
                    ds389.tools().add(ldif).await;
                }
                return ds389;
            }
        }
        panic!("389 Directory Server found no free ports in three tries");
    }

    /// `ldap://127.0.0.1:…`, with StartTLS.
    pub(crate) fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// `ldaps://127.0.0.1:…`, with a certificate for `localhost` and `127.0.0.1` by [`Ds389::authority`].
    pub(crate) fn tls_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }

    /// The PEM file of the authority that signed the server's certificate.
    pub(crate) fn authority(&self) -> &Path {
        &self.certificates.authority
    }

    /// Changes entries as the directory's administrator.
    pub(crate) fn tools(&self) -> LdapTools {
        LdapTools { url: self.url(), bind_dn: ADMIN_DN.to_owned(), password: ADMIN_PASSWORD.to_owned() }
    }

    /// Runs a shell script on the server's machine, in which `dsidm -b <base> <instance>` finds this server and knows the administrator's password.
    pub(crate) async fn at_the_server(&self, script: &str) {
        let mut shell = Command::new("sh");
        shell.env_clear().env("PATH", PATH).env("HOME", self.directory.path());
        let dsidm = format!("dsidm() {{ shift 3; command dsidm -D '{ADMIN_DN}' -w '{ADMIN_PASSWORD}' -b '{BASE}' '{}' \"$@\"; }}", self.url());
        succeed(shell, &format!("set -e\n{dsidm}\n{script}")).await;
    }

    /// Locks or unlocks an account (`nsAccountLock`).
    pub(crate) async fn set_locked(&self, dn: &str, locked: bool) {
        let change = if locked { "replace: nsAccountLock\nnsAccountLock: true" } else { "delete: nsAccountLock" };
        self.tools().modify(&format!("dn: {dn}\nchangetype: modify\n{change}\n")).await;
    }

    /// Unplugs the directory: connections break, new ones are refused.
    pub(crate) async fn stop(&mut self) {
        let mut server = self.server.take().expect("the server is running");
        server.end(Signal::TERM).await;
    }

    /// Plugs the directory in again, on the same ports with the same entries.
    pub(crate) async fn start_again(&mut self) {
        assert!(self.server.is_none(), "the server is already running");
        assert!(self.listen().await, "the server's ports were taken while it was stopped");
    }

    /// Stops the server, writes everybody down as they are, and starts it again; gives the file for [`Ds389::restore`].
    pub(crate) async fn back_up(&mut self) -> PathBuf {
        let file = self.directory.path().join("backup.ldif");
        self.stop().await;
        self.offline("db2ldif", "-a", &file).await;
        self.start_again().await;
        file
    }

    /// Puts everything back as it was: deleted entries have the `nsUniqueId` they had.
    pub(crate) async fn restore(&mut self, backup: &Path) {
        self.stop().await;
        self.offline("ldif2db", "-i", backup).await;
        self.start_again().await;
    }

    async fn offline(&self, what: &str, option: &str, file: &Path) {
        let mut command = Command::new("ns-slapd");
        command.env("PATH", PATH).args([what, "-n", "userroot", option]).arg(file).arg("-D").arg(self.configuration());
        succeed(command, "").await;
    }

    fn configuration(&self) -> PathBuf {
        self.directory.path().join("etc/dirsrv/slapd-muster")
    }

    /// Puts certificate and key of this run into the server's own store (NSS).
    async fn take_certificate(&self) {
        let (at, store) = (self.directory.path(), format!("sql:{}", self.configuration().display()));
        let secret = self.configuration().join("pwdfile.txt");
        let bundle = at.join("server.p12");
        let mut pack = Command::new("openssl");
        pack.args(["pkcs12", "-export", "-name", "Server-Cert", "-passout", "pass:x", "-inkey"]).arg(&self.certificates.key);
        pack.arg("-in").arg(&self.certificates.certificate).arg("-out").arg(&bundle);
        succeed(pack, "").await;
        let mut import = Command::new("pk12util");
        import.args(["-W", "x", "-d", &store, "-i"]).arg(&bundle).arg("-k").arg(&secret);
        succeed(import, "").await;
        let mut trust = Command::new("certutil");
        trust.args(["-A", "-n", "authority", "-t", "CT,,", "-d", &store, "-a", "-i"]).arg(self.authority()).arg("-f").arg(&secret);
        succeed(trust, "").await;
    }

    /// Whether the server came up; it does not when a port has been taken.
    async fn listen(&mut self) -> bool {
        let (at, errors) = (self.directory.path(), self.directory.path().join("var/log/dirsrv/slapd-muster/errors"));
        std::fs::remove_file(&errors).ok();
        let mut command = Command::new("ns-slapd");
        command.env("PATH", PATH).arg("-D").arg(self.configuration()).arg("-i").arg(at.join("pid")).args(["-d", "0"]);
        let mut server = Server::start(command, &at.join("log"), "TERM");
        let addresses = [self.port, self.tls_port].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        wait_until("389 Directory Server to accept connections or to give up", async || {
            server.ended().is_some() || (accepts(addresses[0]).await && accepts(addresses[1]).await)
        })
        .await;
        let log = || server.log() + &std::fs::read_to_string(&errors).unwrap_or_default();
        let said = log();
        match server.ended() {
            None => self.server = Some(server),
            Some(_) if said.contains("Address already in use") || said.contains("-5982") => {}
            Some(status) => panic!("389 Directory Server did not start: {status}\n{said}"),
        }
        self.server.is_some()
    }
}

/// The archive of an untouched server, made by an earlier run or now.
async fn set_up() -> PathBuf {
    let mut ask = Command::new("ns-slapd");
    ask.env("PATH", PATH).arg("-v");
    // It says what it is and exits with 1.
    let said = String::from_utf8_lossy(&output(ask, "").await.stdout).into_owned();
    let version: String = said.lines().nth(1).unwrap_or("389-Directory").replace([' ', '/'], "-");
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{version}.tar.gz"));
    if kept.exists() {
        return kept;
    }
    let directory = janitor::directory("ds389-set-up");
    let target = directory.path().join("server");
    let prefix = directory.path().join("prefix");
    for folder in ["etc/dirsrv", "etc/default", "run/dirsrv", "run/lock/dirsrv", "var/lib/dirsrv", "var/log/dirsrv", "tmp", "usr/lib"] {
        std::fs::create_dir_all(target.join(folder)).expect("own directory");
    }
    std::fs::create_dir_all(prefix.join("share/dirsrv/inf")).expect("own directory");
    let packaged =
        std::fs::read_to_string(DEFAULTS).unwrap_or_else(|error| panic!("{DEFAULTS}: {error} (scripts/test installs what the tests need)"));
    std::fs::write(prefix.join("share/dirsrv/inf/defaults.inf"), defaults(&packaged, &target)).expect("own directory");
    let wishes = directory.path().join("wishes.inf");
    std::fs::write(&wishes, wishes_of(free_port())).expect("own directory");
    let mut create = Command::new("dscreate");
    create.env("PATH", PATH).env("PREFIX", &prefix).current_dir(directory.path()).arg("from-file").arg(&wishes);
    succeed(create, "").await;
    clean_for_keeping(&target);
    // Written beside its place and moved there, so that a run at the same time never sees half of it.
    let fresh = kept.with_extension(random_name());
    let mut pack = Command::new("tar");
    pack.env("PATH", PATH).arg("-czf").arg(&fresh).arg("-C").arg(&target).arg("--exclude=*.socket").arg(".");
    succeed(pack, "").await;
    std::fs::rename(&fresh, &kept).expect("both in cargo's temporary folder");
    kept
}

/// The package's paths, all below `target` save those that are only read; no systemd, no user of its own.
fn defaults(packaged: &str, target: &Path) -> String {
    const READ_ONLY: [&str; 8] = ["prefix", "bin_dir", "sbin_dir", "lib_dir", "data_dir", "sysconf_dir", "plugin_dir", "system_schema_dir"];
    let line = |line: &str| match line.split_once(" = ") {
        Some(("with_systemd", _)) => "with_systemd = 0\n".to_owned(),
        Some((name @ ("user" | "group"), _)) => format!("{name} = root\n"),
        Some((name, path)) if path.starts_with('/') && !READ_ONLY.contains(&name) => {
            // Unlike most of these a plain `/usr/lib/x86_64-linux-gnu/dirsrv` is not there yet.
            let path = if name == "inst_dir" { "/usr/lib/{instance_name}" } else { path };
            format!("{name} = {}{path}\n", target.display())
        }
        _ => format!("{line}\n"),
    };
    packaged.lines().map(line).collect()
}

fn wishes_of(port: u16) -> String {
    format!(
        "[general]\nconfig_version = 2\nstart = False\nsystemd = False\nfull_machine_name = localhost\nstrict_host_checking = False\nselinux = False\n\
         [slapd]\ninstance_name = muster\nport = {port}\nself_sign_cert = False\nroot_password = {ADMIN_PASSWORD}\nuser = root\ngroup = root\n\
         [backend-userroot]\nsuffix = {BASE}\ncreate_suffix_entry = True\nsample_entries = no\n"
    )
}

/// Takes the folder's name out of the configuration, and away what the server makes anew at every start (a hundred megabytes of cache).
fn clean_for_keeping(target: &Path) {
    let configuration = target.join("etc/dirsrv/slapd-muster");
    // Continued lines become whole ones first, or a path could be cut in two.
    let text = std::fs::read_to_string(configuration.join("dse.ldif")).expect("dscreate wrote it").replace("\n ", "");
    std::fs::write(configuration.join("dse.ldif"), text.replace(target.to_str().expect("a plain path"), HERE)).expect("own file");
    for copy in ["dse.ldif.bak", "dse.ldif.startOK"] {
        std::fs::remove_file(configuration.join(copy)).ok();
    }
    for file in std::fs::read_dir(target.join("var/lib/dirsrv/slapd-muster/db")).expect("dscreate made it") {
        let file = file.expect("own directory");
        if file.file_name().to_string_lossy().starts_with("__db.") {
            std::fs::remove_file(file.path()).expect("own file");
        }
    }
}

/// The server's configuration for a folder and two ports, with the plugins the tests want.
fn configured(fresh: &str, directory: &Path, port: u16, tls_port: u16) -> String {
    const PLUGINS: [&str; 4] = ["MemberOf Plugin", "referential integrity postoperation", "Retro Changelog Plugin", "Content Synchronization"];
    let text = fresh.replace(HERE, directory.to_str().expect("a plain path"));
    let entries = text.split("\n\n").map(|entry| {
        let name = entry.lines().find_map(|line| line.strip_prefix("dn: ")).unwrap_or_default();
        let wanted = PLUGINS.iter().any(|plugin| name == format!("cn={plugin},cn=plugins,cn=config"));
        let mut lines: Vec<String> = entry
            .lines()
            .map(|line| match line.split_once(": ") {
                Some(("nsslapd-port", _)) => format!("nsslapd-port: {port}"),
                Some(("nsslapd-securePort", _)) => format!("nsslapd-securePort: {tls_port}"),
                Some(("nsslapd-ldapilisten", _)) => "nsslapd-ldapilisten: off".to_owned(),
                Some(("nsslapd-pluginEnabled", _)) if wanted => "nsslapd-pluginEnabled: on".to_owned(),
                _ => line.to_owned(),
            })
            .collect();
        let mut also = |line: &str| lines.push(line.to_owned());
        match name {
            "cn=config" => {
                also("nsslapd-security: on");
                also("nsslapd-listenhost: 127.0.0.1");
                also("nsslapd-securelistenhost: 127.0.0.1");
            }
            // Whoever gets into a group may not be allowed the attribute yet.
            "cn=MemberOf Plugin,cn=plugins,cn=config" => also("memberofautoaddoc: nsMemberOf"),
            // Without it content synchronisation sees no changes, ever.
            "cn=Retro Changelog Plugin,cn=plugins,cn=config" => also("nsslapd-attribute: nsuniqueid:targetUniqueId"),
            _ => {}
        }
        lines.join("\n")
    });
    entries.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// Rights are attributes of entries here. Passwords stay out of this one.
const RIGHT: &str = r#"dn: dc=example,dc=org
changetype: modify
add: aci
aci: (targetattr != "userPassword")(version 3.0; acl "service account"; allow (read, search, compare) userdn = "ldap:///{}";)
"#;

fn skeleton() -> String {
    let unit = |name: &str| format!("dn: ou={name},{BASE}\nobjectClass: organizationalUnit\nou: {name}\n\n");
    format!(
        "{}{}dn: {SERVICE_DN}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: muster\nuserPassword: {SERVICE_PASSWORD}\n",
        unit("people"),
        unit("groups"),
    )
}
