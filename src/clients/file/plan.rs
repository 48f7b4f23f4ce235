//! What a file changes: pure.

use std::collections::{BTreeMap, BTreeSet};

use super::reading::Declared;
use super::{Fate, Line, is_of_a_file};
use crate::clients::{Client, Provenance, RegisteredBy, Registration, changed};
use crate::users;

/// A client that is there.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) client: Client,
    /// The hashes of its secrets.
    pub(super) secrets: BTreeSet<Vec<u8>>,
    /// The groups the file named for it, by key.
    pub(super) groups: BTreeSet<String>,
}

/// What happens to one client. Numbers are places in the lists the plan was made from.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Create { declared: usize, registration: Box<Registration> },
    Change { declared: usize, known: usize, registration: Box<Registration>, fields: Vec<&'static str> },
    Keep { declared: usize },
    Remove { known: usize },
}

impl Step {
    pub(super) fn line(&self, declared: &[Declared], known: &[Known]) -> Line {
        let of =
            |at: usize, fate, fields| Line { client_id: declared[at].client_id.clone(), name: declared[at].registration.name.clone(), fate, fields };
        match self {
            Self::Create { declared: at, .. } => of(*at, Fate::Created, Vec::new()),
            Self::Change { declared: at, fields, .. } => of(*at, Fate::Changed, fields.clone()),
            Self::Keep { declared: at } => of(*at, Fate::Unchanged, Vec::new()),
            Self::Remove { known: at } => {
                let client = &known[*at].client;
                Line { client_id: client.client_id.clone(), name: client.registration.name.clone(), fate: Fate::Removed, fields: Vec::new() }
            }
        }
    }
}

/// Compares what a file declares with what is there.
///
/// # Errors
/// A sentence for each client whose `client_id` belongs to one that is not from a file.
pub(super) fn plan(file: &str, declared: &[Declared], known: &[Known]) -> Result<Vec<Step>, Vec<String>> {
    let places: BTreeMap<&str, usize> = known.iter().enumerate().map(|(at, known)| (known.client.client_id.as_str(), at)).collect();
    let (mut steps, mut mistakes) = (Vec::new(), Vec::new());
    for (at, new) in declared.iter().enumerate() {
        let mut registration = new.registration.clone();
        registration.policies.provenance = Provenance { registered_by: RegisteredBy::File, file: file.to_owned(), ..Provenance::default() };
        let registration = Box::new(registration);
        let Some(&place) = places.get(new.client_id.as_str()) else {
            steps.push(Step::Create { declared: at, registration });
            continue;
        };
        let was = &known[place];
        if !is_of_a_file(&was.client) {
            mistakes.push(format!(
                "{file}: client \"{}\", client_id: this server has an app with this client ID that is not from a file (“{}”). Choose another ID, or delete \
                 that app first.",
                new.client_id, was.client.registration.name
            ));
            continue;
        }
        let fields = differences(new, was, &registration);
        steps.push(if fields.is_empty() { Step::Keep { declared: at } } else { Step::Change { declared: at, known: place, registration, fields } });
    }
    mistakes.extend(shared_secrets(file, declared, known));
    let wanted: BTreeSet<&str> = declared.iter().map(|client| client.client_id.as_str()).collect();
    let gone = known
        .iter()
        .enumerate()
        .filter(|(_, known)| known.client.registration.policies.provenance.is_kept_by_file() && !wanted.contains(known.client.client_id.as_str()));
    steps.extend(gone.map(|(at, _)| Step::Remove { known: at }));
    if mistakes.is_empty() { Ok(steps) } else { Err(mistakes) }
}

/// A secret says who it is: no two clients have the same one, also not one that is out of service.
fn shared_secrets(file: &str, declared: &[Declared], known: &[Known]) -> Vec<String> {
    let mut owners: BTreeMap<Vec<u8>, &str> = BTreeMap::new();
    let declared_ids: BTreeSet<&str> = declared.iter().map(|client| client.client_id.as_str()).collect();
    for known in known.iter().filter(|known| !declared_ids.contains(known.client.client_id.as_str())) {
        owners.extend(known.secrets.iter().map(|hash| (hash.clone(), known.client.client_id.as_str())));
    }
    let mut mistakes = Vec::new();
    for client in declared {
        for secret in &client.secrets {
            if let Some(other) = owners.insert(secret.hash().as_bytes().to_vec(), &client.client_id) {
                mistakes.push(format!(
                    "{file}: client \"{}\", secret_file: it is the secret of the client \"{other}\" too. Give each its own.",
                    client.client_id
                ));
            }
        }
    }
    mistakes
}

fn differences(new: &Declared, was: &Known, registration: &Registration) -> Vec<&'static str> {
    let mut fields = changed(&was.client.registration, registration);
    let groups: BTreeSet<String> = new.groups.iter().flatten().map(|name| users::model::key(name)).collect();
    if was.client.restricted != new.groups.is_some() || was.groups != groups {
        fields.push("allowed_groups");
    }
    let secrets: BTreeSet<Vec<u8>> = new.secrets.iter().map(|secret| secret.hash().as_bytes().to_vec()).collect();
    if was.secrets != secrets {
        fields.push("secrets");
    }
    fields
}
