//! Which product a server is and what it can do, from its root DSE (RFC 4512 section 5.1).

use serde::Serialize;

use super::super::attributes::RawEntry;
use super::super::config::DirectoryConfig;
use super::certificate::CertificateFacts;
use super::connection::Connection;
use super::{FetchError, Phase, guarded, servers};

/// The product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// OpenLDAP.
    OpenLdap,
    /// Microsoft's Active Directory (domain or lightweight services).
    ActiveDirectory,
    /// Samba as a domain controller.
    Samba,
    /// 389 Directory Server, also as sold by Red Hat.
    Ds389,
    /// FreeIPA, on top of 389 Directory Server.
    FreeIpa,
    /// lldap.
    Lldap,
    /// Anything else.
    Generic,
}

impl Vendor {
    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OpenLdap => "OpenLDAP",
            Self::ActiveDirectory => "Active Directory",
            Self::Samba => "Samba (Active Directory)",
            Self::Ds389 => "389 Directory Server",
            Self::FreeIpa => "FreeIPA",
            Self::Lldap => "lldap",
            Self::Generic => "an LDAP server",
        }
    }

    /// Whether it speaks the dialect of Active Directory.
    pub const fn is_active_directory(self) -> bool {
        matches!(self, Self::ActiveDirectory | Self::Samba)
    }
}

/// The ways a server tells what has changed. Several may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Follows {
    /// Content synchronisation (RFC 4533): OpenLDAP with `syncprov`, 389 Directory Server with its content sync plug-in.
    pub sync_repl: bool,
    /// Persistent search, an expired draft: 389 Directory Server and others.
    pub persistent_search: bool,
    /// Active Directory's DirSync control.
    pub dir_sync: bool,
    /// Active Directory's change numbers (`uSNChanged`).
    pub usn: bool,
    /// 389 Directory Server's change numbers (`entryusn`).
    pub entry_usn: bool,
}

/// The best of [`Follows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowMethod {
    /// RFC 4533, refreshAndPersist.
    SyncRepl,
    /// DirSync, asked again and again.
    DirSync,
    /// `uSNChanged` greater than the last, asked again and again.
    Usn,
    /// Persistent search.
    PersistentSearch,
    /// `entryusn` greater than the last, asked again and again.
    EntryUsn,
    /// `modifyTimestamp` (RFC 4512 section 3.4.2), which every server should have, asked again and again.
    ModifyTimestamp,
}

impl Follows {
    /// The way that tells soonest and most.
    pub const fn best(self) -> FollowMethod {
        if self.sync_repl {
            FollowMethod::SyncRepl
        } else if self.dir_sync {
            FollowMethod::DirSync
        } else if self.usn {
            FollowMethod::Usn
        } else if self.persistent_search {
            FollowMethod::PersistentSearch
        } else if self.entry_usn {
            FollowMethod::EntryUsn
        } else {
            FollowMethod::ModifyTimestamp
        }
    }
}

/// What a server said about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recognised {
    /// Which server of the directory answered.
    pub server: String,
    /// The product.
    pub vendor: Vendor,
    /// Its version as it says; empty when it does not.
    pub version: String,
    /// What it holds, the default one first; schema, configuration and other internal parts are left out.
    pub naming_contexts: Vec<String>,
    /// Whether it sends large answers in pages (RFC 2696).
    pub pages: bool,
    /// Whether it offers StartTLS.
    pub start_tls: bool,
    /// Whether it offers the password modify operation (RFC 3062).
    pub password_modify: bool,
    /// What it proved itself with; `None` without TLS.
    pub certificate: Option<CertificateFacts>,
    /// How changes could be followed.
    pub follows: Follows,
}

/// Asks a server what it is. Where to search and what for does not matter; only [`DirectoryConfig::connection`] is used.
///
/// # Errors
/// [`FetchError`] when no server can be reached or the bind is refused. A server that says nothing about itself is [`Vendor::Generic`].
pub async fn recognise(config: &DirectoryConfig) -> Result<Recognised, FetchError> {
    let owned = config.clone();
    guarded(config.connection.limits.run_within, Phase::Connect, async move {
        let mut connection = servers::reach_any(&owned).await?;
        let before = read(&mut connection).await.unwrap_or_default();
        connection.bind(&owned.connection.bind).await?;
        let recognised = after_bind(&mut connection, before).await?;
        connection.close().await;
        Ok(recognised)
    })
    .await
}

/// What is asked for. By name, because some servers keep to themselves what is not.
const ATTRIBUTES: [&str; 16] = [
    "objectClass",
    "vendorName",
    "vendorVersion",
    "namingContexts",
    "defaultNamingContext",
    "rootDomainNamingContext",
    "supportedControl",
    "supportedExtension",
    "supportedCapabilities",
    "supportedLDAPVersion",
    "domainControllerFunctionality",
    "highestCommittedUSN",
    "dsServiceName",
    "lastusn",
    "configContext",
    "structuralObjectClass",
];

const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
const CONTENT_SYNC: &str = "1.3.6.1.4.1.4203.1.9.1.1";
const PERSISTENT_SEARCH: &str = "2.16.840.1.113730.3.4.3";
const DIR_SYNC: &str = "1.2.840.113556.1.4.841";
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
const PASSWORD_MODIFY: &str = "1.3.6.1.4.1.4203.1.11.1";
/// `LDAP_CAP_ACTIVE_DIRECTORY_OID` and `LDAP_CAP_ACTIVE_DIRECTORY_ADAM_OID`.
const ACTIVE_DIRECTORY: [&str; 2] = ["1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1851"];

/// Contexts nobody is in, by how their names begin.
const INTERNAL_CONTEXTS: [&str; 9] =
    ["cn=schema", "cn=config", "cn=configuration", "cn=monitor", "cn=changelog", "cn=accesslog", "o=ipaca", "dc=domaindnszones", "dc=forestdnszones"];

/// Reads the root DSE; empty when the server shows none.
///
/// # Errors
/// [`FetchError`] when no answer came.
pub(super) async fn read(connection: &mut Connection) -> Result<RootDse, FetchError> {
    let attributes = ATTRIBUTES.map(str::to_owned);
    let mut answer = connection.read_if(Phase::Server, "", "(objectClass=*)", &attributes).await?;
    Ok(RootDse(if answer.result.rc == 0 { answer.entries.pop().unwrap_or_default() } else { RawEntry::default() }))
}

/// The second look: with a bind a server may say more, and where its people are it may tell more of itself.
///
/// # Errors
/// [`FetchError`] when no answer came.
pub(super) async fn after_bind(connection: &mut Connection, before: RootDse) -> Result<Recognised, FetchError> {
    let after = read(connection).await?;
    let root = if after.0.attributes.len() >= before.0.attributes.len() { after } else { before };
    let (mut vendor, mut version) = root.vendor();
    let naming_contexts = root.naming_contexts();
    if vendor == Vendor::Ds389 {
        for context in &naming_contexts {
            if is_free_ipa(connection, context).await? {
                vendor = Vendor::FreeIpa;
                version = if version.is_empty() { version } else { format!("on {version}") };
                break;
            }
        }
    }
    let offers = |attribute: &str, oid: &str| root.texts(attribute).any(|offered| offered == oid);
    Ok(Recognised {
        server: connection.server().to_string(),
        vendor,
        version,
        naming_contexts,
        pages: offers("supportedControl", PAGED_RESULTS),
        start_tls: offers("supportedExtension", START_TLS),
        password_modify: offers("supportedExtension", PASSWORD_MODIFY),
        certificate: connection.certificate().cloned(),
        follows: Follows {
            sync_repl: offers("supportedControl", CONTENT_SYNC),
            persistent_search: offers("supportedControl", PERSISTENT_SEARCH),
            dir_sync: offers("supportedControl", DIR_SYNC),
            usn: root.texts("highestCommittedUSN").next().is_some(),
            entry_usn: root.texts("lastusn").next().is_some(),
        },
    })
}

/// FreeIPA marks the top of its tree, and keeps its own settings below `cn=ipa,cn=etc`.
async fn is_free_ipa(connection: &mut Connection, context: &str) -> Result<bool, FetchError> {
    let marked = connection.read_if(Phase::Server, context, "(info=IPA*)", &["1.1".to_owned()]).await?;
    if marked.result.rc == 0 && !marked.entries.is_empty() {
        return Ok(true);
    }
    let settings = connection.read_if(Phase::Server, &format!("cn=ipa,cn=etc,{context}"), "(objectClass=*)", &["1.1".to_owned()]).await?;
    Ok(settings.result.rc == 0 && !settings.entries.is_empty())
}

/// The root DSE, as far as it is used; empty when the server shows none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RootDse(RawEntry);

impl RootDse {
    fn texts<'r>(&'r self, attribute: &'r str) -> impl Iterator<Item = &'r str> {
        self.0.values_of(attribute).filter_map(|value| std::str::from_utf8(value).ok())
    }

    fn text(&self, attribute: &str) -> String {
        self.texts(attribute).next().unwrap_or("").chars().filter(|c| !c.is_control()).take(200).collect()
    }

    /// Whether it speaks the dialect of Active Directory.
    pub(super) fn is_active_directory(&self) -> bool {
        self.texts("supportedCapabilities").any(|capability| ACTIVE_DIRECTORY.contains(&capability))
    }

    /// The product and its version. FreeIPA is told apart from 389 Directory Server elsewhere: the root DSE does not say.
    pub(super) fn vendor(&self) -> (Vendor, String) {
        let (name, version) = (self.text("vendorName"), self.text("vendorVersion"));
        let named = |word: &str| name.to_ascii_lowercase().contains(word) || version.to_ascii_lowercase().contains(word);
        if self.is_active_directory() {
            return if named("samba") { (Vendor::Samba, version) } else { (Vendor::ActiveDirectory, self.windows().to_owned()) };
        }
        if named("lldap") {
            return (Vendor::Lldap, version);
        }
        if named("389") || named("red hat-directory") || named("redhat-directory") {
            return (Vendor::Ds389, version);
        }
        let is_openldap = |class: &str| class.eq_ignore_ascii_case("OpenLDAProotDSE");
        if self.texts("objectClass").any(is_openldap) || self.texts("structuralObjectClass").any(is_openldap) || named("openldap") {
            return (Vendor::OpenLdap, version);
        }
        (Vendor::Generic, [name, version].join(" ").trim().to_owned())
    }

    /// What a domain controller of Windows calls itself by the level it works at ([MS-ADTS] section 3.1.1.3.2.25).
    fn windows(&self) -> &'static str {
        match self.text("domainControllerFunctionality").as_str() {
            "2" => "Windows Server 2003",
            "3" => "Windows Server 2008",
            "4" => "Windows Server 2008 R2",
            "5" => "Windows Server 2012",
            "6" => "Windows Server 2012 R2",
            "7" => "Windows Server 2016 or later",
            "10" => "Windows Server 2025",
            _ => "",
        }
    }

    /// What the server holds, the default one first, without what is its own.
    fn naming_contexts(&self) -> Vec<String> {
        let default = self.texts("defaultNamingContext").chain(self.texts("rootDomainNamingContext"));
        let mut contexts: Vec<String> = Vec::new();
        for context in default.chain(self.texts("namingContexts")) {
            let lower = context.to_ascii_lowercase().replace(' ', "");
            let is_internal =
                INTERNAL_CONTEXTS.iter().any(|name| lower.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(',')));
            if !context.trim().is_empty() && !is_internal && !contexts.iter().any(|known| known.eq_ignore_ascii_case(context)) {
                contexts.push(context.to_owned());
            }
        }
        contexts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(attributes: &[(&str, &[&str])]) -> RootDse {
        let attributes =
            attributes.iter().map(|(name, values)| ((*name).to_owned(), values.iter().map(|value| value.as_bytes().to_vec()).collect())).collect();
        RootDse(RawEntry { dn: String::new(), attributes })
    }

    #[test]
    fn servers_are_told_apart_by_what_their_root_says() {
        for (attributes, vendor, version) in [
            (&[("objectClass", &["top", "OpenLDAProotDSE"][..])][..], Vendor::OpenLdap, ""),
            (
                &[
                    ("supportedCapabilities", &["1.2.840.113556.1.4.1670", "1.2.840.113556.1.4.800"][..]),
                    ("domainControllerFunctionality", &["7"][..]),
                ],
                Vendor::ActiveDirectory,
                "Windows Server 2016 or later",
            ),
            (
                &[("supportedCapabilities", &["1.2.840.113556.1.4.800"][..]), ("vendorName", &["Samba Team (https://www.samba.org)"][..])],
                Vendor::Samba,
                "",
            ),
            (
                &[("vendorName", &["389 Project"][..]), ("vendorVersion", &["389-Directory/2.3.1 B2023.026.1414"][..])],
                Vendor::Ds389,
                "389-Directory/2.3.1 B2023.026.1414",
            ),
            (&[("vendorName", &["LLDAP"][..]), ("vendorVersion", &["lldap_0.6.1"][..])], Vendor::Lldap, "lldap_0.6.1"),
            (
                &[("vendorName", &["Apache Software Foundation"][..]), ("vendorVersion", &["2.0"][..])],
                Vendor::Generic,
                "Apache Software Foundation 2.0",
            ),
            (&[], Vendor::Generic, ""),
        ] {
            assert_eq!(root(attributes).vendor(), (vendor, version.to_owned()));
        }
    }

    #[test]
    fn the_default_context_comes_first_and_internal_ones_are_left_out() {
        let contexts = [
            "CN=Configuration,DC=corp,DC=example",
            "CN=Schema,CN=Configuration,DC=corp,DC=example",
            "DC=DomainDnsZones,DC=corp,DC=example",
            "dc=other",
            "DC=CORP,DC=example",
        ];
        let root = root(&[("namingContexts", &contexts[..]), ("defaultNamingContext", &["DC=corp,DC=example"])]);
        assert_eq!(root.naming_contexts(), ["DC=corp,DC=example", "dc=other"]);
    }
}
