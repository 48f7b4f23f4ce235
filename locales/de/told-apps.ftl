# Was der Katalog bekannter Apps sagt (src/clients/catalogue): siehe src/language/told.rs.

## Was für eine App es ist

told-app-web-app = Web-App
told-app-app-server-own-can = Eine App mit eigenem Server, der ein Geheimnis bewahren kann
told-app-single-page-app = Single-Page-App
told-app-app-runs-browser-alone = Eine App, die nur im Browser läuft und kein Geheimnis bewahren kann
told-app-native-app = Native App
told-app-app-telephone-computer-command = Eine App auf einem Telefon oder Computer, oder eine Kommandozeile, die einen Browser öffnet
told-app-protected-proxy = Von einem Proxy geschützt
told-app-app-cannot-sign-people = Eine App, die selbst nicht anmelden kann, hinter nginx, Traefik oder Caddy
told-app-machine = Maschine
told-app-program-calls-api-itself = Ein Programm, das eine API für sich selbst aufruft, ohne Person
told-app-dashboards = Dashboards
told-app-photos-videos = Fotos und Videos
told-app-files-calendar-contacts = Dateien, Kalender und Kontakte
told-app-scanned-documents = Eingescannte Dokumente
told-app-network-storage = Netzwerkspeicher
told-app-audiobooks-podcasts = Hörbücher und Podcasts
told-app-films-series-music = Filme, Serien und Musik
told-app-comics-books = Comics und Bücher
told-app-wiki-books-pages = Wiki aus Büchern und Seiten
told-app-notes-markdown-written-together = Gemeinsam geschriebene Notizen in Markdown
told-app-matrix-server-talk = Matrix-Server für Gespräche
told-app-chat-language-models = Chat mit Sprachmodellen
told-app-team-wiki = Wiki für Teams
told-app-passwords-bitwarden-apps = Passwörter, für Apps von Bitwarden
told-app-tasks-projects = Aufgaben und Projekte
told-app-web-site-blog = Website und Blog
told-app-news-feeds = Nachrichten-Feeds
told-app-bookmarks-notes = Lesezeichen und Notizen
told-app-bookmarks-archived-pages = Lesezeichen mit archivierten Seiten
told-app-household-budget = Haushaltskasse
told-app-home-automation = Hausautomation
told-app-recipes-meal-plans = Rezepte und Essenspläne
told-app-deployments-kubernetes = Ausrollen nach Kubernetes
told-app-git-repositories = Git-Repositorys
told-app-git-repositories-pipelines = Git-Repositorys und Pipelines
told-app-container-images = Container-Images
told-app-server-monitoring = Serverüberwachung
told-app-secrets-machines-teams = Geheimnisse von Maschinen und Teams
told-app-kubectl-people-directory = kubectl für Personen aus diesem Verzeichnis
told-app-containers = Container
told-app-virtual-machines = Virtuelle Maschinen
told-app-site-behind-apache = Jede Website hinter Apache
told-app-access-sites-behind-cloudflare = Zugang zu Websites hinter Cloudflare
told-app-private-network-tailscale-apps = Privates Netz, für Apps von Tailscale
told-app-site-behind-proxy = Jede Website hinter einem Proxy
told-app-private-network = Privates Netz

## Was sie mit Gruppen macht

told-app-takes-groups-claim-groups = Sie nimmt Gruppen aus dem Claim groups, wenn für den Provider „group provisioning“ eingeschaltet ist.
told-app-group-claim-set-groups = Steht „Group Claim“ auf groups, brauchen die Personen eine Gruppe, die dort admin, user oder guest heißt.
told-app-roles-admin-roles-names = „Roles“ und „Admin Roles“ sind Namen von Gruppen, gelesen aus dem Claim, den „Role Claim“ nennt.
told-app-oidc-user-groups-true = Mit OIDC_USER_TO_GROUPS=true werden aus Gruppen Rollen, deren Name oder „External Authentication ID“ gleich ist.
told-app-cmd-oauth-roles-claim = CMD_OAUTH2_ROLES_CLAIM=groups mit CMD_OAUTH2_ACCESS_ROLE lässt nur eine Gruppe herein; verlangen Sie dann den Scope groups.
told-app-attribute-requirements-attribute-groups = attribute_requirements mit dem Attribut groups lässt nur eine Gruppe herein; verlangen Sie dann den Scope groups.
told-app-enable-oauth-role-management = Mit ENABLE_OAUTH_ROLE_MANAGEMENT=true und OAUTH_ROLES_CLAIM=groups sind OAUTH_ALLOWED_ROLES und OAUTH_ADMIN_ROLES Namen von Gruppen.
told-app-roles-admin-roles-user = roles.admin und roles.user sind Namen von Gruppen; ohne roles.user kommt jeder herein, der die App benutzen darf.
told-app-oidc-user-group-oidc = OIDC_USER_GROUP und OIDC_ADMIN_GROUP nennen die Gruppe, die hereinkommt, und die, die verwaltet; ohne sie kommt jeder herein, der die App benutzen darf.
told-app-groups-stand-policy-csv = Gruppen stehen in policy.csv: g, <group>, role:admin.
told-app-groups-mapped-paid-editions = Gruppen werden nur in den bezahlten Ausgaben zugeordnet.
told-app-group-claim-name-groups = „Group Claim Name“ ist groups; „OIDC Admin Group“ nennt die Gruppe, die verwaltet.
told-app-role-attribute-path-makes = role_attribute_path macht aus Gruppen Rollen, etwa contains(groups[*], 'admins') && 'Admin' || 'Viewer'.
told-app-groups-claim-makes-external = Durch groups_claim gelten die Policies externer Gruppen gleichen Namens.
told-app-api-server-takes-groups = Der API-Server nimmt Gruppen aus dem Claim, den --oidc-groups-claim nennt; Rollen werden an Gruppen dieses Namens gebunden.
told-app-groups-become-teams-business = Nur in der Business Edition werden aus Gruppen Teams.
told-app-groups-claim-set-groups = Steht „Groups Claim“ auf groups (und wird der Scope groups verlangt), kommen Personen in Gruppen namens <group>-<realm>.
told-app-require-claim-groups-group = Require claim groups:<group> lässt eine Gruppe herein.
told-app-add-groups-oidc-claims = Um Gruppen in Policies zu verwenden, fügen Sie groups zu den OIDC Claims hinzu, und den Scope groups.
told-app-allowed-groups-configuration-lets = allowed_groups in ihrer Konfiguration lässt die Gruppen herein, die dort stehen.
told-app-oauth-proxy-allowed-groups = OAUTH2_PROXY_ALLOWED_GROUPS nennt die Gruppen, die hereinkommen.
told-app-group-claim-value-administrator = „Group claim value for administrator users“ und das Feld für eingeschränkte Benutzer nennen je eine Gruppe; im selben Formular lassen sich Gruppen Teams zuordnen.

## Was zu tun ist, und wo

told-app-install-app-openid-connect = Installieren Sie in Nextcloud die App „OpenID Connect user backend“ (user_oidc).
told-app-dashboard-plugins-repositories-add = Dashboard → Plugins → Repositories: Fügen Sie https://raw.githubusercontent.com/9p4/jellyfin-plugin-sso/manifest-release/manifest.json hinzu, installieren Sie „SSO Authentication“ aus dem Katalog und starten Sie Jellyfin neu.
told-app-dashboard-plugins-sso-auth = Dashboard → Plugins → SSO-Auth → Provider hinzufügen
told-app-plugins-add-new-install = Plugins → Add New: Installieren Sie „OpenID Connect Generic Client“ von daggerhart.
told-app-budget-file-settings-start = In irgendeiner Budget-Datei: Settings → Start using OpenID
told-app-install-integration-openid-connect = Installieren Sie die Integration „OpenID Connect/SSO Authentication“ (hass-oidc-auth) über HACS: Home Assistant selbst hat kein OpenID Connect.
told-app-restart-home-assistant-open = Starten Sie Home Assistant neu und öffnen Sie { $app }/auth/oidc/welcome.
told-app-open-settings-switch-hide = Öffnen Sie { $app }/_/#/settings und schalten Sie „Hide collection create and edit controls“ aus.
told-app-same-command-line = Oder dasselbe auf der Kommandozeile
told-app-environment-server = Oder in der Umgebung des Servers
told-app-same-environment = Oder dasselbe in der Umgebung
told-app-same-shell-server = Oder dasselbe in einer Shell des Servers
told-app-shell-secret-into-argocd = In einer Shell: das Geheimnis, nach argocd-secret
told-app-shell = In einer Shell
told-app-each-person-s-shell = In der Shell jeder Person, mit installiertem kubelogin (kubectl krew install oidc-login)
told-app-flags-kube-apiserver = Flags von kube-apiserver
told-app-virtual-host = Im Virtual Host
told-app-web-server-your-mail = Auf dem Webserver Ihrer Mail-Domain: https://<domain>/.well-known/webfinger antwortet mit
told-app-https-login-tailscale-com = https://login.tailscale.com/start/oidc, nach „Get OIDC Issuer“
told-app-settings-authentication-oauth-provider = Settings → Authentication → OAuth, Provider Custom
told-app-environment-container = Umgebung des Containers
told-app-environment-paperless-ngx = Umgebung von Paperless-ngx
told-app-environment-hedgedoc = Umgebung von HedgeDoc 1
told-app-environment-open-webui = Umgebung von Open WebUI
told-app-environment-outline = Umgebung von Outline
told-app-environment-vaultwarden = Umgebung von Vaultwarden
told-app-environment-karakeep = Umgebung von Karakeep
told-app-environment-linkwarden = Umgebung von Linkwarden
told-app-environment-miniflux = Umgebung von Miniflux
told-app-environment-mealie = Umgebung von Mealie
told-app-environment-oauth-proxy = Umgebung von oauth2-proxy

## Gut zu wissen

told-app-redirect-uri-mobile-app = Die Weiterleitungs-URI der mobilen App hat drei Schrägstriche; ohne sie kann man sich nur auf der Webseite anmelden.
told-app-immich-may-open-several = Immich kann unter mehreren Adressen offen sein: Tragen Sie für jede davon /auth/login und /user-settings ein.
told-app-people-matched-e-mail = Personen werden nach E-Mail-Adresse zugeordnet. Rollen und Quoten kommen aus eigenen Claims (immich_role, immich_quota), die nur beim Anlegen eines Kontos gelesen werden.
told-app-default-user-oidc-makes = Von Haus aus macht user_oidc die User-IDs aus einem Hash. Sollen schon vorhandene Konten getroffen werden, schalten Sie „Use unique user ID“ aus (--unique-uid=0 auf der Kommandozeile), bevor sich jemand anmeldet.
told-app-without-pretty-urls-address = Ohne „pretty URLs“ steht index.php in der Adresse; dafür sind beide Weiterleitungs-URIs eingetragen, aber die Adresse für Back-Channel-Abmeldung ist dann zu ändern.
told-app-identifier-stands-end-address = Der Identifier steht am Ende der Adresse für Back-Channel-Abmeldung: Heißt er dort anders, muss er auch hier anders heißen.
told-app-inside-same-private-network = Im selben privaten Netz ruft Nextcloud nichts von lokalen Adressen ab, solange allow_local_remote_servers in config.php nicht gesetzt ist.
told-app-redirect-uri-ends-slash = Die Weiterleitungs-URI endet mit einem Schrägstrich, und der Teil vor /login ist die provider_id.
told-app-accounts-exist-already-connected = Schon vorhandene Konten verbindet ihr Besitzer unter My Profile.
told-app-dsm-makes-no-accounts = DSM legt keine Konten an: Jeder braucht dort eines mit demselben Benutzernamen, lokal (ab DSM 7.2) oder aus dem Verzeichnis.
told-app-redirect-uri-no-path = Die Weiterleitungs-URI hat keinen Pfad. Je nach Version wird sie mit oder ohne Schrägstrich am Ende gesendet, deshalb ist beides eingetragen.
told-app-choose-none-subfolder-otherwise = Wählen Sie als Unterordner „None“. Sonst haben die Weiterleitungs-URIs /audiobookshelf vor /auth und müssen so eingetragen werden.
told-app-without-auto-register-only = Ohne „Auto Register“ kann sich nur anmelden, wer dort schon ein Konto hat, und die Meldung für die anderen sagt wenig.
told-app-plug-part-jellyfin-works = Das Plug-in gehört nicht zu Jellyfin und geht nur im Browser, nicht in den Apps für Fernseher und Telefone.
told-app-behind-proxy-builds-http = Hinter einem Proxy bildet es Weiterleitungs-URIs mit http, wenn „Scheme Override“ nicht https sagt.
told-app-people-begin-sso-oid = Man beginnt unter { $app }/sso/OID/start/muster; wie ein Knopf auf die Anmeldeseite von Jellyfin kommt, zeigt die Dokumentation des Plug-ins.
told-app-redirect-uri-so-written = Die redirect-uri mit { $place } und so weiter wird geschrieben, wie sie dasteht; Komga füllt sie aus.
told-app-accounts-matched-e-mail = Konten werden nach E-Mail-Adresse zugeordnet. Ohne oauth2-account-creation kann sich nur anmelden, wer dort ein Konto hat.
told-app-auth-method-oidc-nobody = Mit AUTH_METHOD=oidc kann sich niemand mehr mit einem Passwort anmelden: Geben Sie vorher einem Konto, das über diesen Server kommt, die Rolle eines Administrators.
told-app-account-same-e-mail = Ein Konto mit derselben E-Mail-Adresse wird nicht übernommen; setzen Sie seine „External Authentication ID“ auf das Subject (sub) der Person.
told-app-hedgedoc-which-cannot-read = Das gilt für HedgeDoc 1, das die Konfiguration nicht lesen kann und jede Adresse einzeln will.
told-app-address-here-public-baseurl = Als Adresse gilt hier public_baseurl; der Name des Servers kann ein anderer sein.
told-app-usernames-become-matrix-ids = Aus Benutzernamen werden Matrix-IDs; sie lassen sich später nicht ändern. Sollen schon vorhandene Konten getroffen werden, setzen Sie allow_existing_users: true.
told-app-webui-url-must-address = WEBUI_URL muss die Adresse sein, die man benutzt, sonst sendet die App eine andere Weiterleitungs-URI.
told-app-meet-accounts-exist-already = Sollen schon vorhandene Konten getroffen werden, setzen Sie OAUTH_MERGE_ACCOUNTS_BY_EMAIL=true. Damit wird den E-Mail-Adressen dieses Servers vertraut.
told-app-needs-refresh-token-so = Sie braucht einen Refresh-Token, deshalb muss der Scope offline_access verlangt werden.
told-app-sends-no-pkce-when = Sie sendet kein PKCE, wenn die Adressen einzeln angegeben sind, deshalb muss „PKCE verlangen“ ausgeschaltet bleiben.
told-app-authority-no-slash-end = Die Authority hat am Ende keinen Schrägstrich.
told-app-master-password-stays-encrypts = Das Master-Passwort bleibt: Es verschlüsselt den Tresor. Die Anmeldung hier entscheidet nur, wer das Konto öffnen darf.
told-app-without-offline-access-bitwarden = Ohne offline_access melden die Apps von Bitwarden ab, sobald der Access-Token abläuft.
told-app-account-same-e-mail-address = Ein Konto mit derselben E-Mail-Adresse wird nur übernommen, wenn die Adresse hier als bestätigt gilt.
told-app-last-part-redirect-uri = Der letzte Teil der Weiterleitungs-URI ist der Schlüssel des Providers. In älteren Versionen sind die Provider eine Liste, und dieser Teil ist der Name in kleinen Buchstaben.
told-app-service-publicurl-must-address = service.publicurl muss die Adresse sein, die man benutzt.
told-app-link-existing-users-matches = „Link Existing Users“ ordnet Konten nach E-Mail-Adresse zu; ohne das kann sich nicht anmelden, wer dort schon ein Konto hat.
told-app-leave-disable-ssl-verify = Lassen Sie „Disable SSL Verify“ ausgeschaltet.
told-app-x-forwarded-port-among = Mit X-Forwarded-Port in OIDC_X_FORWARDED_HEADERS, oder ohne Proxy, steht der Port in der Weiterleitungs-URI (…:443/i/oidc/): Tragen Sie dann auch diese ein.
told-app-usernames-same-here-capital = Benutzernamen müssen hier und dort gleich sein, auch in Groß- und Kleinschreibung.
told-app-get-back-without-openid = Um ohne OpenID Connect wieder hineinzukommen, setzen Sie auth_type in ihrer config.php auf form.
told-app-reads-id-token-only = Sie liest nur den ID-Token, deshalb muss „Claims im ID-Token“ eingeschaltet bleiben.
told-app-linkwarden-no-general-openid = Linkwarden hat keine allgemeine Einstellung für OpenID Connect. Die nach Authentik benannte nimmt jeden Issuer; auch die Weiterleitungs-URI trägt diesen Namen.
told-app-issuer-no-slash-end = Der Issuer hat am Ende keinen Schrägstrich.
told-app-discovery-endpoint-issuer-without = Der Discovery Endpoint ist der Issuer, ohne /.well-known und ohne Schrägstrich am Ende.
told-app-accounts-exist-already-connected-their = Schon vorhandene Konten verbindet ihr Besitzer unter Settings.
told-app-whoever-signs-first-becomes = Wer sich zuerst anmeldet, wird Besitzer des Servers: Seien Sie das selbst.
told-app-needs-version-newer-https = Nötig sind Version 25.1 oder neuer, und https.
told-app-integration-meant-public-client = Die Integration ist als öffentlicher Client mit PKCE gedacht. Soll sie stattdessen ein Geheimnis haben, schalten Sie hier „Öffentlicher Client“ aus und setzen Sie client_secret in ihrer Konfiguration.
told-app-makes-new-users-default = Von Haus aus legt sie neue Benutzer an. Sollen die vorhandenen getroffen werden, schalten Sie features.automatic_user_linking nur für die ersten Anmeldungen ein.
told-app-needs-version-newer-client = Für einen Client mit Geheimnis ist Version 2.0 oder neuer nötig.
told-app-behind-proxy-mealie-must = Hinter einem Proxy muss Mealie wissen, dass es über https erreicht wird, sonst sendet es eine Weiterleitungs-URI mit http, die nicht eingetragen ist.
told-app-reads-id-token-so = Sie liest den ID-Token, deshalb muss „Claims im ID-Token“ eingeschaltet bleiben.
told-app-command-line-argocd-login = Die Kommandozeile (argocd login --sso) hat kein Geheimnis: Legen Sie für sie eine zweite App an, eine öffentliche mit http://localhost:8085/auth/callback, und nennen Sie sie als cliClientID.
told-app-new-accounts-blocked-until = Neue Konten sind gesperrt, bis ein Administrator sie hereinlässt, außer omniauth_block_auto_created_users ist false.
told-app-accounts-exist-already-connected-their-owner = Schon vorhandene Konten verbindet ihr Besitzer unter Preferences → Account, oder alle auf einmal omniauth_auto_link_user.
told-app-mode-can-changed-only = Der Modus lässt sich nur ändern, solange dort niemand außer admin ein Konto hat.
told-app-docker-login-takes-cli = docker login nimmt das CLI Secret aus dem Profil der Person in Harbor; es gilt so lange wie der Refresh-Token, deshalb muss offline_access verlangt werden.
told-app-accounts-made-their-own = Konten entstehen nur dann von selbst, wenn USER_CREATION=true in der Umgebung steht.
told-app-root-url-must-address = root_url muss die Adresse sein, die man benutzt, sonst sendet die App eine andere Weiterleitungs-URI.
told-app-without-api-url-reads = Ohne api_url liest sie nur den ID-Token; für diesen Fall bleibt „Claims im ID-Token“ eingeschaltet.
told-app-role-rules-decide-every = Die Regeln für Rollen entscheiden bei jeder Anmeldung. Sollen in Grafana vergebene Rollen bleiben, setzen Sie skip_org_role_sync = true.
told-app-redirect-uris-stand-two = Die Weiterleitungs-URIs stehen an zwei Stellen, hier und in der Rolle, Buchstabe für Buchstabe gleich.
told-app-command-line-vault-login = Die Kommandozeile (vault login -method=oidc) lauscht auf Port 8250 des eigenen Computers der Person.
told-app-api-server-asks-nobody = Der API-Server fragt niemanden: Er liest den ID-Token, deshalb muss „Claims im ID-Token“ eingeschaltet bleiben, und der Issuer muss https haben und von ihm aus erreichbar sein.
told-app-these-flags-takes-rs = Mit diesen Flags nimmt er nur RS256 an; lassen Sie den Signaturalgorithmus, wie er ist.
told-app-sends-no-pkce-so = Sie sendet kein PKCE, deshalb muss „PKCE verlangen“ ausgeschaltet bleiben.
told-app-redirect-uri-no-path-sent = Die Weiterleitungs-URI hat keinen Pfad und wird gesendet, wie sie dort eingegeben wurde: mit oder ohne Schrägstrich am Ende; beides ist eingetragen.
told-app-username-claim-can-chosen = Der Username Claim lässt sich nur beim Anlegen des Realms wählen; „username“ heißt preferred_username.
told-app-redirect-uri-no-path-port = Die Weiterleitungs-URI hat keinen Pfad, aber den Port, so wie man die Adresse eingibt.
told-app-account-made-first-sign = Ein Konto, das bei der ersten Anmeldung entsteht, darf nichts, bis es Rechte bekommt.
told-app-redirect-uri-lies-inside = Die Weiterleitungs-URI liegt in einem geschützten Bereich, und dort darf keine Seite sein.
told-app-behind-another-proxy-oidcxforwardedheaders = Hinter einem weiteren Proxy sagt OIDCXForwardedHeaders, welchen Headern zu glauben ist; sonst entstehen Weiterleitungs-URIs mit http.
told-app-address-here-your-team = Als Adresse gilt hier die Ihres Teams: https://<team>.cloudflareaccess.com.
told-app-cloudflare-s-servers-fetch = Die Server von Cloudflare rufen den Token und die Schlüssel ab, deshalb muss dieser Server aus dem Internet erreichbar sein.
told-app-server-url-must-address = server_url muss die Adresse sein, die die Geräte benutzen, sonst sendet die App eine andere Weiterleitungs-URI.
told-app-refuses-people-whose-e = Wessen E-Mail-Adresse hier nicht als bestätigt gilt, den lässt er nicht herein, außer OAUTH2_PROXY_INSECURE_OIDC_ALLOW_UNVERIFIED_EMAIL ist gesetzt; bestätigen Sie lieber die Adressen.
told-app-needs-e-mail-address = Wer sich anmeldet, muss eine E-Mail-Adresse haben.
told-app-sign-out-here-too = Soll auch hier abgemeldet werden, verlinken Sie /oauth2/sign_out?rd= und dahinter { $end }, mit Prozentzeichen kodiert, und nennen Sie den Host dieses Servers in OAUTH2_PROXY_WHITELIST_DOMAINS.
told-app-tailscale-looks-server-webfinger = Tailscale sucht diesen Server über WebFinger auf der Domain Ihrer E-Mail-Adresse; diese Antwort gibt Ihr eigener Webserver.
told-app-people-told-apart-e = Personen werden nach E-Mail-Adresse unterschieden, deshalb braucht jeder eine dieser Domain.
told-app-servers-fetch-tokens-so = Ihre Server rufen die Token ab, deshalb muss dieser Server aus dem Internet erreichbar sein.
told-app-authentication-name-part-redirect = Der Authentication Name ist Teil der Weiterleitungs-URI und steht auf dem Knopf. Heißt er anders, ändern Sie auch hier die Weiterleitungs-URI.
told-app-accounts-made-their-own-only = Konten entstehen nur dann von selbst, wenn in app.ini unter [oauth2_client] ENABLE_AUTO_REGISTRATION = true steht; setzen Sie dort USERNAME = preferred_username.
told-app-older-versions-send-no = Ältere Versionen senden kein PKCE; für sie muss „PKCE verlangen“ ausgeschaltet bleiben.
