-- Which passkeys will do: for everybody (the row of no group) and for groups. Clients keep theirs in clients.policy.

CREATE TABLE passkey_policies (
    id UUID PRIMARY KEY,
    -- NULL: everybody. There is one such row at most: its id is the nil UUID.
    group_id UUID UNIQUE REFERENCES groups (id) ON DELETE CASCADE,
    -- JSON; see src/passkeys/policy/model.rs.
    policy TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Since when somebody signs in with a passkey that a policy does not admit: from then on they have the days the policy gives.
CREATE TABLE passkey_grace (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    policy_id UUID NOT NULL REFERENCES passkey_policies (id) ON DELETE CASCADE,
    since BIGINT NOT NULL,
    PRIMARY KEY (user_id, policy_id)
);
CREATE INDEX passkey_grace_by_policy ON passkey_grace (policy_id);

-- Whether the authenticator proved, when the passkey was made, that it is of the model in aaguid.
ALTER TABLE passkeys ADD COLUMN attested BOOLEAN NOT NULL DEFAULT FALSE;
