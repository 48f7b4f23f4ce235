-- What each sync run did, for the page, the log and the confirmation of a run that was held back.
CREATE TABLE sync_runs (
    id UUID PRIMARY KEY,
    directory TEXT NOT NULL,
    -- 'start', 'schedule', 'admin', 'command'
    started_by TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    -- NULL while running; 'applied', 'unchanged', 'held', 'failed'
    outcome TEXT,
    -- What changed (or would have), as JSON: users, groups, memberships, each counted by what happened.
    counts TEXT NOT NULL,
    -- JSON array of {dn, attribute, message}; apart from the counts, because lists of runs do not read it.
    problems TEXT NOT NULL,
    held_because TEXT,
    -- Digest of a plan that was held back: a confirmation applies that plan and no other.
    held_digest BYTEA,
    confirmed_by UUID,
    confirmed_at BIGINT,
    -- An administrator decided against it; the same plan is not offered again.
    discarded_by UUID,
    discarded_at BIGINT
);
CREATE INDEX sync_runs_by_time ON sync_runs (directory, started_at);
