-- Several directories: each has a name, under which its settings (scope directory:<name>), people, groups and runs are kept. The one named 'default', which
-- the environment can set, is always there and has no row.
CREATE TABLE directories (
    name TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL
);
