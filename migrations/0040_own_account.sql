-- What a person sees of their own account: which mails were sent to them, and how far they have come in their first minutes.

-- Whose account a mail is about; NULL when it is nobody's (yet), or when they are gone.
ALTER TABLE mails ADD COLUMN user_id UUID;

CREATE TABLE mails_sent (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX mails_sent_by_user ON mails_sent (user_id, at);
CREATE INDEX mails_sent_by_time ON mails_sent (at);

-- Somebody who has just added their first passkey: the row goes when they are through.
CREATE TABLE first_steps (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    started_at BIGINT NOT NULL,
    -- Where they were on the way to, as the sign-in page's address has it; at most one is filled.
    request TEXT NOT NULL,
    back TEXT NOT NULL,
    test_skipped BOOLEAN NOT NULL,
    second_skipped BOOLEAN NOT NULL
);
