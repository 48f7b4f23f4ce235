//! The people of a group on their way in: who has a passkey, who holds a link, who holds none; and links for many of them at once.

use std::time::Duration;

use super::by_mail::from_administrator;
use super::model::{LIFETIME_MAX, Purpose};
use super::{address, store};
use crate::app::App;
use crate::audit::{self, Kind};
use crate::clock::{Timestamp, duration_for_people};
use crate::db::Conn;
use crate::groups::Group;
use crate::id::{AccessLinkId, GroupId, UserId};
use crate::language::{Text, t};
use crate::mail;
use crate::secret::SecretToken;
use crate::sessions::AdminDeed;
use crate::users::language_read;

/// How many links are made at once.
pub const LINKS_MAX: i64 = 1_000;

/// How far somebody has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Has a passkey.
    In,
    /// Has no passkey, but a link that still works.
    Linked,
    /// Has neither.
    Out,
    /// May not sign in, so that a link would open nothing.
    KeptOut,
}

impl Standing {
    /// Every one, in the order pages show them.
    pub const ALL: [Self; 4] = [Self::In, Self::Linked, Self::Out, Self::KeptOut];

    /// The word of addresses and statements.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Linked => "linked",
            Self::Out => "out",
            Self::KeptOut => "kept-out",
        }
    }

    /// The reverse of [`as_str`](Self::as_str).
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == word)
    }

    /// For people.
    pub fn label(self) -> Text {
        match self {
            Self::In => t("standing-in"),
            Self::Linked => t("standing-linked"),
            Self::Out => t("standing-out"),
            Self::KeptOut => t("standing-kept-out"),
        }
    }
}

/// A member of a group, and how far they have come.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Arrival {
    /// Who.
    pub id: UserId,
    /// Their sign-in name.
    pub username: String,
    /// What to call them.
    pub display_name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// The tag of the language they chose; empty when they chose none.
    pub(super) language: String,
    /// What their directory says about it.
    pub(super) locale: String,
    /// When they last signed in.
    pub last_sign_in_at: Option<Timestamp>,
    /// When the last of their links that still work ends.
    pub link_until: Option<Timestamp>,
    pub(super) standing: String,
}

impl Arrival {
    /// How far they have come.
    pub fn standing(&self) -> Standing {
        Standing::parse(&self.standing).unwrap_or(Standing::KeptOut)
    }
}

/// How many members of a group have come how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those with a passkey.
    pub come_in: i64,
    /// Those without, who hold a link.
    pub linked: i64,
    /// Those with neither.
    pub out: i64,
    /// Those who may not sign in.
    pub kept_out: i64,
}

impl Counts {
    /// How many there are of a standing.
    pub const fn of(self, standing: Standing) -> i64 {
        match standing {
            Standing::In => self.come_in,
            Standing::Linked => self.linked,
            Standing::Out => self.out,
            Standing::KeptOut => self.kept_out,
        }
    }

    /// How many there are.
    pub const fn all(self) -> i64 {
        self.come_in + self.linked + self.out + self.kept_out
    }
}

/// Counts the members of a group by how far they have come.
///
/// # Errors
/// When the database cannot be read.
pub async fn counts(conn: &mut Conn, group: GroupId, now: Timestamp) -> sqlx::Result<Counts> {
    let mut counts = Counts::default();
    for (standing, count) in store::count_arrivals(conn, group, now).await? {
        match Standing::parse(&standing) {
            Some(Standing::In) => counts.come_in = count,
            Some(Standing::Linked) => counts.linked = count,
            Some(Standing::Out) => counts.out = count,
            Some(Standing::KeptOut) | None => counts.kept_out = count,
        }
    }
    Ok(counts)
}

/// A page of a group's members by username, of one standing or of all.
///
/// # Errors
/// When the database cannot be read.
pub async fn arrivals(
    conn: &mut Conn,
    group: GroupId,
    standing: Option<Standing>,
    now: Timestamp,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Arrival>> {
    store::arrivals(conn, group, standing, now, limit, offset).await
}

/// Whom links are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Who has neither a passkey nor a link that works.
    WithoutLink,
    /// Everyone without a passkey; the links they hold stop working.
    WithoutPasskey,
}

/// A link for one of many. The address is shown once and never again.
#[derive(Debug)]
pub struct Handed {
    /// Whose it is.
    pub person: Arrival,
    /// The full address.
    pub url: String,
}

/// Links for many.
#[derive(Debug)]
pub struct Made {
    /// One each, by username.
    pub links: Vec<Handed>,
    /// When all of them end.
    pub expires_at: Timestamp,
}

/// Makes links for members of a group who have no passkey, [`LINKS_MAX`] at most, the first by username; `by_mail` sends each to its person, if they have an
/// address. `lifetime` is cut at [`LIFETIME_MAX`].
///
/// # Errors
/// When the database refuses or a mail cannot be written; no link is made then.
pub async fn make(app: &App, deed: &AdminDeed, group: &Group, whom: Whom, lifetime: Duration, by_mail: bool) -> anyhow::Result<Made> {
    let now = deed.now;
    let lifetime = lifetime.min(LIFETIME_MAX);
    let expires_at = now + lifetime;
    let mut tx = app.db.begin().await?;
    let mut people = store::arrivals(&mut tx, group.id, Some(Standing::Out), now, LINKS_MAX, 0).await?;
    if whom == Whom::WithoutPasskey {
        // Those who hold a link get another one instead.
        let room = LINKS_MAX - i64::try_from(people.len()).unwrap_or(LINKS_MAX);
        let linked = store::arrivals(&mut tx, group.id, Some(Standing::Linked), now, room, 0).await?;
        store::revoke_links_of(&mut tx, &linked.iter().map(|person| person.id).collect::<Vec<_>>(), now).await?;
        people.extend(linked);
        people.sort_unstable_by(|a, b| a.username.cmp(&b.username));
    }
    let codes: Vec<(AccessLinkId, SecretToken)> = people.iter().map(|_| (AccessLinkId::new(), SecretToken::new(""))).collect();
    let hashes: Vec<_> = codes.iter().map(|(_, code)| code.hash()).collect();
    let mut rows = Vec::with_capacity(people.len());
    let mut events = Vec::with_capacity(people.len());
    for ((person, (id, _)), code_hash) in people.iter().zip(&codes).zip(&hashes) {
        let user = Some(person.id);
        let created_by = Some(deed.admin.user.id);
        rows.push(store::New { id: *id, code_hash, purpose: Purpose::SignIn, user, created_by, created_at: now, expires_at, browser_hash: None });
        let event = deed.event(Kind::AccessLinkMade).on(person.id.uuid(), &person.username).with("access_link", id.to_string());
        events.push(event.with("lifetime", duration_for_people(lifetime)).with("group", group.name.as_str()));
    }
    store::insert_all(&mut tx, &rows).await?;
    audit::record_all(&mut tx, events).await?;
    let links: Vec<Handed> = people.into_iter().zip(&codes).map(|(person, (_, code))| Handed { person, url: address(app, code) }).collect();
    if by_mail {
        let mail = |handed: &Handed| {
            let to = handed.person.email.as_deref()?;
            let language = language_read(&handed.person.language, &handed.person.locale);
            Some(from_administrator(app, to, (handed.person.id, &handed.person.display_name, language), &handed.url, expires_at, now))
        };
        let mails = links.iter().filter_map(mail).collect::<Result<Vec<_>, _>>()?;
        mail::queue_all(&mut tx, &app.sealer, &mails, now).await?;
    }
    tx.commit().await?;
    Ok(Made { links, expires_at })
}
