"""Authlib, as a program with requests uses it."""

import os

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from conversation import browse, done, hear

told = hear()
metadata = requests.get(f"{told['issuer']}/.well-known/openid-configuration", timeout=30).json()
session = OAuth2Session(
    told["client_id"],
    told["client_secret"],
    token_endpoint_auth_method="client_secret_basic",
    scope="openid profile email groups offline_access",
    redirect_uri=told["redirect_uri"],
    code_challenge_method="S256",
)
verifier, nonce = generate_token(48), generate_token(20)
request, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
back = browse(request)
tokens = session.fetch_token(metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier)

keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=30).json())
decoded = jwt.decode(tokens["id_token"], keys, algorithms=[told["alg"]])
claims = CodeIDToken(
    decoded.claims,
    decoded.header,
    options={"iss": {"essential": True, "value": metadata["issuer"]}, "aud": {"essential": True, "value": told["client_id"]}},
    params={"nonce": nonce, "client_id": told["client_id"], "access_token": tokens["access_token"]},
)
claims.validate()

userinfo = session.get(metadata["userinfo_endpoint"]).json()
fresh = session.refresh_token(metadata["token_endpoint"], refresh_token=tokens["refresh_token"])
again = session.get(metadata["userinfo_endpoint"]).json()
bye = requests.Request(
    "GET",
    metadata["end_session_endpoint"],
    params={"post_logout_redirect_uri": told["post_logout_redirect_uri"], "id_token_hint": tokens["id_token"], "state": "bye"},
).prepare()
after = browse(bye.url)
try:
    session.refresh_token(metadata["token_endpoint"], refresh_token=fresh["refresh_token"])
    refused = "still good"
except OAuthError as error:
    refused = error.error
done(
    {
        "claims": dict(claims),
        "userinfo": userinfo,
        "again": again,
        "refreshed": fresh["refresh_token"] != tokens["refresh_token"],
        "after": after,
        "refused": refused,
    }
)
