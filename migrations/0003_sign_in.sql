-- Sessions, passkeys, the ceremonies that make and use them, and one-time access links. Whatever a browser or a link carries is stored as a SHA-256 only.

CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY,
    -- What pages and the audit log call the session.
    id UUID NOT NULL UNIQUE,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    -- What tower-sessions keeps, as JSON.
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    client_ip TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, last_seen_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE passkeys (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Unique over all people: registering somebody else's credential id must fail (WebAuthn Level 3, section 7.1).
    credential_id BYTEA NOT NULL UNIQUE,
    -- webauthn-rs's own form of the credential, as JSON.
    credential TEXT NOT NULL,
    name TEXT NOT NULL,
    aaguid UUID,
    -- JSON array of transports as the browser named them.
    transports TEXT NOT NULL,
    attachment TEXT,
    backup_eligible BOOLEAN NOT NULL,
    backup_state BOOLEAN NOT NULL,
    sign_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_user_agent TEXT NOT NULL,
    last_used_at BIGINT,
    last_used_ip TEXT NOT NULL,
    last_used_user_agent TEXT NOT NULL,
    use_count BIGINT NOT NULL
);
CREATE INDEX passkeys_by_user ON passkeys (user_id, created_at);

-- One registration or authentication in progress. Taken by DELETE … RETURNING before it is verified, so a failed try burns it too.
CREATE TABLE ceremonies (
    token_hash BYTEA PRIMARY KEY,
    purpose TEXT NOT NULL,
    -- Hash of a cookie given at the start: only the browser that began can finish, so nobody can sign a stranger in as themselves.
    browser_hash BYTEA NOT NULL,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    -- webauthn-rs's state, as JSON; never leaves the server.
    state TEXT NOT NULL,
    challenge TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX ceremonies_by_expiry ON ceremonies (expires_at);

-- purpose 'set_up' (makes the first administrator; no user yet) or 'sign_in'.
CREATE TABLE access_links (
    id UUID PRIMARY KEY,
    code_hash BYTEA NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    created_by UUID,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX access_links_by_user ON access_links (user_id, created_at);
