//! `sector_identifier_uri` (OpenID Connect Core, section 8.1), with the names of the conformance suite's modules.

use serde_json::{Value, json};

use crate::oidc_client_documents::Site;
use crate::oidc_support::{assert_refused, plain};
use crate::support::http::{Answer, answer};
use crate::support::postgres;
use crate::support::process::Muster;

const ONE: &str = "https://one.example.org/cb";
const OTHER: &str = "https://other.example.com/cb";

struct Scene {
    site: Site,
    muster: Muster,
}

impl Scene {
    async fn start(database: Option<String>) -> Self {
        let site = Site::start();
        let mut muster = site.muster(database);
        muster.set("CLIENT_REGISTRATION", "open");
        muster.serve().await;
        Self { site, muster }
    }

    fn list(&self) -> String {
        format!("https://localhost:{}/sector.json", self.site.address.port())
    }

    fn serve(&self, list: &Value) {
        self.site.serve("200 OK\r\ncontent-type: application/json", list.to_string().as_bytes());
    }

    async fn register(&self, redirect_uris: &[&str], sector: Option<&str>) -> Answer {
        let mut metadata = json!({ "redirect_uris": redirect_uris, "subject_type": "pairwise" });
        if let Some(sector) = sector {
            metadata["sector_identifier_uri"] = sector.into();
        }
        answer(plain().post(format!("{}/api/oidc/register", self.muster.url())).json(&metadata)).await
    }

    async fn put(&self, said: &Value, body: Value) -> Answer {
        let mut body = body;
        body["client_id"] = said["client_id"].clone();
        let text = |name: &str| said[name].as_str().expect("as the server made it");
        answer(plain().put(text("registration_client_uri")).bearer_auth(text("registration_access_token")).json(&body)).await
    }
}

#[tokio::test]
async fn oidcc_registration_sector_uri() {
    for database in [None, Some(postgres::database().await)] {
        let mut scene = Scene::start(database).await;
        let list = scene.list();
        scene.serve(&json!([OTHER, ONE, "https://third.example.net/cb"]));
        let said = scene.register(&[ONE, OTHER], Some(&list)).await;
        assert_eq!(said.status, 201, "{}", said.body);
        let said: Value = said.json();
        assert_eq!((&said["subject_type"], &said["sector_identifier_uri"]), (&json!("pairwise"), &json!(list)));
        assert_eq!(scene.site.asked(), 1);
        // Its next change is measured by the list as it is then, and never leaves the sector.
        let with = |uris: &[&str]| json!({ "redirect_uris": uris, "subject_type": "pairwise", "sector_identifier_uri": list });
        assert_eq!(scene.put(&said, with(&["https://third.example.net/cb"])).await.status, 200);
        assert_refused(&scene.put(&said, with(&["https://evil.example/cb"])).await, 400, "invalid_client_metadata");
        for elsewhere in [json!({ "redirect_uris": [ONE], "subject_type": "pairwise" }), json!({ "redirect_uris": [ONE] })] {
            assert_refused(&scene.put(&said, elsewhere).await, 400, "invalid_client_metadata");
        }
        // Of one host, none is needed; of several, one is.
        let said = scene.register(&[ONE], None).await;
        assert_eq!((said.status.as_u16(), &said.json()["subject_type"]), (201, &json!("pairwise")));
        assert_refused(&scene.register(&[ONE, OTHER], None).await, 400, "invalid_client_metadata");
        assert!(scene.muster.stop().await.success());
    }
}

#[tokio::test]
async fn oidcc_registration_sector_bad() {
    let mut scene = Scene::start(None).await;
    let list = scene.list();
    for bad in [json!([ONE]), json!([]), json!({ "redirect_uris": [ONE, OTHER] }), json!([ONE, OTHER, 7]), json!([format!("{ONE}/"), OTHER])] {
        scene.serve(&bad);
        assert_refused(&scene.register(&[ONE, OTHER], Some(&list)).await, 400, "invalid_client_metadata");
    }
    for head in ["404 Not Found", "302 Found\r\nlocation: https://other.example/sector.json", "500 Internal Server Error"] {
        scene.site.serve(head, json!([ONE, OTHER]).to_string().as_bytes());
        assert_refused(&scene.register(&[ONE, OTHER], Some(&list)).await, 400, "invalid_client_metadata");
    }
    let asked = scene.site.asked();
    for nowhere in ["http://one.example.org/sector.json", "one.example.org", "https://10.0.0.1/sector.json", ""] {
        let answer = scene.register(&[ONE, OTHER], Some(nowhere)).await;
        assert_refused(&answer, 400, "invalid_client_metadata");
    }
    assert_eq!(scene.site.asked(), asked);
    assert!(scene.muster.stop().await.success());
}

/// Nobody makes this server call an address often, nor at all without the right to register.
#[tokio::test]
async fn lists_of_sectors_are_fetched_for_those_who_may_register_and_not_endlessly() {
    let mut scene = Scene::start(None).await;
    let list = scene.list();
    scene.serve(&json!([]));
    futures::future::join_all((0..30).map(|_| scene.register(&[ONE], Some(&list)))).await;
    assert!(scene.site.asked() <= 20, "{} requests", scene.site.asked());
    assert!(scene.muster.stop().await.success());
    let asked = scene.site.asked();
    scene.muster.set("CLIENT_REGISTRATION", "token");
    scene.muster.serve().await;
    assert_refused(&scene.register(&[ONE], Some(&list)).await, 401, "invalid_token");
    assert_eq!(scene.site.asked(), asked);
    assert!(scene.muster.stop().await.success());
}
