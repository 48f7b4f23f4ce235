import * as client from 'openid-client'

const config = await client.discovery(
  new URL(told.issuer),
  told.client_id,
  { id_token_signed_response_alg: told.alg },
  client.ClientSecretBasic(told.client_secret),
  { execute: [client.allowInsecureRequests] },
)
const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()]
const request = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: told.redirect_uri,
  scope: 'openid profile email groups offline_access',
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
})
const back = await browse(request)
const tokens = await client.authorizationCodeGrant(config, back, {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
  idTokenExpected: true,
})
const claims = tokens.claims()
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
const fresh = await client.refreshTokenGrant(config, tokens.refresh_token)
const again = await client.fetchUserInfo(config, fresh.access_token, claims.sub)
const known = await client.tokenIntrospection(config, fresh.access_token)
const bye = client.buildEndSessionUrl(config, {
  post_logout_redirect_uri: told.post_logout_redirect_uri,
  id_token_hint: tokens.id_token,
  state: 'bye',
})
const after = await browse(bye)
const refused = await client.refreshTokenGrant(config, fresh.refresh_token).then(
  () => 'still good',
  (error) => error.error,
)
await done({ claims, userinfo, again, introspected: known.active, refreshed: fresh.refresh_token !== tokens.refresh_token, after: after.href, refused })
