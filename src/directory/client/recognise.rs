//! Which product a server is and what it can do, from its root DSE (RFC 4512 section 5.1).

use serde::Serialize;

use super::super::config::DirectoryConfig;
use super::certificate::CertificateFacts;
use super::{FetchError, Phase, guarded, open};

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
    guarded(config, Phase::Connect, async move {
        let mut connection = open(&owned).await?;
        let root = connection.read(Phase::Bind, "", &["*".to_owned(), "+".to_owned()]).await?.unwrap_or_default();
        let values = |name: &str| -> Vec<String> {
            let found = root.attributes.iter().find(|(description, _)| description.eq_ignore_ascii_case(name));
            found.map(|(_, values)| values.iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect()).unwrap_or_default()
        };
        let has = |name: &str, value: &str| values(name).iter().any(|found| found.eq_ignore_ascii_case(value));
        let vendor_says = format!("{} {}", values("vendorName").join(" "), values("vendorVersion").join(" "));
        let vendor = if has("supportedCapabilities", "1.2.840.113556.1.4.800") {
            if vendor_says.contains("Samba") { Vendor::Samba } else { Vendor::ActiveDirectory }
        } else if vendor_says.contains("389") {
            Vendor::Ds389
        } else if has("objectClass", "OpenLDAProotDSE") {
            Vendor::OpenLdap
        } else if vendor_says.to_ascii_lowercase().contains("lldap") {
            Vendor::Lldap
        } else {
            Vendor::Generic
        };
        let mut naming_contexts = values("defaultNamingContext");
        for context in values("namingContexts") {
            let folded = context.to_ascii_lowercase();
            let is_internal = ["cn=config", "cn=schema", "dc=domaindnszones", "dc=forestdnszones"].iter().any(|part| folded.starts_with(part));
            if !is_internal && !naming_contexts.contains(&context) {
                naming_contexts.push(context);
            }
        }
        Ok(Recognised {
            server: owned.connection.servers.first().map(ToString::to_string).unwrap_or_default(),
            vendor,
            version: values("vendorVersion").join(" "),
            naming_contexts,
            pages: has("supportedControl", "1.2.840.113556.1.4.319"),
            start_tls: has("supportedExtension", "1.3.6.1.4.1.1466.20037"),
            password_modify: has("supportedExtension", "1.3.6.1.4.1.4203.1.11.1"),
            certificate: None,
            follows: Follows::default(),
        })
    })
    .await
}
