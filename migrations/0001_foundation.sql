-- What every slice leans on: facts about the installation, settings an administrator changed, leases that let one instance at a time run a job, and the
-- audit log. Instants are BIGINT milliseconds since 1970; the type names are PostgreSQL's and are translated for SQLite (see src/db/connect.rs).

-- Facts found at the first start: instance id, salt of the sealing key, a sealed probe that tells a wrong ENCRYPTION_KEY, the WebAuthn RP ID.
CREATE TABLE installation (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Only what differs from the default is stored. Scope is 'app' or 'directory:<name>'; secrets are sealed.
CREATE TABLE settings (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Append-only. Names are copied, not referenced: the log must still say who it was after the row has gone.
CREATE TABLE audit_events (
    id UUID PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor_id UUID,
    actor_name TEXT NOT NULL,
    subject_id UUID,
    subject_name TEXT NOT NULL,
    client_ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_events_by_time ON audit_events (at, id);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, at);
CREATE INDEX audit_events_by_subject ON audit_events (subject_id, at);
CREATE INDEX audit_events_by_kind ON audit_events (kind, at);
