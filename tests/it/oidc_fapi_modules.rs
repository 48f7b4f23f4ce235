//! More modules of `fapi2-security-profile-final-test-plan`, one test each, by their names. Those that go together stand in `oidc_fapi`, `oidc_dpop`,
//! `oidc_pushed` and `oidc_client_auth`; `oidc_conformance` sees to it that none is forgotten.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::oidc_fapi::{Bank, signed_in};
use crate::oidc_support::{Provider, STATE, answered, assert_refused, succeeded};
use crate::support::http::{Answer, Browser};
use crate::tokens_support::HeldKey;

/// A client of the profile, somebody signed in, and the key of its tokens.
struct Plan {
    provider: Provider,
    browser: Browser,
    bank: Bank,
    key: HeldKey,
}

impl Plan {
    async fn start() -> Self {
        let provider = Provider::start(None).await;
        let (browser, bank) = (signed_in(&provider).await, Bank::new(&provider).await);
        Self { provider, browser, bank, key: HeldKey::new() }
    }

    async fn stop(self) {
        self.provider.running.stop().await;
    }

    /// Pushes a request with a proof of this key; what is told where it is refused, or what the client is told in the end.
    async fn authorize_proved(&self, changed: &[(&str, &str)], by: &HeldKey) -> Result<BTreeMap<String, String>, Answer> {
        let parameters = self.bank.client.parameters(changed);
        let parameters: Vec<(&str, &str)> =
            parameters.iter().filter(|(name, _)| name != "client_id").map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let proof = by.proof(&self.provider, "POST", "/api/oidc/par", &[]);
        let pushed = self.bank.send(&self.provider, "/api/oidc/par", &parameters, &[&proof]).await;
        if pushed.status != 201 {
            return Err(pushed);
        }
        Ok(answered(&self.browser.get(&self.bank.visit(&pushed.json())).await))
    }

    async fn code(&self, changed: &[(&str, &str)]) -> String {
        self.bank.authorize(&self.provider, &self.browser, changed).await.remove("code").expect("a code")
    }

    async fn redeem(&self, code: &str, by: &HeldKey) -> Answer {
        self.bank.redeem(&self.provider, code, &[&by.for_token(&self.provider)]).await
    }

    /// Pushes a request and visits it with more beside the name for it.
    async fn visit_with(&self, changed: &[(&str, &str)], beside: &[(&str, &str)]) -> Answer {
        let pushed = self.bank.push(&self.provider, changed).await;
        assert_eq!(pushed.status, 201, "{}", pushed.body);
        self.browser.get(&format!("{}&{}", self.bank.visit(&pushed.json()), serde_urlencoded::to_string(beside).expect("a query"))).await
    }
}

#[tokio::test]
async fn fapi2_security_profile_final_test_claims_parameter_identity_claims() {
    let plan = Plan::start().await;
    let wanted = json!({ "id_token": { "email": { "essential": true } }, "userinfo": { "name": null } }).to_string();
    let tokens = succeeded(&plan.redeem(&plan.code(&[("claims", &wanted)]).await, &plan.key).await);
    assert_eq!(crate::oidc_support::claims(&tokens)["email"], "ada@example.org");
    let token = tokens["access_token"].as_str().expect("a token");
    let opened = plan.provider.userinfo_proved("DPoP", token, &[&plan.key.for_userinfo(&plan.provider, token)]).await;
    assert_eq!(opened.json()["name"], "Ada Lovelace");
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_access_token_type_header_case_sensitivity() {
    let plan = Plan::start().await;
    let tokens = succeeded(&plan.redeem(&plan.code(&[]).await, &plan.key).await);
    let token = tokens["access_token"].as_str().expect("a token");
    for scheme in ["DPoP", "dpop", "DPOP"] {
        let opened = plan.provider.userinfo_proved(scheme, token, &[&plan.key.for_userinfo(&plan.provider, token)]).await;
        assert_eq!(opened.status, 200, "{scheme}");
    }
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_check_dpop_proof_nbf_exp() {
    let plan = Plan::start().await;
    let now = plan.provider.now().as_seconds();
    let proof = |more: &[(&str, Value)]| plan.key.proof(&plan.provider, "POST", "/api/oidc/token", more);
    for more in [[("nbf", json!(now - 10)), ("exp", json!(now + 10))], [("nbf", json!(now)), ("exp", json!(now + 3600))]] {
        succeeded(&plan.bank.redeem(&plan.provider, &plan.code(&[]).await, &[&proof(&more)]).await);
    }
    for more in [("nbf", json!(now + 3600)), ("exp", json!(now - 3600))] {
        let code = plan.code(&[]).await;
        assert_refused(&plan.bank.redeem(&plan.provider, &code, &[&proof(&[more])]).await, 400, "invalid_dpop_proof");
    }
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_mismatched_dpop_jkt_fails() {
    let plan = Plan::start().await;
    let refused = plan.authorize_proved(&[("dpop_jkt", &HeldKey::new().jkt())], &plan.key).await.expect_err("a refusal");
    assert_refused(&refused, 400, "invalid_dpop_proof");
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt() {
    let plan = Plan::start().await;
    let told = plan.authorize_proved(&[], &plan.key).await.expect("pushed");
    assert_refused(&plan.redeem(&told["code"], &HeldKey::new()).await, 400, "invalid_grant");
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_jkt() {
    let plan = Plan::start().await;
    let code = plan.code(&[("dpop_jkt", &plan.key.jkt())]).await;
    assert_refused(&plan.redeem(&code, &HeldKey::new()).await, 400, "invalid_grant");
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_dpopproof_at_par_endpoint_binding_success() {
    let plan = Plan::start().await;
    let told = plan.authorize_proved(&[], &plan.key).await.expect("pushed");
    assert_eq!(succeeded(&plan.redeem(&told["code"], &plan.key).await)["token_type"], "DPoP");
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_dpop_auth_code_binding_success() {
    let plan = Plan::start().await;
    let code = plan.code(&[("dpop_jkt", &plan.key.jkt())]).await;
    assert_eq!(succeeded(&plan.redeem(&code, &plan.key).await)["token_type"], "DPoP");
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_different_nonce_inside_and_outside_request_object() {
    let plan = Plan::start().await;
    let answer = plan.visit_with(&[], &[("nonce", "another-nonce")]).await;
    let tokens = succeeded(&plan.redeem(&answered(&answer)["code"], &plan.key).await);
    assert_eq!(crate::oidc_support::claims(&tokens)["nonce"], "n-0S6_WzA2Mj", "what was pushed counts");
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_different_state_inside_and_outside_request_object() {
    let plan = Plan::start().await;
    assert_eq!(answered(&plan.visit_with(&[], &[("state", "another-state")]).await)["state"], STATE);
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_state_only_outside_request_object_not_used() {
    let plan = Plan::start().await;
    let told = answered(&plan.visit_with(&[("state", "")], &[("state", "outside")]).await);
    assert!(told.contains_key("code") && !told.contains_key("state"), "{told:?}");
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_request_object_without_redirect_uri_fails() {
    let plan = Plan::start().await;
    assert_refused(&plan.bank.push(&plan.provider, &[("redirect_uri", "")]).await, 400, "invalid_request");
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_client_id_in_token_endpoint() {
    let plan = Plan::start().await;
    let other = Bank::new(&plan.provider).await;
    let code = plan.code(&[]).await;
    // The other client's ID, with an assertion signed by this one's key.
    let mixed =
        Bank { client: crate::oidc_support::Client { client_id: other.client.client_id.clone(), ..plan.bank.client.clone() }, own: HeldKey::new() };
    assert_refused(&mixed.redeem(&plan.provider, &code, &[&plan.key.for_token(&plan.provider)]).await, 401, "invalid_client");
    succeeded(&plan.redeem(&code, &plan.key).await);
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_client_assertion_in_token_endpoint() {
    let plan = Plan::start().await;
    let code = plan.code(&[]).await;
    let (uri, verifier, proof) = (plan.bank.redirect_uri.clone(), plan.bank.verifier.clone(), plan.key.for_token(&plan.provider));
    let parameters = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", &uri), ("code_verifier", &verifier)];
    // Without an assertion, and with one that is empty.
    let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_refused(&plan.bank.client.post_proved("/api/oidc/token", &parameters, &[&proof]).await, 401, "invalid_client");
    let empty: Vec<(&str, &str)> = parameters.into_iter().chain([kind, ("client_assertion", "x")]).collect();
    let refused = plan.bank.client.post_proved("/api/oidc/token", &empty, &[&proof]).await;
    assert!([400, 401].contains(&refused.status.as_u16()) && refused.json()["access_token"].is_null(), "{} {}", refused.status, refused.body);
    succeeded(&plan.redeem(&code, &plan.key).await);
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_ensure_pkce_code_verifier_required() {
    let plan = Plan::start().await;
    let code = plan.code(&[]).await;
    let parameters = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", &plan.bank.redirect_uri)];
    let answer = plan.bank.send(&plan.provider, "/api/oidc/token", &parameters, &[&plan.key.for_token(&plan.provider)]).await;
    assert_refused(&answer, 400, "invalid_grant");
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_incorrect_pkce_code_verifier_rejected() {
    let plan = Plan::start().await;
    let code = plan.code(&[]).await;
    let wrong = "v".repeat(43);
    let parameters =
        [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", &plan.bank.redirect_uri), ("code_verifier", &wrong)];
    let answer = plan.bank.send(&plan.provider, "/api/oidc/token", &parameters, &[&plan.key.for_token(&plan.provider)]).await;
    assert_refused(&answer, 400, "invalid_grant");
    plan.stop().await;
}

/// Before anybody agreed the name may be visited again, such as after a reload.
#[tokio::test]
async fn fapi2_security_profile_final_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds() {
    let plan = Plan::start().await;
    let bank = Bank::with(&plan.provider, |it| it.skip_consent = false).await;
    let pushed: Value = bank.push(&plan.provider, &[]).await.json();
    let first = plan.browser.get(&bank.visit(&pushed)).await;
    assert_eq!((first.status.as_u16(), first.location()), (200, None));
    let again = plan.browser.get(&bank.visit(&pushed)).await;
    let agreed = plan.browser.submit(&again, "/authorize/consent", &[("decision", "allow")]).await;
    assert!(answered(&agreed).contains_key("code"), "{}", agreed.body);
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_par_attempt_reuse_request_uri() {
    let plan = Plan::start().await;
    let pushed: Value = plan.bank.push(&plan.provider, &[]).await.json();
    assert!(answered(&plan.browser.get(&plan.bank.visit(&pushed)).await).contains_key("code"));
    let again = plan.browser.get(&plan.bank.visit(&pushed)).await;
    assert_eq!((again.status.as_u16(), again.location()), (400, None), "{}", again.body);
    plan.stop().await;
}

#[tokio::test]
async fn fapi2_security_profile_final_par_without_duplicate_parameters() {
    let plan = Plan::start().await;
    let pushed: Value = plan.bank.push(&plan.provider, &[("scope", "openid email")]).await.json();
    let visited = plan.bank.visit(&pushed);
    assert_eq!(visited.matches('=').count(), 2, "only client_id and request_uri: {visited}");
    let tokens = succeeded(&plan.redeem(&answered(&plan.browser.get(&visited).await)["code"], &plan.key).await);
    assert_eq!(tokens["scope"], "openid email");
    plan.stop().await;
}
