-- What somebody sent who then had to prove with their passkey that it is them: kept for a few minutes, sealed, and sent on once. Bound to the session and to
-- the address it was sent to.

CREATE TABLE held_forms (
    token_hash BYTEA PRIMARY KEY,
    session_id UUID NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Path and query it was sent to.
    path TEXT NOT NULL,
    -- The body, sealed.
    body TEXT NOT NULL,
    -- The page it was sent from.
    back_to TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX held_forms_by_session ON held_forms (session_id, created_at);
CREATE INDEX held_forms_by_user ON held_forms (user_id);
CREATE INDEX held_forms_by_expiry ON held_forms (expires_at);
