//! Files and pictures.

use super::{Step, Template, Topic};

pub(super) const APPS: &[Template] = &[
    Template {
        id: "immich",
        name: "Immich",
        what: "Photos and videos",
        also: "pictures backup telephone mobile",
        topic: Topic::Files,
        example: "https://photos.example.org",
        redirect_uris: &["{app}/auth/login", "{app}/user-settings", "app.immich:///oauth-callback"],
        steps: &[Step::Fields(
            "Administration → Settings → OAuth Authentication",
            &[
                ("Enabled", "on"),
                ("Issuer URL", "{discovery}"),
                ("Client ID", "{client_id}"),
                ("Client Secret", "{client_secret}"),
                ("Scope", "openid email profile"),
                ("Signing Algorithm", "RS256"),
                ("Button Text", "Sign in with {name}"),
            ],
        )],
        pitfalls: &[
            "The redirect URI of the mobile app has three slashes; without it only the web page can sign people in.",
            "Immich may be open at several addresses: register /auth/login and /user-settings for each of them.",
            "People are matched by e-mail address. Roles and quotas come from claims of their own (immich_role, immich_quota), read only when an account is made.",
        ],
        documentation: "https://immich.app/docs/administration/oauth",
        ..Template::APP
    },
    Template {
        id: "nextcloud",
        name: "Nextcloud",
        what: "Files, calendar and contacts",
        also: "owncloud cloud user_oidc groupware",
        topic: Topic::Files,
        example: "https://cloud.example.org",
        redirect_uris: &["{app}/apps/user_oidc/code", "{app}/index.php/apps/user_oidc/code"],
        post_logout_redirect_uris: &["{app}", "{app}/"],
        backchannel_logout_uri: "{app}/apps/user_oidc/backchannel-logout/muster",
        scopes: "openid email profile groups",
        groups: "It takes groups from the claim groups when group provisioning is switched on for the provider.",
        steps: &[
            Step::Do("Install the app “OpenID Connect user backend” (user_oidc) in Nextcloud."),
            Step::Fields(
                "Administration settings → OpenID Connect → Registered providers",
                &[
                    ("Identifier", "muster"),
                    ("Client ID", "{client_id}"),
                    ("Client secret", "{client_secret}"),
                    ("Discovery endpoint", "{discovery}"),
                    ("Scope", "openid email profile groups"),
                    ("User ID mapping", "preferred_username"),
                ],
            ),
            Step::Lines(
                "Or the same at the command line",
                "occ user_oidc:provider muster --clientid=\"{client_id}\" --clientsecret=\"{client_secret}\" --discoveryuri=\"{discovery}\" --scope=\"openid email profile groups\" --mapping-uid=preferred_username",
            ),
        ],
        pitfalls: &[
            "By default user_oidc makes user IDs from a hash. To meet accounts that exist already, switch “Use unique user ID” off (--unique-uid=0 at the command line) before anyone signs in.",
            "Without pretty URLs the address has index.php in it; both redirect URIs are registered for that, but the address for back-channel logout is to be changed then.",
            "The identifier stands at the end of the address for back-channel logout: another one there needs another one here.",
            "Inside the same private network, Nextcloud refuses to fetch from local addresses until allow_local_remote_servers is set in config.php.",
        ],
        documentation: "https://github.com/nextcloud/user_oidc",
        ..Template::APP
    },
    Template {
        id: "paperless-ngx",
        name: "Paperless-ngx",
        what: "Scanned documents",
        also: "paperless archive dms allauth",
        topic: Topic::Files,
        example: "https://paperless.example.org",
        redirect_uris: &["{app}/accounts/oidc/muster/login/callback/"],
        require_pkce: true,
        steps: &[Step::Lines(
            "Environment of Paperless-ngx",
            "PAPERLESS_APPS=allauth.socialaccount.providers.openid_connect\nPAPERLESS_SOCIALACCOUNT_PROVIDERS={\"openid_connect\":{\"SCOPE\":[\"openid\",\"profile\",\"email\"],\"OAUTH_PKCE_ENABLED\":true,\"APPS\":[{\"provider_id\":\"muster\",\"name\":\"{name}\",\"client_id\":\"{client_id}\",\"secret\":\"{client_secret}\",\"settings\":{\"server_url\":\"{issuer}\",\"token_auth_method\":\"client_secret_basic\"}}]}}",
        )],
        pitfalls: &[
            "The redirect URI ends in a slash, and the part before /login is the provider_id.",
            "Accounts that exist already are connected by their owner under My Profile.",
        ],
        documentation: "https://docs.paperless-ngx.com/advanced_usage/#openid-connect-and-social-authentication",
        ..Template::APP
    },
    Template {
        id: "synology-dsm",
        name: "Synology DSM",
        what: "Network storage",
        also: "nas diskstation",
        topic: Topic::Files,
        example: "https://nas.example.org:5001",
        redirect_uris: &["{app}", "{app}/"],
        steps: &[Step::Fields(
            "Control Panel → Domain/LDAP → SSO Client → OpenID Connect SSO Service",
            &[
                ("Enable OpenID Connect SSO service", "on"),
                ("Profile", "OIDC"),
                ("Account type", "Domain/LDAP/local"),
                ("Name", "{name}"),
                ("Well Known URL", "{discovery}"),
                ("Application ID", "{client_id}"),
                ("Application Key", "{client_secret}"),
                ("Redirect URL", "{app}"),
                ("Authorisation Scope", "openid profile email"),
                ("Username Claim", "preferred_username"),
            ],
        )],
        pitfalls: &[
            "DSM makes no accounts: everyone needs one there of the same username, local (DSM 7.2 or newer) or from the directory.",
            "The redirect URI has no path. Depending on the version it is sent with or without a slash at its end, so both are registered.",
        ],
        documentation: "https://kb.synology.com/en-af/DSM/help/DSM/AdminCenter/file_directory_service_sso?version=7",
        ..Template::APP
    },
];
