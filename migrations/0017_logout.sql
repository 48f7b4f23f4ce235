-- Telling apps that a session ended.

-- Which app was given something in which browser session, for as long as the session lasts; grants may be swept long before. No foreign keys to sessions and
-- users: whoever is deleted leaves their apps too, and these rows say which.
CREATE TABLE session_apps (
    session_id UUID NOT NULL,
    client_id UUID NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id UUID NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (session_id, client_id)
);
CREATE INDEX session_apps_by_user ON session_apps (user_id);
CREATE INDEX session_apps_by_client ON session_apps (client_id);

-- Sessions that last while this is deployed are known by their grants.
INSERT INTO session_apps (session_id, client_id, user_id, since)
SELECT g.session_id, g.client_id, g.user_id, min(g.created_at) FROM grants g JOIN sessions s ON s.id = g.session_id
GROUP BY g.session_id, g.client_id, g.user_id;

-- Notices about ended sessions on their way to apps (OpenID Connect Back-Channel Logout). Written in the transaction that ends the session.
CREATE TABLE logout_notices (
    id UUID PRIMARY KEY,
    client_id UUID NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    user_id UUID NOT NULL,
    -- NULL: whatever the app has of the person, for there was no browser session.
    session_id UUID,
    created_at BIGINT NOT NULL,
    -- When it is sent next. Whoever sends it puts this off first, so that no other instance does.
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL
);
CREATE INDEX logout_notices_by_client ON logout_notices (client_id, due_at);

-- How the last notice to an app went, for its page.
CREATE TABLE client_logout_results (
    client_id UUID PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    -- 'told', 'refused', 'delayed' or 'given_up'
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    last_told_at BIGINT
);
