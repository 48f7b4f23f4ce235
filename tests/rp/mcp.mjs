import { createRemoteJWKSet, jwtVerify } from 'jose'
import express from 'express'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { UnauthorizedError, discoverOAuthServerInfo, refreshAuthorization } from '@modelcontextprotocol/sdk/client/auth.js'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'

// An MCP server, which is an API of the provider's: it says where tokens for it come from (RFC 9728) and reads them, as JWTs or by asking.
const resource = new URL(told.resource)
const described = `${resource.origin}/.well-known/oauth-protected-resource${resource.pathname}`
const said = await (await fetch(`${told.issuer}/.well-known/oauth-authorization-server`)).json()
const keys = createRemoteJWKSet(new URL(said.jwks_uri))
const readers = {
  async jwt(token) {
    const checks = { issuer: told.issuer, audience: told.resource, typ: 'at+jwt' }
    return (await jwtVerify(token, keys, checks)).payload
  },
  async opaque(token) {
    const authorization = `Basic ${btoa(`${told.client_id}:${told.client_secret}`)}`
    const asked = { method: 'POST', headers: { authorization }, body: new URLSearchParams({ token }) }
    return (await fetch(said.introspection_endpoint, asked)).json()
  },
}
const verifier = {
  async verifyAccessToken(token) {
    const claims = await readers[told.token_format](token).catch(() => ({}))
    if (!claims.sub || claims.active === false) throw new InvalidTokenError('not one of ours')
    const { client_id: clientId, exp: expiresAt, sub, groups } = claims
    return { token, clientId, scopes: claims.scope.split(' '), expiresAt, resource: new URL(claims.aud), extra: { sub, groups } }
  },
}
const site = express()
site.get(new URL(described).pathname, (_, answer) =>
  answer.json({ resource: told.resource, authorization_servers: [told.issuer], scopes_supported: ['notes:read', 'offline_access'] }),
)
const guard = requireBearerAuth({ verifier, resourceMetadataUrl: described, expectedResource: told.resource })
site.post(resource.pathname, express.json(), guard, async (asked, answer) => {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Who calls, and what they may', inputSchema: {} }, (_, { authInfo }) => ({
    content: [{ type: 'text', text: JSON.stringify({ ...authInfo.extra, scopes: authInfo.scopes, client: authInfo.clientId }) }],
  }))
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
  answer.on('close', () => server.close())
  await server.connect(transport)
  await transport.handleRequest(asked, answer, asked.body)
})
site.all(resource.pathname, (_, answer) => answer.status(405).end())
const listening = site.listen(Number(resource.port), resource.hostname)
await new Promise((listens) => listening.on('listening', listens))

// An MCP client that knows nothing but the address of that server.
const kept = {}
const provider = {
  redirectUrl: told.redirect_uri,
  clientMetadataUrl: told.client_metadata_url ?? undefined,
  clientMetadata: {
    client_name: 'Editor',
    redirect_uris: [told.redirect_uri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  state: () => 'a-state-of-the-editor',
  clientInformation: () => kept.client,
  saveClientInformation: (client) => void (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  redirectToAuthorization: (url) => void (kept.request = url),
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  codeVerifier: () => kept.verifier,
}
async function connected() {
  const transport = new StreamableHTTPClientTransport(resource, { authProvider: provider })
  const client = new Client({ name: 'editor', version: '1.0.0' })
  await client.connect(transport)
  return client
}
const whoami = async (client) => JSON.parse((await client.callTool({ name: 'whoami' })).content[0].text)

const first = new StreamableHTTPClientTransport(resource, { authProvider: provider })
const stopped = await new Client({ name: 'editor', version: '1.0.0' }).connect(first).then(
  () => false,
  (error) => error instanceof UnauthorizedError,
)
const back = await browse(kept.request)
const answered = Object.fromEntries(back.searchParams)
await first.finishAuth(answered.code)
const client = await connected()
const tools = (await client.listTools()).tools.map((tool) => tool.name)
const claims = await whoami(client)

// A token that no longer counts: the client notices, refreshes and goes on, without anybody being asked.
const before = kept.tokens
kept.tokens = { ...before, access_token: 'one-that-ran-out' }
kept.request = undefined
const again = await whoami(client)
const refreshed = kept.request === undefined && kept.tokens.refresh_token !== before.refresh_token
const { authorizationServerUrl, authorizationServerMetadata: metadata } = await discoverOAuthServerInfo(resource)
const given = { token: kept.tokens.refresh_token, client_id: kept.client.client_id }
await fetch(metadata.revocation_endpoint, { method: 'POST', body: new URLSearchParams(given) })
const refused = await refreshAuthorization(authorizationServerUrl, {
  metadata,
  clientInformation: kept.client,
  refreshToken: kept.tokens.refresh_token,
  resource,
}).then(
  () => 'still good',
  (error) => error.errorCode,
)
await done({ stopped, client: kept.client, answered, tools, claims, again, refreshed, scope: before.scope, refused })
