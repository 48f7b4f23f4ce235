//! Changes to a running directory, made with OpenLDAP's command-line tools and not with the library under test.

use std::path::Path;
use std::process::Command;

use super::certificates::Files;
use super::{output, succeed};

/// How a client that trusts `authority` alone reaches a server and says who it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit<'a> {
    /// `ldap://…`, `ldaps://…` or `ldapi://…`. Addresses, not `localhost`: OpenLDAP's tools put the machine's own name in its place.
    pub(crate) url: &'a str,
    /// Ask for StartTLS and insist on it.
    pub(crate) start_tls: bool,
    /// A PEM file.
    pub(crate) authority: &'a Path,
    /// Who.
    pub(crate) identity: Identity<'a>,
}

/// Who a [`Visit`] is by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Identity<'a> {
    /// A name and a password.
    Password(&'a str, &'a str),
    /// The holder of a client certificate (SASL EXTERNAL, RFC 4422 appendix A).
    Certificate(&'a Files),
    /// Whoever runs this process, as the kernel tells a server behind a Unix socket (SASL EXTERNAL).
    Process,
}

impl Visit<'_> {
    /// Reads the root DSE attribute `attribute`, and gives what was found as LDIF, or what the tool complained about.
    pub(crate) async fn root(&self, attribute: &str) -> Result<String, String> {
        self.run("ldapsearch", &["-LLL", "-s", "base", "-b", "", "(objectClass=*)", attribute]).await
    }

    /// Who the server takes the visitor for (RFC 4532); Active Directory servers do not all know this.
    pub(crate) async fn who_am_i(&self) -> Result<String, String> {
        self.run("ldapwhoami", &[]).await.map(|name| name.trim().to_owned())
    }

    async fn run(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LDAPTLS_CACERT", self.authority).env("LDAPTLS_REQCERT", "demand");
        command.args(["-H", self.url]);
        if self.start_tls {
            command.arg("-ZZ");
        }
        match self.identity {
            Identity::Password(name, password) => command.args(["-x", "-D", name, "-w", password]),
            Identity::Process => command.args(["-Q", "-Y", "EXTERNAL"]),
            Identity::Certificate(Files { certificate, key, .. }) => {
                command.env("LDAPTLS_CERT", certificate).env("LDAPTLS_KEY", key).args(["-Q", "-Y", "EXTERNAL"])
            }
        };
        command.args(arguments);
        let ended = output(command, "").await;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if ended.status.success() { Ok(text(&ended.stdout)) } else { Err(text(&ended.stderr)) }
    }
}

/// Where a directory listens and as whom to change it.
#[derive(Debug, Clone)]
pub(crate) struct LdapTools {
    /// `ldap://…`
    pub(crate) url: String,
    /// Somebody who may change everything.
    pub(crate) bind_dn: String,
    /// Their password.
    pub(crate) password: String,
}

impl LdapTools {
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(["-x", "-H", &self.url, "-D", &self.bind_dn, "-w", &self.password]).args(arguments);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LDAPNOINIT", "1");
        command
    }

    /// Adds the entries of an LDIF text.
    pub(crate) async fn add(&self, ldif: &str) {
        succeed(self.command("ldapadd", &[]), ldif).await;
    }

    /// Carries out the changes of an LDIF text (`changetype: modify` and the like).
    pub(crate) async fn modify(&self, ldif: &str) {
        succeed(self.command("ldapmodify", &[]), ldif).await;
    }

    /// [`LdapTools::modify`] with a control, named by its object identifier, that the server must know.
    pub(crate) async fn modify_with_control(&self, control: &str, ldif: &str) {
        succeed(self.command("ldapmodify", &["-e", &format!("!{control}")]), ldif).await;
    }

    /// Deletes one entry without children.
    pub(crate) async fn delete(&self, dn: &str) {
        succeed(self.command("ldapdelete", &[dn]), "").await;
    }

    /// Gives an entry a new RDN (the old value goes) and, with `new_superior`, another place.
    pub(crate) async fn rename(&self, dn: &str, new_rdn: &str, new_superior: Option<&str>) {
        let mut arguments = vec!["-r"];
        arguments.extend(new_superior.iter().flat_map(|superior| ["-s", superior]));
        arguments.extend([dn, new_rdn]);
        succeed(self.command("ldapmodrdn", &arguments), "").await;
    }

    /// What a search below `base` finds, as LDIF without comments and folded lines.
    pub(crate) async fn search(&self, base: &str, filter: &str, attributes: &[&str]) -> String {
        self.search_paged(base, filter, attributes, 500).await.unwrap_or_else(|code| panic!("{filter} below {base}: code {code}"))
    }

    /// [`LdapTools::search`] with a page size; the LDAP result code when it is none of success.
    pub(crate) async fn search_paged(&self, base: &str, filter: &str, attributes: &[&str], page: u16) -> Result<String, i32> {
        let paging = format!("!pr={page}/noprompt");
        let mut arguments = vec!["-LLL", "-o", "ldif-wrap=no", "-E", &paging, "-b", base, filter];
        arguments.extend(attributes);
        let ended = output(self.command("ldapsearch", &arguments), "").await;
        match ended.status.code().expect("not killed") {
            0 => Ok(String::from_utf8(ended.stdout).expect("LDIF is ASCII")),
            code => Err(code),
        }
    }

    /// What the first content synchronisation (RFC 4533, refresh only) below `base` brings, as LDIF with the tool's remarks.
    pub(crate) async fn synchronise(&self, base: &str, filter: &str) -> String {
        succeed(self.command("ldapsearch", &["-E", "sync=ro", "-o", "ldif-wrap=no", "-b", base, filter]), "").await
    }

    /// The LDAP result code of a first DirSync search (MS-ADTS section 3.1.1.3.4.1.3) below `base`.
    pub(crate) async fn dirsync_code(&self, base: &str) -> i32 {
        // A sequence of flags 0, a megabyte at most, and no cookie.
        let control = "!1.2.840.113556.1.4.841=::MAoCAQACAxAAAAQA";
        let ended = output(self.command("ldapsearch", &["-LLL", "-E", control, "-b", base, "(objectClass=user)", "cn"]), "").await;
        ended.status.code().expect("not killed")
    }

    /// The LDAP result code of a bind (RFC 4511 section 4.1.9); 0 is success, 255 that nobody answered.
    pub(crate) async fn bind_code(&self) -> i32 {
        output(self.command("ldapsearch", &["-LLL", "-s", "base", "-b", "", "1.1"]), "").await.status.code().expect("not killed")
    }
}

/// The values of `attribute` in LDIF text, in order; base64 values (`attribute:: …`) as they are written.
pub(crate) fn values<'a>(ldif: &'a str, attribute: &str) -> Vec<&'a str> {
    let value = |line: &'a str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(attribute).then(|| value.trim_start_matches(':').trim_start())
    };
    ldif.lines().filter_map(value).collect()
}
