-- Whom a directory's settings put in a local group (a mapped group, the group of everybody): the directory's name. NULL for whom an administrator put there,
-- and in a directory's own groups. A sync ends only memberships that carry its directory's name.
ALTER TABLE group_members ADD COLUMN directory TEXT;
CREATE INDEX group_members_by_directory ON group_members (directory) WHERE directory IS NOT NULL;

-- What the run changed or would have changed, entry by entry: a JSON array of the first 2,000, and how many there are in all.
ALTER TABLE sync_runs ADD COLUMN changes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE sync_runs ADD COLUMN changes_total BIGINT NOT NULL DEFAULT 0;
-- Until when a run that was held back can be confirmed.
ALTER TABLE sync_runs ADD COLUMN held_until BIGINT;
