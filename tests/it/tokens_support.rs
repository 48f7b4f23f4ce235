//! A client's key for DPoP proofs, and APIs to get tokens for.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use muster::apis::{self, Draft, Permissions, Right};
use muster::id::{ApiId, ClientId};
use muster::jose::{Alg, Jws, KeySet};
use muster::secret::{base64url, random_bytes, sha256};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::oidc_support::{Client, Provider, plain};
use crate::support::http::{Answer, answer};

/// A key a client holds.
pub(crate) struct HeldKey(EcdsaKeyPair);

impl HeldKey {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a P-256 key"))
    }

    pub(crate) fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({ "crv": "P-256", "kty": "EC", "x": base64url(&point[1..33]), "y": base64url(&point[33..]) })
    }

    /// RFC 7638 section 3: the members sorted, without blanks.
    pub(crate) fn jkt(&self) -> String {
        base64url(&sha256(self.jwk().to_string().as_bytes()))
    }

    /// A JWT with this header and these claims.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", base64url(signature.as_ref()))
    }

    /// A proof for a request; `more` replaces or adds claims, and null leaves one out.
    pub(crate) fn proof(&self, provider: &Provider, method: &str, path: &str, more: &[(&str, Value)]) -> String {
        let url = format!("{}{path}", provider.base);
        let mut claims = json!({ "jti": base64url(&random_bytes::<16>()), "htm": method, "htu": url, "iat": provider.now().as_seconds() });
        for (name, value) in more {
            claims[*name] = value.clone();
        }
        if let Some(claims) = claims.as_object_mut() {
            claims.retain(|_, value| !value.is_null());
        }
        self.sign(&json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() }), &claims)
    }

    /// A proof for the token endpoint.
    pub(crate) fn for_token(&self, provider: &Provider) -> String {
        self.proof(provider, "POST", "/api/oidc/token", &[])
    }

    /// A proof for userinfo with this access token.
    pub(crate) fn for_userinfo(&self, provider: &Provider, access_token: &str) -> String {
        self.proof(provider, "GET", "/api/oidc/userinfo", &[("ath", ath(access_token))])
    }
}

/// The `ath` claim for a token.
pub(crate) fn ath(access_token: &str) -> Value {
    base64url(&sha256(access_token.as_bytes())).into()
}

impl Client {
    /// Calls an endpoint with proofs in the header `DPoP`; `("name", "")` leaves a parameter out.
    pub(crate) async fn post_proved(&self, path: &str, parameters: &[(&str, &str)], proofs: &[&str]) -> Answer {
        let mut form: Vec<(&str, &str)> = parameters.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
        form.push(("client_id", &self.client_id));
        form.extend(self.secret.as_deref().map(|secret| ("client_secret", secret)));
        let mut headers = HeaderMap::new();
        for proof in proofs {
            headers.append("dpop", proof.parse().expect("a header"));
        }
        answer(plain().post(format!("{}{path}", self.base)).headers(headers).form(&form)).await
    }

    /// Redeems a code with a proof.
    pub(crate) async fn redeem_proved(&self, code: &str, proof: &str) -> Answer {
        let parameters =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &self.redirect_uri), ("code_verifier", &self.verifier)];
        self.post_proved("/api/oidc/token", &parameters, &[proof]).await
    }

    /// Uses a refresh token with a proof.
    pub(crate) async fn refresh_proved(&self, refresh_token: &str, proof: &str) -> Answer {
        self.post_proved("/api/oidc/token", &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)], &[proof]).await
    }

    /// What introspection says to this client.
    pub(crate) async fn introspect(&self, token: &str) -> Value {
        let answer = self.post("/api/oidc/introspect", crate::oidc_support::Proof::Basic, &[("token", token)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }
}

impl Provider {
    /// Sends an access token to userinfo under this scheme, with proofs.
    pub(crate) async fn userinfo_proved(&self, scheme: &str, access_token: &str, proofs: &[&str]) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("{scheme} {access_token}").parse().expect("a header"));
        for proof in proofs {
            headers.append("dpop", proof.parse().expect("a header"));
        }
        answer(plain().get(format!("{}/api/oidc/userinfo", self.base)).headers(headers)).await
    }

    /// Adds an API with permissions `docs:read`, `docs:write` and `admin`.
    pub(crate) async fn api(&self, identifier: &str, token_format: &str, change: impl FnOnce(&mut Draft)) -> ApiId {
        let mut draft = Draft {
            name: "Documents".into(),
            identifier: identifier.into(),
            permissions: "docs:read Read your documents\ndocs:write Change your documents\nadmin Do everything".into(),
            token_format: token_format.into(),
            signing_alg: "ES256".into(),
            ..Draft::default()
        };
        change(&mut draft);
        let (id, terms) = (ApiId::new(), draft.check(&self.base).expect("a good draft"));
        let mut tx = self.running.app.db.begin().await.expect("a transaction");
        apis::insert(&mut tx, id, &terms, self.now()).await.expect("a new API");
        tx.commit().await.expect("stored");
        id
    }

    /// Says what a client may have at an API.
    pub(crate) async fn allow(&self, api: ApiId, client: ClientId, for_people: Option<&str>, for_itself: Option<&str>, serves: bool) {
        let right = Right { for_people: for_people.map(Permissions::parse), for_itself: for_itself.map(Permissions::parse), serves };
        let mut tx = self.running.app.db.begin().await.expect("a transaction");
        apis::put_right(&mut tx, api, client, &right).await.expect("stored");
        tx.commit().await.expect("stored");
    }

    /// Header and claims of a JWT access token whose signature fits the published keys.
    pub(crate) async fn verified(&self, token: &str) -> (Value, Value) {
        let published = answer(plain().get(format!("{}/.well-known/jwks.json", self.base))).await;
        let keys = KeySet::parse(published.body.as_bytes()).expect("keys");
        let jws = Jws::parse(token, 32 * 1024).expect("a JWT");
        let claims = jws.verify_with(&keys, &Alg::ALL).expect("signed by a published key").claims().expect("claims");
        let header = token.split('.').next().and_then(muster::secret::from_base64url).expect("a header");
        (serde_json::from_slice(&header).expect("a header"), claims)
    }
}
