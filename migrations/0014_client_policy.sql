-- What an administrator decided about a client beyond its redirect URIs, as one JSON object with a member for each policy (src/clients/policy). It is always
-- read and written whole; what statements must look for has columns or tables of its own.
ALTER TABLE clients ADD COLUMN policy TEXT NOT NULL DEFAULT '{}';
