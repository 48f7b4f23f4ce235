# Texts that are put together before anybody knows who reads them: see src/language/told.rs.

## What can be tried too often

told-signing-passkey = Signing in with a passkey
told-opening-time-links = Opening one-time links
told-codes-devices = Codes of devices
told-codes-other-devices = Codes of other devices
told-apps-proving-who = Apps proving who they are
told-asking-mail = Asking for mail
told-trying-directory-passwords-others = Trying directory passwords of others
told-apps-registering-themselves = Apps registering themselves
told-recovery-codes = Recovery codes
told-sign-links-e-mail = Sign-in links by e-mail
told-signing-another-device = Signing in with another device
told-signing-another-device-which = Signing in with another device, which was refused
told-signing-up-names-taken = Signing up: names that are taken
told-their-directory-password = Their directory password
told-directory-passwords = Directory passwords

## Pictures and logos

told-picture-more-than-bytes = The picture has more than { $count } bytes.
told-picture-more-than-pixels = The picture has more than { $count } pixels a side, or more than { $count-millions } million in all.
told-picture-neither-jpeg-nor = The picture is neither JPEG nor PNG, WebP or GIF.
told-picture-damaged-empty = The picture is damaged or empty.
told-picture-damaged = The picture is damaged.

## Apps nobody here registered

told-server-know-app-sent = This server does not know the app that sent you here, and does not take apps from its address. Tell the people who run this server.
told-server-knows-many-apps = This server knows as many apps of this kind as it takes. Tell the people who run this server.
told-app-client-id-cannot = The app's client_id cannot be used: { $why-told }
told-app-document-asked-too = The app's document was asked for too often. Try again in a minute.
told-app-document-cannot-fetched = The app's document cannot be fetched: its server answered { $status }.
told-app-document-cannot-used = The app's document cannot be used.
told-app-document-cannot-fetched-2 = The app's document cannot be fetched.
told-app-document-cannot-used-2 = The app's document cannot be used: { $why-told }
told-longer-than-characters = it is longer than 1,000 characters.
told-address-2 = it is not an address.
told-holds-user-name-password = it holds a user name or password.
told-fragment-part = it has a fragment (the part from #).
told-no-path-address-such = it has no path; an address such as https://app.example.org/client.json does.
told-written-simplest-form = it is not written in its simplest form.
told-server-sends-elsewhere-redirects = its server sends elsewhere, and redirects are not followed.
told-server-answered = its server answered { $status }.
told-served-application-json = it is not served as application/json.
told-json-object = it is not a JSON object.
told-client-id-own-address = its client_id is not its own address.
told-redirect-uris-missing = redirect_uris is missing
told-offered = { $name } is not offered
told-must-text-most-characters = { $name } must be text of at most { $count } characters
told-must-list-texts = { $name } must be a list of texts
told-must-true-false = { $name } must be true or false
told-must-http-https-address = { $name } must be an http or https address
told-must-begin-https = { $name } must begin with https://
told-jwks-jwks-uri-must = jwks and jwks_uri must not both be present
told-jwks-jwks-uri-missing = jwks or jwks_uri is missing, which private_key_jwt needs
told-token-endpoint-auth-method = token_endpoint_auth_method must be none or private_key_jwt
told-token-endpoint-auth-method-everyone = token_endpoint_auth_method: everyone can read the document, so it cannot have a secret; say none
told-client-secret-everyone-can = client_secret: everyone can read the document, so it cannot have a secret
told-subject-type-must-public = subject_type must be public
told-response-types-must-code = response_types must be code
told-grant-types-offered-apps = grant_types: { $type } is not offered to apps that nobody here registered; offered are { $offered }
told-redirect-uris = redirect_uris: { $uri }: { $why-told }
told-web-application-computer-say = a web application is not on this computer; say application_type native.
told-web-application-must-begin = for a web application it must begin with https://.
told-must-begin-https-http = it must begin with https://; http is for this computer only (localhost, 127.0.0.1, [::1]).
told-kind-uri-cannot-receive = this kind of URI cannot receive an answer.
told-full-uri = it is not a full URI.

## Public keys of apps

told-public-key-form-jwk = it is not a public key in the form of a JWK
told-holds-private-key-register = it holds a private key; register the public half only, and make a new key
told-keys-type-supported-use = keys of this type are not supported; use RSA, EC P-256 or OKP Ed25519
told-rsa-key-must-bits = an RSA key must have 2048 to 8192 bits
told-meant-signatures = it is not meant for signatures
told-jwk-set-json-object = it is not a JWK set: a JSON object with an array “keys”
told-more-than-keys = it has more than 64 keys
told-no-key-can-used = no key in it can be used: { $why-told }
told-no-keys = it has no keys

## What other servers answer

told-answer-longer-than-bytes = The answer is longer than { $count } bytes.
told-address-3 = { $address } is not an address.
told-http-https-address = { $address } is not an http or https address.
told-holds-user-name-password-2 = { $address } holds a user name or password.
told-begin-https = { $address } does not begin with https://.
told-address-public-internet = { $address } is not an address of the public Internet.
told-requests-other-servers-cannot = Requests to other servers cannot be made: { $error }.
told-no-answer-within-seconds = There was no answer within { $count } seconds.
told-answered-status = It answered with status { $count }.
told-answered-status-gave-no = It answered with status 400 and gave no reason.
told-answered-status-2 = It answered with status 400: { $reason }

## The mail server

told-no-mail-server-settings = There is no mail server in the settings yet: enter its name (SMTP_HOST) and the sender's address (SMTP_FROM).
told-sender-address-smtp-e = The sender's address (SMTP_FROM) is not an e-mail address.
told-tls-cannot-used-server = TLS cannot be used with this server: { $error }
told-mail-server-did-take = The mail server did not take the mail in time.
told-e-mail-address = “{ $address }” is not an e-mail address.
told-mail-cannot-written = The mail cannot be written: { $error }.
told-mail-server-refused = The mail server refused: { $words }
told-mail-server-did-answer = The mail server did not answer in time: is its name right, and can this machine reach it?
told-connection-could-encrypted-server = The connection could not be encrypted, or the server's certificate is not trusted: { $words }
told-mail-server-cannot-take = The mail server cannot take it now: { $words }
told-mail-server-could-reached = The mail server could not be reached or not be understood: { $words }
told-too-old-sent = It was too old to be sent.
told-sealed-another-encryption-key = It was sealed with another ENCRYPTION_KEY.

## Who did something in the audit log when it was no person

told-command-line = command line
told-directory-sync = directory sync
told-directory-removal = directory removal
told-sign-out-notices = sign-out notices
told-key-rotation = key rotation
told-mail = mail
told-file = the file { $name }
told-app-itself = the app itself
told-app-document = the app's document

## What the audit log says about it

told-left-directory = left the directory
told-left-directory-before = had left the directory before
told-disabled-directory-2 = disabled in the directory
told-directory-removed = its directory was removed
told-passkey-said-theirs = a passkey was said not to be theirs
told-first-passkey = a first passkey
told-kept-run-changed-more = not kept: the run changed more than it lists
told-no-yes = no → yes
told-yes-no = yes → no
told-found = not found
told-directory-failed = directory failed
told-right = right
told-wrong = wrong
told-refused = refused

## What a proxy is told that is set up wrong

told-asked-which-no-proxy = { $address } asked, which is no proxy named in TRUST_PROXY
told-proxy-did-say-what = the proxy did not say what was asked for: it sends X-Original-URL (nginx), or X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-Uri
told-header-about-request-came = a header about the request came more than once; the proxy must replace what visitors send
told-headers-about-request-no = the headers about the request are no http:// or https:// address
told-no-app-proxy-guards = no app that a proxy guards has this client ID
told-none-app-addresses-compare = { $address } is none of the app's addresses; compare them on the app's page
