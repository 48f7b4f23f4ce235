-- How clients prove who they are: secrets with a name and an end, assertions that count once; and since when a signing key signs.

-- What an administrator calls a secret, when it ends by itself (NULL: never), and when it was last used (to the minute).
ALTER TABLE client_secrets ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE client_secrets ADD COLUMN expires_at BIGINT;
ALTER TABLE client_secrets ADD COLUMN last_used_at BIGINT;

-- Assertions that were accepted, until they would be refused for their age (RFC 7523 section 3: jti).
CREATE TABLE used_assertions (
    -- SHA-256 of the client, the issuer and the jti.
    assertion_hash BYTEA PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX used_assertions_by_expiry ON used_assertions (expires_at);

-- When the key began to sign; NULL for one that has not, and for those from before this was noted.
ALTER TABLE signing_keys ADD COLUMN active_at BIGINT;
