//! `docs/apps/`: a page for each app of the catalogue and an index, written from the same entries as the pages on which apps are registered.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use muster::clients::catalogue::{self, Step, Template, Topic, Values};

const NOTE: &str = "<!-- written by the test apps_pages from src/clients/catalogue; change the entry there -->\n";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/apps")
}

/// What stands for the values of a real installation.
fn values(template: &Template) -> Values {
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    Values {
        app: or(template.example, "https://app.example.org"),
        issuer: "https://id.example.org".into(),
        name: "Muster".into(),
        client_id: "<client ID>".into(),
        client_secret: "<client secret>".into(),
    }
}

/// Text that Markdown leaves as it is.
fn plain(text: &str) -> String {
    text.replace('*', "\\*").replace('<', "&lt;").replace('_', "\\_").replace('|', "\\|")
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

fn list(heading: &str, uris: &[&str], values: &Values) -> String {
    let lines: String = uris.iter().map(|uri| format!("- {}\n", code(&values.fill(uri)))).collect();
    if lines.is_empty() { String::new() } else { format!("\n{heading}\n\n{lines}") }
}

/// What Muster registers, with its reasons.
fn registered(template: &Template, values: &Values) -> String {
    let mut text = String::new();
    let kind = match (template.is_public, template.acts_alone) {
        (true, _) if template.is_proxied => "An app that a proxy guards; [how that works](../forward-auth.md). It has no secret.",
        (true, _) => "A public client: it has no secret and always uses PKCE.",
        (false, true) => "A client with a secret that gets tokens for itself.",
        (false, false) => "A client with a secret.",
    };
    write!(text, "\n## What is registered\n\n{kind}").expect("a string takes all text");
    if template.require_pkce && !template.is_public {
        text.push_str(" It uses PKCE, so requests without it are refused.");
    }
    if template.claims_in_id_token && !template.is_proxied {
        text.push_str(" Name, e-mail address and groups stand in the ID token too.");
    }
    if template.is_proxied {
        text.push('\n');
    } else {
        writeln!(text, " ID tokens are signed with {}.", template.signing_alg).expect("a string takes all text");
    }
    text.push_str(&list("Redirect URIs:", template.redirect_uris, values));
    text.push_str(&list("After sign-out:", template.post_logout_redirect_uris, values));
    if !template.backchannel_logout_uri.is_empty() {
        write!(text, "\nTold of ended sessions at {}.\n", code(&values.fill(template.backchannel_logout_uri))).expect("a string takes all text");
    }
    if !template.launch_url.is_empty() {
        write!(text, "\nPeople open it at {}.\n", code(&values.fill(template.launch_url))).expect("a string takes all text");
    }
    if !template.scopes.is_empty() {
        write!(text, "\nScopes it asks for: {}.\n", code(template.scopes)).expect("a string takes all text");
    }
    if !template.groups.is_empty() {
        write!(text, "\nGroups: {}\n", plain(template.groups)).expect("a string takes all text");
    }
    text
}

fn step(step: &Step, values: &Values) -> String {
    match step {
        Step::Do(text) => format!("\n{}\n", plain(&values.fill(text))),
        Step::Fields(at, fields) => {
            let rows: String = fields.iter().map(|(label, value)| format!("| {} | {} |\n", plain(label), code(&values.fill(value)))).collect();
            format!("\n**{}**\n\n| field | value |\n|---|---|\n{rows}", plain(&values.fill(at)))
        }
        Step::Lines(at, lines) => format!("\n**{}**\n\n```\n{}\n```\n", plain(&values.fill(at)), values.fill(lines)),
    }
}

fn page(template: &Template) -> String {
    let values = values(template);
    let mut text = format!("{NOTE}# {}\n\n{}. [All apps](README.md)\n", template.name, plain(template.what));
    text.push_str("\nRegister it under Administration → Apps → Register an app, or at the command line:\n\n```\n");
    let url = if template.asks_for_address() { format!(" --url {}", template.example) } else { String::new() };
    let own = match template.id {
        "web-app" => " --name 'My app' --redirect-uri https://app.example.org/callback",
        "single-page-app" => " --name 'My app' --redirect-uri https://app.example.org/",
        "native-app" => " --name 'My app' --redirect-uri http://127.0.0.1/callback",
        "proxied-app" => " --name 'My app'",
        "machine" => " --name 'My program' --own-scope read:things",
        _ => "",
    };
    writeln!(text, "muster clients create --template {}{url}{own}\n```", template.id).expect("a string takes all text");
    text.push_str("\nYou get the client ID");
    text.push_str(if template.is_public { ".\n" } else { " and the secret, which is shown once.\n" });
    text.push_str(&registered(template, &values));
    text.push_str("\n## In the app\n");
    for one in template.steps {
        text.push_str(&step(one, &values));
    }
    if !template.pitfalls.is_empty() {
        text.push_str("\n## Good to know\n\n");
        text.extend(template.pitfalls.iter().map(|pitfall| format!("- {}\n", plain(&values.fill(pitfall)))));
    }
    if !template.is_general() {
        let tried = if template.tried.is_empty() {
            "The values on this page were looked up (November 2026), not tried with a running app.".to_owned()
        } else {
            format!("Tried with {}.", template.tried)
        };
        write!(text, "\n{tried} [The app’s own documentation]({}) has the last word.\n", template.documentation).expect("a string takes all text");
    }
    text
}

fn index() -> String {
    let mut text = format!(
        "{NOTE}# Apps\n\nWhat well-known apps need, and what to enter in them. The same texts, with your own values in place, are shown when you register an \
         app. Any other app that speaks OpenID Connect works too: take one of the general kinds.\n\nIn these pages the app is at the address shown, and \
         Muster at `https://id.example.org`.\n"
    );
    for topic in Topic::ALL {
        write!(text, "\n## {}\n\n", topic.heading()).expect("a string takes all text");
        for template in catalogue::all().filter(|template| template.topic == topic) {
            writeln!(text, "- [{}]({}.md): {}", template.name, template.id, plain(template.what)).expect("a string takes all text");
        }
    }
    text
}

/// With `MUSTER_WRITE_DOCS=1` the pages are brought up to date instead.
#[test]
fn there_is_a_page_for_every_app_and_it_says_what_the_entry_says() {
    let mut pages: BTreeMap<String, String> = catalogue::all().map(|template| (format!("{}.md", template.id), page(template))).collect();
    pages.insert("README.md".into(), index());
    let is_there = |name: &str| std::fs::read_to_string(folder().join(name)).unwrap_or_default();
    let found = || std::fs::read_dir(folder()).into_iter().flatten().map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    if std::env::var_os("MUSTER_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(folder()).expect("a folder");
        found().filter(|name| !pages.contains_key(name)).for_each(|name| std::fs::remove_file(folder().join(name)).expect("removed"));
        pages.iter().for_each(|(name, page)| std::fs::write(folder().join(name), page).expect("written"));
        return;
    }
    for (name, page) in &pages {
        assert_eq!(&is_there(name), page, "docs/apps/{name}: run this test with MUSTER_WRITE_DOCS=1");
    }
    for name in found() {
        assert!(pages.contains_key(&name), "docs/apps/{name} is of no app: run this test with MUSTER_WRITE_DOCS=1");
    }
}
