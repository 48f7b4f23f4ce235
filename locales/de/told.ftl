# Texte, die entstehen, bevor feststeht, wer sie liest: siehe src/language/told.rs.

## Wobei man zu oft etwas versuchen kann

told-signing-passkey = Anmelden mit einem Passkey
told-opening-time-links = Öffnen von Einmal-Links
told-codes-devices = Codes von Geräten
told-codes-other-devices = Codes anderer Geräte
told-apps-proving-who = Apps, die sich ausweisen
told-asking-mail = Anfordern von E-Mails
told-trying-directory-passwords-others = Ausprobieren der Verzeichnis-Passwörter anderer
told-apps-registering-themselves = Apps, die sich selbst anlegen
told-recovery-codes = Wiederherstellungscodes
told-sign-links-e-mail = Anmeldelinks per E-Mail
told-signing-another-device = Anmelden mit einem anderen Gerät
told-signing-another-device-which = Anmelden mit einem anderen Gerät, das abgewiesen wurde
told-signing-up-names-taken = Konto anlegen: vergebene Namen
told-their-directory-password = Eigenes Passwort im Verzeichnis
told-directory-passwords = Passwörter im Verzeichnis

## Bilder und Logos

told-picture-more-than-bytes = Das Bild hat mehr als { $count } Bytes.
told-picture-more-than-pixels = Das Bild hat mehr als { $count } Pixel auf einer Seite, oder mehr als { $count-millions } Millionen insgesamt.
told-picture-neither-jpeg-nor = Das Bild ist weder JPEG noch PNG, WebP oder GIF.
told-picture-damaged-empty = Das Bild ist beschädigt oder leer.
told-picture-damaged = Das Bild ist beschädigt.

## Apps, die hier niemand angelegt hat

told-server-know-app-sent = Dieser Server kennt die App nicht, die Sie hierher geschickt hat, und nimmt keine Apps von ihrer Adresse an. Sagen Sie denen Bescheid, die diesen Server betreiben.
told-server-knows-many-apps = Dieser Server kennt schon so viele Apps dieser Art, wie er annimmt. Sagen Sie denen Bescheid, die diesen Server betreiben.
told-app-client-id-cannot = Die client_id der App ist nicht brauchbar: { $why-told }
told-app-document-asked-too = Das Dokument der App wurde zu oft abgerufen. Versuchen Sie es in einer Minute noch einmal.
told-app-document-cannot-fetched = Das Dokument der App lässt sich nicht abrufen: Ihr Server hat mit { $status } geantwortet.
told-app-document-cannot-used = Das Dokument der App ist nicht brauchbar.
told-app-document-cannot-fetched-2 = Das Dokument der App lässt sich nicht abrufen.
told-app-document-cannot-used-2 = Das Dokument der App ist nicht brauchbar: { $why-told }
told-longer-than-characters = Sie ist länger als 1.000 Zeichen.
told-address-2 = Sie ist keine Adresse.
told-holds-user-name-password = Sie enthält einen Benutzernamen oder ein Passwort.
told-fragment-part = Sie hat ein Fragment (den Teil ab #).
told-no-path-address-such = Sie hat keinen Pfad; eine Adresse wie https://app.example.org/client.json hat einen.
told-written-simplest-form = Sie ist nicht in ihrer einfachsten Form geschrieben.
told-server-sends-elsewhere-redirects = Sein Server leitet weiter, und Weiterleitungen wird nicht gefolgt.
told-server-answered = Sein Server hat mit { $status } geantwortet.
told-served-application-json = Es wird nicht als application/json ausgeliefert.
told-json-object = Es ist kein JSON-Objekt.
told-client-id-own-address = Seine client_id ist nicht seine eigene Adresse.
told-redirect-uris-missing = redirect_uris fehlt
told-offered = { $name } wird nicht geboten
told-must-text-most-characters = { $name } muss ein Text von höchstens { $count } Zeichen sein
told-must-list-texts = { $name } muss eine Liste von Texten sein
told-must-true-false = { $name } muss true oder false sein
told-must-http-https-address = { $name } muss eine Adresse mit http oder https sein
told-must-begin-https = { $name } muss mit https:// beginnen
told-jwks-jwks-uri-must = jwks und jwks_uri dürfen nicht beide vorhanden sein
told-jwks-jwks-uri-missing = jwks oder jwks_uri fehlt, was private_key_jwt braucht
told-token-endpoint-auth-method = token_endpoint_auth_method muss none oder private_key_jwt sein
told-token-endpoint-auth-method-everyone = token_endpoint_auth_method: Jeder kann das Dokument lesen, deshalb kann es kein Geheimnis haben; sagen Sie none
told-client-secret-everyone-can = client_secret: Jeder kann das Dokument lesen, deshalb kann es kein Geheimnis haben
told-subject-type-must-public = subject_type muss public sein
told-response-types-must-code = response_types muss code sein
told-grant-types-offered-apps = grant_types: { $type } wird Apps nicht geboten, die hier niemand angelegt hat; geboten werden { $offered }
told-redirect-uris = redirect_uris: { $uri }: { $why-told }
told-web-application-computer-say = Eine Web-Anwendung ist nicht auf diesem Computer; sagen Sie application_type native.
told-web-application-must-begin = Bei einer Web-Anwendung muss sie mit https:// beginnen.
told-must-begin-https-http = Sie muss mit https:// beginnen; http ist nur für diesen Computer (localhost, 127.0.0.1, [::1]).
told-kind-uri-cannot-receive = Diese Art von URI kann keine Antwort empfangen.
told-full-uri = Sie ist keine vollständige URI.

## Öffentliche Schlüssel von Apps

told-public-key-form-jwk = es ist kein öffentlicher Schlüssel in Form eines JWK
told-holds-private-key-register = darin steht ein privater Schlüssel; tragen Sie nur die öffentliche Hälfte ein, und machen Sie einen neuen Schlüssel
told-keys-type-supported-use = Schlüssel dieser Art werden nicht unterstützt; nehmen Sie RSA, EC P-256 oder OKP Ed25519
told-rsa-key-must-bits = ein RSA-Schlüssel muss 2048 bis 8192 Bit haben
told-meant-signatures = er ist nicht für Signaturen gedacht
told-jwk-set-json-object = es ist kein JWK Set: ein JSON-Objekt mit einem Array „keys“
told-more-than-keys = es hat mehr als 64 Schlüssel
told-no-key-can-used = kein Schlüssel darin ist brauchbar: { $why-told }
told-no-keys = es hat keine Schlüssel

## Was andere Server antworten

told-answer-longer-than-bytes = Die Antwort ist länger als { $count } Bytes.
told-address-3 = { $address } ist keine Adresse.
told-http-https-address = { $address } ist keine Adresse mit http oder https.
told-holds-user-name-password-2 = { $address } enthält einen Benutzernamen oder ein Passwort.
told-begin-https = { $address } beginnt nicht mit https://.
told-address-public-internet = { $address } ist keine Adresse des öffentlichen Internets.
told-requests-other-servers-cannot = Anfragen an andere Server sind nicht möglich: { $error }.
told-no-answer-within-seconds = Innerhalb von { $count } Sekunden kam keine Antwort.
told-answered-status = Sie hat mit dem Status { $count } geantwortet.
told-answered-status-gave-no = Sie hat mit dem Status 400 geantwortet und keinen Grund genannt.
told-answered-status-2 = Sie hat mit dem Status 400 geantwortet: { $reason }

## Der Mailserver

told-no-mail-server-settings = In den Einstellungen steht noch kein Mailserver: Geben Sie seinen Namen (SMTP_HOST) und die Adresse des Absenders (SMTP_FROM) ein.
told-sender-address-smtp-e = Die Adresse des Absenders (SMTP_FROM) ist keine E-Mail-Adresse.
told-tls-cannot-used-server = TLS geht mit diesem Server nicht: { $error }
told-mail-server-did-take = Der Mailserver hat die E-Mail nicht rechtzeitig angenommen.
told-e-mail-address = „{ $address }“ ist keine E-Mail-Adresse.
told-mail-cannot-written = Die E-Mail lässt sich nicht schreiben: { $error }.
told-mail-server-refused = Der Mailserver hat abgelehnt: { $words }
told-mail-server-did-answer = Der Mailserver hat nicht rechtzeitig geantwortet: Stimmt sein Name, und erreicht ihn diese Maschine?
told-connection-could-encrypted-server = Die Verbindung ließ sich nicht verschlüsseln, oder dem Zertifikat des Servers wird nicht vertraut: { $words }
told-mail-server-cannot-take = Der Mailserver kann sie jetzt nicht annehmen: { $words }
told-mail-server-could-reached = Der Mailserver war nicht zu erreichen oder nicht zu verstehen: { $words }
told-too-old-sent = Sie war zu alt, um noch gesendet zu werden.
told-sealed-another-encryption-key = Sie wurde mit einem anderen ENCRYPTION_KEY versiegelt.

## Wer im Protokoll etwas getan hat, wenn es keine Person war

told-command-line = Kommandozeile
told-directory-sync = Verzeichnisabgleich
told-directory-removal = Entfernen eines Verzeichnisses
told-sign-out-notices = Benachrichtigungen über Abmeldungen
told-key-rotation = Schlüsselwechsel
told-mail = E-Mail
told-file = die Datei { $name }
told-app-itself = die App selbst
told-app-document = das Dokument der App

## Was im Protokoll dazu steht

told-left-directory = hat das Verzeichnis verlassen
told-left-directory-before = hatte das Verzeichnis schon verlassen
told-disabled-directory-2 = im Verzeichnis gesperrt
told-directory-removed = sein Verzeichnis wurde entfernt
told-passkey-said-theirs = ein Passkey wurde als fremd gemeldet
told-first-passkey = einen ersten Passkey
told-kept-run-changed-more = nicht festgehalten: Der Lauf hat mehr geändert, als er aufzählt
told-no-yes = nein → ja
told-yes-no = ja → nein
told-found = nicht gefunden
told-directory-failed = Verzeichnis hat versagt
told-right = richtig
told-wrong = falsch
told-refused = abgelehnt

## Was einem Proxy gesagt wird, der falsch eingerichtet ist

told-asked-which-no-proxy = gefragt hat { $address }, und das ist kein Proxy, den TRUST_PROXY nennt
told-proxy-did-say-what = der Proxy hat nicht gesagt, was verlangt wurde: Er sendet X-Original-URL (nginx), oder X-Forwarded-Proto, X-Forwarded-Host und X-Forwarded-Uri
told-header-about-request-came = ein Header über die Anfrage kam mehr als einmal; der Proxy muss ersetzen, was Besucher senden
told-headers-about-request-no = die Header über die Anfrage ergeben keine Adresse mit http:// oder https://
told-no-app-proxy-guards = keine App, die ein Proxy schützt, hat diese Client-ID
told-none-app-addresses-compare = { $address } ist keine der Adressen der App; vergleichen Sie sie auf der Seite der App
