passkey-none = No passkey
passkey-none-to-prove = This needs your passkey, and your account has none any more. Ask your administrator for a sign-in link and add one.
prove = Confirm that it is you
prove-deed = You are about to <strong>{ $deed }</strong>. To make sure that it is you, and not somebody who got hold of your browser, use your passkey once more.
prove-kept = What you entered is kept and then sent on.
prove-no-script = Passkeys need JavaScript, and it is off for this page. Switch it on and reload the page within six minutes; nothing was changed yet.
prove-signed-in-as = Signed in as
go-on = Go on
prove-do = Confirm with your passkey
prove-back = Go back without changing anything
prove-lost = You lost your passkeys? <add>Add a new one first</add>
prove-lost-too-late = You lost your passkeys? It is more than an hour since you came in by your link: ask your administrator for another one.
prove-lifetime = Nobody asks you again for the next { $time }.
passkey-add = Add a passkey
passkey-add-yours = Add your passkey
passkey-add-by-link = You came in by a one-time link, which works no more. With a passkey you can come in again.
passkey-add-by-code = You came in by a recovery code, which works no more; { $left ->
    [0] it was your last one
    [one] one is left
   *[other] { $left } are left
}.
passkey-add-by-code-next = This session is for one thing: adding a passkey on a device you have. Then you see which passkeys and sessions are still open, and end what you have lost.
passkey-add-by-password = Your directory password brought you here once. From now on you sign in with a passkey, and the password no longer works here.
passkey-what = A passkey is your fingerprint, your face or the screen lock of your device instead of a password. Your browser asks you where to keep it: in your device, in your password manager or on a security key.
passkey-no-script = Passkeys need JavaScript, and it is off for this page. Switch it on and reload the page.
passkey-add-for = It will be for
not-now = Not now
ceremony-expired = That took too long. Try again when you have your device at hand.
ceremony-unknown = This passkey is not known here; it was removed from the account. Delete it in your password manager and use another one.
ceremony-not-verified = Your device did not verify that it is you. Set up its PIN, fingerprint or face recognition, then try again.
ceremony-wrong-address = This page is open under an unexpected address, so passkeys do not work on it. Open it at its usual address; if this is the usual one, tell your administrator.
ceremony-already-registered = This device or password manager already has a passkey for you.
ceremony-not-discoverable = This device made a passkey that cannot sign you in without a name, so it was not kept. Use another device or password manager.
ceremony-other-account = That passkey belongs to another account. Use one of the account you are signed in to.
ceremony-passkey-needed = You have a passkey and signed in with a password. Sign out, sign in with the passkey, then add another one.
ceremony-too-many = You have as many passkeys as one person may have. Remove one you no longer use first.
ceremony-possible-copy = This sign-in was blocked to protect you: the passkey may have been copied. Use another passkey and tell your administrator.
ceremony-refused = This passkey cannot be used here. Try another one, or one of the other ways to sign in.
passkey-name-key = Security key
passkey-name-phone = Phone or tablet
passkey-name = Passkey
passkey-name-on = Passkey on { $platform }
passkey-synced = Synced
passkey-can-sync = Can sync, not backed up yet
passkey-bound = Only on this device or key
passkey-name-missing = Enter a name, such as the device the passkey is on.
passkey-name-too-long = A name has at most 64 characters.
passkey-name-wrong = A name is one line of ordinary characters.
