-- The advice to add a second passkey, put off by its person until an instant.
CREATE TABLE advice_put_off (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    until BIGINT NOT NULL
);
