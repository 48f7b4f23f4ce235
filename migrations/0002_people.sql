-- People and groups, local or from a directory. A directory's row is keyed by (directory, entry_id), never by DN or name, so that a renamed or moved
-- entry stays the same person. Two independent reasons keep someone out: what the directory says (directory_state) and what an administrator said
-- (blocked_at); the sync writes only the first, people only the second.

CREATE TABLE users (
    id UUID PRIMARY KEY,
    -- Random and unrelated to id: the WebAuthn user handle must not identify the person to others (WebAuthn Level 3, section 14.6.1).
    user_handle UUID NOT NULL UNIQUE,
    username TEXT NOT NULL,
    -- NFKC and lower case of username: one spelling per person.
    username_key TEXT NOT NULL UNIQUE,
    email TEXT,
    email_key TEXT UNIQUE,
    email_verified BOOLEAN NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    phone TEXT,
    -- Lower-cased username, e-mail and names in one, for the search box.
    search_text TEXT NOT NULL,
    local_admin BOOLEAN NOT NULL,
    directory_admin BOOLEAN NOT NULL,
    directory TEXT,
    entry_id TEXT,
    entry_dn TEXT,
    -- Hash of what the directory said last: an unchanged entry costs one comparison and no write.
    entry_hash BYTEA,
    -- NULL for local people; 'active', 'disabled' (the directory says so) or 'missing' (left the directory).
    directory_state TEXT,
    directory_state_at BIGINT,
    blocked_at BIGINT,
    -- Sessions and tokens made at or before this instant are void. Raised when someone is disabled, blocked or signed out everywhere, so that one
    -- write kills them all and a return does not bring them back.
    access_void_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_sign_in_at BIGINT,
    UNIQUE (directory, entry_id)
);
CREATE INDEX users_by_created ON users (created_at, id);
-- Few among many, and asked for whenever one of them might be the last.
CREATE INDEX users_admins ON users (id) WHERE local_admin OR directory_admin;
-- In the very words of the lists' ORDER BY (src/users/store.rs): who never signed in comes last, names sort without regard to case.
CREATE INDEX users_by_last_sign_in ON users ((COALESCE(last_sign_in_at, 0)), id);
CREATE INDEX users_by_display_name ON users (lower(display_name), id);

CREATE TABLE groups (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    directory TEXT,
    entry_id TEXT,
    entry_dn TEXT,
    entry_hash BYTEA,
    -- A group that left its directory is kept, hidden and without members, so that a client restricted to it stays restricted and a return restores it.
    removed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (directory, entry_id)
);

CREATE TABLE group_members (
    group_id UUID NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id, group_id);
