//! The modules of `oidcc-3rdparty-init-login-certification-test-plan`, by their names (OpenID Connect Core, section 4): a sign-in that begins on a page of ours.

use crate::oidc_relying_party::RelyingParty;
use crate::oidc_support::{answered, on_both_databases, succeeded};

#[tokio::test]
async fn oidcc_3rd_party_init_login() {
    on_both_databases(async |provider| {
        let app = RelyingParty::start().await;
        let ada = provider.person("ada").await;
        let browser = provider.browser_of(&ada).await;
        let client = provider
            .client_with(
                |it| {
                    app.register(it);
                    it.initiate_login_uri = app.at("/login?tenant=1");
                },
                &[],
            )
            .await;
        client.tokens(&browser, &[]).await;
        let page = browser.get("/account/apps").await;
        let link = page.attribute("h2 a", "href").expect("a link");
        app.login_leads_to(&format!("{}{}", provider.base, client.request(&[])));
        // A click: the app is told who asks, and sends the person through a sign-in of its own with state and PKCE of its own.
        let begun = browser.get(&link).await;
        let heard = app.heard("/login");
        let query: Vec<(String, String)> = serde_urlencoded::from_str(heard[0].uri.query().unwrap()).unwrap();
        assert_eq!(query, [("tenant".to_owned(), "1".to_owned()), ("iss".to_owned(), provider.base.clone())]);
        let back = browser.get(begun.location().expect("to us").as_str()).await;
        let code = answered(&back).remove("code").expect("a code");
        succeeded(&client.redeem(&code, &[]).await);
    })
    .await;
}

/// Without TLS the address is refused; the suite asserts it at dynamic registration, which has the same rule.
#[tokio::test]
async fn oidcc_3rd_party_init_login_nohttps() {
    on_both_databases(async |provider| {
        for bad in ["http://app.example.org/login", "javascript:alert(1)", "app://login", "https://app.example.org/login#x"] {
            let registration = muster::clients::Registration {
                name: "Wiki".into(),
                redirect_uris: vec!["https://app.example.org/cb".into()],
                initiate_login_uri: bad.into(),
                ..Default::default()
            };
            let (by, id) = (muster::clients::Authority::CommandLine, muster::id::ClientId::new());
            let refused = muster::clients::register(&provider.running.app, by, id, registration, &[], provider.now()).await;
            let Err(muster::clients::Refused::Mistakes(mistakes)) = refused else { panic!("{bad}: {refused:?}") };
            assert_eq!(mistakes.into_keys().collect::<Vec<_>>(), ["initiate_login_uri"], "{bad}");
        }
    })
    .await;
}
