-- E-mail: an outbox, written in the transaction that has a reason to write to somebody, so that neither a crash nor a mail server that is down loses it; and
-- requests for sign-in links, which are answered later so that asking takes the same time for people there are and people there are not.

CREATE TABLE mails (
    id UUID PRIMARY KEY,
    recipient TEXT NOT NULL,
    -- Subject and text, sealed: a mail may hold a link that signs its reader in.
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    -- When it is to be tried next; a try moves it on before it begins.
    due_at BIGINT NOT NULL,
    -- After this it is not sent any more: what it says no longer holds.
    expires_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    -- What went wrong last; empty when nothing did.
    problem TEXT NOT NULL
);
CREATE INDEX mails_by_due ON mails (due_at);

CREATE TABLE link_requests (
    id UUID PRIMARY KEY,
    -- Username or e-mail address, as it was typed.
    asked_for TEXT NOT NULL,
    browser_hash BYTEA NOT NULL,
    client_ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX link_requests_by_age ON link_requests (created_at);

-- A link its person asked for works in the browser that asked only; NULL for those an administrator made.
ALTER TABLE access_links ADD COLUMN browser_hash BYTEA;
