//! Clients whose ID is the address of a document (draft-ietf-oauth-client-id-metadata-document), and attacks on that by their names.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use muster::db::query;
use muster::secret::{base64url, sha256};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::oidc_registration::set;
use crate::oidc_support::{on_both_databases, plain};
use crate::support::http::{Answer, answer};
use crate::support::process::Muster;
use crate::support::{certificates, janitor, postgres};

const REDIRECT: &str = "http://127.0.0.1:33418/callback";

/// A site that serves documents by https, and counts who asks.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    authority: PathBuf,
    /// Status line and headers, body, and whether the body comes to an end.
    serves: Arc<Mutex<(String, Vec<u8>)>>,
    asked: Arc<AtomicUsize>,
    _folder: TempDir,
}

impl Site {
    pub(crate) fn start() -> Self {
        let folder = janitor::directory("site");
        let files = certificates::issue(folder.path(), &["localhost"]);
        let chain = CertificateDer::pem_file_iter(&files.certificate)
            .expect("as the test made it")
            .collect::<Result<Vec<_>, _>>()
            .expect("as the test made it");
        let key = PrivateKeyDer::from_pem_file(&files.key).expect("as the test made it");
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider())).with_safe_default_protocol_versions();
        let config = Arc::new(config.expect("as the test made it").with_no_client_auth().with_single_cert(chain, key).expect("as the test made it"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("as the test made it");
        let address = listener.local_addr().expect("as the test made it");
        let (serves, asked) = (Arc::new(Mutex::new((String::new(), Vec::new()))), Arc::new(AtomicUsize::new(0)));
        let (served, counted) = (Arc::clone(&serves), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, served, counted) = (Arc::clone(&config), Arc::clone(&served), Arc::clone(&counted));
                std::thread::spawn(move || {
                    let Ok(connection) = ServerConnection::new(config) else { return };
                    let mut stream = StreamOwned::new(connection, stream);
                    let mut request = [0; 4096];
                    if stream.read(&mut request).is_err() {
                        return;
                    }
                    counted.fetch_add(1, Ordering::SeqCst);
                    let (head, body) = served.lock().expect("as the test made it").clone();
                    if head.is_empty() {
                        // A slow one: silent until the other side gives up.
                        let _ = stream.read(&mut request);
                        return;
                    }
                    let _ = stream.write_all(format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes());
                    let _ = stream.write_all(&body);
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                });
            }
        });
        Self { address, authority: files.authority, serves, asked, _folder: folder }
    }

    fn client_id(&self) -> String {
        format!("https://localhost:{}/client.json", self.address.port())
    }

    fn document(&self) -> Value {
        json!({ "client_id": self.client_id(), "client_name": "Code editor", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" })
    }

    pub(crate) fn serve(&self, head: &str, body: &[u8]) {
        *self.serves.lock().expect("as the test made it") = (head.to_owned(), body.to_vec());
    }

    fn serve_document(&self, document: &Value) {
        self.serve("200 OK\r\ncontent-type: application/json\r\ncache-control: max-age=600", document.to_string().as_bytes());
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// An installation that trusts the site's certificate and may call it although it is private.
    pub(crate) fn muster(&self, database: Option<String>) -> Muster {
        let mut muster = Muster::new();
        if let Some(database) = database {
            muster.set("DB_CONNECTION_STRING", &database);
        }
        muster.set("CLIENT_ID_METADATA_DOCUMENTS", "true").set("OUTBOUND_TRUSTED_HOSTS", &format!("localhost:{}", self.address.port()));
        muster.set("SSL_CERT_FILE", self.authority.to_str().expect("as the test made it"));
        muster
    }
}

async fn ask(base: &str, client_id: &str, redirect_uri: &str) -> Answer {
    let challenge = base64url(&sha256(b"verifier"));
    let query = [
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("response_type", "code"),
        ("scope", "openid"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    answer(plain().get(format!("{base}/authorize?{}", serde_urlencoded::to_string(query).expect("as the test made it")))).await
}

/// Whether the person is on the way to sign in.
fn went_on(answer: &Answer) -> bool {
    answer.location().is_some_and(|to| to.path() == "/sign-in")
}

pub(crate) async fn execute(muster: &Muster, database: Option<&String>, sql: &'static str) {
    let file = format!("sqlite://{}", muster.directory().join("data/muster.db").display());
    let db = muster::db::open(database.unwrap_or(&file)).await.expect("as the test made it");
    let mut tx = db.begin().await.expect("as the test made it");
    query(sql).execute(&mut tx).await.expect("as the test made it");
    tx.commit().await.expect("as the test made it");
    db.close().await;
}

#[tokio::test]
async fn a_document_is_fetched_once_and_a_changed_one_counts_from_then_on() {
    for database in [None, Some(postgres::database().await)] {
        let site = Site::start();
        let mut muster = site.muster(database.clone());
        muster.serve().await;
        let (base, id) = (muster.url(), site.client_id());
        let metadata = answer(plain().get(format!("{base}/.well-known/oauth-authorization-server"))).await.json();
        assert_eq!(metadata["client_id_metadata_document_supported"], true);
        site.serve_document(&site.document());
        for _ in 0..3 {
            let answer = ask(&base, &id, "http://127.0.0.1:50000/callback").await;
            assert!(went_on(&answer), "{} {}", answer.status, answer.body);
        }
        assert_eq!(site.asked(), 1);
        assert!(!went_on(&ask(&base, &id, "https://evil.example/callback").await));

        // A document that changes its redirect URIs: the new ones count once it is fetched again, the old ones no longer.
        site.serve_document(&json!({ "client_id": id, "redirect_uris": ["https://editor.example.org/cb"] }));
        assert!(!went_on(&ask(&base, &id, "https://editor.example.org/cb").await), "still fresh");
        execute(&muster, database.as_ref(), "UPDATE client_documents SET fresh_until = 0").await;
        assert!(went_on(&ask(&base, &id, "https://editor.example.org/cb").await));
        assert!(!went_on(&ask(&base, &id, REDIRECT).await));
        assert_eq!(site.asked(), 2);

        // Out of reach it counts for a day; taken back it does not.
        site.serve("503 Service Unavailable", b"");
        execute(&muster, database.as_ref(), "UPDATE client_documents SET fresh_until = 0").await;
        assert!(went_on(&ask(&base, &id, "https://editor.example.org/cb").await));
        execute(&muster, database.as_ref(), "UPDATE client_documents SET fetched_at = 0").await;
        assert!(!went_on(&ask(&base, &id, "https://editor.example.org/cb").await));
        execute(&muster, database.as_ref(), "DELETE FROM attempts").await;
        site.serve("404 Not Found", b"");
        assert!(!went_on(&ask(&base, &id, "https://editor.example.org/cb").await));
        assert!(muster.stop().await.success());
    }
}

/// Whoever brings as many documents as there is room for keeps nobody else out.
#[tokio::test]
async fn documents_nobody_agreed_to_make_room_for_others() {
    for database in [None, Some(postgres::database().await)] {
        let site = Site::start();
        let mut muster = site.muster(database);
        muster.set("CLIENT_REGISTRATION_LIMIT", "1");
        muster.serve().await;
        let (base, flood) = (muster.url(), site.client_id());
        let other = flood.replace("client.json", "other.json");
        let mut document = site.document();
        for (asked, id) in [(1, &flood), (2, &other), (3, &flood)] {
            document["client_id"] = id.as_str().into();
            site.serve_document(&document);
            let answer = ask(&base, id, REDIRECT).await;
            assert!(went_on(&answer), "{id}: {} {}", answer.status, answer.body);
            assert_eq!(site.asked(), asked, "each time the other one had made room");
        }
        assert!(muster.stop().await.success());
    }
}

#[tokio::test]
async fn a_document_somebody_agreed_to_makes_no_room() {
    on_both_databases(async |provider| {
        set(provider, "client_documents", "true").await;
        set(provider, "client_registration_limit", "1").await;
        let (typed, ada, now) = (provider.client().await, provider.person("ada").await, provider.now());
        let fetched = "INSERT INTO client_documents (client_id, fetched_at, fresh_until) VALUES ($1, $2, $2)";
        provider.execute(query(fetched).bind(typed.id).bind(now)).await;
        let agreed = "INSERT INTO consents (user_id, client_id, scopes, granted_at, last_used_at) VALUES ($1, $2, 'openid', $3, $3)";
        provider.execute(query(agreed).bind(ada.id).bind(typed.id).bind(now)).await;
        let refused = ask(&provider.base, "https://127.0.0.1:9/client.json", REDIRECT).await;
        assert!(refused.texts("main").join(" ").contains("as many apps"), "{}", refused.body);
        assert_eq!(provider.count("SELECT COUNT(*) FROM client_documents").await, 1);
    })
    .await;
}

#[tokio::test]
async fn documents_that_are_wrong_huge_slow_or_elsewhere_make_no_client() {
    let site = Site::start();
    let mut muster = site.muster(None);
    muster.serve().await;
    let (base, id) = (muster.url(), site.client_id());
    let good = site.document();
    let with = |name: &str, value: Value| {
        let mut document = good.clone();
        document[name] = value;
        document.to_string().into_bytes()
    };
    let json_head = "200 OK\r\ncontent-type: application/json";
    let huge = with("client_name", json!("x".repeat(100_000)));
    for (head, body, says) in [
        (json_head, b"not json".to_vec(), "not a JSON object"),
        ("200 OK\r\ncontent-type: text/html", good.to_string().into_bytes(), "not served as application/json"),
        (json_head, with("client_id", json!("https://other.example/client.json")), "client_id is not its own address"),
        (json_head, with("client_id", json!(format!("{id}?x"))), "client_id is not its own address"),
        (json_head, with("client_secret", json!("x")), "cannot have a secret"),
        (json_head, with("token_endpoint_auth_method", json!("client_secret_basic")), "cannot have a secret"),
        (json_head, with("redirect_uris", json!(["javascript:alert(1)"])), "cannot receive an answer"),
        (json_head, with("redirect_uris", json!(["http://evil.example/cb"])), "must begin with https://"),
        (json_head, huge, "longer than"),
        ("302 Found\r\nlocation: https://other.example/client.json", Vec::new(), "redirects are not followed"),
        ("404 Not Found", Vec::new(), "answered 404"),
        ("", Vec::new(), "no answer within 5 seconds"),
    ] {
        site.serve(head, &body);
        let refused = ask(&base, &id, REDIRECT).await;
        assert_eq!((refused.status.as_u16(), refused.location()), (400, None), "{says}: {}", refused.body);
        assert!(refused.texts("main").join(" ").contains(says), "{says}: {:?}", refused.texts("main"));
        execute(&muster, None, "DELETE FROM attempts").await;
    }
    // Many who come from an app at once make few requests.
    site.serve("404 Not Found", b"");
    let before = site.asked();
    futures::future::join_all((0..30).map(|_| ask(&base, &id, REDIRECT))).await;
    assert!(site.asked() - before <= 5, "{} requests", site.asked() - before);
    assert!(muster.stop().await.success());
}

/// Server-side request forgery: a `client_id` leads nowhere into this network.
#[tokio::test]
async fn ssrf_through_a_client_id_calls_nobody() {
    on_both_databases(async |provider| {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("as the test made it");
        let port = listener.local_addr().expect("as the test made it").port();
        let trap = format!("https://localhost:{port}/client.json");
        assert!(!went_on(&ask(&provider.base, &trap, REDIRECT).await), "switched off");
        set(provider, "client_documents", "true").await;
        for id in [
            trap.clone(),
            format!("https://127.0.0.1:{port}/client.json"),
            format!("https://[::ffff:127.0.0.1]:{port}/client.json"),
            format!("https://2130706433:{port}/client.json"),
            "https://169.254.169.254/latest/meta-data".to_owned(),
            "https://10.0.0.1/x".to_owned(),
            format!("https://user:password@localhost:{port}/x"),
            format!("https://localhost:{port}/"),
            format!("https://localhost:{port}/a/../b"),
            format!("https://localhost:{port}/x#y"),
            format!("http://localhost:{port}/client.json"),
            "https://".to_owned(),
        ] {
            let refused = ask(&provider.base, &id, REDIRECT).await;
            assert_eq!((refused.status.as_u16(), refused.location()), (400, None), "{id}");
            provider.execute(query("DELETE FROM attempts")).await;
        }
        // A host that is not on the list is not asked, whatever it is.
        set(provider, "client_document_hosts", "mcp.example.org").await;
        let refused = ask(&provider.base, "https://other.example.org/client.json", REDIRECT).await;
        assert!(refused.texts("main").join(" ").contains("does not take apps from its address"), "{}", refused.body);
        assert_eq!(provider.count("SELECT COUNT(*) FROM clients").await, 0);
        assert!(tokio::time::timeout(Duration::from_millis(200), listener.accept()).await.is_err(), "somebody called");
    })
    .await;
}

#[tokio::test]
async fn people_see_the_host_of_a_document_and_are_asked_until_documents_are_switched_off() {
    on_both_databases(async |provider| {
        set(provider, "client_documents", "true").await;
        let id = "https://editor.example.org/client.json";
        // As if it had been fetched a moment ago.
        let typed = provider
            .client_with(|it| (it.is_public, it.skip_consent, it.redirect_uris) = (true, false, vec!["https://editor.example.org/cb".into()]), &[])
            .await;
        let policy = json!({ "provenance": { "registered_by": "document" } }).to_string();
        provider
            .execute(query("UPDATE clients SET client_id = $2, policy = $3, name = 'Editor' WHERE id = $1").bind(typed.id).bind(id).bind(policy))
            .await;
        let (now, later) = (provider.now(), provider.now() + Duration::from_secs(3600));
        let fetched = "INSERT INTO client_documents (client_id, fetched_at, fresh_until) VALUES ($1, $2, $3)";
        provider.execute(query(fetched).bind(typed.id).bind(now).bind(later)).await;
        let client = crate::oidc_support::Client { client_id: id.to_owned(), ..typed };

        let browser = provider.browser_of(&provider.person("ada").await).await;
        let page = browser.get(&client.request(&[("scope", "openid offline_access")])).await;
        assert!(page.texts("#vouched-by").join("").contains("editor.example.org"), "{}", page.body);
        let agreed = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        let code = &crate::oidc_support::answered(&agreed)["code"];
        let tokens = crate::oidc_support::succeeded(&client.redeem(code, &[]).await);
        // Its tokens open something for as long as it is served.
        let access = tokens["access_token"].as_str().expect("an access token");
        let server = provider.client().await;
        assert_eq!((provider.userinfo(access).await.status.as_u16(), &server.introspect(access).await["active"]), (200, &json!(true)));
        set(provider, "client_documents", "false").await;
        assert_eq!((provider.userinfo(access).await.status.as_u16(), server.introspect(access).await), (401, json!({ "active": false })));
        assert_eq!(browser.get(&client.request(&[])).await.status, 400);
        // Nor does it send people anywhere after sign-out, though its ID token says that they were there.
        let bye = |more: &[(&str, &str)]| {
            let mut query = vec![
                ("post_logout_redirect_uri", crate::oidc_support::SIGNED_OUT_URI),
                ("id_token_hint", tokens["id_token"].as_str().expect("an ID token")),
            ];
            query.extend(more);
            format!("/api/oidc/end-session?{}", serde_urlencoded::to_string(query).expect("a query"))
        };
        for more in [&[][..], &[("client_id", id)]] {
            let stays = browser.get(&bye(more)).await;
            assert_eq!((stays.status.as_u16(), stays.location()), (400, None), "{more:?}: {}", stays.body);
        }
        assert_eq!(browser.get("/account/apps").await.status, 200, "still signed in");
        crate::oidc_support::assert_refused(
            &client.refresh(tokens["refresh_token"].as_str().expect("as the test made it")).await,
            401,
            "invalid_client",
        );
        set(provider, "client_documents", "true").await;
        let away = browser.get(&bye(&[])).await;
        assert!(away.location().is_some_and(|to| to.as_str() == crate::oidc_support::SIGNED_OUT_URI), "{} {}", away.status, away.body);
    })
    .await;
}

/// What a document says counts for what its client does with what it was given, too: it may be gone, or a key in it.
#[tokio::test]
async fn a_client_whose_document_is_gone_gets_no_more_tokens() {
    on_both_databases(async |provider| {
        set(provider, "client_documents", "true").await;
        // Not an address of the public Internet, so it cannot be had as soon as somebody wants it.
        let id = "https://127.0.0.1:9/client.json";
        let typed = provider
            .client_with(|it| (it.is_public, it.skip_consent, it.redirect_uris) = (true, false, vec!["https://editor.example.org/cb".into()]), &[])
            .await;
        let policy = json!({ "provenance": { "registered_by": "document" } }).to_string();
        provider.execute(query("UPDATE clients SET client_id = $2, policy = $3 WHERE id = $1").bind(typed.id).bind(id).bind(policy)).await;
        let (now, later) = (provider.now(), provider.now() + Duration::from_secs(3600));
        let fetched = "INSERT INTO client_documents (client_id, fetched_at, fresh_until) VALUES ($1, $2, $3)";
        provider.execute(query(fetched).bind(typed.id).bind(now).bind(later)).await;
        let client = crate::oidc_support::Client { client_id: id.to_owned(), ..typed };

        let browser = provider.browser_of(&provider.person("ada").await).await;
        let page = browser.get(&client.request(&[("scope", "openid offline_access")])).await;
        let agreed = browser.submit(&page, "/authorize/consent", &[("decision", "allow")]).await;
        let tokens = crate::oidc_support::succeeded(&client.redeem(&crate::oidc_support::answered(&agreed)["code"], &[]).await);
        let refresh = async |tokens: &Value| client.refresh(tokens["refresh_token"].as_str().expect("a refresh token")).await;
        let tokens = crate::oidc_support::succeeded(&refresh(&tokens).await);
        provider.wait(Duration::from_secs(25 * 3600));
        crate::oidc_support::assert_refused(&refresh(&tokens).await, 401, "invalid_client");
        provider.execute(query("UPDATE client_documents SET fresh_until = $1").bind(provider.now() + Duration::from_secs(60))).await;
        crate::oidc_support::succeeded(&refresh(&tokens).await);
        // Of a client that nobody has come from no document is looked for here.
        let before = provider.count("SELECT COUNT(*) FROM attempts").await;
        let stranger = crate::oidc_support::Client { client_id: "https://127.0.0.1:9/other.json".to_owned(), ..client.clone() };
        crate::oidc_support::assert_refused(&stranger.refresh("x").await, 401, "invalid_client");
        assert_eq!(provider.count("SELECT COUNT(*) FROM attempts").await, before);
    })
    .await;
}

/// A name of this network and one that nobody has read the same to whoever asks for both.
#[tokio::test]
async fn what_names_there_are_in_this_network_no_stranger_learns() {
    on_both_databases(async |provider| {
        set(provider, "client_documents", "true").await;
        set(provider, "client_registration", "open").await;
        let mut said = Vec::new();
        for host in ["localhost", "nowhere.invalid"] {
            let page = ask(&provider.base, &format!("https://{host}:9/client.json"), REDIRECT).await;
            let metadata =
                json!({ "redirect_uris": ["https://app.example.org/cb"], "sector_identifier_uri": format!("https://{host}:9/sector.json") });
            let refused = crate::oidc_registration::register(provider, None, &metadata).await;
            assert_eq!((page.status.as_u16(), refused.status.as_u16()), (400, 400), "{host}");
            said.push((page.texts("main").join(" ").replace(host, "HOST"), refused.body.replace(host, "HOST")));
        }
        assert!(said[0].0.contains("public Internet") && said[0].1.contains("public Internet"), "{said:?}");
        assert_eq!(said[0], said[1]);
    })
    .await;
}
