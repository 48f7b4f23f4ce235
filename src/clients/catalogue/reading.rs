//! Reading and bookmarks.

use super::{Step, Template, Topic};

pub(super) const APPS: &[Template] = &[
    Template {
        id: "freshrss",
        name: "FreshRSS",
        what: "News feeds",
        also: "rss reader apache mod_auth_openidc",
        topic: Topic::Reading,
        example: "https://rss.example.org",
        redirect_uris: &["{app}/i/oidc/"],
        steps: &[
            Step::Lines(
                "Environment of the container",
                "OIDC_ENABLED=1\nOIDC_PROVIDER_METADATA_URL={discovery}\nOIDC_CLIENT_ID={client_id}\nOIDC_CLIENT_SECRET={client_secret}\nOIDC_CLIENT_CRYPTO_KEY=<a long random text of your own>\nOIDC_REMOTE_USER_CLAIM=preferred_username\nOIDC_SCOPES=openid email profile\nOIDC_X_FORWARDED_HEADERS=X-Forwarded-Host X-Forwarded-Proto",
            ),
            Step::Do("In FreshRSS: Settings → Authentication → Authentication method: HTTP."),
        ],
        pitfalls: &[
            "With X-Forwarded-Port among OIDC_X_FORWARDED_HEADERS, or without a proxy, the redirect URI has the port in it (…:443/i/oidc/): register that one too, then.",
            "Usernames have to be the same here and there, capital letters included.",
            "To get back in without OpenID Connect, set auth_type to form in its config.php.",
        ],
        documentation: "https://freshrss.github.io/FreshRSS/en/admins/16_OpenID-Connect.html",
        ..Template::APP
    },
    Template {
        id: "karakeep",
        name: "Karakeep",
        what: "Bookmarks and notes",
        also: "hoarder links",
        topic: Topic::Reading,
        example: "https://karakeep.example.org",
        redirect_uris: &["{app}/api/auth/callback/custom"],
        steps: &[Step::Lines(
            "Environment of Karakeep",
            "NEXTAUTH_URL={app}\nOAUTH_WELLKNOWN_URL={discovery}\nOAUTH_CLIENT_ID={client_id}\nOAUTH_CLIENT_SECRET={client_secret}\nOAUTH_PROVIDER_NAME={name}",
        )],
        pitfalls: &["It reads the ID token only, so “Claims in the ID token” must stay on."],
        documentation: "https://docs.karakeep.app/configuration",
        ..Template::APP
    },
    Template {
        id: "linkwarden",
        name: "Linkwarden",
        what: "Bookmarks with archived pages",
        also: "links nextauth",
        topic: Topic::Reading,
        example: "https://links.example.org",
        redirect_uris: &["{app}/api/v1/auth/callback/authentik"],
        steps: &[Step::Lines(
            "Environment of Linkwarden",
            "NEXTAUTH_URL={app}/api/v1/auth\nNEXT_PUBLIC_AUTHENTIK_ENABLED=true\nAUTHENTIK_CUSTOM_NAME={name}\nAUTHENTIK_ISSUER={issuer}\nAUTHENTIK_CLIENT_ID={client_id}\nAUTHENTIK_CLIENT_SECRET={client_secret}",
        )],
        pitfalls: &[
            "Linkwarden has no general OpenID Connect setting. The one it names after Authentik takes any issuer; the redirect URI has that name too.",
            "The issuer has no slash at its end.",
        ],
        documentation: "https://docs.linkwarden.app/self-hosting/sso-oauth",
        ..Template::APP
    },
    Template {
        id: "miniflux",
        name: "Miniflux",
        what: "News feeds",
        also: "rss reader",
        topic: Topic::Reading,
        example: "https://miniflux.example.org",
        redirect_uris: &["{app}/oauth2/oidc/callback"],
        steps: &[Step::Lines(
            "Environment of Miniflux",
            "OAUTH2_PROVIDER=oidc\nOAUTH2_OIDC_DISCOVERY_ENDPOINT={issuer}\nOAUTH2_OIDC_PROVIDER_NAME={name}\nOAUTH2_CLIENT_ID={client_id}\nOAUTH2_CLIENT_SECRET={client_secret}\nOAUTH2_REDIRECT_URL={app}/oauth2/oidc/callback\nOAUTH2_USER_CREATION=1",
        )],
        pitfalls: &[
            "The discovery endpoint is the issuer, without /.well-known and without a slash at its end.",
            "Accounts that exist already are connected by their owner under Settings.",
        ],
        documentation: "https://miniflux.app/docs/configuration.html",
        ..Template::APP
    },
];
