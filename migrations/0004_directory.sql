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
    -- The whole report, as JSON.
    report TEXT NOT NULL,
    -- Digest of a plan that was held back: a confirmation applies that plan and no other.
    held_digest BYTEA,
    confirmed_by UUID,
    confirmed_at BIGINT
);
CREATE INDEX sync_runs_by_time ON sync_runs (directory, started_at);
