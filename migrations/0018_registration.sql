-- Clients that nobody types in: those of a file, those that register themselves (RFC 7591), those that are documents on the Internet.

-- Since when it may not be used: the file it came from no longer has it.
ALTER TABLE clients ADD COLUMN out_of_service_at BIGINT;

-- What must not happen twice at a time, on whichever instance: whoever changes the row first goes first. 1: applying the file. 2: registering.
CREATE TABLE client_turns (
    id BIGINT PRIMARY KEY,
    taken_at BIGINT NOT NULL
);
INSERT INTO client_turns (id, taken_at) VALUES (1, 0), (2, 0);

-- The groups a client of the file is for, by name: a directory may bring them later.
CREATE TABLE client_file_groups (
    client_id UUID NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    name_key TEXT NOT NULL,
    PRIMARY KEY (client_id, name_key)
);

-- Initial access tokens (RFC 7591 section 1.2): who holds one may register apps.
CREATE TABLE registration_tokens (
    id UUID PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    note TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    uses_max BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);

-- Clients that registered themselves, and what lets them change their registration (RFC 7592).
CREATE TABLE registered_clients (
    client_id UUID PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    access_hash BYTEA NOT NULL,
    client_ip TEXT NOT NULL,
    registered_at BIGINT NOT NULL
);
CREATE INDEX registered_clients_by_time ON registered_clients (registered_at);

-- Clients whose client_id is the address of a document that describes them.
CREATE TABLE client_documents (
    client_id UUID PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    fetched_at BIGINT NOT NULL,
    fresh_until BIGINT NOT NULL
);
