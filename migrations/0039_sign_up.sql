-- Links with which people make accounts of their own, and wishes for one by e-mail where sign-up is open. A wish is answered later, so that asking takes the
-- same time whether an address belongs to somebody or not.

CREATE TABLE sign_up_links (
    id UUID PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    -- What the administrator wrote to remember it by; empty for links of open sign-up.
    note TEXT NOT NULL,
    -- The address the link was sent to: who comes by it reads its mail. NULL: any address, not verified.
    email TEXT,
    uses_max BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    -- NULL: somebody asked for it themselves.
    created_by UUID,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX sign_up_links_by_age ON sign_up_links (created_at);
CREATE INDEX sign_up_links_by_email ON sign_up_links (email, created_at);

-- The groups people are put in who come by a link.
CREATE TABLE sign_up_link_groups (
    link_id UUID NOT NULL REFERENCES sign_up_links (id) ON DELETE CASCADE,
    group_id UUID NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (link_id, group_id)
);

CREATE TABLE sign_up_wishes (
    id UUID PRIMARY KEY,
    email TEXT NOT NULL,
    client_ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX sign_up_wishes_by_age ON sign_up_wishes (created_at);
