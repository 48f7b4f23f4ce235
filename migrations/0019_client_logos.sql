-- Logos of apps: made small and written anew when they are uploaded. The column is the last part of the address, as for people's pictures: it changes with the
-- logo, so that browsers may keep it for ever. Empty when there is none.
ALTER TABLE clients ADD COLUMN logo TEXT NOT NULL DEFAULT '';

CREATE TABLE client_logos (
    client_id UUID PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    media_type TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    updated_at BIGINT NOT NULL
);
