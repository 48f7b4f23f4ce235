-- What lately went wrong when apps signed people in, for administrators: a few lines for each client, each mistake once with a count. Never secrets, codes or
-- tokens.

CREATE TABLE client_errors (
    id UUID PRIMARY KEY,
    -- NULL: the request named no client that is registered.
    client_id UUID REFERENCES clients (id) ON DELETE CASCADE,
    -- SHA-256 of client, kind and detail: the same mistake again is counted.
    digest BYTEA NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    -- JSON
    detail TEXT NOT NULL,
    count BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
CREATE INDEX client_errors_by_client ON client_errors (client_id, last_at);
