//! Household.

use super::{Step, Template, Topic};

pub(super) const APPS: &[Template] = &[
    Template {
        id: "actual",
        name: "Actual Budget",
        what: "Household budget",
        also: "money finance",
        topic: Topic::Home,
        example: "https://budget.example.org",
        redirect_uris: &["{app}/openid/callback"],
        steps: &[
            Step::Fields(
                "In any budget file: Settings → Start using OpenID",
                &[
                    ("OpenID Provider", "Other"),
                    ("OpenID Provider URL", "{issuer}"),
                    ("Client ID", "{client_id}"),
                    ("Client Secret", "{client_secret}"),
                ],
            ),
            Step::Lines(
                "Or in the environment of the server",
                "ACTUAL_OPENID_DISCOVERY_URL={issuer}\nACTUAL_OPENID_CLIENT_ID={client_id}\nACTUAL_OPENID_CLIENT_SECRET={client_secret}\nACTUAL_OPENID_SERVER_HOSTNAME={app}",
            ),
        ],
        pitfalls: &["Whoever signs in first becomes the owner of the server: let that be you.", "It needs version 25.1 or newer, and https."],
        documentation: "https://actualbudget.org/docs/config/oauth-auth",
        ..Template::APP
    },
    Template {
        id: "home-assistant",
        name: "Home Assistant",
        what: "Home automation",
        also: "hass smart home hacs auth_oidc",
        topic: Topic::Home,
        example: "https://home.example.org",
        redirect_uris: &["{app}/auth/oidc/callback"],
        is_public: true,
        require_pkce: true,
        scopes: "openid profile groups",
        groups: "roles.admin and roles.user are names of groups; without roles.user everyone who may use the app gets in.",
        steps: &[
            Step::Do(
                "Install the integration “OpenID Connect/SSO Authentication” (hass-oidc-auth) through HACS: Home Assistant itself has no OpenID Connect.",
            ),
            Step::Lines(
                "configuration.yaml",
                "auth_oidc:\n  client_id: \"{client_id}\"\n  discovery_url: \"{discovery}\"\n  display_name: \"{name}\"\n  roles:\n    admin: \"admins\"",
            ),
            Step::Do("Restart Home Assistant and open {app}/auth/oidc/welcome."),
        ],
        pitfalls: &[
            "The integration is meant to be a public client with PKCE. To give it a secret instead, switch “Public client” off here and add client_secret to its configuration.",
            "It makes new users by default. To meet the ones there are, switch features.automatic_user_linking on for the first sign-ins only.",
        ],
        documentation: "https://github.com/christiaangoossens/hass-oidc-auth",
        ..Template::APP
    },
    Template {
        id: "mealie",
        name: "Mealie",
        what: "Recipes and meal plans",
        also: "cooking kitchen",
        topic: Topic::Home,
        example: "https://mealie.example.org",
        redirect_uris: &["{app}/login"],
        require_pkce: true,
        scopes: "openid profile email groups",
        groups: "OIDC_USER_GROUP and OIDC_ADMIN_GROUP name the groups that get in and that administer; left out, everyone who may use the app gets in.",
        steps: &[Step::Lines(
            "Environment of Mealie",
            "OIDC_AUTH_ENABLED=true\nOIDC_SIGNUP_ENABLED=true\nOIDC_CONFIGURATION_URL={discovery}\nOIDC_CLIENT_ID={client_id}\nOIDC_CLIENT_SECRET={client_secret}\nOIDC_PROVIDER_NAME={name}",
        )],
        pitfalls: &[
            "It needs version 2.0 or newer for a client with a secret.",
            "Behind a proxy, Mealie must know that it is reached by https, or it sends an http redirect URI that is not registered.",
        ],
        documentation: "https://docs.mealie.io/documentation/getting-started/authentication/oidc-v2/",
        ..Template::APP
    },
];
