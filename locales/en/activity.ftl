did-something = Something happened that only a newer version can tell.
did-set-up = You set this server up.
did-sign-in-passkey = You signed in with the passkey “{ $passkey }”.
did-sign-in-password = You signed in with your directory password.
did-sign-in-device = You signed in, let in from another device.
did-sign-in = You signed in.
did-refused-code = A recovery code for your account was refused.
did-refused-password = A sign-in with your directory password was refused.
did-refused = A sign-in to your account was refused.
did-new-browser = You signed in with a browser that was never seen for you.
did-disown-browser = You said that a sign-in was not yours; { $count ->
    [0] no session was open
    [one] one session ended
   *[other] { $count } sessions ended
}.
did-prove = You confirmed with the passkey “{ $passkey }” that it was you.
did-prove-for = You confirmed with the passkey “{ $passkey }” that it was you, to { $purpose }.
did-prove-refused = A confirmation with a passkey was refused.
did-sign-out = You signed out.
did-end-session = You ended a session.
did-end-others = You ended your other sessions; { $count ->
    [0] no session was open
    [one] one session ended
   *[other] { $count } sessions ended
}.
did-sign-out-everywhere = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} signed you out everywhere.
did-change-password = You changed your directory password.
did-change-password-refused = A change of your directory password was refused.
did-add-passkey = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} added the passkey “{ $passkey }”.
did-add-passkey-refused = A new passkey was refused.
did-rename-passkey = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} gave a passkey the name “{ $passkey }”.
did-remove-passkey = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} removed the passkey “{ $passkey }”.
did-make-link = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} made a one-time sign-in link for you.
did-use-link = You came in by a one-time link.
did-revoke-link = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} took a one-time sign-in link for you back.
did-ask-link = A sign-in link was asked for, and sent to your e-mail address.
did-let-in = You let another device in: { $browser }, { $address }.
did-keep-out = You refused another device: { $browser }, { $address }.
did-make-codes = You made recovery codes.
did-use-code = You came in by a recovery code.
did-revoke-codes = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} took your recovery codes back.
did-sign-up = You made your account.
did-made = Your account was made.
did-brought = The directory brought your account here.
did-make-account = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} made your account.
did-block = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} kept you out.
did-unblock = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} let you in again.
did-delete = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} deleted your account.
did-export = You took a copy of what is known about you.
did-disabled = The directory disabled your account, or no longer listed you.
did-restored = The directory let you in again.
did-check-app = You tried the app “{ $app }” to check it.
did-consent-app = You let the app “{ $app }” know who you are, and signed in to it.
did-sign-in-app = You signed in to the app “{ $app }”.
did-end-check-app = What the check of “{ $app }” was given was taken back.
did-revoke-app = You took back what the app “{ $app }” had of you.
did-exchange = An app acted for you at another service.
did-reuse = An app showed something a second time that counts once; what it had of you ended.
did-remove-picture = You removed your picture.
did-change-picture = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} changed your picture.
did-make-admin = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} made you an administrator.
did-unmake-admin = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} took the administration away from you.
did-change-account = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} changed your account.
did-change-fields = { $who ->
    [you] You
    [administrator] An administrator
    [directory] The directory
    [app] An app
    [server] The server
   *[somebody] Somebody
} changed your { $fields }.
did-change-username = username
did-change-email = e-mail address
did-change-first-name = first name
did-change-last-name = last name
did-change-display-name = display name
did-change-phone = telephone number
