//! Films, music and books.

use super::{Step, Template, Topic};

pub(super) const APPS: &[Template] = &[
    Template {
        id: "audiobookshelf",
        name: "Audiobookshelf",
        what: "Audiobooks and podcasts",
        also: "listen mobile",
        topic: Topic::Media,
        example: "https://listen.example.org",
        redirect_uris: &["{app}/auth/openid/callback", "{app}/auth/openid/mobile-redirect", "audiobookshelf://oauth"],
        scopes: "openid profile email groups",
        groups: "With “Group Claim” set to groups, people need a group named admin, user or guest there.",
        steps: &[Step::Fields(
            "Settings → Authentication → OpenID Connect Authentication",
            &[
                ("Issuer URL (then press Auto-populate)", "{issuer}"),
                ("Client ID", "{client_id}"),
                ("Client Secret", "{client_secret}"),
                ("Signing Algorithm", "RS256"),
                ("Allowed Mobile Redirect URIs", "audiobookshelf://oauth"),
                ("Subfolder for Redirect URLs", "None"),
                ("Button Text", "Sign in with {name}"),
                ("Match existing users by", "Match by username"),
            ],
        )],
        pitfalls: &[
            "Choose “None” as the subfolder. Otherwise the redirect URIs have /audiobookshelf before /auth and have to be registered so.",
            "Without Auto Register, only people who have an account there already can sign in, and the message for the others says little.",
        ],
        documentation: "https://www.audiobookshelf.org/guides/oidc_authentication/",
        ..Template::APP
    },
    Template {
        id: "jellyfin",
        name: "Jellyfin",
        what: "Films, series and music",
        also: "media server plugin sso video",
        topic: Topic::Media,
        example: "https://jellyfin.example.org",
        redirect_uris: &["{app}/sso/OID/redirect/muster", "{app}/sso/OID/r/muster"],
        launch_url: "{app}/sso/OID/start/muster",
        scopes: "openid profile groups",
        groups: "“Roles” and “Admin Roles” are names of groups, read from the claim that “Role Claim” names.",
        steps: &[
            Step::Do(
                "Dashboard → Plugins → Repositories: add https://raw.githubusercontent.com/9p4/jellyfin-plugin-sso/manifest-release/manifest.json, install “SSO Authentication” from the catalogue and restart Jellyfin.",
            ),
            Step::Fields(
                "Dashboard → Plugins → SSO-Auth → add a provider",
                &[
                    ("Name of the OID Provider", "muster"),
                    ("OID Endpoint", "{issuer}"),
                    ("OpenID Client ID", "{client_id}"),
                    ("OID Secret", "{client_secret}"),
                    ("Enabled", "on"),
                    ("Enable Authorization by Plugin", "on"),
                    ("Role Claim", "groups"),
                    ("Request Additional Scopes", "groups"),
                    ("Set default username claim", "preferred_username"),
                    ("Scheme Override", "https"),
                ],
            ),
        ],
        pitfalls: &[
            "The plug-in is not part of Jellyfin and works in a browser only, not in the apps for televisions and telephones.",
            "Behind a proxy it builds http redirect URIs unless “Scheme Override” says https.",
            "People begin at {app}/sso/OID/start/muster; a button on Jellyfin’s own sign-in page is added as the plug-in’s documentation shows.",
        ],
        documentation: "https://github.com/9p4/jellyfin-plugin-sso",
        ..Template::APP
    },
    Template {
        id: "komga",
        name: "Komga",
        what: "Comics and books",
        also: "manga reader spring",
        topic: Topic::Media,
        example: "https://komga.example.org",
        redirect_uris: &["{app}/login/oauth2/code/muster"],
        steps: &[Step::Lines(
            "application.yml",
            "komga:\n  oauth2-account-creation: true\nspring:\n  security:\n    oauth2:\n      client:\n        registration:\n          muster:\n            client-id: \"{client_id}\"\n            client-secret: \"{client_secret}\"\n            client-name: \"{name}\"\n            scope: openid,profile,email\n            authorization-grant-type: authorization_code\n            redirect-uri: \"{baseScheme}://{baseHost}{basePort}{basePath}/login/oauth2/code/muster\"\n        provider:\n          muster:\n            issuer-uri: \"{issuer}\"\n            user-name-attribute: preferred_username",
        )],
        pitfalls: &[
            "The redirect-uri with {baseScheme} and so on is written as it stands; Komga fills it in.",
            "Accounts are matched by e-mail address. Without oauth2-account-creation, only people who have an account there can sign in.",
        ],
        documentation: "https://komga.org/docs/installation/oauth2/",
        ..Template::APP
    },
];
