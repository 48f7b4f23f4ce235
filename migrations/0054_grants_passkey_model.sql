-- The model of the authenticator somebody signed in with, where that was proved (AAGUID): whether fresh tokens are given is decided by the policies of the day.
ALTER TABLE grants ADD COLUMN passkey_model UUID;
