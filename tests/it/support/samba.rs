//! A real Active Directory domain controller (Samba) per test.
//!
//! Provisioning takes seconds, so it is done once (and filling one with a crowd too) and kept as an archive in cargo's temporary folder; each test unpacks its own copy. The LDAP ports of a
//! domain controller cannot be chosen, so each takes a loopback address of its own. That, and the ownership of its files, needs root.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::certificates::{self, Files};
use super::janitor::{self, Server};
use super::ldap_tools::{LdapTools, values};
use super::{accepts, random_name, succeed, wait_until};

/// The domain's base; people and groups made here are below `CN=Users`.
pub(crate) const BASE: &str = "DC=corp,DC=example";
/// Who may read and change everything. Samba takes the form `user@domain` as well as a DN.
pub(crate) const ADMIN: &str = "Administrator@corp.example";
/// The administrator's password.
pub(crate) const ADMIN_PASSWORD: &str = "Opensesame-samba-1";
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// `userAccountControl` of a normal account that needs no password (bits `NORMAL_ACCOUNT` and `PASSWD_NOTREQD`).
const ENABLED: &str = "544";
/// The same with `ACCOUNTDISABLE`.
const DISABLED: &str = "546";

/// A running domain controller, gone with all its files when dropped.
#[derive(Debug)]
pub(crate) struct Samba {
    server: Server,
    address: Ipv4Addr,
    certificates: Files,
    directory: TempDir,
}

/// The number of people in the group [`CROWD`] of [`Samba::start_crowded`]: more than the 1,500 values Active Directory sends of an attribute at a time.
pub(crate) const CROWD_SIZE: usize = 1_600;
/// The group they are all in.
pub(crate) const CROWD: &str = "crowd";

/// The archive of an untouched domain.
static UNTOUCHED: OnceCell<PathBuf> = OnceCell::const_new();

impl Samba {
    /// A fresh domain `corp.example`.
    pub(crate) async fn start() -> Self {
        assert!(rustix::process::geteuid().is_root(), "a domain controller listens on port 389, which needs root: run scripts/test");
        Self::start_from(UNTOUCHED.get_or_init(provisioned).await, false).await
    }

    /// A domain that takes passwords over encrypted connections only, as Windows and Samba do unless told otherwise. [`Samba::tools`] cannot be used there.
    pub(crate) async fn start_strict() -> Self {
        Self::start_from(UNTOUCHED.get_or_init(provisioned).await, true).await
    }

    /// A domain with the people `crowd0001` to `crowd1600` and a group of them all. Samba sends its members whole unless asked for a range.
    ///
    /// The first call on a machine takes some twenty seconds; later ones as long as [`Samba::start`].
    pub(crate) async fn start_crowded() -> Self {
        static ARCHIVE: OnceCell<PathBuf> = OnceCell::const_new();
        Self::start_from(ARCHIVE.get_or_init(crowded).await, false).await
    }

    async fn start_from(archive: &Path, strict: bool) -> Self {
        let directory = janitor::directory("samba");
        unpack(archive, directory.path()).await;
        for _ in 0..3 {
            let address = free_address();
            let certificates = certificates::issue(directory.path(), &[&address.to_string(), "dc1.corp.example"]);
            if let Some(server) = listen(directory.path(), address, &certificates, strict).await {
                return Self { server, address, certificates, directory };
            }
        }
        panic!("Samba found no free loopback address in three tries");
    }

    /// `ldap://127.…`; simple binds without TLS are allowed.
    pub(crate) fn url(&self) -> String {
        format!("ldap://{}", self.address)
    }

    /// `ldaps://127.…`, with a certificate for that address by [`Samba::authority`].
    pub(crate) fn tls_url(&self) -> String {
        format!("ldaps://{}", self.address)
    }

    /// The PEM file of the authority that signed the server's certificate.
    pub(crate) fn authority(&self) -> &Path {
        &self.certificates.authority
    }

    /// Changes entries as the domain's administrator.
    pub(crate) fn tools(&self) -> LdapTools {
        LdapTools { url: self.url(), bind_dn: ADMIN.to_owned(), password: ADMIN_PASSWORD.to_owned() }
    }

    /// Adds an enabled person without a password.
    pub(crate) async fn add_user(&self, name: &str, given_name: &str, surname: &str) {
        self.tools().add(&user(name, given_name, surname)).await;
    }

    /// Gives somebody a password, so that they can bind as `<name>@corp.example`.
    pub(crate) async fn set_password(&self, name: &str, password: &str) {
        self.samba_tool(&["user", "setpassword", name, &format!("--newpassword={password}")]).await;
    }

    /// Lets somebody ask what changed (DirSync, which needs "Replicating Directory Changes" on the domain).
    pub(crate) async fn allow_replicating_changes(&self, name: &str) {
        let trustee = format!("--trusteedn={}", user_dn(name));
        self.samba_tool(&["dsacl", "set", &format!("--objectdn={BASE}"), "--action=allow", "--car=get-changes", &trustee]).await;
    }

    /// Works on the domain's files, beside the running server.
    async fn samba_tool(&self, arguments: &[&str]) {
        let at = self.directory.path();
        let mut command = Command::new("samba-tool");
        command.env("PATH", PATH).env("TDB_NO_FSYNC", "1").args(arguments).arg("-s").arg(at.join("smb.conf"));
        command.arg("-H").arg(at.join("private/sam.ldb"));
        succeed(command, "").await;
    }

    /// Adds a global security group.
    pub(crate) async fn add_group(&self, name: &str, members: &[&str]) {
        let members: String = members.iter().map(|member| format!("member: {member}\n")).collect();
        self.tools().add(&format!("dn: {}\nobjectClass: group\nsAMAccountName: {name}\n{members}", user_dn(name))).await;
    }

    /// Puts the entry `member` into a group.
    pub(crate) async fn add_member(&self, group: &str, member: &str) {
        self.tools().modify(&format!("dn: {}\nchangetype: modify\nadd: member\nmember: {member}\n", user_dn(group))).await;
    }

    /// Takes the entry `member` out of a group.
    pub(crate) async fn remove_member(&self, group: &str, member: &str) {
        self.tools().modify(&format!("dn: {}\nchangetype: modify\ndelete: member\nmember: {member}\n", user_dn(group))).await;
    }

    /// Replaces the one value of an attribute.
    pub(crate) async fn set(&self, dn: &str, attribute: &str, value: &str) {
        self.tools().modify(&format!("dn: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n")).await;
    }

    /// Disables or enables an account the way Active Directory's tools do (`userAccountControl`).
    pub(crate) async fn set_disabled(&self, dn: &str, disabled: bool) {
        self.set(dn, "userAccountControl", if disabled { DISABLED } else { ENABLED }).await;
    }

    /// Has an account expire at a time in seconds since 1970, or never.
    pub(crate) async fn set_expiry(&self, dn: &str, at: Option<u64>) {
        // Active Directory counts tenths of microseconds since 1601; 0 is never.
        let expires = at.map_or(0, |seconds| (seconds + 11_644_473_600) * 10_000_000);
        self.set(dn, "accountExpires", &expires.to_string()).await;
    }

    /// Makes a group somebody's primary one: they leave its `member` values, and the one before gets them.
    pub(crate) async fn set_primary_group(&self, user: &str, group: &str) {
        let token = self.tools().search(BASE, &format!("(sAMAccountName={group})"), &["primaryGroupToken"]).await;
        self.set(&user_dn(user), "primaryGroupID", values(&token, "primaryGroupToken")[0]).await;
    }

    /// Deletes somebody's entry, which leaves a tombstone, and gives its `objectGUID` as text for [`Samba::restore`].
    pub(crate) async fn delete(&self, name: &str) -> String {
        use base64::Engine as _;
        let entry = self.tools().search(BASE, &format!("(sAMAccountName={name})"), &["objectGUID"]).await;
        let bytes = base64::engine::general_purpose::STANDARD.decode(values(&entry, "objectGUID")[0]).expect("base64");
        self.tools().delete(&user_dn(name)).await;
        uuid::Uuid::from_bytes_le(bytes.try_into().expect("16 bytes")).to_string()
    }

    /// Brings a deleted person back to their place with the same `objectGUID`, and gives them again what a tombstone loses. Groups do not come back.
    pub(crate) async fn restore(&self, guid: &str, name: &str, given_name: &str, surname: &str) {
        let dn = user_dn(name);
        let tombstone = format!("CN={name}\\0ADEL:{guid},CN=Deleted Objects,{BASE}");
        let change = format!("dn: {tombstone}\nchangetype: modify\ndelete: isDeleted\n-\nreplace: distinguishedName\ndistinguishedName: {dn}\n");
        self.tools().modify_with_control(SHOW_DELETED, &change).await;
        for (attribute, value) in attributes(name, given_name, surname) {
            self.set(&dn, attribute, &value).await;
        }
    }
}

/// The control with which deleted entries can be named (MS-ADTS section 3.1.1.3.4.1.14).
const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";

/// The LDIF of an enabled person without a password.
fn user(name: &str, given_name: &str, surname: &str) -> String {
    let lines: String = attributes(name, given_name, surname).map(|(attribute, value)| format!("{attribute}: {value}\n")).concat();
    format!("dn: {}\nobjectClass: user\nsAMAccountName: {name}\n{lines}\n", user_dn(name))
}

fn attributes(name: &str, given_name: &str, surname: &str) -> [(&'static str, String); 6] {
    [
        ("userPrincipalName", format!("{name}@corp.example")),
        ("givenName", given_name.to_owned()),
        ("sn", surname.to_owned()),
        ("displayName", format!("{given_name} {surname}")),
        ("mail", format!("{name}@corp.example")),
        ("userAccountControl", ENABLED.to_owned()),
    ]
}

/// The DN of a person or group made by the helpers here; both live in `CN=Users`.
pub(crate) fn user_dn(name: &str) -> String {
    format!("CN={name},CN=Users,{BASE}")
}

/// An address of 127/8 nobody serves LDAP on.
fn free_address() -> Ipv4Addr {
    let mut bytes = [0_u8; 2];
    loop {
        aws_lc_rs::rand::fill(&mut bytes).expect("random bytes");
        let address = Ipv4Addr::new(127, 0, bytes[0], bytes[1].clamp(2, 254));
        if TcpListener::bind((address, 389)).is_ok() {
            return address;
        }
    }
}

/// The archive of an untouched domain, made by an earlier run or now.
async fn provisioned() -> PathBuf {
    kept("domain", async |target| {
        let at = target.parent().expect("a folder in a folder");
        let mut provision = Command::new("samba-tool");
        provision.env("PATH", PATH).env("TDB_NO_FSYNC", "1").current_dir(at).args(["domain", "provision", "--realm=CORP.EXAMPLE", "--domain=CORP"]);
        provision.args(["--server-role=dc", "--dns-backend=NONE", "--use-rfc2307", "--host-name=dc1", "--host-ip=127.0.0.2"]);
        provision.args([format!("--adminpass={ADMIN_PASSWORD}"), format!("--targetdir={}", target.display())]);
        for option in ["interfaces=127.0.0.2/8", "bind interfaces only=yes", "server services=ldap"] {
            provision.arg(format!("--option={option}"));
        }
        provision.arg(format!("--option=log file={}/log.%m", at.display()));
        succeed(provision, "").await;
    })
    .await
}

/// The archive of a domain with a crowd in it, made by an earlier run or now.
async fn crowded() -> PathBuf {
    kept("crowd", async |target| {
        let mut samba = Samba::start().await;
        let name = |number: usize| format!("{CROWD}{number:04}");
        let everyone: String = (1..=CROWD_SIZE).map(|number| user(&name(number), "Crowd", &format!("Number{number:04}"))).collect();
        samba.tools().add(&everyone).await;
        let members: Vec<String> = (1..=CROWD_SIZE).map(|number| user_dn(&name(number))).collect();
        samba.add_group(CROWD, &members.iter().map(String::as_str).collect::<Vec<_>>()).await;
        samba.server.end(rustix::process::Signal::TERM).await;
        std::fs::rename(samba.directory.path(), target).expect("both in the run's own folder");
    })
    .await
}

/// An archive in cargo's temporary folder; `make` is asked for the folder to pack when there is none yet.
async fn kept(name: &str, make: impl AsyncFnOnce(&Path)) -> PathBuf {
    let mut ask = Command::new("samba");
    ask.env("PATH", PATH).arg("--version");
    let version = succeed(ask, "").await.trim().replace([' ', '/'], "-");
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("samba-{name}-{version}.tar.gz"));
    if kept.exists() {
        return kept;
    }
    let directory = janitor::directory("samba-provision");
    let target = directory.path().join("domain");
    make(&target).await;
    // Written beside its place and moved there, so that a run at the same time never sees half of it.
    let fresh = kept.with_extension(random_name());
    let mut pack = Command::new("tar");
    pack.env("PATH", PATH).arg("-czf").arg(&fresh).arg("-C").arg(&target).arg(".");
    succeed(pack, "").await;
    std::fs::rename(&fresh, &kept).expect("both in cargo's temporary folder");
    kept
}

async fn unpack(archive: &Path, directory: &Path) {
    let mut command = Command::new("tar");
    command.env("PATH", PATH).arg("-xzf").arg(archive).arg("-C").arg(directory);
    succeed(command, "").await;
}

/// Starts the domain controller; `None` when its address has been taken in between.
async fn listen(directory: &Path, address: Ipv4Addr, certificates: &Files, strict: bool) -> Option<Server> {
    let conf = directory.join("smb.conf");
    std::fs::write(&conf, configuration(directory, address, certificates, strict)).expect("own directory");
    let mut command = Command::new("samba");
    command.env("PATH", PATH).env("TDB_NO_FSYNC", "1").current_dir(directory).args(["-i", "-M", "single", "--debug-stdout", "-d1", "-s"]).arg(&conf);
    let mut server = Server::start(command, &directory.join("log"), "TERM");
    wait_until("Samba to accept connections or to give up", async || {
        server.ended().is_some() || (accepts(SocketAddr::from((address, 389))).await && accepts(SocketAddr::from((address, 636))).await)
    })
    .await;
    match server.ended() {
        None => Some(server),
        Some(_) if server.log().contains("ADDRESS_ALREADY") => None,
        Some(status) => panic!("Samba did not start: {status}\n{}", server.log()),
    }
}

fn configuration(directory: &Path, address: Ipv4Addr, certificates: &Files, strict: bool) -> String {
    let at = directory.display();
    let Files { authority, certificate, key } = certificates;
    let (authority, certificate, key) = (authority.display(), certificate.display(), key.display());
    let strong = if strict { "yes" } else { "no" };
    format!(
        "[global]
netbios name = DC1
realm = CORP.EXAMPLE
workgroup = CORP
server role = active directory domain controller
server services = ldap
interfaces = {address}/8
bind interfaces only = yes
private dir = {at}/private
lock directory = {at}
state directory = {at}/state
cache directory = {at}/cache
binddns dir = {at}/bind-dns
pid directory = {at}
ncalrpc dir = {at}/ncalrpc
winbindd socket directory = {at}/winbindd
ntp signd socket directory = {at}/ntp_signd
log file = {at}/log.%m
ldap server require strong auth = {strong}
tls certfile = {certificate}
tls keyfile = {key}
tls cafile = {authority}
idmap_ldb:use rfc2307 = yes
[sysvol]
path = {at}/state/sysvol
[netlogon]
path = {at}/state/sysvol/corp.example/scripts
"
    )
}
