//! Clients declared in a file: at the command line, at start, on reload, and what people and administrators see of them.

use std::path::{Path, PathBuf};

use muster::clients::Authority;
use muster::clients::file::{self, Fate, Mode, NotApplied, Report};
use muster::id::ClientId;
use muster::secret::{base64url, random_bytes};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::oidc_support::{Client, Proof, Provider, REDIRECT_URI, answered, assert_refused, on_both_databases, plain, succeeded};
use crate::support::http::answer;
use crate::support::process::Muster;
use crate::support::{janitor, postgres, wait_until};

const SECRET: &str = "a-secret-of-the-file-0123456789abcdef";

fn client(id: &str, more: &str) -> String {
    format!("[[client]]\nclient_id = \"{id}\"\nname = \"The {id}\"\nredirect_uris = [\"{REDIRECT_URI}\"]\nsecret_file = \"secret-{id}\"\n{more}\n")
}

/// Writes the file and the secret beside it.
fn write(folder: &Path, text: &str) -> PathBuf {
    for id in ["wiki", "blog"].map(str::to_owned).into_iter().chain((0..20).map(|n| format!("app-{n}"))) {
        std::fs::write(folder.join(format!("secret-{id}")), format!("{SECRET}-{id}\n")).expect("a secret");
    }
    let path = folder.join("clients.toml");
    std::fs::write(&path, text).expect("a file");
    path
}

async fn apply(provider: &Provider, path: &Path) -> Result<Report, NotApplied> {
    file::apply(&provider.running.app, Authority::File("clients.toml"), path, Mode::Apply, provider.now()).await
}

fn app(provider: &Provider, client_id: &str) -> Client {
    Client {
        base: provider.base.clone(),
        id: ClientId::new(),
        client_id: client_id.to_owned(),
        secret: Some(format!("{SECRET}-{client_id}")),
        redirect_uri: REDIRECT_URI.to_owned(),
        verifier: base64url(&random_bytes::<32>()),
    }
}

async fn on_both() -> [Muster; 2] {
    let mut on_postgres = Muster::new();
    on_postgres.set("DB_CONNECTION_STRING", &postgres::database().await);
    [Muster::new(), on_postgres]
}

#[tokio::test]
async fn a_file_says_what_it_would_change_changes_it_and_then_nothing_more() {
    for muster in on_both().await {
        let folder = muster.directory();
        write(folder, &format!("{}{}", client("wiki", "skip_consent = true"), client("blog", "")));
        let dry = muster.run(["clients", "apply", "clients.toml", "--dry-run"]).await;
        assert_eq!(dry.status, 0, "{dry:?}");
        assert!(dry.stdout.contains("created    wiki") && dry.stdout.contains("Nothing was changed"), "{dry:?}");
        assert_eq!(muster.run(["clients", "list", "--format", "json"]).await.json(), json!([]));

        let outcomes = async || {
            let said = muster.run(["clients", "apply", "clients.toml", "--format", "json"]).await.json();
            let line = |line: &serde_json::Value| {
                (line["client_id"].as_str().unwrap().to_owned(), line["outcome"].as_str().unwrap().to_owned(), line["fields"].clone())
            };
            said["clients"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
        };
        let of = |id: &str, outcome: &str, fields: serde_json::Value| (id.to_owned(), outcome.to_owned(), fields);
        assert_eq!(outcomes().await, [of("wiki", "created", json!([])), of("blog", "created", json!([]))]);
        assert_eq!(outcomes().await, [of("wiki", "unchanged", json!([])), of("blog", "unchanged", json!([]))]);
        write(folder, &client("wiki", "require_pkce = true\nallowed_groups = [\"staff\"]\nlaunch_url = \"https://wiki.example.org\""));
        let changed = json!(["skip_consent", "require_pkce", "presentation", "allowed_groups"]);
        assert_eq!(outcomes().await, [of("wiki", "changed", changed), of("blog", "removed", json!([]))]);
        std::fs::write(folder.join("secret-wiki"), format!("{SECRET}-another")).unwrap();
        assert_eq!(outcomes().await, [of("wiki", "changed", json!(["secrets"]))], "what is out of service is no news");
        assert_eq!(outcomes().await, [of("wiki", "unchanged", json!([]))]);
        let said = muster.run(["clients", "apply", "clients.toml"]).await;
        assert!(said.stdout.contains("no group named staff yet"), "{said:?}");

        write(folder, &format!("{}redirect_urls = []\n{}", client("wiki", ""), client("wiki", "is_public = 1")));
        let wrong = muster.run(["clients", "apply", "clients.toml"]).await;
        assert_eq!((wrong.status, wrong.stdout.as_str()), (2, ""));
        for says in [
            "clients.toml: client \"wiki\", redirect_urls: there is no such field; did you mean redirect_uris?",
            "is_public: it must be",
            "two clients",
        ] {
            assert!(wrong.stderr.contains(says), "{says}: {wrong:?}");
        }
        assert!(!wrong.stderr.contains(SECRET));
    }
}

#[tokio::test]
async fn a_mistake_stops_a_start_and_leaves_a_running_server_as_it_was() {
    for mut muster in on_both().await {
        let folder = muster.directory().to_owned();
        muster.set("CLIENTS_FILE", "clients.toml").set("WIKI_SECRET", SECRET);
        write(&folder, &client("wiki", "signing_alg = \"HS256\""));
        let refused = muster.run(["serve"]).await;
        assert_eq!(refused.status, 2, "{refused:?}");
        assert!(refused.stderr.contains("clients.toml: client \"wiki\", signing_alg: it must be RS256"), "{refused:?}");

        write(&folder, &client("wiki", "").replace("secret_file = \"secret-wiki\"", "secret_env = \"WIKI_SECRET\""));
        muster.serve().await;
        let asks = |client_id: &str| {
            let query = [("client_id", client_id), ("redirect_uri", REDIRECT_URI), ("response_type", "code"), ("scope", "openid")];
            format!("{}/authorize?{}", muster.url(), serde_urlencoded::to_string(query).unwrap())
        };
        let may_ask = async |client_id: &str| answer(plain().get(asks(client_id))).await.status == 303;
        let hang_up = || kill_process(Pid::from_raw(i32::try_from(muster.process_id()).unwrap()).unwrap(), Signal::HUP).unwrap();
        assert!(may_ask("wiki").await && !may_ask("blog").await);

        write(&folder, &format!("{}{}", client("blog", ""), client("blog", "")));
        hang_up();
        wait_until("the mistake in the log", async || muster.log().contains("was not applied, what was in force stays")).await;
        assert!(may_ask("wiki").await && !may_ask("blog").await);

        write(&folder, &client("blog", ""));
        hang_up();
        wait_until("the new client", async || may_ask("blog").await).await;
        assert!(!may_ask("wiki").await, "gone from the file, gone from service");
        assert!(muster.stop().await.success());
        assert!(!muster.log().contains(SECRET));
    }
}

#[tokio::test]
async fn people_sign_in_to_a_client_of_the_file_until_it_vanishes_and_again_when_it_is_back() {
    on_both_databases(async |provider| {
        let folder = janitor::directory("clients");
        let whole = client("wiki", "skip_consent = true\nclaims_in_id_token = false");
        let path = write(folder.path(), &whole);
        assert_eq!(apply(provider, &path).await.unwrap().count(Fate::Created), 1);
        let browser = provider.browser_of(&provider.person("ada").await).await;
        let wiki = app(provider, "wiki");
        let tokens = wiki.tokens(&browser, &[("scope", "openid offline_access")]).await;
        let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
        assert_eq!(provider.userinfo(access).await.status, 200);

        write(folder.path(), "");
        assert_eq!(apply(provider, &path).await.unwrap().count(Fate::Removed), 1);
        assert_eq!(provider.userinfo(access).await.status, 401);
        assert_refused(&wiki.refresh(refresh).await, 401, "invalid_client");
        let page = browser.get(&wiki.request(&[])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None));

        write(folder.path(), &whole);
        assert_eq!(apply(provider, &path).await.unwrap().count(Fate::Changed), 1);
        assert_eq!(provider.userinfo(access).await.status, 200);
        succeeded(&wiki.refresh(refresh).await);
        assert_eq!(provider.count("SELECT COUNT(*) FROM clients").await, 1);
        assert_eq!(provider.count("SELECT COUNT(*) FROM audit_events WHERE kind IN ('client_created', 'client_changed')").await, 3);
    })
    .await;
}

#[tokio::test]
async fn what_the_file_has_only_the_file_changes() {
    on_both_databases(async |provider| {
        let folder = janitor::directory("clients");
        let path = write(folder.path(), &client("wiki", ""));
        apply(provider, &path).await.unwrap();
        let boss = provider.person("boss").await;
        provider.execute(muster::db::query("UPDATE users SET local_admin = $2 WHERE id = $1").bind(boss.id).bind(true)).await;
        let browser = provider.browser_of(&boss).await;
        let list = browser.get("/admin/clients?q=wiki").await;
        let address = list.attribute("tbody a", "href").expect("the client");
        let page = browser.get(&address).await;
        assert!(page.texts("#provenance").join("").contains("declared in the file clients.toml"), "{}", page.body);
        assert!(page.attribute("form.sections fieldset", "disabled").is_some(), "what stands there is read only");
        for offered in ["button.primary", "button.danger", "#logo form", "#groups form"] {
            assert_eq!(page.texts(&format!("main {offered}")), Vec::<String>::new(), "{offered}");
        }
        let saved = browser.submit(&page, &address, &[("name", "Mine")]).await;
        assert_eq!(saved.status, 422);
        assert!(saved.texts(".notice.bad").join(" ").contains("only that file changes it"), "{:?}", saved.texts(".notice"));
        for (action, field) in [("secrets", ("name", "")), ("delete", ("", "")), ("groups", ("change", "restrict")), ("logo/remove", ("", ""))] {
            let request = browser.request(reqwest::Method::POST, &format!("{address}/{action}")).header("origin", &provider.base);
            assert_eq!(answer(request.form(&[field])).await.status, 400, "{action}");
        }
        assert_eq!(apply(provider, &path).await.unwrap().count(Fate::Unchanged), 1);

        // Out of service it may be deleted.
        write(folder.path(), "");
        apply(provider, &path).await.unwrap();
        let page = browser.get(&address).await;
        assert!(page.texts("#provenance").join("").contains("out of service"), "{}", page.body);
        assert_eq!(browser.submit(&page, &format!("{address}/delete"), &[]).await.status, 303);
        assert_eq!(provider.count("SELECT COUNT(*) FROM clients").await, 0);

        // A client of the page is never taken over.
        let typed = provider.client().await;
        write(folder.path(), &client(&typed.client_id, "").replace(&format!("secret-{}", typed.client_id), "secret-wiki"));
        let refused = apply(provider, &path).await.unwrap_err().to_string();
        assert!(refused.contains("client_id: this server has an app with this client ID"), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn a_secret_moves_from_one_client_to_another_in_one_go() {
    on_both_databases(async |provider| {
        let folder = janitor::directory("clients");
        let path = write(folder.path(), &format!("{}{}", client("wiki", ""), client("blog", "")));
        apply(provider, &path).await.unwrap();
        for (wiki, blog) in [("blog", "wiki"), ("wiki", "blog"), ("blog", "app-1")] {
            for (id, of) in [("wiki", wiki), ("blog", blog)] {
                std::fs::write(folder.path().join(format!("secret-{id}")), format!("{SECRET}-{of}\n")).unwrap();
            }
            assert_eq!(apply(provider, &path).await.unwrap().count(Fate::Changed), 2, "{wiki} {blog}");
            let proves = async |client_id: &str, of: &str| {
                let client = Client { client_id: client_id.to_owned(), ..app(provider, of) };
                client.post("/api/oidc/introspect", Proof::Basic, &[("token", "x")]).await.status == 200
            };
            assert!(proves("wiki", wiki).await && proves("blog", blog).await && !proves("wiki", blog).await);
        }
    })
    .await;
}

#[tokio::test]
async fn a_group_that_comes_later_opens_the_client_then_and_not_before() {
    on_both_databases(async |provider| {
        let folder = janitor::directory("clients");
        let path = write(folder.path(), &client("wiki", "skip_consent = true\nallowed_groups = [\"Staff\"]"));
        assert_eq!(apply(provider, &path).await.unwrap().groups_missing, ["Staff"]);
        let ada = provider.person("ada").await;
        let (browser, wiki) = (provider.browser_of(&ada).await, app(provider, "wiki"));
        assert_eq!(answered(&browser.get(&wiki.request(&[])).await).get("error").map(String::as_str), Some("access_denied"));
        provider.group("staff", &[&ada]).await;
        file::follow_groups(&provider.running.app).await.unwrap();
        wiki.code(&browser, &[]).await;
    })
    .await;
}

#[tokio::test]
async fn two_instances_that_apply_at_once_make_each_client_once() {
    on_both_databases(async |provider| {
        let folder = janitor::directory("clients");
        let path = write(folder.path(), &(0..20).map(|n| client(&format!("app-{n}"), "")).collect::<String>());
        let other = provider.another_instance().await;
        let by = Authority::File("clients.toml");
        let (one, two) = tokio::join!(
            file::apply(&provider.running.app, by, &path, Mode::Apply, provider.now()),
            file::apply(&other.app, by, &path, Mode::Apply, provider.now())
        );
        let counts = [one.unwrap(), two.unwrap()].map(|report| (report.count(Fate::Created), report.count(Fate::Unchanged)));
        assert!(counts == [(20, 0), (0, 20)] || counts == [(0, 20), (20, 0)], "{counts:?}");
        assert_eq!(provider.count("SELECT COUNT(*) FROM client_secrets").await, 20);
        other.stop().await;
    })
    .await;
}
