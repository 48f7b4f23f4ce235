//! `muster users`: who is here. Read and printed a batch at a time, so that a hundred thousand people need no more memory than one thousand.

use std::collections::HashMap;

use clap::Subcommand;
use serde::Serialize;

use super::{Failed, Format, JsonArray, columns};
use crate::db::Conn;
use crate::groups;
use crate::id::UserId;
use crate::users::{self, Record};

/// How many people are read at once.
const BATCH: i64 = 1_000;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists everyone, by username.
    List {
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Shows one person.
    Show {
        /// Their username or e-mail address.
        user: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// A person as programs read them; the names are a promise.
#[derive(Serialize)]
struct Person {
    id: UserId,
    username: String,
    email: Option<String>,
    email_verified: bool,
    first_name: String,
    last_name: String,
    display_name: String,
    phone: Option<String>,
    is_admin: bool,
    is_disabled: bool,
    source: String,
    groups: Vec<String>,
    passkeys: i64,
}

impl Person {
    fn new(record: Record, groups: Vec<String>) -> Self {
        Self {
            id: record.id,
            username: record.username,
            email: record.email,
            email_verified: record.email_verified,
            first_name: record.first_name,
            last_name: record.last_name,
            display_name: record.display_name,
            phone: record.phone,
            is_admin: record.is_admin,
            is_disabled: record.is_disabled,
            source: record.directory.unwrap_or_else(|| "local".to_owned()),
            groups,
            passkeys: record.passkeys,
        }
    }

    fn line(self) -> [String; 6] {
        let mut state = if self.is_disabled { "disabled" } else { "active" }.to_owned();
        if self.is_admin {
            state.push_str(", admin");
        }
        [self.username, self.display_name, self.email.unwrap_or_default(), self.source, state, self.passkeys.to_string()]
    }
}

pub(super) async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::List { format } => list(format).await,
        Command::Show { user, format } => show(&user, format).await,
    }
}

async fn list(format: Format) -> Result<(), Failed> {
    let app = super::app().await?;
    let mut conn = app.db.read().await?;
    let mut json = JsonArray::default();
    let mut head = Some(["USERNAME", "NAME", "E-MAIL", "SOURCE", "STATE", "PASSKEYS"].map(str::to_owned));
    let mut after = String::new();
    loop {
        let people = batch(&mut conn, &mut after).await?;
        let is_last = i64::try_from(people.len()).unwrap_or(i64::MAX) < BATCH;
        match format {
            Format::Human => columns(&head.take().into_iter().chain(people.into_iter().map(Person::line)).collect::<Vec<_>>())?,
            Format::Json => people.iter().try_for_each(|person| json.push(person))?,
        }
        if is_last {
            break;
        }
    }
    if format == Format::Json { json.end() } else { Ok(()) }
}

/// The next people after the username key `after`, which moves on: one statement for them, one for their groups.
async fn batch(conn: &mut Conn, after: &mut String) -> Result<Vec<Person>, Failed> {
    let records = users::records_after(conn, after, BATCH).await?;
    let Some(last) = records.last().map(|record| record.username_key.clone()) else { return Ok(Vec::new()) };
    let mut groups: HashMap<UserId, Vec<String>> = HashMap::new();
    for (user, name) in groups::of_users_between(conn, after, &last).await? {
        groups.entry(user).or_default().push(name);
    }
    *after = last;
    Ok(records
        .into_iter()
        .map(|record| (groups.remove(&record.id).unwrap_or_default(), record))
        .map(|(groups, record)| Person::new(record, groups))
        .collect())
}

async fn show(name: &str, format: Format) -> Result<(), Failed> {
    let app = super::app().await?;
    let mut conn = app.db.read().await?;
    let nobody = || Failed::Command(anyhow::anyhow!("nobody has the username or e-mail address \"{name}\"; `muster users list` shows everyone"));
    let user = users::find_by_name(&mut conn, name).await?.ok_or_else(nobody)?;
    let record = users::record(&mut conn, user.id).await?.ok_or_else(nobody)?;
    let groups = groups::of_user(&mut conn, user.id).await?.into_iter().map(|membership| membership.name).collect();
    let person = Person::new(record, groups);
    if format == Format::Json {
        return super::say_json(&person);
    }
    let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    columns(&[
        ["Id".to_owned(), person.id.to_string()],
        ["Username".into(), person.username],
        ["Name".into(), person.display_name],
        ["First name".into(), person.first_name],
        ["Last name".into(), person.last_name],
        ["E-mail".into(), person.email.unwrap_or_default()],
        ["E-mail verified".into(), yes_no(person.email_verified)],
        ["Telephone".into(), person.phone.unwrap_or_default()],
        ["Administrator".into(), yes_no(person.is_admin)],
        ["Disabled".into(), yes_no(person.is_disabled)],
        ["Source".into(), person.source],
        ["Entry".into(), user.entry_dn.unwrap_or_default()],
        ["Groups".into(), person.groups.join(", ")],
        ["Passkeys".into(), person.passkeys.to_string()],
    ])
}
