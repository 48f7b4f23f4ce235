# Sign-in problems, as an administrator reads them.

sign-in-problems = Sign-in problems
problems-lead = Whoever cannot sign in sees a short code. Have them read it to you. Problems are kept for { $time }.
problems-look-up = Look it up
problems-none = No problems
problems-none-help = Nobody had trouble with a passkey lately.
problems-latest = The latest
problems-no-code = A code has six letters and digits, such as K7QF-3M.
problems-unknown-code = There is no problem with this code, or it is too old. Ask for the code again; letters that sound alike are easily mixed up.

## One of them

problem-when = When
problem-what-for = What for
problem-who = Who
problem-browser-from = { $browser }, from { $address }
problem-cause = Cause
problem-yes = yes
problem-no = no
problem-adding = Adding a passkey
problem-confirming = Confirming who they are
problem-signing-in = Signing in

## What happened, and what to do

problem-wrong-origin = The page was open under another address than APP_URL names
problem-wrong-origin-todo = Passkeys belong to one address. Compare the two below: correct APP_URL or the reverse proxy, or tell people the right address.
problem-wrong-rp-id = The passkey was made for another host name
problem-wrong-rp-id-todo = It cannot work here. The person adds a new one by a one-time link.
problem-unknown-credential = Nobody here has this passkey
problem-unknown-credential-todo = It was removed from the account, or belongs to another installation under the same address. The person deletes it in their password manager and uses another one, or gets a one-time link.
problem-user-not-verified = The device did not verify the person
problem-user-not-verified-todo = It asked for no PIN, fingerprint or face. On a security key the person sets a PIN first; a few password managers have a setting for it.
problem-user-not-present = Nobody touched the device
problem-user-not-present-todo = Something answered in the person's place, which no ordinary device does. Let them try another one.
problem-not-discoverable = The device made a passkey that cannot sign in without a name
problem-not-discoverable-todo = An old security key, or one that is full. The person makes room on it, or uses another device.
problem-already-registered = The device or password manager has a passkey for the person already
problem-already-registered-todo = Nothing is wrong: they sign in with that one.
problem-cross-origin = The page was inside a frame of another site
problem-cross-origin-todo = Somebody put the sign-in page into theirs. Nothing was signed in.
problem-counter-went-back = The passkey counts backwards: there may be a copy of it
problem-counter-went-back-todo = Nobody was signed in. Ask the person whether they restored a device; if not, remove the passkey from their page and have them add a new one.
problem-disabled = The person may not sign in
problem-disabled-todo = Their page says why: an administrator blocked them, or the directory disabled or dropped them.
problem-other-account = The passkey belongs to another account
problem-other-account-todo = Somebody has two accounts and used the passkey of the other one.
problem-other-user-handle = The device named another person than the one the passkey belongs to
problem-other-user-handle-todo = It mixes up two passkeys. Remove this one and add a new one.
problem-expired = The answer came too late
problem-expired-todo = The page was open for more than six minutes. The person tries again.
problem-other-browser = The answer came from another browser than the question
problem-other-browser-todo = Cookies are off, or were cleared in between. If this comes often, look whether something between here and the person takes cookies away.
problem-other-question = The answer belongs to another question
problem-other-question-todo = Two pages were open and mixed up. The person reloads the page.
problem-too-many = The person has as many passkeys as one may have
problem-too-many-todo = They remove one they no longer use.
problem-passkey-needed = The person signed in with a password and has a passkey
problem-passkey-needed-todo = They sign in with the passkey, then add another one.
problem-credential-id-taken = The passkey belongs to somebody already
problem-credential-id-taken-todo = The device gave an id twice. Let the person use another device.
problem-signed-out-meanwhile = The person was signed out while they added the passkey
problem-signed-out-meanwhile-todo = They sign in again, or get a one-time link.
problem-removed-or-used-meanwhile = The passkey was removed, or used elsewhere, at the same moment
problem-removed-or-used-meanwhile-todo = The person tries again.
problem-malformed = The device or a password manager answered in a way that cannot be accepted
problem-malformed-todo = Let the person try without the extension, or with another device.
problem-browser-not-allowed = The browser gave no passkey
problem-browser-not-allowed-todo = Closed by the person, timed out, or none was there: browsers do not say which. How long the prompt was open helps: less than a second means that there was none, or none could be asked for.
problem-browser-abort = Another prompt was in the way
problem-browser-abort-todo = A password manager's extension, or a second tab. The person closes other prompts and tries again.
problem-browser-constraint = The device cannot keep passkeys
problem-browser-constraint-todo = It has no screen lock or PIN, or is a security key without room for passkeys. The person sets one up, or uses another device.
problem-browser-security = The browser allows no passkeys at this address
problem-browser-security-todo = The host name does not fit APP_URL, or the certificate is not trusted. Open the address yourself and look at what the browser says about it.
problem-browser-no-passkeys = The browser knows no passkeys at all
problem-browser-no-passkeys-todo = It is very old, or passkeys are switched off in it. The person uses another one, or signs in with another device.
problem-browser-insecure = The page was opened without https
problem-browser-insecure-todo = Passkeys work over https only (and on localhost). Redirect http to https in front of Muster.
problem-browser-in-app = The page was open inside another app
problem-browser-in-app-todo = The browser inside chat and mail apps cannot use passkeys. The person opens the page in their usual browser, or signs in with another device.
problem-browser-unreachable = The server did not answer the page
problem-browser-unreachable-todo = Look at the connection, and at what the reverse proxy logged at that time.
problem-unnamed = Something went wrong that has no name here
problem-unnamed-todo = The details below may help; so does another device or browser.
