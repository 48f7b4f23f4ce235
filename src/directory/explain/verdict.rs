//! The verdict: pure, from what was found there and what is known here.

use super::super::model::DirectoryState;
use super::outlook::{Becomes, Outlook};
use super::{Account, FilterPart, Verdict};
use crate::language::{instant, t};

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
            let reason = t("directory-verdict-several-why").into();
            return no(t("directory-verdict-several").with("count", several.to_string()).with("who", format!("{who:?}")).into(), vec![reason]);
        }
        return match account {
            Some(account) if is_ours => {
                let since = account.state_since.filter(|_| account.state.as_deref() == Some(DirectoryState::Missing.as_str()));
                let sentence = match since {
                    Some(since) => t("directory-verdict-gone-since").with("since", instant(since)),
                    None => t("directory-verdict-gone"),
                };
                let reason = t("directory-verdict-gone-why").into();
                no(sentence.with("name", &account.display_name).into(), vec![reason])
            }
            Some(account) => Verdict {
                may_sign_in: account.blocked_at.is_none() && account.state.as_deref().is_none_or(|state| state == "active"),
                sentence: match &account.directory {
                    None => t("directory-verdict-local"),
                    Some(other) => t("directory-verdict-other").with("directory", format!("{other:?}")),
                }
                .with("name", &account.display_name)
                .into(),
                reasons: Vec::new(),
            },
            None => no(t("directory-verdict-nobody").with("who", format!("{who:?}")).into(), vec![t("directory-verdict-nobody-why").into()]),
        };
    };
    let name = found.name;
    let mut reasons: Vec<String> = Vec::new();
    if !found.is_below_bases {
        reasons.push(t("directory-explain-outside-means").into());
    }
    if found.fits_filter == Some(false) {
        reasons.extend(found.excluded_by.iter().cloned());
    }
    if let Some(unusable) = &found.unusable {
        reasons.push(unusable.clone());
    }
    if let Some(group) = &found.lacks_group {
        reasons.push(t("directory-verdict-lacks-group-why").with("group", format!("{group:?}")).into());
    }
    if found.is_bind_account {
        reasons.push(t("directory-verdict-bind-account-why").into());
    }
    let because = match found {
        Found { is_below_bases: false, .. } => Some(t("directory-verdict-outside")),
        Found { fits_filter: Some(false), .. } => Some(t("directory-verdict-filter")),
        Found { unusable: Some(_), .. } => Some(t("directory-verdict-unusable")),
        Found { is_bind_account: true, .. } => Some(t("directory-verdict-bind-account")),
        Found { lacks_group: Some(_), .. } => Some(t("directory-verdict-lacks-group")),
        _ => None,
    };
    if let Some(because) = because {
        let mut sentence = because.with("name", name).to_string();
        if is_ours && account.is_some_and(|account| account.state.as_deref() == Some("active")) {
            sentence = format!("{sentence} {}", t("directory-verdict-usable-until"));
        }
        return no(sentence, reasons);
    }
    if found.is_disabled {
        reasons.push(t("directory-verdict-disabled-why").into());
    }
    let Some(account) = account.filter(|_| is_ours) else { return newcomer(found, *is_enabled, reasons) };
    reasons.extend(found.outlook.iter().flat_map(|outlook| outlook.remarks.iter().cloned()));
    if let Some(at) = account.blocked_at {
        reasons.push(t("directory-verdict-blocked-why").with("at", instant(at)).into());
    }
    let behind = match (account.state.as_deref(), found.is_disabled) {
        (Some("active"), true) => Some(t("directory-verdict-next-locks")),
        (Some(state), false) if state != "active" => Some(t("directory-verdict-next-gives-back")),
        _ => None,
    };
    reasons.extend(behind.map(String::from));
    if account.blocked_at.is_some() || found.is_disabled || account.state.as_deref() != Some("active") {
        return no(t("directory-verdict-cannot").with("name", name).into(), reasons);
    }
    let sentence = if account.is_admin { t("directory-verdict-can-administer") } else { t("directory-verdict-can") };
    Verdict { may_sign_in: true, sentence: sentence.with("name", name).into(), reasons }
}

/// The verdict about somebody without an account from this directory.
fn newcomer(found: &Found<'_>, is_enabled: bool, mut reasons: Vec<String>) -> Verdict {
    let name = found.name;
    let (becomes, remarks) = found.outlook.as_ref().map_or((Becomes::Account, &[][..]), |outlook| (outlook.becomes, outlook.remarks.as_slice()));
    reasons.extend(remarks.iter().cloned());
    let (sentence, next) = match becomes {
        Becomes::Nobody => (t("directory-verdict-taken"), None),
        Becomes::NotAsked => (t("directory-verdict-not-asked"), None),
        Becomes::Linked => (t("directory-verdict-only-local"), Some(t("directory-verdict-next-links"))),
        Becomes::Account => (t("directory-verdict-none-yet"), Some(t("directory-verdict-next-creates"))),
    };
    if is_enabled {
        reasons.extend(next.map(String::from));
    } else {
        reasons.push(t("directory-verdict-off").into());
    }
    if reasons.is_empty() {
        reasons.push(t("directory-verdict-switch-on").into());
    }
    Verdict { may_sign_in: false, sentence: sentence.with("name", name).into(), reasons }
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
                let sentence = inner.map_or_else(|| t("directory-verdict-part-out"), |has| t("directory-verdict-part-out-has").with("has", has));
                reasons.push(sentence.with("part", &part.text).into());
            }
            (Some(false), _) => reasons.push(t("directory-verdict-part-asks").with("part", &part.text).with("has", &part.has).into()),
            _ => skip_below = Some(part.depth),
        }
    }
    reasons
}
