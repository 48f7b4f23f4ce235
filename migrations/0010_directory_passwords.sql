-- Guesses, counted for every instance together, so that more instances do not mean more guesses.
CREATE TABLE attempts (
    -- SHA-256 of what is counted (an account, a typed name, a network): whoever types a password into the field for the name leaves no trace of it.
    subject BYTEA PRIMARY KEY,
    count BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX attempts_by_expiry ON attempts (expires_at);

-- Directory passwords that were right, for outages of the directory; only where that is switched on (LDAP_PASSWORD_CACHE).
CREATE TABLE directory_password_hashes (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- The directory that said so.
    directory TEXT NOT NULL,
    -- argon2id in its text form, sealed with the installation's key: the database alone gives nothing to guess against.
    sealed_hash TEXT NOT NULL,
    -- When the directory last said that this password is right.
    confirmed_at BIGINT NOT NULL,
    -- When it was last right, here or there.
    used_at BIGINT NOT NULL
);
CREATE INDEX directory_password_hashes_by_directory ON directory_password_hashes (directory);
