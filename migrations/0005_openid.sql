-- OpenID clients and what people let them have. Codes and tokens are opaque, stored as SHA-256, and belong to a grant: revoking the grant voids them all.

CREATE TABLE clients (
    id UUID PRIMARY KEY,
    -- What the protocol calls client_id.
    client_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    is_public BOOLEAN NOT NULL,
    -- JSON arrays, compared as strings (RFC 6749 section 3.1.2.3, RFC 9700 section 4.1.3).
    redirect_uris TEXT NOT NULL,
    post_logout_redirect_uris TEXT NOT NULL,
    skip_consent BOOLEAN NOT NULL,
    -- Explicit, so that a client whose last allowed group goes stays closed.
    restricted BOOLEAN NOT NULL,
    signing_alg TEXT NOT NULL,
    -- Scope claims in the ID token too: many apps never ask userinfo.
    claims_in_id_token BOOLEAN NOT NULL,
    require_pkce BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE client_secrets (
    secret_hash BYTEA PRIMARY KEY,
    client_id UUID NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- The first characters, to tell secrets apart in the list.
    hint TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX client_secrets_by_client ON client_secrets (client_id);

CREATE TABLE client_groups (
    client_id UUID NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    group_id UUID NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (client_id, group_id)
);

CREATE TABLE consents (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id UUID NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- Space-separated, sorted.
    scopes TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);

CREATE TABLE grants (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id UUID NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- The browser session it came from (sessions.id), for sign-out; kept after the session has gone.
    session_id UUID,
    scopes TEXT NOT NULL,
    nonce TEXT,
    auth_at BIGINT NOT NULL,
    amr TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_because TEXT
);
CREATE INDEX grants_by_user ON grants (user_id, created_at);
CREATE INDEX grants_by_session ON grants (session_id);
CREATE INDEX grants_by_client ON grants (client_id);

CREATE TABLE authorization_codes (
    code_hash BYTEA PRIMARY KEY,
    grant_id UUID NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    -- The client's row, so that redeeming names the client and a stranger cannot burn someone else's code.
    client_id UUID NOT NULL,
    redirect_uri TEXT NOT NULL,
    code_challenge TEXT,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX authorization_codes_by_grant ON authorization_codes (grant_id);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

CREATE TABLE tokens (
    token_hash BYTEA PRIMARY KEY,
    -- 'access' or 'refresh'
    kind TEXT NOT NULL,
    grant_id UUID NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- When a refresh token was exchanged for its successor: a second use after the grace revokes the grant (RFC 9700 section 4.14.2).
    used_at BIGINT
);
CREATE INDEX tokens_by_grant ON tokens (grant_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

-- Signing keys, the private half sealed with ENCRYPTION_KEY. Retired ones stay: a logout hint may be signed by them.
CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY,
    alg TEXT NOT NULL,
    sealed_private_key BYTEA NOT NULL,
    public_jwk TEXT NOT NULL,
    -- 'next', 'active' or 'retired'
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (alg) WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (alg) WHERE state = 'next';
