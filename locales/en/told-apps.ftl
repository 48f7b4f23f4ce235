# What the catalogue of well-known apps says (src/clients/catalogue): see src/language/told.rs.

## What an app is

told-app-web-app = Web app
told-app-app-server-own-can = An app with a server of its own that can keep a secret
told-app-single-page-app = Single-page app
told-app-app-runs-browser-alone = An app that runs in the browser alone and cannot keep a secret
told-app-native-app = Native app
told-app-app-telephone-computer-command = An app on a telephone or computer, or a command line that opens a browser
told-app-protected-proxy = Protected by a proxy
told-app-app-cannot-sign-people = An app that cannot sign people in itself, behind nginx, Traefik or Caddy
told-app-machine = Machine
told-app-program-calls-api-itself = A program that calls an API for itself, without a person
told-app-dashboards = Dashboards
told-app-photos-videos = Photos and videos
told-app-files-calendar-contacts = Files, calendar and contacts
told-app-scanned-documents = Scanned documents
told-app-network-storage = Network storage
told-app-audiobooks-podcasts = Audiobooks and podcasts
told-app-films-series-music = Films, series and music
told-app-comics-books = Comics and books
told-app-wiki-books-pages = Wiki of books and pages
told-app-notes-markdown-written-together = Notes in Markdown, written together
told-app-matrix-server-talk = Matrix server for talk
told-app-chat-language-models = Chat with language models
told-app-team-wiki = Team wiki
told-app-passwords-bitwarden-apps = Passwords, for Bitwarden apps
told-app-tasks-projects = Tasks and projects
told-app-web-site-blog = Web site and blog
told-app-news-feeds = News feeds
told-app-bookmarks-notes = Bookmarks and notes
told-app-bookmarks-archived-pages = Bookmarks with archived pages
told-app-household-budget = Household budget
told-app-home-automation = Home automation
told-app-recipes-meal-plans = Recipes and meal plans
told-app-deployments-kubernetes = Deployments to Kubernetes
told-app-git-repositories = Git repositories
told-app-git-repositories-pipelines = Git repositories and pipelines
told-app-container-images = Container images
told-app-server-monitoring = Server monitoring
told-app-secrets-machines-teams = Secrets of machines and teams
told-app-kubectl-people-directory = kubectl for people of this directory
told-app-containers = Containers
told-app-virtual-machines = Virtual machines
told-app-site-behind-apache = Any site behind Apache
told-app-access-sites-behind-cloudflare = Access to sites behind Cloudflare
told-app-private-network-tailscale-apps = Private network, for Tailscale apps
told-app-site-behind-proxy = Any site behind a proxy
told-app-private-network = Private network

## What it does with groups

told-app-takes-groups-claim-groups = It takes groups from the claim groups when group provisioning is switched on for the provider.
told-app-group-claim-set-groups = With “Group Claim” set to groups, people need a group named admin, user or guest there.
told-app-roles-admin-roles-names = “Roles” and “Admin Roles” are names of groups, read from the claim that “Role Claim” names.
told-app-oidc-user-groups-true = With OIDC_USER_TO_GROUPS=true, groups become roles whose name, or “External Authentication ID”, is the same.
told-app-cmd-oauth-roles-claim = CMD_OAUTH2_ROLES_CLAIM=groups with CMD_OAUTH2_ACCESS_ROLE lets in one group only; ask for the scope groups then.
told-app-attribute-requirements-attribute-groups = attribute_requirements with attribute groups lets in one group only; ask for the scope groups then.
told-app-enable-oauth-role-management = With ENABLE_OAUTH_ROLE_MANAGEMENT=true and OAUTH_ROLES_CLAIM=groups, OAUTH_ALLOWED_ROLES and OAUTH_ADMIN_ROLES are names of groups.
told-app-roles-admin-roles-user = roles.admin and roles.user are names of groups; without roles.user everyone who may use the app gets in.
told-app-oidc-user-group-oidc = OIDC_USER_GROUP and OIDC_ADMIN_GROUP name the groups that get in and that administer; left out, everyone who may use the app gets in.
told-app-groups-stand-policy-csv = Groups stand in policy.csv: g, <group>, role:admin.
told-app-groups-mapped-paid-editions = Groups are mapped in the paid editions only.
told-app-group-claim-name-groups = “Group Claim Name” is groups; “OIDC Admin Group” names the one that administers.
told-app-role-attribute-path-makes = role_attribute_path makes roles of groups, such as contains(groups[*], 'admins') && 'Admin' || 'Viewer'.
told-app-groups-claim-makes-external = groups_claim makes external groups of the same name give their policies.
told-app-api-server-takes-groups = The API server takes groups from the claim that --oidc-groups-claim names; roles are bound to groups of that name.
told-app-groups-become-teams-business = Groups become teams in the Business Edition only.
told-app-groups-claim-set-groups = “Groups Claim” set to groups (and the scope groups asked for) puts people into groups named <group>-<realm>.
told-app-require-claim-groups-group = Require claim groups:<group> lets one group in.
told-app-add-groups-oidc-claims = Add groups to the OIDC claims and the scope groups to use them in policies.
told-app-allowed-groups-configuration-lets = allowed_groups in its configuration lets in the groups it names.
told-app-oauth-proxy-allowed-groups = OAUTH2_PROXY_ALLOWED_GROUPS names the groups that get in.
told-app-group-claim-value-administrator = “Group claim value for administrator users” and the one for restricted users name a group each; groups can be mapped to teams in the same form.

## What to do, and where

told-app-install-app-openid-connect = Install the app “OpenID Connect user backend” (user_oidc) in Nextcloud.
told-app-dashboard-plugins-repositories-add = Dashboard → Plugins → Repositories: add https://raw.githubusercontent.com/9p4/jellyfin-plugin-sso/manifest-release/manifest.json, install “SSO Authentication” from the catalogue and restart Jellyfin.
told-app-dashboard-plugins-sso-auth = Dashboard → Plugins → SSO-Auth → add a provider
told-app-plugins-add-new-install = Plugins → Add New: install “OpenID Connect Generic Client” by daggerhart.
told-app-budget-file-settings-start = In any budget file: Settings → Start using OpenID
told-app-install-integration-openid-connect = Install the integration “OpenID Connect/SSO Authentication” (hass-oidc-auth) through HACS: Home Assistant itself has no OpenID Connect.
told-app-restart-home-assistant-open = Restart Home Assistant and open { $app }/auth/oidc/welcome.
told-app-open-settings-switch-hide = Open { $app }/_/#/settings and switch “Hide collection create and edit controls” off.
told-app-same-command-line = Or the same at the command line
told-app-environment-server = Or in the environment of the server
told-app-same-environment = Or the same in its environment
told-app-same-shell-server = Or the same at a shell of the server
told-app-shell-secret-into-argocd = At a shell: the secret, into argocd-secret
told-app-shell = At a shell
told-app-each-person-s-shell = At each person’s shell, with kubelogin installed (kubectl krew install oidc-login)
told-app-flags-kube-apiserver = Flags of kube-apiserver
told-app-virtual-host = In the virtual host
told-app-web-server-your-mail = On the web server of your mail domain: https://<domain>/.well-known/webfinger answers with
told-app-https-login-tailscale-com = https://login.tailscale.com/start/oidc, after “Get OIDC Issuer”
told-app-settings-authentication-oauth-provider = Settings → Authentication → OAuth, provider Custom
told-app-environment-container = Environment of the container
told-app-environment-paperless-ngx = Environment of Paperless-ngx
told-app-environment-hedgedoc = Environment of HedgeDoc 1
told-app-environment-open-webui = Environment of Open WebUI
told-app-environment-outline = Environment of Outline
told-app-environment-vaultwarden = Environment of Vaultwarden
told-app-environment-karakeep = Environment of Karakeep
told-app-environment-linkwarden = Environment of Linkwarden
told-app-environment-miniflux = Environment of Miniflux
told-app-environment-mealie = Environment of Mealie
told-app-environment-oauth-proxy = Environment of oauth2-proxy

## Good to know

told-app-redirect-uri-mobile-app = The redirect URI of the mobile app has three slashes; without it only the web page can sign people in.
told-app-immich-may-open-several = Immich may be open at several addresses: register /auth/login and /user-settings for each of them.
told-app-people-matched-e-mail = People are matched by e-mail address. Roles and quotas come from claims of their own (immich_role, immich_quota), read only when an account is made.
told-app-default-user-oidc-makes = By default user_oidc makes user IDs from a hash. To meet accounts that exist already, switch “Use unique user ID” off (--unique-uid=0 at the command line) before anyone signs in.
told-app-without-pretty-urls-address = Without pretty URLs the address has index.php in it; both redirect URIs are registered for that, but the address for back-channel logout is to be changed then.
told-app-identifier-stands-end-address = The identifier stands at the end of the address for back-channel logout: another one there needs another one here.
told-app-inside-same-private-network = Inside the same private network, Nextcloud refuses to fetch from local addresses until allow_local_remote_servers is set in config.php.
told-app-redirect-uri-ends-slash = The redirect URI ends in a slash, and the part before /login is the provider_id.
told-app-accounts-exist-already-connected = Accounts that exist already are connected by their owner under My Profile.
told-app-dsm-makes-no-accounts = DSM makes no accounts: everyone needs one there of the same username, local (DSM 7.2 or newer) or from the directory.
told-app-redirect-uri-no-path = The redirect URI has no path. Depending on the version it is sent with or without a slash at its end, so both are registered.
told-app-choose-none-subfolder-otherwise = Choose “None” as the subfolder. Otherwise the redirect URIs have /audiobookshelf before /auth and have to be registered so.
told-app-without-auto-register-only = Without Auto Register, only people who have an account there already can sign in, and the message for the others says little.
told-app-plug-part-jellyfin-works = The plug-in is not part of Jellyfin and works in a browser only, not in the apps for televisions and telephones.
told-app-behind-proxy-builds-http = Behind a proxy it builds http redirect URIs unless “Scheme Override” says https.
told-app-people-begin-sso-oid = People begin at { $app }/sso/OID/start/muster; a button on Jellyfin’s own sign-in page is added as the plug-in’s documentation shows.
told-app-redirect-uri-so-written = The redirect-uri with { $place } and so on is written as it stands; Komga fills it in.
told-app-accounts-matched-e-mail = Accounts are matched by e-mail address. Without oauth2-account-creation, only people who have an account there can sign in.
told-app-auth-method-oidc-nobody = With AUTH_METHOD=oidc nobody can sign in with a password any more: give an account that comes through here the role of an administrator first.
told-app-account-same-e-mail = An account with the same e-mail address is not taken over; set its “External Authentication ID” to the person’s subject.
told-app-hedgedoc-which-cannot-read = This is for HedgeDoc 1, which cannot read the configuration and wants every address.
told-app-address-here-public-baseurl = Its address here is public_baseurl, which need not be the server’s name.
told-app-usernames-become-matrix-ids = Usernames become Matrix ids and cannot be changed later. To meet accounts that exist already, set allow_existing_users: true.
told-app-webui-url-must-address = WEBUI_URL must be the address people use, or the redirect URI it sends is another one.
told-app-meet-accounts-exist-already = To meet accounts that exist already, set OAUTH_MERGE_ACCOUNTS_BY_EMAIL=true. That trusts the e-mail addresses of this server.
told-app-needs-refresh-token-so = It needs a refresh token, so the scope offline_access must be asked for.
told-app-sends-no-pkce-when = It sends no PKCE when the addresses are given one by one, so “Require PKCE” must stay off.
told-app-authority-no-slash-end = The authority has no slash at its end.
told-app-master-password-stays-encrypts = The master password stays: it encrypts the vault. Signing in here decides only who may open the account.
told-app-without-offline-access-bitwarden = Without offline_access, Bitwarden apps sign people out as soon as the access token ends.
told-app-account-same-e-mail-address = An account with the same e-mail address is taken over only when the address is marked as verified here.
told-app-last-part-redirect-uri = The last part of the redirect URI is the key of the provider. In older versions the providers are a list, and that part is the name in small letters.
told-app-service-publicurl-must-address = service.publicurl must be the address people use.
told-app-link-existing-users-matches = “Link Existing Users” matches accounts by e-mail address; without it, people who have an account there cannot sign in.
told-app-leave-disable-ssl-verify = Leave “Disable SSL Verify” off.
told-app-x-forwarded-port-among = With X-Forwarded-Port among OIDC_X_FORWARDED_HEADERS, or without a proxy, the redirect URI has the port in it (…:443/i/oidc/): register that one too, then.
told-app-usernames-same-here-capital = Usernames have to be the same here and there, capital letters included.
told-app-get-back-without-openid = To get back in without OpenID Connect, set auth_type to form in its config.php.
told-app-reads-id-token-only = It reads the ID token only, so “Claims in the ID token” must stay on.
told-app-linkwarden-no-general-openid = Linkwarden has no general OpenID Connect setting. The one it names after Authentik takes any issuer; the redirect URI has that name too.
told-app-issuer-no-slash-end = The issuer has no slash at its end.
told-app-discovery-endpoint-issuer-without = The discovery endpoint is the issuer, without /.well-known and without a slash at its end.
told-app-accounts-exist-already-connected-their = Accounts that exist already are connected by their owner under Settings.
told-app-whoever-signs-first-becomes = Whoever signs in first becomes the owner of the server: let that be you.
told-app-needs-version-newer-https = It needs version 25.1 or newer, and https.
told-app-integration-meant-public-client = The integration is meant to be a public client with PKCE. To give it a secret instead, switch “Public client” off here and add client_secret to its configuration.
told-app-makes-new-users-default = It makes new users by default. To meet the ones there are, switch features.automatic_user_linking on for the first sign-ins only.
told-app-needs-version-newer-client = It needs version 2.0 or newer for a client with a secret.
told-app-behind-proxy-mealie-must = Behind a proxy, Mealie must know that it is reached by https, or it sends an http redirect URI that is not registered.
told-app-reads-id-token-so = It reads the ID token, so “Claims in the ID token” must stay on.
told-app-command-line-argocd-login = The command line (argocd login --sso) has no secret: register a second app for it, a public one with http://localhost:8085/auth/callback, and name it as cliClientID.
told-app-new-accounts-blocked-until = New accounts are blocked until an administrator lets them in, unless omniauth_block_auto_created_users is false.
told-app-accounts-exist-already-connected-their-owner = Accounts that exist already are connected by their owner under Preferences → Account, or all at once with omniauth_auto_link_user.
told-app-mode-can-changed-only = The mode can be changed only while nobody but admin has an account there.
told-app-docker-login-takes-cli = docker login takes the CLI secret from the person’s profile in Harbor; it lives as long as the refresh token, so offline_access must be asked for.
told-app-accounts-made-their-own = Accounts are made on their own only with USER_CREATION=true in its environment.
told-app-root-url-must-address = root_url must be the address people use, or the redirect URI it sends is another one.
told-app-without-api-url-reads = Without api_url it reads the ID token only; “Claims in the ID token” stays on for that case.
told-app-role-rules-decide-every = Role rules decide at every sign-in. To keep roles given in Grafana, set skip_org_role_sync = true.
told-app-redirect-uris-stand-two = The redirect URIs stand in two places, here and in the role, letter by letter.
told-app-command-line-vault-login = The command line (vault login -method=oidc) listens on port 8250 of the person’s own computer.
told-app-api-server-asks-nobody = The API server asks nobody: it reads the ID token, so “Claims in the ID token” must stay on, and the issuer must be https and reachable from it.
told-app-these-flags-takes-rs = With these flags it takes RS256 only; leave the signing algorithm as it is.
told-app-sends-no-pkce-so = It sends no PKCE, so “Require PKCE” must stay off.
told-app-redirect-uri-no-path-sent = The redirect URI has no path, and is sent as it was typed there: with or without a slash at its end; both are registered.
told-app-username-claim-can-chosen = The username claim can be chosen only when the realm is made; “username” means preferred_username.
told-app-redirect-uri-no-path-port = The redirect URI has no path and has the port in it, as people type the address.
told-app-account-made-first-sign = An account made at the first sign-in may do nothing until it is given permissions.
told-app-redirect-uri-lies-inside = The redirect URI lies inside a protected location, and no page may be there.
told-app-behind-another-proxy-oidcxforwardedheaders = Behind another proxy, OIDCXForwardedHeaders says which headers to believe; otherwise it builds http redirect URIs.
told-app-address-here-your-team = Its address here is that of your team: https://<team>.cloudflareaccess.com.
told-app-cloudflare-s-servers-fetch = Cloudflare’s servers fetch the token and the keys, so this server must be reachable from the internet.
told-app-server-url-must-address = server_url must be the address devices use, or the redirect URI it sends is another one.
told-app-refuses-people-whose-e = It refuses people whose e-mail address is not marked as verified here, unless OAUTH2_PROXY_INSECURE_OIDC_ALLOW_UNVERIFIED_EMAIL is set; rather mark the addresses.
told-app-needs-e-mail-address = It needs an e-mail address of everyone who signs in.
told-app-sign-out-here-too = To sign out here too, link to /oauth2/sign_out?rd= followed by { $end }, percent-encoded, and list this server’s host in OAUTH2_PROXY_WHITELIST_DOMAINS.
told-app-tailscale-looks-server-webfinger = Tailscale looks for this server by WebFinger on the domain of your e-mail address; that answer comes from your own web server.
told-app-people-told-apart-e = People are told apart by e-mail address, so everyone needs one of that domain.
told-app-servers-fetch-tokens-so = Its servers fetch the tokens, so this server must be reachable from the internet.
told-app-authentication-name-part-redirect = The authentication name is part of the redirect URI and shown on the button. With another name, change the redirect URI here too.
told-app-accounts-made-their-own-only = Accounts are made on their own only with [oauth2_client] ENABLE_AUTO_REGISTRATION = true in app.ini; set USERNAME = preferred_username there.
told-app-older-versions-send-no = Older versions send no PKCE, so “Require PKCE” must stay off for them.
