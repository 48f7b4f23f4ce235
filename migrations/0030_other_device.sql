-- Browsers that wait to be let in from another device, and what became of it. Kept for a day, so that whoever was refused waits before asking again.
CREATE TABLE device_sign_ins (
    -- Hash of a cookie: only the browser that asked gets in.
    browser_hash BYTEA PRIMARY KEY,
    -- Hash of the short code in the QR code.
    code_hash BYTEA NOT NULL UNIQUE,
    -- Two digits that only the waiting browser shows, and the three among which the person finds them.
    number BIGINT NOT NULL,
    choices TEXT NOT NULL,
    client_ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT,
    -- 'allowed', 'denied' or 'wrong_number'
    outcome TEXT,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    used_at BIGINT
);
CREATE INDEX device_sign_ins_by_expiry ON device_sign_ins (expires_at);
CREATE INDEX device_sign_ins_by_user ON device_sign_ins (user_id);
