//! Proxies and private networks.

use super::{Step, Template, Topic};

pub(super) const APPS: &[Template] = &[
    Template {
        id: "apache",
        name: "Apache httpd (mod_auth_openidc)",
        what: "Any site behind Apache",
        also: "httpd mod_auth_openidc web server reverse proxy",
        topic: Topic::Network,
        example: "https://intranet.example.org",
        redirect_uris: &["{app}/redirect_uri"],
        post_logout_redirect_uris: &["{app}", "{app}/"],
        backchannel_logout_uri: "{app}/redirect_uri?logout=backchannel",
        require_pkce: true,
        scopes: "openid profile email groups",
        groups: "Require claim groups:<group> lets one group in.",
        steps: &[Step::Lines(
            "In the virtual host",
            "OIDCProviderMetadataURL {discovery}\nOIDCClientID {client_id}\nOIDCClientSecret {client_secret}\nOIDCRedirectURI {app}/redirect_uri\nOIDCCryptoPassphrase <a long random text of your own>\nOIDCScope \"openid profile email groups\"\nOIDCPKCEMethod S256\nOIDCRemoteUserClaim preferred_username\n\n<Location />\n  AuthType openid-connect\n  Require valid-user\n</Location>",
        )],
        pitfalls: &[
            "The redirect URI lies inside a protected location, and no page may be there.",
            "Behind another proxy, OIDCXForwardedHeaders says which headers to believe; otherwise it builds http redirect URIs.",
        ],
        documentation: "https://github.com/OpenIDC/mod_auth_openidc",
        tried: "mod_auth_openidc 2.4.12",
        ..Template::APP
    },
    Template {
        id: "cloudflare-access",
        name: "Cloudflare Access",
        what: "Access to sites behind Cloudflare",
        also: "zero trust tunnel warp",
        topic: Topic::Network,
        example: "https://your-team.cloudflareaccess.com",
        redirect_uris: &["{app}/cdn-cgi/access/callback"],
        require_pkce: true,
        groups: "Add groups to the OIDC claims and the scope groups to use them in policies.",
        steps: &[Step::Fields(
            "Zero Trust dashboard → Integrations → Identity providers → Add → OpenID Connect",
            &[
                ("Name", "{name}"),
                ("App ID", "{client_id}"),
                ("Client secret", "{client_secret}"),
                ("Auth URL", "{authorization}"),
                ("Token URL", "{token}"),
                ("Certificate URL", "{jwks}"),
                ("Proof Key for Code Exchange (PKCE)", "on"),
                ("OIDC Claims", "preferred_username"),
            ],
        )],
        pitfalls: &[
            "Its address here is that of your team: https://<team>.cloudflareaccess.com.",
            "Cloudflare’s servers fetch the token and the keys, so this server must be reachable from the internet.",
            "It reads the ID token only, so “Claims in the ID token” must stay on.",
        ],
        documentation: "https://developers.cloudflare.com/cloudflare-one/identity/idp-integration/generic-oidc/",
        ..Template::APP
    },
    Template {
        id: "headscale",
        name: "Headscale",
        what: "Private network, for Tailscale apps",
        also: "tailscale vpn wireguard",
        topic: Topic::Network,
        example: "https://headscale.example.org",
        redirect_uris: &["{app}/oidc/callback"],
        launch_url: "",
        require_pkce: true,
        scopes: "openid profile email groups",
        groups: "allowed_groups in its configuration lets in the groups it names.",
        steps: &[Step::Lines(
            "config.yaml",
            "oidc:\n  only_start_if_oidc_is_available: true\n  issuer: \"{issuer}\"\n  client_id: \"{client_id}\"\n  client_secret: \"{client_secret}\"\n  scope: [\"openid\", \"profile\", \"email\", \"groups\"]\n  pkce:\n    enabled: true\n    method: S256",
        )],
        pitfalls: &["server_url must be the address devices use, or the redirect URI it sends is another one."],
        documentation: "https://headscale.net/stable/ref/oidc/",
        ..Template::APP
    },
    Template {
        id: "oauth2-proxy",
        name: "oauth2-proxy",
        what: "Any site behind a proxy",
        also: "nginx traefik caddy reverse proxy forward auth",
        topic: Topic::Network,
        example: "https://intranet.example.org",
        redirect_uris: &["{app}/oauth2/callback"],
        post_logout_redirect_uris: &["{app}", "{app}/"],
        require_pkce: true,
        scopes: "openid email profile groups",
        groups: "OAUTH2_PROXY_ALLOWED_GROUPS names the groups that get in.",
        steps: &[Step::Lines(
            "Environment of oauth2-proxy",
            "OAUTH2_PROXY_PROVIDER=oidc\nOAUTH2_PROXY_PROVIDER_DISPLAY_NAME={name}\nOAUTH2_PROXY_OIDC_ISSUER_URL={issuer}\nOAUTH2_PROXY_CLIENT_ID={client_id}\nOAUTH2_PROXY_CLIENT_SECRET={client_secret}\nOAUTH2_PROXY_REDIRECT_URL={app}/oauth2/callback\nOAUTH2_PROXY_SCOPE=openid email profile groups\nOAUTH2_PROXY_CODE_CHALLENGE_METHOD=S256\nOAUTH2_PROXY_EMAIL_DOMAINS=*\nOAUTH2_PROXY_COOKIE_SECRET=<32 random bytes of your own, base64>",
        )],
        pitfalls: &[
            "It refuses people whose e-mail address is not marked as verified here, unless OAUTH2_PROXY_INSECURE_OIDC_ALLOW_UNVERIFIED_EMAIL is set; rather mark the addresses.",
            "It needs an e-mail address of everyone who signs in.",
            "To sign out here too, link to /oauth2/sign_out?rd= followed by {end_session}, percent-encoded, and list this server’s host in OAUTH2_PROXY_WHITELIST_DOMAINS.",
        ],
        documentation: "https://oauth2-proxy.github.io/oauth2-proxy/configuration/providers/openid_connect",
        ..Template::APP
    },
    Template {
        id: "tailscale",
        name: "Tailscale",
        what: "Private network",
        also: "vpn wireguard tailnet",
        topic: Topic::Network,
        redirect_uris: &["https://login.tailscale.com/a/oauth_response"],
        launch_url: "https://login.tailscale.com/admin",
        steps: &[
            Step::Lines(
                "On the web server of your mail domain: https://<domain>/.well-known/webfinger answers with",
                "{\n  \"subject\": \"acct:<you>@<domain>\",\n  \"links\": [\n    { \"rel\": \"http://openid.net/specs/connect/1.0/issuer\", \"href\": \"{issuer}\" }\n  ]\n}",
            ),
            Step::Fields(
                "https://login.tailscale.com/start/oidc, after “Get OIDC Issuer”",
                &[("Client ID", "{client_id}"), ("Client secret", "{client_secret}")],
            ),
        ],
        pitfalls: &[
            "Tailscale looks for this server by WebFinger on the domain of your e-mail address; that answer comes from your own web server.",
            "People are told apart by e-mail address, so everyone needs one of that domain.",
            "Its servers fetch the tokens, so this server must be reachable from the internet.",
        ],
        documentation: "https://tailscale.com/kb/1240/sso-custom-oidc",
        ..Template::APP
    },
];
