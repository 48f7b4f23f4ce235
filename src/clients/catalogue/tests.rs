use std::collections::BTreeSet;

use super::*;

const KNOWN: [&str; 12] = [
    "{app}",
    "{host}",
    "{issuer}",
    "{discovery}",
    "{authorization}",
    "{token}",
    "{userinfo}",
    "{jwks}",
    "{end_session}",
    "{client_id}",
    "{client_secret}",
    "{name}",
];

/// What looks like a placeholder: small letters between braces.
fn placeholders(text: &str) -> Vec<String> {
    let parts = text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name));
    parts.filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')).map(|name| format!("{{{name}}}")).collect()
}

fn texts(template: &Template) -> Vec<&'static str> {
    let steps = template.steps.iter().flat_map(|step| match step {
        Step::Do(text) => vec![*text],
        Step::Fields(at, fields) => std::iter::once(*at).chain(fields.iter().flat_map(|(name, value)| [*name, *value])).collect(),
        Step::Lines(at, lines) => vec![*at, *lines],
    });
    steps.chain(template.pitfalls.iter().copied()).chain([template.groups]).collect()
}

#[test]
fn every_app_is_listed_once_under_its_topic_in_order_and_complete() {
    let ids: BTreeSet<&str> = all().map(|template| template.id).collect();
    assert_eq!(ids.len(), all().count());
    assert!(all().filter(|template| !template.is_general()).count() >= 25);
    for topic in Topic::ALL {
        let names: Vec<String> = all().filter(|template| template.topic == topic).map(|template| template.name.to_lowercase()).collect();
        assert!(!names.is_empty(), "{topic:?} has no app");
        assert!(topic == Topic::General || names.is_sorted(), "{names:?}");
    }
    assert!(all().map(|template| template.topic as u8).is_sorted());
    for template in all() {
        let id = template.id;
        assert!(!id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
        assert!(!template.name.is_empty() && !template.what.is_empty() && !template.what.ends_with('.') && !template.steps.is_empty(), "{id}");
        assert_eq!(template.is_general(), template.documentation.is_empty(), "{id}");
        assert!(template.is_general() || template.documentation.starts_with("https://"), "{id}");
        for text in texts(template) {
            for placeholder in placeholders(text) {
                assert!(KNOWN.contains(&placeholder.as_str()), "{id}: {placeholder} is no placeholder");
            }
            assert!(!text.contains(" \n") && text.trim() == text, "{id}: {text:?}");
        }
        assert!(template.backchannel_logout_uri.is_empty() || template.backchannel_logout_uri.starts_with("{app}/"), "{id}");
        let asked = texts(template).join(" ");
        assert!(asked.contains("{client_id}"), "{id} does not say where the client ID goes");
        assert_eq!(asked.contains("{client_secret}"), !template.is_public, "{id}: a secret is typed in just when there is one");
        let registered = texts(template).into_iter().chain(template.redirect_uris.iter().copied()).chain([template.launch_url]).collect::<String>();
        assert!(
            template.is_general() || has_placeholder(&registered) == template.asks_for_address(),
            "{id}: its address is asked for just when it is used"
        );
        assert!(!template.asks_for_address() || address(template.example).is_ok(), "{id}");
        assert!(!template.scopes.contains("groups") || !template.groups.is_empty(), "{id} asks for groups and does not say what for");
    }
}

#[test]
fn what_every_app_registers_is_good_as_soon_as_its_address_is_known() {
    for template in all().filter(|template| !template.is_general()) {
        for address in ["https://app.example.org", "https://app.example.org:8443", "http://10.0.0.7:3000", "https://example.org/below"] {
            let mut registration = template.registration();
            if template.asks_for_address() {
                assert!(waits_for_address(&registration), "{}", template.id);
                assert!(registration.clone().checked().is_err(), "{}: a placeholder is never registered", template.id);
                address.clone_into(&mut registration.policies.presentation.address);
            }
            place(&mut registration);
            assert!(!waits_for_address(&registration), "{}", template.id);
            let registration = registration.checked().unwrap_or_else(|mistakes| panic!("{} at {address}: {mistakes:?}", template.id));
            let own = registration.redirect_uris.iter().any(|uri| uri.starts_with(address));
            assert!(own == template.asks_for_address(), "{}: {:?}", template.id, registration.redirect_uris);
            assert_eq!((registration.name.as_str(), registration.policies.presentation.template.as_str()), (template.name, template.id));
        }
    }
}

#[test]
fn an_address_is_read_as_people_type_it() {
    for (typed, read) in [
        ("cloud.example.org", "https://cloud.example.org"),
        (" https://cloud.example.org/ ", "https://cloud.example.org"),
        ("https://example.org/cloud//", "https://example.org/cloud"),
        ("http://10.0.0.7:3000", "http://10.0.0.7:3000"),
        ("pve.example.org:8006", "https://pve.example.org:8006"),
    ] {
        assert_eq!(address(typed).ok().as_deref(), Some(read));
    }
    for bad in [
        "",
        " ",
        "ftp://x.example",
        "javascript://x.example/%0aalert(1)",
        "https://",
        "https://x.example/?a=1",
        "https://x.example/#a",
        "a b",
        "https://x.example/'$(id)",
    ] {
        assert!(address(bad).is_err(), "{bad:?}");
    }
    assert_eq!((host("https://a.example:8443/x"), host("http://a.example")), ("a.example:8443", "a.example"));
}

#[test]
fn values_go_where_placeholders_stand_and_nowhere_else() {
    let values = Values {
        app: "https://a.example:8443/x".into(),
        issuer: "https://id.example".into(),
        name: "Ada’s \"sign-in\"\n".into(),
        client_id: "c".into(),
        client_secret: "s".into(),
    };
    assert_eq!(values.fill("{client_id}:{client_secret}@{host} {{ user.name }} {baseScheme}"), "c:s@a.example:8443 {{ user.name }} {baseScheme}");
    assert_eq!(values.fill("{name}|{token}|{app}"), "Adas sign-in|https://id.example/api/oidc/token|https://a.example:8443/x");
}

#[test]
fn a_search_wants_every_word() {
    let found = |words: &str| search(words).into_iter().map(|template| template.id).collect::<Vec<_>>();
    assert_eq!(found("GIT repo"), ["forgejo", "gitea", "gitlab"]);
    assert_eq!(found("hoarder"), ["karakeep"]);
    assert!(found("no such app").is_empty());
    assert_eq!(found(" ").len(), all().count());
}
