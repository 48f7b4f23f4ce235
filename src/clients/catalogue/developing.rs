//! Developing and deploying.

use super::{Step, Template, Topic};

/// Gitea's, which Forgejo shares.
const GITEA_FIELDS: &[(&str, &str)] = &[
    ("Authentication Type", "OAuth2"),
    ("Authentication Name", "muster"),
    ("OAuth2 Provider", "OpenID Connect"),
    ("Client ID (Key)", "{client_id}"),
    ("Client Secret", "{client_secret}"),
    ("OpenID Connect Auto Discovery URL", "{discovery}"),
    ("Additional Scopes", "profile email groups"),
    ("Claim name providing group names for this source", "groups"),
];
const GITEA_GROUPS: &str =
    "“Group claim value for administrator users” and the one for restricted users name a group each; groups can be mapped to teams in the same form.";
const GITEA_PITFALLS: &[&str] = &[
    "The authentication name is part of the redirect URI and shown on the button. With another name, change the redirect URI here too.",
    "Accounts are made on their own only with [oauth2_client] ENABLE_AUTO_REGISTRATION = true in app.ini; set USERNAME = preferred_username there.",
    "Older versions send no PKCE, so “Require PKCE” must stay off for them.",
];

pub(super) const APPS: &[Template] = &[
    Template {
        id: "argo-cd",
        name: "Argo CD",
        what: "Deployments to Kubernetes",
        also: "argocd gitops",
        topic: Topic::Developing,
        example: "https://argocd.example.org",
        redirect_uris: &["{app}/auth/callback", "http://localhost:8085/auth/callback"],
        scopes: "openid profile email groups",
        groups: "Groups stand in policy.csv: g, <group>, role:admin.",
        steps: &[
            Step::Lines(
                "ConfigMap argocd-cm",
                "url: {app}\noidc.config: |\n  name: {name}\n  issuer: {issuer}\n  clientID: {client_id}\n  clientSecret: $oidc.muster.clientSecret\n  requestedScopes: [\"openid\", \"profile\", \"email\", \"groups\"]",
            ),
            Step::Lines(
                "At a shell: the secret, into argocd-secret",
                "kubectl -n argocd patch secret argocd-secret --patch='{\"stringData\": {\"oidc.muster.clientSecret\": \"{client_secret}\"}}'",
            ),
            Step::Lines("ConfigMap argocd-rbac-cm", "scopes: \"[groups]\""),
        ],
        pitfalls: &[
            "It reads the ID token, so “Claims in the ID token” must stay on.",
            "The command line (argocd login --sso) has no secret: register a second app for it, a public one with http://localhost:8085/auth/callback, and name it as cliClientID.",
        ],
        documentation: "https://argo-cd.readthedocs.io/en/stable/operator-manual/user-management/#existing-oidc-provider",
        ..Template::APP
    },
    Template {
        id: "forgejo",
        name: "Forgejo",
        what: "Git repositories",
        also: "codeberg source code",
        topic: Topic::Developing,
        example: "https://git.example.org",
        redirect_uris: &["{app}/user/oauth2/muster/callback"],
        scopes: "openid profile email groups",
        groups: GITEA_GROUPS,
        steps: &[Step::Fields("Site Administration → Identity & Access → Authentication Sources → Add Authentication Source", GITEA_FIELDS)],
        pitfalls: GITEA_PITFALLS,
        documentation: "https://forgejo.org/docs/latest/admin/config-cheat-sheet/",
        ..Template::APP
    },
    Template {
        id: "gitea",
        name: "Gitea",
        what: "Git repositories",
        also: "source code",
        topic: Topic::Developing,
        example: "https://git.example.org",
        redirect_uris: &["{app}/user/oauth2/muster/callback"],
        scopes: "openid profile email groups",
        groups: GITEA_GROUPS,
        steps: &[
            Step::Fields("Site Administration → Identity & Access → Authentication Sources → Add Authentication Source", GITEA_FIELDS),
            Step::Lines(
                "Or the same at the command line",
                "gitea admin auth add-oauth --provider=openidConnect --name=muster --key={client_id} --secret={client_secret} --auto-discover-url={discovery} --scopes='openid profile email groups'",
            ),
        ],
        pitfalls: GITEA_PITFALLS,
        documentation: "https://docs.gitea.com/usage/authentication",
        ..Template::APP
    },
    Template {
        id: "gitlab",
        name: "GitLab",
        what: "Git repositories and pipelines",
        also: "omniauth source code ci",
        topic: Topic::Developing,
        example: "https://gitlab.example.org",
        redirect_uris: &["{app}/users/auth/openid_connect/callback"],
        require_pkce: true,
        groups: "Groups are mapped in the paid editions only.",
        steps: &[
            Step::Lines(
                "/etc/gitlab/gitlab.rb",
                "gitlab_rails['omniauth_allow_single_sign_on'] = ['openid_connect']\ngitlab_rails['omniauth_providers'] = [\n  {\n    name: \"openid_connect\",\n    label: \"{name}\",\n    args: {\n      name: \"openid_connect\",\n      scope: [\"openid\", \"profile\", \"email\"],\n      response_type: \"code\",\n      issuer: \"{issuer}\",\n      discovery: true,\n      client_auth_method: \"basic\",\n      uid_field: \"preferred_username\",\n      pkce: true,\n      client_options: {\n        identifier: \"{client_id}\",\n        secret: \"{client_secret}\",\n        redirect_uri: \"{app}/users/auth/openid_connect/callback\"\n      }\n    }\n  }\n]",
            ),
            Step::Lines("At a shell", "gitlab-ctl reconfigure"),
        ],
        pitfalls: &[
            "New accounts are blocked until an administrator lets them in, unless omniauth_block_auto_created_users is false.",
            "Accounts that exist already are connected by their owner under Preferences → Account, or all at once with omniauth_auto_link_user.",
        ],
        documentation: "https://docs.gitlab.com/administration/auth/oidc/",
        ..Template::APP
    },
    Template {
        id: "harbor",
        name: "Harbor",
        what: "Container images",
        also: "registry docker",
        topic: Topic::Developing,
        example: "https://registry.example.org",
        redirect_uris: &["{app}/c/oidc/callback"],
        scopes: "openid profile email groups offline_access",
        groups: "“Group Claim Name” is groups; “OIDC Admin Group” names the one that administers.",
        steps: &[Step::Fields(
            "Administration → Configuration → Authentication, Auth Mode OIDC",
            &[
                ("OIDC Provider Name", "{name}"),
                ("OIDC Endpoint", "{issuer}"),
                ("OIDC Client ID", "{client_id}"),
                ("OIDC Client Secret", "{client_secret}"),
                ("Group Claim Name", "groups"),
                ("OIDC Scope", "openid,profile,email,groups,offline_access"),
                ("Automatic onboarding", "on"),
                ("Username Claim", "preferred_username"),
            ],
        )],
        pitfalls: &[
            "The mode can be changed only while nobody but admin has an account there.",
            "docker login takes the CLI secret from the person’s profile in Harbor; it lives as long as the refresh token, so offline_access must be asked for.",
        ],
        documentation: "https://goharbor.io/docs/latest/administration/configure-authentication/oidc-auth/",
        ..Template::APP
    },
];
