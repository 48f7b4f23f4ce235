-- The list of people at any size. A search looks at every person's search text; with what the list filters by beside it, that is one walk through a small
-- index and not through the whole table. PostgreSQL's indexes hold no more than 2,704 bytes a row, and 500 characters are always less.
UPDATE users SET search_text = substr(search_text, 1, 500) WHERE length(search_text) > 500;
CREATE INDEX users_by_search ON users (search_text, id, directory, directory_state, blocked_at, local_admin, directory_admin);
-- With the name itself beside its lower case, PostgreSQL finds a page far down the list without a look at the table.
DROP INDEX users_by_display_name;
CREATE INDEX users_by_display_name ON users (lower(display_name), id) INCLUDE (display_name);
DROP INDEX users_by_last_sign_in;
CREATE INDEX users_by_last_sign_in ON users ((COALESCE(last_sign_in_at, 0)), id) INCLUDE (last_sign_in_at);
