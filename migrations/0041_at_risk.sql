-- Who is how near to being locked out, asked for everybody at once: the rows of passkeys are wide, what counts of them is narrow.
CREATE INDEX passkeys_by_risk ON passkeys (user_id, last_used_at, created_at, backup_state);
CREATE INDEX recovery_codes_unused ON recovery_codes (user_id) WHERE used_at IS NULL;
