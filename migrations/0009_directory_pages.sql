-- Who asked for a run, the server that answered, and where its time went, as JSON: [{"phase": "people", "ms": 120}, …].
ALTER TABLE sync_runs ADD COLUMN asked_by UUID;
ALTER TABLE sync_runs ADD COLUMN asked_by_name TEXT NOT NULL DEFAULT '';
ALTER TABLE sync_runs ADD COLUMN server TEXT NOT NULL DEFAULT '';
ALTER TABLE sync_runs ADD COLUMN phases TEXT NOT NULL DEFAULT '[]';

-- What a sync would have changed when an administrator looked: read once, then searched and paged through. Theirs alone, and only for a while.
CREATE TABLE directory_previews (
    id UUID PRIMARY KEY,
    directory TEXT NOT NULL,
    made_by UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    made_at BIGINT NOT NULL,
    -- Whether it was made with settings that are not saved.
    is_unsaved BOOLEAN NOT NULL,
    -- The report as JSON: outcome, counts, problems, why it would be held.
    report TEXT NOT NULL,
    -- As in sync_runs.
    changes TEXT NOT NULL,
    changes_total BIGINT NOT NULL
);
CREATE INDEX directory_previews_by_time ON directory_previews (made_at);

-- What the last run that reached a directory learned about its server and our own account there; for warnings before they run out.
CREATE TABLE directory_standings (
    directory TEXT PRIMARY KEY,
    seen_at BIGINT NOT NULL,
    server TEXT NOT NULL,
    -- When the server's certificate ends; NULL without TLS.
    certificate_ends_at BIGINT,
    -- When the bind account's password ends; NULL when it does not, or the server does not tell.
    password_ends_at BIGINT
);
