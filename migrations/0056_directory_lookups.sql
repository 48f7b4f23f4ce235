-- People of a directory whose rows were brought up to date by themselves, at a sign-in, since the last run that reads everything began: such a run, which takes
-- its time, reads them again before it writes, or it would put what it read before in place of what was found out since. Numbered by the directory's count of
-- them, by which whoever writes sees that there was another one.
ALTER TABLE directory_standings ADD COLUMN lookups BIGINT NOT NULL DEFAULT 0;

CREATE TABLE directory_lookups (
    directory TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    PRIMARY KEY (directory, entry_id)
);
