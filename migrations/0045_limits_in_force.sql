-- What administrators see of a count: which door, and whose tries. Empty for what must leave no trace (typed names, browsers).
ALTER TABLE attempts ADD COLUMN door TEXT NOT NULL DEFAULT '';
-- An address or a network, as administrators write it.
ALTER TABLE attempts ADD COLUMN network TEXT;
ALTER TABLE attempts ADD COLUMN user_id UUID;
-- How many tries there are until the next has to wait, when it was counted last.
ALTER TABLE attempts ADD COLUMN allowed BIGINT NOT NULL DEFAULT 0;
