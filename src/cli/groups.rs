//! `muster groups`: which groups there are and who is in them.

use std::collections::HashMap;

use clap::Subcommand;
use serde::Serialize;

use super::{Failed, Format, JsonArray, columns};
use crate::groups;
use crate::id::GroupId;

/// How many groups are read at once; small, because everyone in them is read with them.
const BATCH: i64 = 50;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists every group with its members, by name.
    List {
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// A group as programs read it; the names are a promise.
#[derive(Serialize)]
struct Group {
    id: GroupId,
    name: String,
    display_name: String,
    source: String,
    members: Vec<String>,
}

impl Group {
    fn line(self) -> [String; 4] {
        [self.name, self.display_name, self.source, self.members.len().to_string()]
    }
}

pub(super) async fn run(command: Command) -> Result<(), Failed> {
    let Command::List { format } = command;
    let app = super::app().await?;
    let mut conn = app.db.read().await?;
    let mut json = JsonArray::default();
    let mut head = Some(["NAME", "DISPLAY NAME", "SOURCE", "MEMBERS"].map(str::to_owned));
    let mut after = String::new();
    loop {
        let records = groups::records_after(&mut conn, &after, BATCH).await?;
        let Some(last) = records.last().map(|record| record.name_key.clone()) else { break };
        let mut members: HashMap<GroupId, Vec<String>> = HashMap::new();
        for (group, username) in groups::members_between(&mut conn, &after, &last).await? {
            members.entry(group).or_default().push(username);
        }
        let groups = records.into_iter().map(|record| Group {
            members: members.remove(&record.id).unwrap_or_default(),
            id: record.id,
            name: record.name,
            display_name: record.display_name,
            source: record.directory.unwrap_or_else(|| "local".to_owned()),
        });
        match format {
            Format::Human => columns(&head.take().into_iter().chain(groups.map(Group::line)).collect::<Vec<_>>())?,
            Format::Json => groups.into_iter().try_for_each(|group| json.push(&group))?,
        }
        after = last;
    }
    match format {
        // Without any group the head is still to come.
        Format::Human => columns(&Vec::from_iter(head)),
        Format::Json => json.end(),
    }
}
