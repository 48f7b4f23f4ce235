# The page where one signs in.

sign-in-to-app = Sign in to continue to { $app }
sign-in-as = You are signed in as { $name }. Confirm with your passkey that it is you, or use a passkey of another account.
sign-in-signed-out = You are signed out.
sign-in-deleted = Your account was deleted, and you are signed out.
sign-in-welcome-back = Welcome back, { $name }
sign-in-to-app-line = Sign in to continue to { $app }.
sign-in-not-you = Not you?
sign-in-no-script = Passkeys need JavaScript, and it is off for this page. Switch it on and reload the page, or use one of the other ways below: they work without.
sign-in-with-passkey = Sign in with a passkey
username-or-email = Username or e-mail
sign-in-username-help = You can leave this empty. Your browser may offer your passkeys when you select it.
sign-in-keep = Stay signed in on this browser
sign-in-keep-help = For { $days ->
    [one] { $days } day
   *[other] { $days } days
}. Only on a device that is yours.
sign-in-use-phone = Use your phone or tablet
sign-in-use-key = Use a security key
sign-in-by-password = No passkey yet? <password>Sign in with your directory password</password>
sign-in-sign-up = New here? <sign-up>Make an account</sign-up>
sign-in-other-ways = Other ways to sign in
sign-in-not-at-hand = Passkey not at hand?
sign-in-by-device = <device>Sign in with another device</device> where you are signed in already
sign-in-by-code = <code-page>Use a recovery code</code-page> you have printed
sign-in-by-mail = <mail>Get a sign-in link by e-mail</mail>
sign-in-ask-administrator = Or ask your administrator for a one-time link
back-to-sign-in = Back to signing in
sign-in-with-passkey-instead = Sign in with a passkey instead
then-to-app = Then you go on to { $app }.
