-- Recovery codes: what a person keeps on paper for the day every passkey is lost. Each works once; a new set takes the place of the former.
CREATE TABLE recovery_codes (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- HMAC-SHA256 of person and code with a secret of this installation: the database alone gives nothing to guess against.
    code_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, code_hash)
);
