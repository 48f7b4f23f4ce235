//! The verdict: pure, from what was found there and what is known here.

use super::super::model::DirectoryState;
use super::super::plan::BIND_ACCOUNT;
use super::outlook::{Becomes, Outlook};
use super::{Account, FilterPart, Verdict};

/// What [`decide`] weighs.
pub(super) struct Facts<'f> {
    pub(super) directory: &'f str,
    pub(super) who: &'f str,
    pub(super) is_enabled: bool,
    pub(super) several: usize,
    pub(super) account: Option<&'f Account>,
    pub(super) found: Option<Found<'f>>,
}

/// What was found in the directory.
pub(super) struct Found<'f> {
    pub(super) name: &'f str,
    pub(super) is_below_bases: bool,
    pub(super) fits_filter: Option<bool>,
    /// The parts of the filter that leave the entry out, in words.
    pub(super) excluded_by: Vec<String>,
    pub(super) unusable: Option<String>,
    pub(super) is_disabled: bool,
    /// Whether Muster itself binds with it.
    pub(super) is_bind_account: bool,
    /// The group of which only the members are taken over, when it is not in there.
    pub(super) lacks_group: Option<String>,
    /// What a run would make of it, when it can be used.
    pub(super) outlook: Option<Outlook>,
}

/// The verdict.
pub(super) fn decide(facts: &Facts<'_>) -> Verdict {
    let no = |sentence: String, reasons: Vec<String>| Verdict { may_sign_in: false, sentence, reasons };
    let Facts { directory, who, is_enabled, several, account, found } = facts;
    let is_ours = account.is_some_and(|account| account.directory.as_deref() == Some(*directory));
    let Some(found) = found else {
        if *several > 0 {
            let reason = "A run takes over each of those its filter finds; two that want one username cannot both have it.".to_owned();
            return no(format!("{several} entries of the directory have the name {who:?}. Choose one by its DN."), vec![reason]);
        }
        return match account {
            Some(account) if is_ours => {
                let since = account.state_since.filter(|_| account.state.as_deref() == Some(DirectoryState::Missing.as_str()));
                let known = match since {
                    Some(since) => format!("It has been missing since {}.", since.for_people()),
                    None => "The last sync still saw it; the next one will notice.".to_owned(),
                };
                let reason = "Deleted there, moved out of reach, or the bind account may not see it any more.".to_owned();
                no(format!("{} is known here, but the directory shows no such entry. {known}", account.display_name), vec![reason])
            }
            Some(account) => Verdict {
                may_sign_in: account.blocked_at.is_none() && account.state.as_deref().is_none_or(|state| state == "active"),
                sentence: match &account.directory {
                    None => format!("{} has a local account; this directory has nobody by that name.", account.display_name),
                    Some(other) => {
                        format!("{} has an account from the directory {other:?}; this directory has nobody by that name.", account.display_name)
                    }
                },
                reasons: Vec::new(),
            },
            None => no(
                format!("Neither the directory nor Muster knows anybody as {who:?}."),
                vec!["Looked for by username and e-mail address, everywhere below the base DN. A DN can be given too.".to_owned()],
            ),
        };
    };
    let name = found.name;
    let mut reasons = Vec::new();
    if !found.is_below_bases {
        reasons.push("The entry is not below any base DN for people.".to_owned());
    }
    if found.fits_filter == Some(false) {
        reasons.extend(found.excluded_by.iter().cloned());
    }
    if let Some(unusable) = &found.unusable {
        reasons.push(unusable.clone());
    }
    if let Some(group) = &found.lacks_group {
        reasons.push(format!("Only members of the group {group:?} are taken over (LDAP_IMPORT_GROUP), and no group the entry is in leads there."));
    }
    if found.is_bind_account {
        reasons.push(BIND_ACCOUNT.to_owned());
    }
    let because = match found {
        Found { is_below_bases: false, .. } => Some("the entry is outside of where people are searched"),
        Found { fits_filter: Some(false), .. } => Some("the filter for people leaves the entry out"),
        Found { unusable: Some(_), .. } => Some("the entry cannot be used"),
        Found { is_bind_account: true, .. } => Some("Muster itself binds with this account"),
        Found { lacks_group: Some(_), .. } => Some("only members of a group are taken over"),
        _ => None,
    };
    if let Some(because) = because {
        let mut sentence = format!("{name} is not a user here, because {because}.");
        if is_ours && account.is_some_and(|account| account.state.as_deref() == Some("active")) {
            sentence.push_str(" The account from before stays usable until the next sync.");
        }
        return no(sentence, reasons);
    }
    if found.is_disabled {
        reasons.push("The directory has disabled the account.".to_owned());
    }
    let Some(account) = account.filter(|_| is_ours) else { return newcomer(found, *is_enabled, reasons) };
    reasons.extend(found.outlook.iter().flat_map(|outlook| outlook.remarks.iter().cloned()));
    if let Some(at) = account.blocked_at {
        reasons.push(format!("An administrator blocked the account on {}; no sync lifts that.", at.for_people()));
    }
    let behind = match (account.state.as_deref(), found.is_disabled) {
        (Some("active"), true) => Some("The last sync was before that: the next one locks the account."),
        (Some(state), false) if state != "active" => Some("The last sync had seen it otherwise: the next one gives access back."),
        _ => None,
    };
    reasons.extend(behind.map(str::to_owned));
    if account.blocked_at.is_some() || found.is_disabled || account.state.as_deref() != Some("active") {
        return no(format!("{name} has an account and cannot sign in."), reasons);
    }
    let role = if account.is_admin { " and is an administrator" } else { "" };
    Verdict { may_sign_in: true, sentence: format!("{name} can sign in{role}."), reasons }
}

/// The verdict about somebody without an account from this directory.
fn newcomer(found: &Found<'_>, is_enabled: bool, mut reasons: Vec<String>) -> Verdict {
    let name = found.name;
    let (becomes, remarks) = found.outlook.as_ref().map_or((Becomes::Account, &[][..]), |outlook| (outlook.becomes, outlook.remarks.as_slice()));
    reasons.extend(remarks.iter().cloned());
    let (sentence, next) = match becomes {
        Becomes::Nobody => (format!("{name} is in the directory, but the name is taken here."), None),
        Becomes::NotAsked => (format!("{name} is in the directory, but people are not taken over from it (LDAP_SYNC_USERS)."), None),
        Becomes::Linked => (format!("{name} is in the directory and has only a local account here."), Some("The next sync links the two.")),
        Becomes::Account => (format!("{name} is in the directory and has no account here yet."), Some("The next sync creates the account.")),
    };
    if is_enabled {
        reasons.extend(next.map(str::to_owned));
    } else {
        reasons.push("The directory is switched off, so no sync runs.".to_owned());
    }
    if reasons.is_empty() {
        reasons.push("Switch it on in the settings if people are to come from this directory.".to_owned());
    }
    Verdict { may_sign_in: false, sentence, reasons }
}

/// The innermost parts that decide against the entry, in words.
pub(super) fn excluded_by(parts: &[FilterPart]) -> Vec<String> {
    // Followed from the outside: of "&" the parts that fail, of "|" all of them, of "!" the part that holds.
    let mut reasons = Vec::new();
    let mut at = 0;
    let mut skip_below = None;
    while let Some(part) = parts.get(at) {
        at += 1;
        if skip_below.is_some_and(|depth| part.depth > depth) {
            continue;
        }
        skip_below = None;
        match (part.fits, part.text.chars().nth(1)) {
            (Some(false), Some('&' | '|')) => {}
            (Some(false), Some('!')) => {
                skip_below = Some(part.depth);
                let inner = parts.get(at).map(|inner| inner.has.as_str()).filter(|has| !has.is_empty());
                reasons.push(format!("{} leaves the entry out{}.", part.text, inner.map_or_else(String::new, |has| format!(": {has}"))));
            }
            (Some(false), _) => reasons.push(format!("The filter asks for {}: {}.", part.text, part.has)),
            _ => skip_below = Some(part.depth),
        }
    }
    reasons
}
