//! Working together: notes, tasks, knowledge, talk.

use super::{Step, Template, Topic};

pub(super) const APPS: &[Template] = &[
    Template {
        id: "bookstack",
        name: "BookStack",
        what: "Wiki of books and pages",
        also: "documentation knowledge",
        topic: Topic::Working,
        example: "https://wiki.example.org",
        redirect_uris: &["{app}/oidc/callback"],
        post_logout_redirect_uris: &["{app}", "{app}/"],
        require_pkce: true,
        scopes: "openid profile email groups",
        groups: "With OIDC_USER_TO_GROUPS=true, groups become roles whose name, or “External Authentication ID”, is the same.",
        steps: &[Step::Lines(
            ".env",
            "AUTH_METHOD=oidc\nAUTH_AUTO_INITIATE=false\nOIDC_NAME=\"{name}\"\nOIDC_DISPLAY_NAME_CLAIMS=name\nOIDC_CLIENT_ID={client_id}\nOIDC_CLIENT_SECRET={client_secret}\nOIDC_ISSUER={issuer}\nOIDC_ISSUER_DISCOVER=true\nOIDC_END_SESSION_ENDPOINT=true\nOIDC_ADDITIONAL_SCOPES=groups\nOIDC_GROUPS_CLAIM=groups\nOIDC_USER_TO_GROUPS=true",
        )],
        pitfalls: &[
            "With AUTH_METHOD=oidc nobody can sign in with a password any more: give an account that comes through here the role of an administrator first.",
            "An account with the same e-mail address is not taken over; set its “External Authentication ID” to the person’s subject.",
        ],
        documentation: "https://www.bookstackapp.com/docs/admin/oidc-auth/",
        ..Template::APP
    },
    Template {
        id: "hedgedoc",
        name: "HedgeDoc",
        what: "Notes in Markdown, written together",
        also: "codimd pad editor",
        topic: Topic::Working,
        example: "https://notes.example.org",
        redirect_uris: &["{app}/auth/oauth2/callback"],
        scopes: "openid email profile",
        groups: "CMD_OAUTH2_ROLES_CLAIM=groups with CMD_OAUTH2_ACCESS_ROLE lets in one group only; ask for the scope groups then.",
        steps: &[Step::Lines(
            "Environment of HedgeDoc 1",
            "CMD_OAUTH2_PROVIDERNAME={name}\nCMD_OAUTH2_AUTHORIZATION_URL={authorization}\nCMD_OAUTH2_TOKEN_URL={token}\nCMD_OAUTH2_USER_PROFILE_URL={userinfo}\nCMD_OAUTH2_CLIENT_ID={client_id}\nCMD_OAUTH2_CLIENT_SECRET={client_secret}\nCMD_OAUTH2_SCOPE=openid email profile\nCMD_OAUTH2_USER_PROFILE_USERNAME_ATTR=preferred_username\nCMD_OAUTH2_USER_PROFILE_DISPLAY_NAME_ATTR=name\nCMD_OAUTH2_USER_PROFILE_EMAIL_ATTR=email",
        )],
        pitfalls: &["This is for HedgeDoc 1, which cannot read the configuration and wants every address."],
        documentation: "https://docs.hedgedoc.org/configuration/#oauth2-login",
        ..Template::APP
    },
    Template {
        id: "synapse",
        name: "Matrix Synapse",
        what: "Matrix server for talk",
        also: "element chat messenger homeserver",
        topic: Topic::Working,
        example: "https://matrix.example.org",
        redirect_uris: &["{app}/_synapse/client/oidc/callback"],
        backchannel_logout_uri: "{app}/_synapse/client/oidc/backchannel_logout",
        launch_url: "",
        groups: "attribute_requirements with attribute groups lets in one group only; ask for the scope groups then.",
        steps: &[Step::Lines(
            "homeserver.yaml",
            "oidc_providers:\n  - idp_id: muster\n    idp_name: \"{name}\"\n    discover: true\n    issuer: \"{issuer}\"\n    client_id: \"{client_id}\"\n    client_secret: \"{client_secret}\"\n    scopes: [\"openid\", \"profile\", \"email\"]\n    user_mapping_provider:\n      config:\n        subject_claim: sub\n        localpart_template: \"{{ user.preferred_username }}\"\n        display_name_template: \"{{ user.name }}\"\n        email_template: \"{{ user.email }}\"\n    backchannel_logout_enabled: true",
        )],
        pitfalls: &[
            "Its address here is public_baseurl, which need not be the server’s name.",
            "Usernames become Matrix ids and cannot be changed later. To meet accounts that exist already, set allow_existing_users: true.",
        ],
        documentation: "https://element-hq.github.io/synapse/latest/openid.html",
        ..Template::APP
    },
    Template {
        id: "open-webui",
        name: "Open WebUI",
        what: "Chat with language models",
        also: "ai llm ollama",
        topic: Topic::Working,
        example: "https://chat.example.org",
        redirect_uris: &["{app}/oauth/oidc/callback"],
        scopes: "openid email profile groups",
        groups: "With ENABLE_OAUTH_ROLE_MANAGEMENT=true and OAUTH_ROLES_CLAIM=groups, OAUTH_ALLOWED_ROLES and OAUTH_ADMIN_ROLES are names of groups.",
        steps: &[Step::Lines(
            "Environment of Open WebUI",
            "WEBUI_URL={app}\nENABLE_OAUTH_SIGNUP=true\nOAUTH_CLIENT_ID={client_id}\nOAUTH_CLIENT_SECRET={client_secret}\nOPENID_PROVIDER_URL={discovery}\nOAUTH_PROVIDER_NAME={name}\nOAUTH_SCOPES=openid email profile groups",
        )],
        pitfalls: &[
            "WEBUI_URL must be the address people use, or the redirect URI it sends is another one.",
            "To meet accounts that exist already, set OAUTH_MERGE_ACCOUNTS_BY_EMAIL=true. That trusts the e-mail addresses of this server.",
        ],
        documentation: "https://docs.openwebui.com/features/sso",
        ..Template::APP
    },
    Template {
        id: "outline",
        name: "Outline",
        what: "Team wiki",
        also: "knowledge documentation",
        topic: Topic::Working,
        example: "https://outline.example.org",
        redirect_uris: &["{app}/auth/oidc.callback"],
        scopes: "openid offline_access profile email",
        steps: &[Step::Lines(
            "Environment of Outline",
            "URL={app}\nOIDC_CLIENT_ID={client_id}\nOIDC_CLIENT_SECRET={client_secret}\nOIDC_AUTH_URI={authorization}\nOIDC_TOKEN_URI={token}\nOIDC_USERINFO_URI={userinfo}\nOIDC_LOGOUT_URI={end_session}\nOIDC_USERNAME_CLAIM=preferred_username\nOIDC_DISPLAY_NAME={name}\nOIDC_SCOPES=openid offline_access profile email",
        )],
        pitfalls: &[
            "It needs a refresh token, so the scope offline_access must be asked for.",
            "It sends no PKCE when the addresses are given one by one, so “Require PKCE” must stay off.",
        ],
        documentation: "https://docs.getoutline.com/s/hosting/doc/oidc-8CPBm6uC0I",
        ..Template::APP
    },
    Template {
        id: "vaultwarden",
        name: "Vaultwarden",
        what: "Passwords, for Bitwarden apps",
        also: "bitwarden vault secrets",
        topic: Topic::Working,
        example: "https://vault.example.org",
        redirect_uris: &["{app}/identity/connect/oidc-signin"],
        require_pkce: true,
        scopes: "openid email profile offline_access",
        steps: &[Step::Lines(
            "Environment of Vaultwarden",
            "DOMAIN={app}\nSSO_ENABLED=true\nSSO_ONLY=false\nSSO_AUTHORITY={issuer}\nSSO_SCOPES=\"email profile offline_access\"\nSSO_PKCE=true\nSSO_CLIENT_ID={client_id}\nSSO_CLIENT_SECRET={client_secret}",
        )],
        pitfalls: &[
            "The authority has no slash at its end.",
            "The master password stays: it encrypts the vault. Signing in here decides only who may open the account.",
            "Without offline_access, Bitwarden apps sign people out as soon as the access token ends.",
            "An account with the same e-mail address is taken over only when the address is marked as verified here.",
        ],
        documentation: "https://github.com/dani-garcia/vaultwarden/wiki/Enabling-SSO-support-using-OpenId-Connect",
        ..Template::APP
    },
    Template {
        id: "vikunja",
        name: "Vikunja",
        what: "Tasks and projects",
        also: "todo kanban",
        topic: Topic::Working,
        example: "https://tasks.example.org",
        redirect_uris: &["{app}/auth/openid/muster"],
        steps: &[Step::Lines(
            "config.yml",
            "auth:\n  openid:\n    enabled: true\n    providers:\n      muster:\n        name: \"{name}\"\n        authurl: \"{issuer}\"\n        logouturl: \"{end_session}\"\n        clientid: \"{client_id}\"\n        clientsecret: \"{client_secret}\"\n        scope: openid profile email",
        )],
        pitfalls: &[
            "The last part of the redirect URI is the key of the provider. In older versions the providers are a list, and that part is the name in small letters.",
            "service.publicurl must be the address people use.",
        ],
        documentation: "https://vikunja.io/docs/openid/",
        ..Template::APP
    },
    Template {
        id: "wordpress",
        name: "WordPress",
        what: "Web site and blog",
        also: "cms plugin daggerhart openid connect generic",
        topic: Topic::Working,
        example: "https://www.example.org",
        redirect_uris: &["{app}/wp-admin/admin-ajax.php?action=openid-connect-authorize"],
        launch_url: "{app}/wp-admin/",
        scopes: "openid profile email offline_access",
        steps: &[
            Step::Do("Plugins → Add New: install “OpenID Connect Generic Client” by daggerhart."),
            Step::Fields(
                "Settings → OpenID Connect Client",
                &[
                    ("Login Type", "OpenID Connect button on login form"),
                    ("Client ID", "{client_id}"),
                    ("Client Secret Key", "{client_secret}"),
                    ("OpenID Scope", "openid profile email offline_access"),
                    ("Login Endpoint URL", "{authorization}"),
                    ("Userinfo Endpoint URL", "{userinfo}"),
                    ("Token Validation Endpoint URL", "{token}"),
                    ("End Session Endpoint URL", "{end_session}"),
                    ("Identity Key", "sub"),
                    ("Nickname Key", "preferred_username"),
                ],
            ),
        ],
        pitfalls: &[
            "“Link Existing Users” matches accounts by e-mail address; without it, people who have an account there cannot sign in.",
            "Leave “Disable SSL Verify” off.",
        ],
        documentation: "https://wordpress.org/plugins/daggerhart-openid-connect-generic/",
        ..Template::APP
    },
];
