use super::outlook::{Becomes, Outlook};
use super::*;
use crate::id::UserId;

fn account(directory: Option<&str>, state: Option<&str>) -> Account {
    Account {
        id: UserId::new(),
        username: "ada".into(),
        display_name: "Ada".into(),
        directory: directory.map(str::to_owned),
        state: state.map(str::to_owned),
        state_since: Some(Timestamp::from_seconds(1_795_256_100)),
        blocked_at: None,
        is_admin: false,
    }
}

fn found() -> Found<'static> {
    Found {
        name: "Ada",
        is_below_bases: true,
        fits_filter: Some(true),
        excluded_by: vec!["The filter asks for (employeeType=staff): employeeType is guest.".to_owned()],
        unusable: None,
        is_disabled: false,
        is_bind_account: false,
        lacks_group: None,
        outlook: None,
    }
}

fn becoming(becomes: Becomes) -> Found<'static> {
    Found { outlook: Some(Outlook { becomes, remarks: vec!["Said in the plan.".to_owned()] }), ..found() }
}

fn verdict(account: Option<&Account>, found: Option<Found<'_>>) -> Verdict {
    decide(&Facts { directory: "default", who: "ada", is_enabled: true, several: 0, account, found })
}

#[test]
fn the_verdict_follows_from_what_was_found() {
    let ours = account(Some("default"), Some("active"));
    let missing = account(Some("default"), Some("missing"));
    let disabled = account(Some("default"), Some("disabled"));
    let blocked = Account { blocked_at: Some(Timestamp::EPOCH), ..ours.clone() };
    let admin = Account { is_admin: true, ..ours.clone() };
    let (local, other) = (account(None, None), account(Some("branch"), Some("active")));
    for (may, word, account, found) in [
        (true, "Ada can sign in.", Some(&ours), Some(found())),
        (true, "and is an administrator", Some(&admin), Some(found())),
        (false, "no account here yet", None, Some(found())),
        (false, "outside of where people are searched", None, Some(Found { is_below_bases: false, ..found() })),
        (false, "filter for people leaves the entry out", None, Some(Found { fits_filter: Some(false), ..found() })),
        (false, "stays usable until the next sync", Some(&ours), Some(Found { fits_filter: Some(false), ..found() })),
        (false, "entry cannot be used", None, Some(Found { unusable: Some("The entry has no username.".into()), ..found() })),
        (false, "cannot sign in", Some(&ours), Some(Found { is_disabled: true, ..found() })),
        (false, "cannot sign in", Some(&blocked), Some(found())),
        (false, "cannot sign in", Some(&disabled), Some(found())),
        (false, "the name is taken here", Some(&local), Some(becoming(Becomes::Nobody))),
        (false, "only a local account here", Some(&local), Some(becoming(Becomes::Linked))),
        (false, "people are not taken over", None, Some(becoming(Becomes::NotAsked))),
        (false, "only members of a group", Some(&ours), Some(Found { lacks_group: Some("staff".into()), ..found() })),
        (false, "binds with this account", None, Some(Found { is_bind_account: true, ..found() })),
        (false, "missing since 21 Nov 2026", Some(&missing), None),
        (false, "The last sync still saw it", Some(&ours), None),
        (true, "Ada has a local account", Some(&local), None),
        (true, "Ada has an account from the directory \"branch\";", Some(&other), None),
        (false, "Neither the directory nor Muster", None, None),
    ] {
        let verdict = verdict(account, found);
        assert!(verdict.sentence.contains(word), "{word}: {verdict:?}");
        assert_eq!(verdict.may_sign_in, may, "{verdict:?}");
        assert!(may || !verdict.reasons.is_empty(), "a no has a reason: {verdict:?}");
    }
    assert!(verdict(Some(&blocked), Some(found())).reasons[0].contains("blocked"));
    assert!(verdict(Some(&disabled), Some(found())).reasons[0].contains("gives access back"));
    let several = decide(&Facts { directory: "default", who: "ada", is_enabled: true, several: 2, account: None, found: None });
    assert!(several.sentence.starts_with("2 entries"));
}

#[test]
fn only_what_decides_is_named_of_a_filter() {
    let part = |depth, text: &str, fits, has: &str| FilterPart { depth, text: text.to_owned(), fits: Some(fits), has: has.to_owned() };
    let parts = [
        part(0, "(&(a=1)(!(b=2))(|(c=3)(d=4)))", false, ""),
        part(1, "(a=1)", true, "a is 1"),
        part(1, "(!(b=2))", false, ""),
        part(2, "(b=2)", true, "b is 2"),
        part(1, "(|(c=3)(d=4))", false, ""),
        part(2, "(c=3)", false, "c is 9"),
        part(2, "(d=4)", false, "the entry has no d"),
    ];
    assert_eq!(
        excluded_by(&parts),
        ["(!(b=2)) leaves the entry out: b is 2.", "The filter asks for (c=3): c is 9.", "The filter asks for (d=4): the entry has no d."]
    );
}

#[test]
fn values_are_shown_for_people_and_secrets_never() {
    assert_eq!(shown("userPassword", b"{SSHA}abc"), "(a secret, not shown)");
    assert_eq!(shown("jpegPhoto", &[0xff, 0xd8, 0]), "(3 bytes of binary data)");
    assert_eq!(shown("cn", "Ädä".as_bytes()), "Ädä");
    assert!(shown("description", &[b'x'; 400]).ends_with("… (400 characters)"));
}
