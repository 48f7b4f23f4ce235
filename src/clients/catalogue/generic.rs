//! The five kinds every app is one of.

use super::{Step, Template};

pub(super) const APPS: &[Template] = &[
    Template {
        id: "web-app",
        name: "Web app",
        what: "An app with a server of its own that can keep a secret",
        also: "generic other confidential openid connect oidc server",
        launch_url: "",
        scopes: "openid profile email",
        steps: &[Step::Fields(
            "Where the app asks for its OpenID Connect provider",
            &[
                ("Issuer or discovery address", "{issuer}"),
                ("Client ID", "{client_id}"),
                ("Client secret", "{client_secret}"),
                ("Scopes", "openid profile email"),
            ],
        )],
        pitfalls: &[
            "The redirect URI must be the very one the app sends, letter by letter, with or without a slash at its end. When it is not, the page that people see names the one that was sent.",
            "Some apps want the address of the configuration, which ends in /.well-known/openid-configuration, in place of the issuer.",
        ],
        ..Template::APP
    },
    Template {
        id: "single-page-app",
        name: "Single-page app",
        what: "An app that runs in the browser alone and cannot keep a secret",
        also: "generic other spa public javascript browser pkce",
        launch_url: "",
        is_public: true,
        require_pkce: true,
        steps: &[Step::Fields(
            "Where the app asks for its OpenID Connect provider",
            &[("Authority or issuer", "{issuer}"), ("Client ID", "{client_id}"), ("Response type", "code"), ("Scopes", "openid profile email")],
        )],
        pitfalls: &["It must use the authorization code flow with PKCE (S256). The implicit flow, which old libraries use, is not offered."],
        ..Template::APP
    },
    Template {
        id: "native-app",
        name: "Native app",
        what: "An app on a telephone or computer, or a command line that opens a browser",
        also: "generic other mobile desktop cli public loopback custom scheme",
        launch_url: "",
        is_public: true,
        require_pkce: true,
        scopes: "openid profile email offline_access",
        steps: &[Step::Fields(
            "Where the app asks for its OpenID Connect provider",
            &[("Issuer", "{issuer}"), ("Client ID", "{client_id}"), ("Scopes", "openid profile email offline_access")],
        )],
        pitfalls: &[
            "For an app that listens on the person’s own computer, register http://127.0.0.1/… (or localhost): any port fits.",
            "An app of its own scheme, such as app.example:/callback, is registered with exactly as many slashes as it sends.",
        ],
        ..Template::APP
    },
    Template {
        id: "proxied-app",
        name: "Protected by a proxy",
        what: "An app that cannot sign people in itself, behind nginx, Traefik or Caddy",
        also: "generic other forward auth authentication reverse proxy header remote-user",
        example: "https://intranet.example.org",
        launch_url: "{app}",
        is_public: true,
        require_pkce: true,
        is_proxied: true,
        scopes: "",
        steps: &[
            Step::Do("Open “What to put into the proxy” on the app’s page here, and copy the text for your proxy. It names this app as {client_id}."),
            Step::Do("Set TRUST_PROXY on this server to the address the proxy asks from, and restart it."),
            Step::Do("See to it that nobody but the proxy reaches the app: it believes the headers from whoever sends them."),
        ],
        pitfalls: &[
            "The app learns who it is from the headers Remote-User, Remote-Name, Remote-Email and Remote-Groups. Which groups it gets is set under “What it learns about people”.",
            "To sign out, people open /.muster/sign-out at the app’s address.",
        ],
        ..Template::APP
    },
    Template {
        id: "machine",
        name: "Machine",
        what: "A program that calls an API for itself, without a person",
        also: "generic other service daemon script client credentials m2m",
        launch_url: "",
        acts_alone: true,
        claims_in_id_token: false,
        scopes: "",
        steps: &[Step::Fields(
            "Where the program asks how to get tokens (client credentials)",
            &[("Token endpoint", "{token}"), ("Client ID", "{client_id}"), ("Client secret", "{client_secret}")],
        )],
        pitfalls: &["It gets access tokens only, no ID token: there is no person. What its scopes mean, the API decides."],
        ..Template::APP
    },
];
