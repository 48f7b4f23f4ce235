//! How a client gets a person's groups: which, what of them, in which form, under which name.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a client gets of each group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupValue {
    /// Its name.
    #[default]
    Name,
    /// Its id, which stays when it is renamed.
    Id,
    /// What people call it.
    DisplayName,
}

/// How several groups stand in one claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupFormat {
    /// A list of texts.
    #[default]
    List,
    /// One text, separated by blanks.
    Spaces,
    /// One text, separated by commas.
    Commas,
}

/// The shape of the group claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupShape {
    /// The claim's name.
    pub claim: String,
    /// What of each group.
    pub value: GroupValue,
    /// How they stand together.
    pub format: GroupFormat,
    /// Only groups whose name begins so, upper and lower case alike; empty for all.
    pub prefix: String,
    /// Only groups of a directory.
    pub directory_only: bool,
    /// Only groups the client is open to.
    pub allowed_only: bool,
}

impl Default for GroupShape {
    fn default() -> Self {
        Self {
            claim: "groups".to_owned(),
            value: GroupValue::default(),
            format: GroupFormat::default(),
            prefix: String::new(),
            directory_only: false,
            allowed_only: false,
        }
    }
}

/// A group of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberOf<'a> {
    /// Its id as text.
    pub id: String,
    /// Its name.
    pub name: &'a str,
    /// What people call it.
    pub display_name: &'a str,
    /// Whether a directory lists it.
    pub from_directory: bool,
    /// Whether the client is open to it.
    pub is_allowed: bool,
}

impl GroupShape {
    /// What the client gets of a person in these groups, one by one.
    pub fn texts(&self, groups: &[MemberOf<'_>]) -> Vec<String> {
        let prefix = self.prefix.to_lowercase();
        let texts = groups
            .iter()
            .filter(|group| prefix.is_empty() || group.name.to_lowercase().starts_with(&prefix))
            .filter(|group| (!self.directory_only || group.from_directory) && (!self.allowed_only || group.is_allowed))
            .map(|group| match self.value {
                GroupValue::Name => group.name.to_owned(),
                GroupValue::Id => group.id.clone(),
                GroupValue::DisplayName => group.display_name.to_owned(),
            });
        texts.collect()
    }

    /// The value of the claim for a person in these groups.
    pub fn shape(&self, groups: &[MemberOf<'_>]) -> Value {
        let texts = self.texts(groups);
        match self.format {
            GroupFormat::List => Value::from(texts),
            GroupFormat::Spaces => Value::from(texts.join(" ")),
            GroupFormat::Commas => Value::from(texts.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_client_gets_its_groups_in_the_shape_it_wants() {
        let group =
            |id: &str, name, display_name, from_directory, is_allowed| MemberOf { id: id.to_owned(), name, display_name, from_directory, is_allowed };
        let groups = [
            group("1", "App-admins", "Admins", true, true),
            group("2", "app-users", "Users", false, false),
            group("3", "staff", "Staff", true, false),
        ];
        let shaped = |change: &dyn Fn(&mut GroupShape)| {
            let mut shape = GroupShape::default();
            change(&mut shape);
            shape.shape(&groups)
        };
        assert_eq!(shaped(&|_| {}), json!(["App-admins", "app-users", "staff"]));
        assert_eq!(shaped(&|it| it.value = GroupValue::Id), json!(["1", "2", "3"]));
        assert_eq!(shaped(&|it| it.value = GroupValue::DisplayName), json!(["Admins", "Users", "Staff"]));
        assert_eq!(shaped(&|it| it.format = GroupFormat::Spaces), json!("App-admins app-users staff"));
        assert_eq!(shaped(&|it| it.format = GroupFormat::Commas), json!("App-admins,app-users,staff"));
        assert_eq!(shaped(&|it| it.prefix = "APP-".into()), json!(["App-admins", "app-users"]));
        assert_eq!(shaped(&|it| it.directory_only = true), json!(["App-admins", "staff"]));
        assert_eq!(shaped(&|it| it.allowed_only = true), json!(["App-admins"]));
        assert_eq!(shaped(&|it| (it.allowed_only, it.prefix) = (true, "staff".into())), json!([]));
    }
}
