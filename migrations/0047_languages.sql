-- The language a person chose to read, and in which somebody asked for a mail, as its tag (BCP 47). Empty: none was chosen.

ALTER TABLE users ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE link_requests ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_up_wishes ADD COLUMN language TEXT NOT NULL DEFAULT '';
