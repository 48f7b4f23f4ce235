passkey-none = No passkey
passkey-none-to-prove = This needs your passkey, and your account has none any more. Ask your administrator for a sign-in link and add one.
prove = Confirm that it is you
prove-deed = You are about to <strong>{ $deed }</strong>. To make sure that it is you, and not somebody who got hold of your browser, use your passkey once more.
prove-wanted = Which passkeys will do here has changed: wanted is { $what }. Confirm once more that it is you, with such a passkey if you have one. If you have none, you are told until when the one you have still works, or what to do.
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
passkeys-lead = Each of these signs you in. Keep at least two, on different devices or in different places: then losing one does not lock you out.
passkeys-distrust = Was it because you do not trust another browser any more?
passkeys-by-password-none = You signed in with your directory password. Add a passkey: it is safer, because nobody can get it out of you.
passkeys-by-password = You signed in with your directory password. To add, rename or remove passkeys, sign out and sign in with one of them.
passkeys-by-other-device = You were let in from another device. To add, rename or remove passkeys, use that device, or sign out and sign in with a passkey.
passkeys-by-link = You came in by a one-time link. To rename or remove passkeys, sign in with one of them, or add a new one.
passkeys-full = You have as many passkeys as one person may have. Remove one to add another.
passkeys-none = No passkey yet
passkeys-none-password = Add one to be able to sign in without a password.
passkeys-none-link = Add one to be able to sign in without a link.
passkey-added = Added
passkey-used-from = { $browser }, from { $address }
passkey-untested = not tested yet
passkey-sign-ins = Sign-ins
passkey-test-named = Test “{ $name }”
passkey-test = Test
passkey-rename-named = Rename “{ $name }”
passkey-rename = Rename
passkey-name-label = Name
passkey-name-save = Save name
passkey-remove-message = “{ $name }” will no longer sign you in. This cannot be undone; you can add a new passkey at any time.
passkey-remove-last = “{ $name }” will no longer sign you in. It is your only passkey: from then on you come in by { $codes ->
    [one] your one recovery code, and by it once
   *[other] one of your { $codes } recovery codes
}. This cannot be undone; you can add a new passkey at any time.
passkeys-notice-added = The passkey was added. Test it now, before you need it; and give it a name you will recognise.
passkeys-notice-tested = The passkey works: it was you.
passkeys-notice-renamed = The passkey has its new name.
passkeys-notice-removed = The passkey was removed and signs nobody in any more. If your password manager still offers it, delete it there too.
passkeys-notice-last = This is your only passkey: without it you could not sign in any more. Add another one or make recovery codes first, then remove this one.
passkeys-notice-last-admin = This is your only passkey, and no other administrator has one: without it nobody could administer this server. Add another passkey first, then remove this one.
passkey-history = What happened with it
passkey-history-added = Added { $at } with { $browser }.
passkey-history-used = Used { $count ->
    [one] { $count } time
   *[other] { $count } times
}, last { $at } with { $browser } from { $address }.
passkey-history-unused = Not used yet.
passkey-history-gone = The log no longer has anything about it.
not-me-message = “{ $name }” is removed, and every other browser is signed out at once. Then you see what is still open. This browser stays signed in.
not-me-do = Remove it and end every other session
passkey-event-sign-in = Signed in
passkey-event-sign-in-refused = Sign-in refused
passkey-event-proof = Proof given
passkey-event-proof-refused = Proof refused
passkey-event-added = Passkey added
passkey-event-renamed = Passkey renamed
passkey-event-other = Something else
passkeys-notice-last-allowed = This is your only passkey that the policies here let you use: without it you could not sign in any more. Add another one of that kind or make recovery codes first, then remove this one.
here-title = A passkey on this device, too?
here-lead = You signed in with a passkey of another device. With one on this device, one touch is enough the next time, and you can still come in when the other device is lost.
here-help = Only on a device that is yours alone. You are not asked again in this browser for half a year.
here-add = Add one here
here-later = Not now
here-later-app = Not now, on to { $app }
