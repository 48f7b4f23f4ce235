-- How far a run that is going on has come, as JSON {phase, people, groups}, for a page on any instance; empty before the directory answers.
ALTER TABLE sync_runs ADD COLUMN progress TEXT NOT NULL DEFAULT '';

-- How the changes of a directory are followed: written by the one instance that follows them, read by the page on any.
CREATE TABLE directory_following (
    directory TEXT PRIMARY KEY,
    -- 'content_sync', 'persistent_search', 'usn', 'timestamps'; 'interval' when only runs are left
    mode TEXT NOT NULL,
    -- Since when without a gap; NULL while there is no connection.
    since BIGINT,
    last_change_at BIGINT,
    -- What is wrong, or not seen in this mode, in a sentence; empty when nothing is.
    problem TEXT NOT NULL
);
