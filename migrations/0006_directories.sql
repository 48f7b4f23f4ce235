-- Several directories: each has a name, under which its settings (scope directory:<name>), people, groups and runs are kept. The one named 'default', which
-- the environment can set, is always there and has no row.
CREATE TABLE directories (
    name TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL
);

-- The language the directory names for a person (an IETF language tag), empty when it names none.
ALTER TABLE users ADD COLUMN locale TEXT NOT NULL DEFAULT '';
-- Further attributes of a directory person that apps may get as claims, as JSON: {"name": "text" or ["text", …]}.
ALTER TABLE users ADD COLUMN directory_attributes TEXT NOT NULL DEFAULT '{}';
-- Since when a directory person is missing there; NULL while they are present.
ALTER TABLE users ADD COLUMN left_at BIGINT;

-- Pictures of people, apart from their rows: lists never read them.
CREATE TABLE user_pictures (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of what the directory holds: equal means nothing to decode and nothing to write.
    source_hash BYTEA NOT NULL,
    media_type TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    updated_at BIGINT NOT NULL
);
