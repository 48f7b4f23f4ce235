//! Changes to a running directory, made with OpenLDAP's command-line tools and not with the library under test.

use std::process::Command;

use super::{output, succeed};

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
        let mut arguments = vec!["-LLL", "-o", "ldif-wrap=no", "-E", "!pr=500/noprompt", "-b", base, filter];
        arguments.extend(attributes);
        succeed(self.command("ldapsearch", &arguments), "").await
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
