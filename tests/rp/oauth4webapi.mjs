import * as oauth from 'oauth4webapi'

const insecure = { [oauth.allowInsecureRequests]: true }
const issuer = new URL(told.issuer)
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
const rp = { client_id: told.client_id, id_token_signed_response_alg: told.alg }
const proof = told.client_secret ? oauth.ClientSecretPost(told.client_secret) : oauth.None()
const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()]
const request = new URL(as.authorization_endpoint)
request.search = new URLSearchParams({
  client_id: rp.client_id,
  redirect_uri: told.redirect_uri,
  response_type: 'code',
  scope: 'openid profile email groups offline_access',
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
})
const back = await browse(request)
const answer = oauth.validateAuthResponse(as, rp, back, state)
const response = await oauth.authorizationCodeGrantRequest(as, rp, proof, answer, told.redirect_uri, verifier, insecure)
const tokens = await oauth.processAuthorizationCodeResponse(as, rp, response, { expectedNonce: nonce, requireIdToken: true })
await oauth.validateApplicationLevelSignature(as, response, insecure)
const claims = oauth.getValidatedIdTokenClaims(tokens)
const about = async (token) =>
  oauth.processUserInfoResponse(as, rp, claims.sub, await oauth.userInfoRequest(as, rp, token, insecure))
const userinfo = await about(tokens.access_token)
const refresh = async (token) =>
  oauth.processRefreshTokenResponse(as, rp, await oauth.refreshTokenGrantRequest(as, rp, proof, token, insecure))
const fresh = await refresh(tokens.refresh_token)
const again = await about(fresh.access_token)
await oauth.processRevocationResponse(await oauth.revocationRequest(as, rp, proof, fresh.refresh_token, insecure))
const refused = await refresh(fresh.refresh_token).then(
  () => 'still good',
  (error) => error.error,
)
const bye = new URL(as.end_session_endpoint)
bye.search = new URLSearchParams({
  post_logout_redirect_uri: told.post_logout_redirect_uri,
  id_token_hint: tokens.id_token,
  client_id: rp.client_id,
  state: 'bye',
})
const after = await browse(bye)
await done({ claims, userinfo, again, refreshed: fresh.refresh_token !== tokens.refresh_token, after: after.href, refused })
