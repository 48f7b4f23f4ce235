//! Machines and what watches them.

use super::{Step, Template, Topic};

pub(super) const APPS: &[Template] = &[
    Template {
        id: "beszel",
        name: "Beszel",
        what: "Server monitoring",
        also: "pocketbase metrics docker",
        topic: Topic::Infrastructure,
        example: "https://beszel.example.org",
        redirect_uris: &["{app}/api/oauth2-redirect"],
        require_pkce: true,
        steps: &[
            Step::Do("Open {app}/_/#/settings and switch “Hide collection create and edit controls” off."),
            Step::Fields(
                "Collection users → Options → OAuth2 → Add provider → OpenID Connect",
                &[
                    ("Client ID", "{client_id}"),
                    ("Client secret", "{client_secret}"),
                    ("Display name", "{name}"),
                    ("Auth URL", "{authorization}"),
                    ("Token URL", "{token}"),
                    ("Fetch user info from", "User info URL"),
                    ("User info URL", "{userinfo}"),
                ],
            ),
        ],
        pitfalls: &["Accounts are made on their own only with USER_CREATION=true in its environment."],
        documentation: "https://beszel.dev/guide/oauth",
        ..Template::APP
    },
    Template {
        id: "grafana",
        name: "Grafana",
        what: "Dashboards",
        also: "metrics monitoring generic oauth",
        topic: Topic::Infrastructure,
        example: "https://grafana.example.org",
        redirect_uris: &["{app}/login/generic_oauth"],
        post_logout_redirect_uris: &["{app}/login"],
        require_pkce: true,
        scopes: "openid profile email groups",
        groups: "role_attribute_path makes roles of groups, such as contains(groups[*], 'admins') && 'Admin' || 'Viewer'.",
        steps: &[
            Step::Lines(
                "grafana.ini",
                "[server]\nroot_url = {app}\n\n[auth.generic_oauth]\nenabled = true\nname = {name}\nclient_id = {client_id}\nclient_secret = {client_secret}\nscopes = openid profile email groups\nauth_url = {authorization}\ntoken_url = {token}\napi_url = {userinfo}\nlogin_attribute_path = preferred_username\nname_attribute_path = name\ngroups_attribute_path = groups\nuse_pkce = true\nallow_sign_up = true\nsignout_redirect_url = {end_session}?post_logout_redirect_uri={app}/login",
            ),
            Step::Lines(
                "Or the same in its environment",
                "GF_SERVER_ROOT_URL={app}\nGF_AUTH_GENERIC_OAUTH_ENABLED=true\nGF_AUTH_GENERIC_OAUTH_NAME={name}\nGF_AUTH_GENERIC_OAUTH_CLIENT_ID={client_id}\nGF_AUTH_GENERIC_OAUTH_CLIENT_SECRET={client_secret}\nGF_AUTH_GENERIC_OAUTH_SCOPES=openid profile email groups\nGF_AUTH_GENERIC_OAUTH_AUTH_URL={authorization}\nGF_AUTH_GENERIC_OAUTH_TOKEN_URL={token}\nGF_AUTH_GENERIC_OAUTH_API_URL={userinfo}\nGF_AUTH_GENERIC_OAUTH_LOGIN_ATTRIBUTE_PATH=preferred_username\nGF_AUTH_GENERIC_OAUTH_NAME_ATTRIBUTE_PATH=name\nGF_AUTH_GENERIC_OAUTH_GROUPS_ATTRIBUTE_PATH=groups\nGF_AUTH_GENERIC_OAUTH_USE_PKCE=true\nGF_AUTH_GENERIC_OAUTH_ALLOW_SIGN_UP=true",
            ),
        ],
        pitfalls: &[
            "root_url must be the address people use, or the redirect URI it sends is another one.",
            "Without api_url it reads the ID token only; “Claims in the ID token” stays on for that case.",
            "Role rules decide at every sign-in. To keep roles given in Grafana, set skip_org_role_sync = true.",
        ],
        documentation: "https://grafana.com/docs/grafana/latest/setup-grafana/configure-security/configure-authentication/generic-oauth/",
        ..Template::APP
    },
    Template {
        id: "vault",
        name: "HashiCorp Vault, OpenBao",
        what: "Secrets of machines and teams",
        also: "hashicorp openbao secrets",
        topic: Topic::Infrastructure,
        example: "https://vault.example.org:8200",
        redirect_uris: &["{app}/ui/vault/auth/oidc/oidc/callback", "{app}/oidc/callback", "http://localhost:8250/oidc/callback"],
        launch_url: "{app}/ui/",
        require_pkce: true,
        scopes: "openid profile email groups",
        groups: "groups_claim makes external groups of the same name give their policies.",
        steps: &[Step::Lines(
            "At a shell",
            "vault auth enable oidc\nvault write auth/oidc/config oidc_discovery_url={issuer} oidc_client_id={client_id} oidc_client_secret={client_secret} default_role=people\nvault write auth/oidc/role/people user_claim=preferred_username groups_claim=groups oidc_scopes=profile,email,groups policies=default allowed_redirect_uris={app}/ui/vault/auth/oidc/oidc/callback,http://localhost:8250/oidc/callback",
        )],
        pitfalls: &[
            "The redirect URIs stand in two places, here and in the role, letter by letter.",
            "The command line (vault login -method=oidc) listens on port 8250 of the person’s own computer.",
        ],
        documentation: "https://developer.hashicorp.com/vault/docs/auth/jwt",
        ..Template::APP
    },
    Template {
        id: "kubernetes",
        name: "Kubernetes (kubelogin)",
        what: "kubectl for people of this directory",
        also: "k8s k3s oidc-login kubectl apiserver",
        topic: Topic::Infrastructure,
        redirect_uris: &["http://localhost:8000", "http://localhost:18000"],
        launch_url: "",
        is_public: true,
        require_pkce: true,
        scopes: "openid profile email groups",
        groups: "The API server takes groups from the claim that --oidc-groups-claim names; roles are bound to groups of that name.",
        steps: &[
            Step::Lines(
                "Flags of kube-apiserver",
                "--oidc-issuer-url={issuer}\n--oidc-client-id={client_id}\n--oidc-username-claim=preferred_username\n--oidc-groups-claim=groups",
            ),
            Step::Lines(
                "At each person’s shell, with kubelogin installed (kubectl krew install oidc-login)",
                "kubectl config set-credentials muster \\\n  --exec-api-version=client.authentication.k8s.io/v1beta1 \\\n  --exec-command=kubectl \\\n  --exec-arg=oidc-login \\\n  --exec-arg=get-token \\\n  --exec-arg=--oidc-issuer-url={issuer} \\\n  --exec-arg=--oidc-client-id={client_id} \\\n  --exec-arg=--oidc-extra-scope=profile \\\n  --exec-arg=--oidc-extra-scope=email \\\n  --exec-arg=--oidc-extra-scope=groups",
            ),
        ],
        pitfalls: &[
            "The API server asks nobody: it reads the ID token, so “Claims in the ID token” must stay on, and the issuer must be https and reachable from it.",
            "With these flags it takes RS256 only; leave the signing algorithm as it is.",
        ],
        documentation: "https://github.com/int128/kubelogin",
        ..Template::APP
    },
    Template {
        id: "portainer",
        name: "Portainer",
        what: "Containers",
        also: "docker swarm",
        topic: Topic::Infrastructure,
        example: "https://portainer.example.org",
        redirect_uris: &["{app}", "{app}/"],
        groups: "Groups become teams in the Business Edition only.",
        steps: &[Step::Fields(
            "Settings → Authentication → OAuth, provider Custom",
            &[
                ("Automatic user provisioning", "on"),
                ("Client ID", "{client_id}"),
                ("Client secret", "{client_secret}"),
                ("Authorization URL", "{authorization}"),
                ("Access token URL", "{token}"),
                ("Resource URL", "{userinfo}"),
                ("Redirect URL", "{app}"),
                ("Logout URL", "{end_session}"),
                ("User identifier", "preferred_username"),
                ("Scopes", "openid profile email"),
                ("Auth Style", "In Params"),
            ],
        )],
        pitfalls: &[
            "It sends no PKCE, so “Require PKCE” must stay off.",
            "The redirect URI has no path, and is sent as it was typed there: with or without a slash at its end; both are registered.",
        ],
        documentation: "https://docs.portainer.io/admin/settings/authentication/oauth",
        ..Template::APP
    },
    Template {
        id: "proxmox-ve",
        name: "Proxmox VE",
        what: "Virtual machines",
        also: "pve backup server pbs hypervisor",
        topic: Topic::Infrastructure,
        example: "https://pve.example.org:8006",
        redirect_uris: &["{app}", "{app}/"],
        scopes: "openid email profile",
        groups: "“Groups Claim” set to groups (and the scope groups asked for) puts people into groups named <group>-<realm>.",
        steps: &[
            Step::Fields(
                "Datacenter → Permissions → Realms → Add → OpenID Connect Server",
                &[
                    ("Issuer URL", "{issuer}"),
                    ("Realm", "muster"),
                    ("Client ID", "{client_id}"),
                    ("Client Key", "{client_secret}"),
                    ("Autocreate Users", "on"),
                    ("Username Claim", "username"),
                    ("Scopes", "openid email profile"),
                ],
            ),
            Step::Lines(
                "Or the same at a shell of the server",
                "pveum realm add muster --type openid --issuer-url {issuer} --client-id {client_id} --client-key {client_secret} --username-claim username --autocreate 1",
            ),
        ],
        pitfalls: &[
            "The username claim can be chosen only when the realm is made; “username” means preferred_username.",
            "The redirect URI has no path and has the port in it, as people type the address.",
            "An account made at the first sign-in may do nothing until it is given permissions.",
        ],
        documentation: "https://pve.proxmox.com/wiki/User_Management",
        ..Template::APP
    },
];
