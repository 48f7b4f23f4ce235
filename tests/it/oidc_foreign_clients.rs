//! Whole sign-ins with OpenID clients no one here wrote: the openidconnect crate, and Apache's mod_auth_openidc.

use std::future::Future;
use std::pin::Pin;

use muster::clients::SigningAlg;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreIdToken, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl,
    LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, Scope,
    TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};

use crate::oidc_support::{Provider, REDIRECT_URI, SIGNED_OUT_URI, answered, on_both_databases, plain};
use crate::support::apache::{self, Apache};
use crate::support::free_port;

/// What the openidconnect crate reads besides the standard claims.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct WithGroups {
    groups: Vec<String>,
}

impl AdditionalClaims for WithGroups {}

/// How the openidconnect crate reaches the provider.
fn http(request: HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send>> {
    Box::pin(async move {
        let response = plain().execute(request.try_into()?).await?;
        let mut answer = openidconnect::http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        Ok(answer.body(response.bytes().await?.to_vec()).expect("a response that came is a response"))
    })
}

#[tokio::test]
async fn the_openidconnect_crate_signs_a_person_in_refreshes_reads_groups_and_signs_out() {
    on_both_databases(async |provider| {
        let ada = provider.person("ada").await;
        provider.group("staff", &[&ada]).await;
        let issuer = IssuerUrl::new(provider.base.clone()).unwrap();
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &http).await.expect("discovery");
        for (alg, auth_type) in
            [(SigningAlg::Rs256, AuthType::BasicAuth), (SigningAlg::Es256, AuthType::RequestBody), (SigningAlg::EdDsa, AuthType::BasicAuth)]
        {
            let browser = provider.browser_of(&ada).await;
            let registered = provider.client_with(|it| it.signing_alg = alg, &[]).await;
            let secret = registered.secret.clone().map(ClientSecret::new);
            let client = CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(registered.client_id.clone()), secret)
                .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned()).unwrap())
                .set_auth_type(auth_type);
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let mut request = client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random);
            for scope in ["profile", "email", "groups", "offline_access"] {
                request = request.add_scope(Scope::new(scope.to_owned()));
            }
            let (url, state, nonce) = request.set_pkce_challenge(challenge).url();
            let back = answered(&browser.get(url.as_str()).await);
            assert_eq!((&back["state"], &back["iss"]), (state.secret(), &provider.base));
            let code = AuthorizationCode::new(back["code"].clone());
            let tokens = client.exchange_code(code).unwrap().set_pkce_verifier(verifier).request_async(&http).await.expect("tokens");

            let id_token: &CoreIdToken = tokens.id_token().expect("an ID token");
            let allowed = [CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, CoreJwsSigningAlgorithm::EcdsaP256Sha256, CoreJwsSigningAlgorithm::EdDsa];
            let id_verifier = client.id_token_verifier().set_allowed_algs(allowed);
            let claims = id_token.claims(&id_verifier, &nonce).expect("a good ID token");
            assert_eq!((claims.subject().as_str(), claims.email().map(|it| it.as_str())), (ada.id.to_string().as_str(), Some("ada@example.org")));
            let signing_alg = id_token.signing_alg().unwrap();
            let hash = AccessTokenHash::from_token(tokens.access_token(), signing_alg, id_token.signing_key(&id_verifier).unwrap()).unwrap();
            assert_eq!(Some(&hash), claims.access_token_hash());
            id_token.claims(&id_verifier, &Nonce::new_random()).expect_err("another nonce");

            let about = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone())).unwrap();
            let about: UserInfoClaims<WithGroups, CoreGenderClaim> = about.request_async(&http).await.expect("userinfo");
            assert_eq!(about.preferred_username().map(|it| it.as_str()), Some("ada"));
            assert_eq!(about.additional_claims().groups, ["staff"]);
            let refreshed = client
                .exchange_refresh_token(tokens.refresh_token().expect("a refresh token"))
                .unwrap()
                .request_async(&http)
                .await
                .expect("fresh tokens");
            let again = refreshed.id_token().expect("an ID token").claims(&id_verifier, |_: Option<&Nonce>| Ok(())).expect("a good ID token");
            assert_eq!((again.subject(), again.auth_time()), (claims.subject(), claims.auth_time()));

            let sign_out = metadata.additional_metadata().end_session_endpoint.clone().expect("an address to sign out at");
            let sign_out = LogoutRequest::from(sign_out).set_id_token_hint(id_token).set_state(CsrfToken::new("bye".to_owned()));
            let sign_out = sign_out.set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(SIGNED_OUT_URI.to_owned()).unwrap());
            let answer = browser.get(sign_out.http_get_url().as_str()).await;
            assert_eq!(answer.header("location"), format!("{SIGNED_OUT_URI}?state=bye"), "{}", answer.body);
            assert_eq!(browser.get("/account").await.status, 303, "signed out here too");
            let dead = refreshed.refresh_token().or(tokens.refresh_token()).expect("a refresh token");
            client.exchange_refresh_token(dead).unwrap().request_async(&http).await.expect_err("signed out");
        }
    })
    .await;
}

#[tokio::test]
async fn mod_auth_openidc_signs_people_in_by_group_refreshes_and_signs_out_again() {
    let provider = Provider::start(None).await;
    let (ada, grace) = (provider.person("ada").await, provider.person("grace").await);
    provider.group("staff", &[&ada]).await;
    let port = free_port();
    let base = apache::base(port);
    let client = provider
        .client_with(
            |it| (it.redirect_uris, it.post_logout_redirect_uris) = (vec![format!("{base}/wiki/callback")], vec![format!("{base}/bye")]),
            &[],
        )
        .await;
    let apache = Apache::start(port, &provider.base, &client.client_id, client.secret.as_deref().unwrap()).await;

    let browser = provider.browser_of(&ada).await;
    let page = browser.get_followed(&apache.url("/wiki/staff/")).await;
    assert_eq!((page.status.as_u16(), page.body.as_str()), (200, "wiki/staff"), "{}", apache.log());
    assert_eq!((page.header("x-person"), page.header("x-groups"), page.header("x-email")), ("ada", "staff", "ada@example.org"));

    // It refreshes with each request, and goes on with what it gets.
    let refreshed = async || provider.count("SELECT COUNT(*) FROM tokens WHERE kind = 'refresh' AND used_at IS NOT NULL").await;
    let before = refreshed().await;
    for _ in 0..3 {
        let page = browser.get(&apache.url("/wiki/staff/")).await;
        assert_eq!((page.status.as_u16(), page.header("x-groups")), (200, "staff"), "{}", apache.log());
    }
    assert_eq!(refreshed().await, before + 3, "{}", apache.log());

    let other = provider.browser_of(&grace).await;
    let page = other.get_followed(&apache.url("/wiki/")).await;
    assert_eq!((page.status.as_u16(), page.header("x-person")), (200, "grace"), "{}", apache.log());
    assert_eq!(other.get(&apache.url("/wiki/staff/")).await.status, 401, "not in the group");

    let bye = serde_urlencoded::to_string([("logout", format!("{base}/bye"))]).unwrap();
    let answer = browser.get(&apache.url(&format!("/wiki/callback?{bye}"))).await;
    assert!(answer.header("location").starts_with(&format!("{}/api/oidc/end-session?", provider.base)), "{}", answer.header("location"));
    let answer = browser.get(answer.header("location")).await;
    assert_eq!(answer.header("location"), format!("{base}/bye"), "{}", answer.body);
    let again = browser.get_followed(&apache.url("/wiki/")).await;
    assert_eq!(again.url.path(), "/sign-in", "signed out there and here");
    assert_eq!(provider.count("SELECT COUNT(*) FROM grants WHERE revoked_because = 'reuse'").await, 0);
    provider.running.stop().await;
}
