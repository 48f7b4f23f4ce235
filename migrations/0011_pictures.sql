-- The picture in use, as the last part of its address: changes with the picture, so that browsers and apps may keep it for ever. Empty when there is none.
ALTER TABLE users ADD COLUMN picture TEXT NOT NULL DEFAULT '';

-- When the pictures of a directory were last read: a pass of its own, far rarer than the sync, because pictures outweigh everything else in a directory.
CREATE TABLE directory_pictures (
    directory TEXT PRIMARY KEY,
    read_at BIGINT NOT NULL
);

-- What told that the entry was as it is when the picture was taken (entryCSN, uSNChanged, modifyTimestamp): while it stays, the picture is not read again.
ALTER TABLE user_pictures ADD COLUMN source_stamp TEXT NOT NULL DEFAULT '';
