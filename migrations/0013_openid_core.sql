-- The OpenID provider's core: claims asked for one by one, lifetimes and rights of single clients, pushed requests, clients that act for themselves, and
-- devices without a browser.

-- The authentication context class the ID token names; empty in older grants, which name what their amr says.
ALTER TABLE grants ADD COLUMN acr TEXT NOT NULL DEFAULT '';
-- Claims asked for by name, as JSON: {"id_token": ["name"], "userinfo": []}. Empty when there are none.
ALTER TABLE grants ADD COLUMN claims TEXT NOT NULL DEFAULT '';

-- NULL: as the settings say.
ALTER TABLE clients ADD COLUMN code_seconds BIGINT;
ALTER TABLE clients ADD COLUMN access_minutes BIGINT;
ALTER TABLE clients ADD COLUMN id_token_minutes BIGINT;
ALTER TABLE clients ADD COLUMN refresh_days BIGINT;
-- Only pushed requests (RFC 9126) are taken.
ALTER TABLE clients ADD COLUMN require_par BOOLEAN NOT NULL DEFAULT FALSE;
-- Where the app begins a sign-in itself (OpenID Connect Core, section 4); empty when it does not say.
ALTER TABLE clients ADD COLUMN initiate_login_uri TEXT NOT NULL DEFAULT '';
-- It may get tokens for itself, without a person (RFC 6749 section 4.4), with these scopes of its own, separated by spaces.
ALTER TABLE clients ADD COLUMN acts_alone BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE clients ADD COLUMN own_scopes TEXT NOT NULL DEFAULT '';
-- Devices without a browser may sign people in to it (RFC 8628).
ALTER TABLE clients ADD COLUMN for_devices BOOLEAN NOT NULL DEFAULT FALSE;

-- Requests clients sent ahead (RFC 9126). Kept after they ran out: someone who came in time may take longer to sign in.
CREATE TABLE pushed_requests (
    uri_hash BYTEA PRIMARY KEY,
    client_id UUID NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    -- Form-encoded, as validated.
    parameters TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- When a code was given for it; only once.
    used_at BIGINT
);
CREATE INDEX pushed_requests_by_expiry ON pushed_requests (expires_at);

-- Access tokens of clients that act for themselves.
CREATE TABLE client_tokens (
    token_hash BYTEA PRIMARY KEY,
    client_id UUID NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX client_tokens_by_expiry ON client_tokens (expires_at);
CREATE INDEX client_tokens_by_client ON client_tokens (client_id);

-- Devices that wait for a person to agree elsewhere (RFC 8628).
CREATE TABLE device_requests (
    device_hash BYTEA PRIMARY KEY,
    -- What the person types: short, so it is good for minutes only, and tries are limited.
    user_code_hash BYTEA NOT NULL UNIQUE,
    client_id UUID NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    -- From where the device asked, for the person who decides.
    client_ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- Seconds between two questions of the device.
    poll_seconds BIGINT NOT NULL,
    polled_at BIGINT,
    decided_at BIGINT,
    -- What was granted; NULL after a decision means no.
    grant_id UUID REFERENCES grants (id) ON DELETE CASCADE
);
CREATE INDEX device_requests_by_expiry ON device_requests (expires_at);
CREATE INDEX device_requests_by_client ON device_requests (client_id);
CREATE INDEX device_requests_by_grant ON device_requests (grant_id);
