-- What access tokens are and where they count: named APIs with permissions (RFC 8707, RFC 9068), tokens bound to keys (RFC 9449), token exchange (RFC 8693).

-- Servers that take access tokens of ours.
CREATE TABLE apis (
    id UUID PRIMARY KEY,
    -- What `resource` names and `aud` says: an absolute URI.
    identifier TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- JSON: [{"name": "read", "description": "Read your documents"}]
    permissions TEXT NOT NULL,
    -- 'opaque' or 'jwt'
    token_format TEXT NOT NULL,
    signing_alg TEXT NOT NULL,
    -- NULL: as the client or the settings say.
    access_minutes BIGINT,
    with_groups BOOLEAN NOT NULL,
    -- Any client may ask people for any of the permissions.
    open_to_all BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What a client may have at an API. NULL: nothing; empty: its tokens, without a permission.
CREATE TABLE api_clients (
    api_id UUID NOT NULL REFERENCES apis (id) ON DELETE CASCADE,
    client_id UUID NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- Permissions, separated by spaces: what it may ask people for, and what it may have for itself.
    for_people TEXT,
    for_itself TEXT,
    -- It runs the API: it may ask about the API's tokens and exchange them.
    serves BOOLEAN NOT NULL,
    PRIMARY KEY (api_id, client_id)
);
CREATE INDEX api_clients_by_client ON api_clients (client_id);

-- Permissions by API, as JSON: {"<apis.id>": ["read"]}. Empty when there are none.
ALTER TABLE grants ADD COLUMN permissions TEXT NOT NULL DEFAULT '';
ALTER TABLE consents ADD COLUMN permissions TEXT NOT NULL DEFAULT '';
ALTER TABLE device_requests ADD COLUMN permissions TEXT NOT NULL DEFAULT '';

-- The key (RFC 7638 thumbprint) whoever uses it must prove to hold.
ALTER TABLE authorization_codes ADD COLUMN jkt TEXT;
-- Kind 'jwt' is an access token that was given as a JWT: its row is found by the hash of its `jti`, never by what is presented.
ALTER TABLE tokens ADD COLUMN jkt TEXT;
-- The API it is for; NULL is this server. No foreign key: a token whose API is gone counts for nothing, and is swept with the others.
ALTER TABLE tokens ADD COLUMN api_id UUID;
-- Who got it by exchanging another token (RFC 8693), and for whom that acts, as JSON (`act`); NULL: the grant's client, for nobody else.
ALTER TABLE tokens ADD COLUMN holder_id UUID;
ALTER TABLE tokens ADD COLUMN act TEXT;
ALTER TABLE client_tokens ADD COLUMN jkt TEXT;
ALTER TABLE client_tokens ADD COLUMN api_id UUID;

-- DPoP proofs that were used, until they would be too old (RFC 9449 section 11.1).
CREATE TABLE dpop_proofs (
    proof_hash BYTEA PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX dpop_proofs_by_expiry ON dpop_proofs (expires_at);

-- JWTs without a row of their own that were given back, until they expire.
CREATE TABLE revoked_jwts (
    jti_hash BYTEA PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_jwts_by_expiry ON revoked_jwts (expires_at);
