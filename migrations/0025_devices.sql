-- Browsers a person has signed in with, known again by a cookie, so that a new one can be told from an old one with a new address or a new version; and
-- sessions that were to be kept.

-- The hash of the browser's cookie; empty when there is none. As text, because it stands in the session's state as well.
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
-- Whether the person wanted to stay signed in: such a session does not end by idleness.
ALTER TABLE sessions ADD COLUMN kept BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE devices (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device TEXT NOT NULL,
    -- Its kind, such as `Chrome on Linux`: a cookie that turns up in another kind of browser was taken there.
    browser TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, device, browser)
);
CREATE INDEX devices_by_use ON devices (last_seen_at);
CREATE INDEX devices_by_device ON devices (device);

-- A sign-in with a browser never seen for this person. Shown to them in the browsers that were known before, until they answer.
CREATE TABLE new_browsers (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device TEXT NOT NULL,
    browser TEXT NOT NULL,
    client_ip TEXT NOT NULL,
    at BIGINT NOT NULL,
    answered_at BIGINT
);
CREATE INDEX new_browsers_by_user ON new_browsers (user_id, at);
CREATE INDEX new_browsers_by_time ON new_browsers (at);
