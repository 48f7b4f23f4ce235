//! Being told what changes: a long-lived connection that names the entries that are not what they were. Never what they are now: they are read again by
//! whoever listens, through the same bases, filters and attributes as in any run.
//!
//! | mode | servers | sees |
//! |---|---|---|
//! | [`Mode::ContentSync`] | OpenLDAP with `syncprov` (RFC 4533) | everything; after a pause too, from a cookie |
//! | [`Mode::PersistentSearch`] | 389 Directory Server, FreeIPA (draft-ietf-ldapext-psearch) | everything while connected |
//! | [`Mode::Usn`] | Active Directory, Samba (`uSNChanged`) | everything; deletions only when the bind account may read deleted objects |
//! | [`Mode::Timestamps`] | others (`modifyTimestamp`) | no deletions |
//! | [`Mode::Interval`] | the rest | nothing |

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ldap3::asn1::{PL, parse_tag};
use ldap3::controls::{
    Control, ControlType, EntryState, MakeCritical as _, RawControl, RefreshMode, SyncInfo, SyncRequest, SyncState, parse_syncinfo,
};
use ldap3::{Ldap, LdapResult, Scope};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::super::attributes::{Field, RawEntry};
use super::super::config::{DirectoryConfig, ServerAddress};
use super::super::dn::key_of;
use super::super::model::EntryId;
use super::connection::Connection;
use super::entries::entry_id;
use super::explain::Doing;
use super::search::{Area, decode};
use super::{FetchError, Phase, explain, servers};

/// How often a domain controller is asked for its newest update number.
const ASK_USN_EVERY: Duration = Duration::from_millis(500);
/// How often a server without any notices is asked what is new.
const ASK_TIMESTAMPS_EVERY: Duration = Duration::from_secs(3);
/// How often a quiet connection is tried, and how long the answer may take.
const PROBE_EVERY: Duration = Duration::from_secs(20);
const PROBE_WITHIN: Duration = Duration::from_secs(10);
/// How soon a server that tells nothing is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(600);
/// A persistent search is not acknowledged; a server has begun it by then.
const SETTLED_AFTER: Duration = Duration::from_millis(200);

const CONTENT_SYNC: &str = "1.3.6.1.4.1.4203.1.9.1.1";
const PERSISTENT_SEARCH: &str = "2.16.840.1.113730.3.4.3";
const ENTRY_CHANGE: &str = "2.16.840.1.113730.3.4.7";
const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";
/// Persistent search (section 3 of the draft): all four kinds of change, changes only, with the entry change control.
const ALL_CHANGES: [u8; 11] = [0x30, 0x09, 0x02, 0x01, 0x0f, 0x01, 0x01, 0xff, 0x01, 0x01, 0xff];
/// `LDAP_NO_SUCH_OBJECT`.
const NO_SUCH_OBJECT: u32 = 32;

/// How a server tells of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// RFC 4533, refresh and persist.
    ContentSync,
    /// Persistent search with entry change notices.
    PersistentSearch,
    /// The domain controller's update numbers, asked for twice a second.
    Usn,
    /// `modifyTimestamp`, asked for every few seconds.
    Timestamps,
    /// It does not: only runs see changes.
    Interval,
}

impl Mode {
    const ALL: [Self; 5] = [Self::ContentSync, Self::PersistentSearch, Self::Usn, Self::Timestamps, Self::Interval];

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContentSync => "content_sync",
            Self::PersistentSearch => "persistent_search",
            Self::Usn => "usn",
            Self::Timestamps => "timestamps",
            Self::Interval => "interval",
        }
    }

    /// Reads [`as_str`](Self::as_str).
    pub fn from_stored(text: &str) -> Self {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text).unwrap_or(Self::Interval)
    }

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ContentSync => "The server tells of every change (RFC 4533).",
            Self::PersistentSearch => "The server tells of every change (persistent search).",
            Self::Usn => "The domain controller is asked twice a second (uSNChanged).",
            Self::Timestamps => "The server is asked every few seconds (modifyTimestamp); deletions are noticed by the regular sync.",
            Self::Interval => "The server tells of no changes; only the regular sync notices them.",
        }
    }
}

/// An entry that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Touch {
    /// Its id if it is a person.
    pub person: Option<EntryId>,
    /// Its id if it is a group.
    pub group: Option<EntryId>,
    /// Where it is, or was.
    pub dn: String,
    /// It may not be there any more.
    pub is_gone: bool,
    /// Others are below it: a new name of it is a new name of theirs.
    pub is_place: bool,
}

/// From where to go on after a pause; good for the server that gave it only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    server: ServerAddress,
    at: Position,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Position {
    Cookie(Vec<u8>),
    Usn { controller: String, usn: u64 },
}

/// What is told while a directory is watched.
#[derive(Clone, Debug)]
pub enum Notice {
    /// From now on every change is told. `resumed`: those since the cursor too.
    Following {
        /// How.
        mode: Mode,
        /// By which server.
        server: ServerAddress,
        /// Nothing was missed since the cursor was given.
        resumed: bool,
        /// What is not seen in this mode, in a sentence; may be empty.
        caveat: &'static str,
    },
    /// These are to be looked at.
    Touched(Vec<Touch>),
    /// What changed cannot be told: everything is to be looked at.
    Doubt(&'static str),
    /// All before this has been told.
    Cursor(Cursor),
}

type Tell = Arc<dyn Fn(Notice) + Send + Sync>;

/// Watches a directory until the connection breaks, or until a server that tells nothing is to be looked at again (`Ok`). Works in a task of its own, which
/// ends when the future is dropped: ldap3 panics on some malformed answers.
///
/// # Errors
/// [`FetchError`] when the connection could not be made or broke.
pub async fn watch(config: &DirectoryConfig, from: Option<Cursor>, tell: Tell) -> Result<(), FetchError> {
    let owned = config.clone();
    let task = AbortOnDropHandle::new(tokio::spawn(async move { run(&owned, from, &tell).await }));
    task.await.unwrap_or_else(|_| Err(FetchError { phase: Phase::Connect, message: "The server sent an answer that cannot be read.".to_owned() }))
}

/// What of the root DSE decides.
struct Root {
    supported: Vec<String>,
    contexts: Vec<String>,
    default_context: Option<String>,
    vendor: String,
}

impl Root {
    async fn read(connection: &mut Connection) -> Result<Self, FetchError> {
        let names = ["supportedControl", "supportedCapabilities", "namingContexts", "defaultNamingContext", "vendorName", "vendorVersion"];
        let entry = connection.read(Phase::Base, "", &names.map(str::to_owned)).await?.unwrap_or_default();
        let supported = texts(&entry, names[0]).into_iter().chain(texts(&entry, names[1])).collect();
        let vendor = texts(&entry, names[4]).into_iter().chain(texts(&entry, names[5])).collect::<Vec<_>>().join(" ");
        Ok(Self { supported, contexts: texts(&entry, names[2]), default_context: texts(&entry, names[3]).into_iter().next(), vendor })
    }

    fn supports(&self, oid: &str) -> bool {
        self.supported.iter().any(|supported| supported == oid)
    }

    /// The best way this server has.
    fn mode(&self) -> Mode {
        // 389 Directory Server has content synchronisation too, which says nothing for ever when its change log is not set up for it.
        if self.supports(ACTIVE_DIRECTORY) {
            Mode::Usn
        } else if self.supports(CONTENT_SYNC) && !self.vendor.contains("389") {
            Mode::ContentSync
        } else if self.supports(PERSISTENT_SEARCH) {
            Mode::PersistentSearch
        } else {
            Mode::Timestamps
        }
    }
}

async fn run(config: &DirectoryConfig, from: Option<Cursor>, tell: &Tell) -> Result<(), FetchError> {
    let mut connection = servers::open(config).await?.connection;
    let root = Root::read(&mut connection).await?;
    let from = from.filter(|cursor| cursor.server == *connection.server()).map(|cursor| cursor.at);
    let mut watch = Watch::new(config, &connection, tell);
    let mode = root.mode();
    match mode {
        Mode::Usn => watch.usn(&mut connection, &root, from).await,
        Mode::PersistentSearch => watch.persistent_search().await,
        Mode::ContentSync => match watch.content_sync(&mut connection, &root, from).await? {
            true => Ok(()),
            // The server has it, but not for these entries.
            false => watch.timestamps(&mut connection).await,
        },
        Mode::Timestamps | Mode::Interval => watch.timestamps(&mut connection).await,
    }
}

/// One watch over one connection.
struct Watch<'w> {
    config: &'w DirectoryConfig,
    ldap: Ldap,
    server: ServerAddress,
    is_private: bool,
    tell: &'w Tell,
    /// Asked of every entry: enough to know what it is.
    attributes: Vec<String>,
}

impl<'w> Watch<'w> {
    fn new(config: &'w DirectoryConfig, connection: &Connection, tell: &'w Tell) -> Self {
        let names = |field| config.attributes.names(field).iter().cloned();
        let attributes = names(Field::UserId).chain(names(Field::GroupId)).chain(["objectClass".to_owned()]).collect();
        Self { config, ldap: connection.handle(), server: connection.server().clone(), is_private: connection.is_private(), tell, attributes }
    }

    fn broken(&self, error: &ldap3::LdapError) -> FetchError {
        FetchError { phase: Phase::Users, message: explain::ldap_error(&self.server, self.is_private, Phase::Users, error) }
    }

    fn sentence(&self, result: &LdapResult) -> String {
        explain::result_sentence(&self.server, self.is_private, &Doing::Search { base: &self.config.search.base_dn, entries: 0 }, result)
    }

    fn following(&self, mode: Mode, resumed: bool, caveat: &'static str) {
        let elsewhere = "Entries outside the base DN are only read by the regular sync.";
        let outside =
            self.config.search.user_bases.iter().chain(&self.config.search.group_bases).any(|base| !is_below(base, &self.config.search.base_dn));
        let caveat = if outside && caveat.is_empty() { elsewhere } else { caveat };
        (self.tell)(Notice::Following { mode, server: self.server.clone(), resumed, caveat });
    }

    fn touch(&self, entry: &RawEntry, is_gone: bool) -> Touch {
        let id = |field| entry_id(entry, self.config.attributes.names(field));
        let is_place = |class: &String| class.eq_ignore_ascii_case("organizationalUnit") || class.eq_ignore_ascii_case("container");
        Touch {
            person: id(Field::UserId),
            group: id(Field::GroupId),
            dn: entry.dn.clone(),
            is_gone,
            is_place: texts(entry, "objectClass").iter().any(is_place),
        }
    }

    /// An entry named by its `entryUUID` only.
    fn touch_of_uuid(&self, uuid: &[u8], dn: String, is_gone: bool) -> Touch {
        let text = <[u8; 16]>::try_from(uuid).map(|bytes| uuid::Uuid::from_bytes(bytes).to_string());
        let id = |field| {
            let is_uuid = self.config.attributes.names(field).iter().any(|name| name.eq_ignore_ascii_case("entryUUID"));
            text.as_deref().ok().filter(|_| is_uuid).map(EntryId::from)
        };
        Touch { person: id(Field::UserId), group: id(Field::GroupId), dn, is_gone, is_place: false }
    }

    /// Cancels the token when the server stops answering: a connection that died without a word would be waited on for ever.
    fn probed(&self) -> (CancellationToken, AbortOnDropHandle<()>) {
        let (silent, mut ldap) = (CancellationToken::new(), self.ldap.clone());
        let token = silent.clone();
        let probe = tokio::spawn(async move {
            loop {
                tokio::time::sleep(PROBE_EVERY).await;
                let asked = ldap.with_timeout(PROBE_WITHIN).search("", Scope::Base, "(objectClass=*)", vec!["1.1"]);
                if !matches!(tokio::time::timeout(PROBE_WITHIN, asked).await, Ok(Ok(_))) {
                    return token.cancel();
                }
            }
        });
        (silent, AbortOnDropHandle::new(probe))
    }

    fn silent(&self) -> FetchError {
        FetchError { phase: Phase::Users, message: format!("{} stopped answering.", self.server) }
    }

    /// RFC 4533. `false` when the server does not do it for these entries.
    async fn content_sync(&mut self, connection: &mut Connection, root: &Root, from: Option<Position>) -> Result<bool, FetchError> {
        let search = &self.config.search;
        // An empty one, which OpenLDAP gives whoever came with one it cannot read, says as much as none.
        let cookie = match from {
            Some(Position::Cookie(cookie)) if !cookie.is_empty() => Some(cookie),
            _ => None,
        };
        let resumes = cookie.is_some();
        // Without a cookie the server would tell all it has first. Where its state is readable, that is where to begin.
        let cookie = match cookie {
            Some(cookie) => Some(cookie),
            None => self.present_state(connection, root).await,
        };
        let request = SyncRequest { mode: RefreshMode::RefreshAndPersist, cookie, reload_hint: false };
        let filter = format!("(|{}{}(objectClass=organizationalUnit))", search.user_filter, search.group_filter);
        let (silent, _probe) = self.probed();
        let mut stream = self
            .ldap
            .with_controls(vec![RawControl::from(request.critical())])
            .streaming_search(&search.base_dn, Scope::Subtree, &filter, self.attributes.clone())
            .await
            .map_err(|error| FetchError { phase: Phase::Users, message: explain::ldap_error(&self.server, self.is_private, Phase::Users, &error) })?;
        let (mut refreshing, mut touched) = (true, Vec::new());
        loop {
            let next = tokio::select! {
                next = stream.next() => next.map_err(|error| self.broken(&error))?,
                () = silent.cancelled() => return Err(self.silent()),
            };
            let Some(entry) = next else { break };
            let mut given = None;
            if entry.is_intermediate() {
                match parse_syncinfo(entry) {
                    SyncInfo::NewCookie(cookie) => given = Some(cookie),
                    SyncInfo::RefreshDelete { cookie, refresh_done } => {
                        given = cookie;
                        if refresh_done && std::mem::take(&mut refreshing) {
                            self.following(Mode::ContentSync, resumes, "");
                        }
                    }
                    SyncInfo::RefreshPresent { cookie, refresh_done } => {
                        given = cookie;
                        if refresh_done && std::mem::take(&mut refreshing) {
                            // All that is there was told, and what is not there any more has to be found out.
                            touched.clear();
                            self.following(Mode::ContentSync, false, "");
                        }
                    }
                    SyncInfo::SyncIdSet { cookie, refresh_deletes, sync_uuids } => {
                        given = cookie;
                        if refresh_deletes {
                            touched.extend(sync_uuids.iter().map(|uuid| self.touch_of_uuid(uuid, String::new(), true)));
                        }
                    }
                }
            } else if !entry.is_ref() {
                let state =
                    entry.1.iter().find_map(|Control(kind, raw)| matches!(kind, Some(ControlType::SyncState)).then(|| raw.parse::<SyncState>()));
                let Some(SyncState { state, entry_uuid, cookie }) = state else { continue };
                given = cookie;
                match state {
                    EntryState::Present => {}
                    EntryState::Add | EntryState::Modify => touched.extend(decode(entry.0).map(|entry| self.touch(&entry, false))),
                    EntryState::Delete => {
                        let dn = decode(entry.0).map(|entry| entry.dn).unwrap_or_default();
                        touched.push(self.touch_of_uuid(&entry_uuid, dn, true));
                    }
                }
            }
            // A refresh that gives all there is would fill the memory for nothing.
            if refreshing && !resumes {
                touched.clear();
            }
            if !refreshing && !touched.is_empty() {
                (self.tell)(Notice::Touched(std::mem::take(&mut touched)));
            }
            if let Some(cookie) = given.filter(|cookie| !refreshing && !cookie.is_empty()) {
                (self.tell)(Notice::Cursor(Cursor { server: self.server.clone(), at: Position::Cookie(cookie) }));
            }
        }
        let result = stream.finish().await;
        match result.rc {
            // Refused at once: not for these entries, or not for us.
            2 | 12 | 50 | 53 if refreshing => Ok(false),
            // Refresh required (section 3.10): the cookie is too old.
            _ => {
                (self.tell)(Notice::Doubt("the server does not know any more what changed"));
                Err(FetchError { phase: Phase::Users, message: self.sentence(&result) })
            }
        }
    }

    /// A cookie for what the server has now, from the `contextCSN` of OpenLDAP; the bind account may be unable to read it.
    async fn present_state(&self, connection: &mut Connection, root: &Root) -> Option<Vec<u8>> {
        let base = &self.config.search.base_dn;
        let context = root.contexts.iter().filter(|context| is_below(base, context)).max_by_key(|context| context.len())?;
        let entry = connection.read(Phase::Base, context, &["contextCSN".to_owned()]).await.ok()??;
        let numbers = texts(&entry, "contextCSN");
        (!numbers.is_empty()).then(|| format!("rid=000,csn={}", numbers.join(";")).into_bytes())
    }

    /// draft-ietf-ldapext-psearch. Every entry is asked for, because one that does not fit a filter any more would not be told.
    async fn persistent_search(&mut self) -> Result<(), FetchError> {
        let control = RawControl { ctype: PERSISTENT_SEARCH.to_owned(), crit: true, val: Some(ALL_CHANGES.to_vec()) };
        let (silent, _probe) = self.probed();
        let mut stream = self
            .ldap
            .with_controls(vec![control])
            .streaming_search(&self.config.search.base_dn, Scope::Subtree, "(objectClass=*)", self.attributes.clone())
            .await
            .map_err(|error| FetchError { phase: Phase::Users, message: explain::ldap_error(&self.server, self.is_private, Phase::Users, &error) })?;
        let settled = tokio::time::sleep(SETTLED_AFTER);
        tokio::pin!(settled);
        let mut is_settled = false;
        loop {
            let next = tokio::select! {
                next = stream.next() => next.map_err(|error| self.broken(&error))?,
                () = silent.cancelled() => return Err(self.silent()),
                () = &mut settled, if !is_settled => {
                    is_settled = true;
                    self.following(Mode::PersistentSearch, false, "");
                    continue;
                }
            };
            let Some(entry) = next else { break };
            if entry.is_ref() || entry.is_intermediate() {
                continue;
            }
            let is_gone = entry.1.iter().any(|Control(_, raw)| raw.ctype == ENTRY_CHANGE && is_deletion(raw.val.as_deref().unwrap_or_default()));
            if let Some(entry) = decode(entry.0) {
                (self.tell)(Notice::Touched(vec![self.touch(&entry, is_gone)]));
            }
        }
        let result = stream.finish().await;
        Err(FetchError { phase: Phase::Users, message: self.sentence(&result) })
    }

    /// The update numbers of one domain controller (MS-ADTS section 3.1.1.1.9). They count for that controller only.
    async fn usn(&mut self, connection: &mut Connection, root: &Root, from: Option<Position>) -> Result<(), FetchError> {
        let context = root.default_context.clone().unwrap_or_else(|| self.config.search.base_dn.clone());
        let controller = controller(connection).await?;
        let (mut last, resumed) = match from {
            Some(Position::Usn { controller: before, usn }) if before == controller => (usn, true),
            _ => (newest_usn(connection).await?, false),
        };
        let is_gone = |entry: &RawEntry| texts(entry, "isDeleted").iter().any(|value| value.eq_ignore_ascii_case("true"));
        // Samba shows the place to everybody, but its attributes only to those who may read what is in it.
        let found = self.all(&format!("CN=Deleted Objects,{context}"), Scope::Base, "(objectClass=*)", true).await?;
        let sees_deleted = found.is_ok_and(|entries| entries.iter().any(is_gone));
        let blind = "The bind account may not read deleted objects, so people who are deleted are noticed by the regular sync.";
        self.following(Mode::Usn, resumed, if sees_deleted { "" } else { blind });
        loop {
            let newest = newest_usn(connection).await?;
            if newest < last {
                // The controller was restored from a backup.
                (self.tell)(Notice::Doubt("the domain controller counts its updates anew"));
                last = newest;
            } else if newest > last {
                match self.all(&context, Scope::Subtree, &format!("(uSNChanged>={})", last + 1), true).await? {
                    Ok(entries) if entries.is_empty() => {}
                    Ok(entries) => {
                        (self.tell)(Notice::Touched(entries.iter().map(|entry| self.touch(entry, is_gone(entry))).collect()));
                    }
                    Err(_) => (self.tell)(Notice::Doubt("more changed than the server tells at once")),
                }
                last = newest;
                let at = Position::Usn { controller: controller.clone(), usn: last };
                (self.tell)(Notice::Cursor(Cursor { server: self.server.clone(), at }));
            }
            tokio::time::sleep(ASK_USN_EVERY).await;
        }
    }

    /// Every entry a search finds, at most as many as the server sends at once; the inner error is the result code of an answer cut short.
    async fn all(&mut self, base: &str, scope: Scope, filter: &str, deleted_too: bool) -> Result<Result<Vec<RawEntry>, u32>, FetchError> {
        let mut attributes = self.attributes.clone();
        attributes.push("isDeleted".to_owned());
        self.ldap.with_timeout(self.config.connection.limits.answer_within);
        if deleted_too {
            self.ldap.with_controls(vec![RawControl { ctype: SHOW_DELETED.to_owned(), crit: true, val: None }]);
        }
        let asked = self.ldap.streaming_search(base, scope, filter, attributes).await;
        let mut stream = asked
            .map_err(|error| FetchError { phase: Phase::Users, message: explain::ldap_error(&self.server, self.is_private, Phase::Users, &error) })?;
        let mut entries = Vec::new();
        while let Some(entry) = stream.next().await.map_err(|error| self.broken(&error))? {
            if !entry.is_ref() && !entry.is_intermediate() {
                entries.extend(decode(entry.0));
            }
        }
        let result = stream.finish().await;
        Ok(match result.rc {
            0 => Ok(entries),
            NO_SUCH_OBJECT => Ok(Vec::new()),
            code => Err(code),
        })
    }

    /// Time stamps: seconds, without deletions. What has the newest one is told twice, because it can change again within its second.
    async fn timestamps(&mut self, connection: &mut Connection) -> Result<(), FetchError> {
        const STAMP: &str = "modifyTimestamp";
        let bases = [self.config.search.base_dn.clone()];
        let mut requested = self.attributes.clone();
        requested.push(STAMP.to_owned());
        let mut newest: Option<String> = None;
        let note = |newest: &mut Option<String>, entry: &RawEntry| {
            if let Some(stamp) = texts(entry, STAMP).into_iter().next().filter(|stamp| newest.as_ref().is_none_or(|newest| newest < stamp)) {
                *newest = Some(stamp);
            }
        };
        let stamp_only = [STAMP.to_owned()];
        connection.search(Phase::Users, Area::below(&bases), "(objectClass=*)", &stamp_only, |entry| note(&mut newest, entry)).await?;
        let Some(mut from) = newest.filter(|stamp| stamp.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')) else {
            self.following(Mode::Interval, true, "");
            tokio::time::sleep(LOOK_AGAIN).await;
            return Ok(());
        };
        self.following(Mode::Timestamps, false, "");
        let mut told: HashMap<(String, String), u8> = HashMap::new();
        loop {
            tokio::time::sleep(ASK_TIMESTAMPS_EVERY).await;
            let (mut touched, mut newest, mut now) = (Vec::new(), Some(from.clone()), HashMap::new());
            let each = |entry: &RawEntry| {
                note(&mut newest, entry);
                let key = (entry.dn.clone(), texts(entry, STAMP).into_iter().next().unwrap_or_default());
                let times = told.get(&key).copied().unwrap_or(0);
                if times < 2 {
                    touched.push(self.touch(entry, false));
                }
                now.insert(key, times.saturating_add(1));
            };
            connection.search(Phase::Users, Area::below(&bases), &format!("({STAMP}>={from})"), &requested, each).await?;
            told = now;
            from = newest.filter(|stamp| stamp.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')).unwrap_or(from);
            if !touched.is_empty() {
                (self.tell)(Notice::Touched(touched));
            }
        }
    }
}

/// Whose update numbers these are: the controller's own entry, and its database's identity, which a restore from a backup changes.
async fn controller(connection: &mut Connection) -> Result<String, FetchError> {
    let root = connection.read(Phase::Base, "", &["dsServiceName".to_owned()]).await?.unwrap_or_default();
    let Some(name) = texts(&root, "dsServiceName").into_iter().next() else { return Ok(String::new()) };
    // Not everybody may read it; the name alone then has to do.
    let entry = connection.read(Phase::Base, &name, &["invocationId".to_owned()]).await.ok().flatten().unwrap_or_default();
    let invocation = entry.attributes.first().and_then(|(_, values)| values.first()).and_then(|value| EntryId::from_value("objectGUID", value).ok());
    Ok(format!("{name} {}", invocation.map(|id| id.to_string()).unwrap_or_default()))
}

async fn newest_usn(connection: &mut Connection) -> Result<u64, FetchError> {
    let root = connection.read(Phase::Base, "", &["highestCommittedUSN".to_owned()]).await?.unwrap_or_default();
    let usn = texts(&root, "highestCommittedUSN").first().and_then(|text| text.parse().ok());
    usn.ok_or_else(|| FetchError { phase: Phase::Base, message: "The domain controller does not tell its highestCommittedUSN.".to_owned() })
}

/// Whether an entry change control (section 4 of the draft) says `delete(2)`.
fn is_deletion(value: &[u8]) -> bool {
    let Ok((_, tag)) = parse_tag(value) else { return false };
    let PL::C(parts) = tag.payload else { return false };
    matches!(parts.first().map(|part| &part.payload), Some(PL::P(kind)) if kind.as_slice() == [2])
}

fn texts(entry: &RawEntry, name: &str) -> Vec<String> {
    let values = entry.attributes.iter().filter(|(description, _)| description.eq_ignore_ascii_case(name)).flat_map(|(_, values)| values);
    values.filter_map(|value| String::from_utf8(value.clone()).ok()).collect()
}

/// Whether a DN is another or stands below it, compared by its last parts.
fn is_below(dn: &str, base: &str) -> bool {
    let Some(wanted) = key_of(base) else { return false };
    let ends = std::iter::once(0).chain(dn.match_indices(',').map(|(place, _)| place + 1));
    base.trim().is_empty() || ends.filter_map(|start| key_of(dn.get(start..)?)).any(|key| key == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_is_told_from_other_changes() {
        assert!(is_deletion(&[0x30, 0x03, 0x0a, 0x01, 2]));
        for value in [&[][..], &[0x30, 0x03, 0x0a, 0x01, 4], &[0x0a, 0x01, 2], &[0x30, 0x00]] {
            assert!(!is_deletion(value), "{value:?}");
        }
    }

    #[test]
    fn a_dn_is_below_its_own_parts_in_any_spelling() {
        for base in ["dc=x", "DC=X", "ou=p, dc=x", "uid=a,ou=p,dc=x"] {
            assert!(is_below("uid=a,ou=P,dc=x", base), "{base}");
        }
        assert!(!is_below("uid=a,ou=p,dc=x", "ou=q,dc=x"));
        assert!(!is_below("uid=a,ou=p,dc=xx", "dc=x"));
    }
}
