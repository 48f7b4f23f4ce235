# What people do with their own account: activity, picture, a copy of it all, its end, first minutes; and mail about new things.

## Activity

activity = Activity
activity-lead = What happened in your account, newest first. It is kept for { $retention }.
activity-none = Nothing yet
activity-none-next = Sign-ins, passkeys and apps appear here from now on.
activity-none-older = Nothing older
activity-none-older-next = What came before is no longer kept.
activity-what = What
activity-when = When
activity-where = From where
activity-next-step = Next step
activity-not-me = Not me?
activity-not-me-about = This was not me: { $what }
activity-what-to-do = What to do
activity-what-to-do-about = What to do: { $what }
activity-pages = Pages
activity-are-older = Older events
activity-are-newest = The newest events
activity-newest = Newest
activity-older = Older

event-newer = Something happened that only a newer version can tell.
event-other = { $label }.
event-set-up = You set this server up.
event-sign-in-passkey = You signed in with the passkey “{ $passkey }”.
event-sign-in-password = You signed in with your directory password.
event-sign-in-device = You signed in, let in from another device.
event-sign-in = You signed in.
event-refused-code = A recovery code for your account was refused.
event-refused-password = A sign-in with your directory password was refused.
event-refused-copy = A sign-in with the passkey “{ $passkey }” was blocked, because the passkey may have been copied.
event-refused = A sign-in to your account was refused.
event-new-browser = You signed in with a browser that was never seen for you.
event-new-browser-denied = You said that a sign-in was not yours. { $count ->
    [0] No session was open.
    [one] One session ended.
   *[other] { $count } sessions ended.
}
event-proof = You confirmed with the passkey “{ $passkey }” that it was you.
event-proof-refused = A confirmation with a passkey was refused.
event-sign-out = You signed out.
event-session-ended = You ended a session.
event-sessions-ended = You ended your other sessions. { $count ->
    [0] No other was open.
    [one] It was one.
   *[other] There were { $count }.
}
event-signed-out-everywhere = An administrator signed you out everywhere.
event-password-changed = You changed your directory password.
event-password-refused = A change of your directory password was refused.
event-passkey-added = You added the passkey “{ $passkey }”.
event-passkey-refused = A new passkey was refused.
event-passkey-renamed = You gave a passkey the name “{ $passkey }”.
event-passkey-removed = You removed the passkey “{ $passkey }”.
event-passkey-removed-by-administrator = An administrator removed the passkey “{ $passkey }”.
event-link-made = An administrator made a one-time sign-in link for you.
event-link-used = You came in by a one-time link.
event-link-revoked = An administrator took a one-time sign-in link for you back.
event-link-requested = A sign-in link was asked for, and sent to your e-mail address.
event-device-allowed = You let another device in: { $browser }, { $address }.
event-device-denied = You refused another device: { $browser }, { $address }.
event-codes-made = You made recovery codes.
event-code-used = You came in by a recovery code.
event-codes-revoked = An administrator took your recovery codes back.
event-signed-up = You made your account.
event-created = Your account was made.
event-created-by-directory = The directory brought your account here.
event-created-by-administrator = An administrator made your account.
event-picture = You changed your picture.
event-picture-removed = You removed your picture.
event-made-administrator = An administrator made you an administrator.
event-unmade-administrator = An administrator took the administration away from you.
event-changed-fields = An administrator changed your { $fields }.
event-changed-by-administrator = An administrator changed your account.
event-changed-by-directory = The directory changed your account.
event-changed = Your account was changed.
event-blocked = An administrator kept you out.
event-unblocked = An administrator let you in again.
event-deleted = Your account was deleted.
event-exported = You took a copy of what is known about you.
event-disabled = The directory disabled your account, or no longer listed you.
event-restored = The directory let you in again.
event-app-checked = You tried the app “{ $app }” to check it.
event-app-let = You let the app “{ $app }” know who you are, and signed in to it.
event-app = You signed in to the app “{ $app }”.
event-app-check-over = What the check of “{ $app }” was given was taken back.
event-app-revoked = You took back what the app “{ $app }” had of you.
event-token-exchanged = An app acted for you at another service.
event-token-reused = An app showed something a second time that counts once; what it had of you ended.
field-username = username
field-email = e-mail address
field-first-name = first name
field-last-name = last name
field-display-name = display name
field-phone = telephone number

## This was not me

not-me = Was this not you?
not-me-administrator = Done by an administrator
not-me-lead = If it was, there is nothing to do.
not-me-when = When
not-me-browser = Browser
not-me-address = Address
not-me-ask = If you do not know why
not-me-ask-text = Ask your administrator. What administrators do is kept in the audit log with their names, which they can look up.
not-me-see-open = See what is open in your account
not-me-steps = Then do this, in this order
not-me-question = Say that the browser is not yours.
not-me-question-help = Its sessions end at once, and apps are told.
not-me-question-go = Go to the question
not-me-passkey = Remove the passkey “{ $passkey }”.
not-me-passkey-help = It signs in as you. Every other browser is signed out in the same step.
not-me-passkey-other = Sign in with another passkey to do it.
not-me-passkey-go = Go to the passkey
not-me-sessions = Sign out every other browser.
not-me-sessions-help = { $count ->
    [0] No other one is signed in now.
    [one] One other is signed in now.
   *[other] { $count } others are signed in now.
} This one stays signed in.
not-me-sessions-end = End all other sessions
not-me-password = Change your directory password.
not-me-password-help = Somebody may know it.
not-me-password-elsewhere = Somebody may know it. It is changed where your organisation changes it; ask whoever runs the directory.
not-me-password-go = Change directory password
not-me-apps = Take back what the app has of you.
not-me-apps-help = It loses its access at once and has to ask you again.
not-me-apps-go = Go to your apps
not-me-open = Look at what else is open.
not-me-open-help = Remove passkeys and end sessions that are not yours.
not-me-open-go = See what is open
not-me-codes = Make new recovery codes.
not-me-codes-perhaps = If your sheet of recovery codes may have been seen, make new ones.
not-me-codes-help = The former ones then open nothing any more.
not-me-codes-go = Go to your recovery codes
not-me-tell = Tell your administrator.
not-me-tell-help = They can look further, and keep others safe.

## Picture

back-to-profile = ← Profile
back-to-activity = ← Activity
picture = Picture
picture-lead = Shown here to you and your administrators, and in apps you let see your profile. Whoever knows its address can see it.
picture-changed = This is your picture now. Apps show it when they next ask.
picture-removed = Your picture was removed. Your initials stand in its place.
picture-of-directory = Your picture comes from the directory “{ $directory }”. It is changed there and arrives here within the hour.
picture-not-here-title = Not changed here
picture-not-here = Your picture comes from the directory. It is changed there and arrives here within the hour.
picture-choose = Choose a picture
picture-choose-another = Choose another one
picture-file = File
picture-file-help = JPEG, PNG, WebP or GIF, at most 5 MiB. A square of it is kept, and nothing the camera wrote beside it, such as the place.
picture-preview = How the picture will look
picture-crop = Choose the part to keep
picture-across = From left to right
picture-down = From top to bottom
picture-near = How near
picture-near-help = As it stands the largest square from the middle is kept.
picture-use = Use this picture
picture-remove = Remove the picture
picture-remove-help = Your initials stand in its place. Apps that kept a copy may show it for a while.
picture-missing = Choose a file first.
picture-unreadable = The file did not arrive whole, or is larger than 5 MiB. Choose another one.
picture-too-large = The picture is larger than 5 MiB. Choose another one.
picture-too-many-pixels = The picture has more than 8000 pixels a side, or more than 30 million in all. Choose another one.
picture-unsupported = The picture is neither JPEG nor PNG, WebP or GIF. Choose another one.
picture-damaged = The picture is damaged or empty. Choose another one.
picture-busy-title = Too busy
picture-busy = Many pictures are being made small at this moment. Go back and try again in a minute.

## A copy of what is known

export = Your data
export-lead = A file with what is known about you here, for yourself or for another service.
export-what = What is in it
export-profile = Your profile, picture and groups
export-passkeys = Your passkeys by name and use, without anything that signs in
export-sessions = Your sessions and the browsers you were seen with
export-apps = The apps that know you, and what they may see
export-activity = What happened in your account, and which mails you were sent
export-keep = It is a text file (JSON). It opens no account, but it tells a lot about you: keep it like a letter.
export-get = Get the file

## The end of an account

deletion = Delete your account
deletion-lead = It ends at once and cannot be undone.
deletion-what = What happens
deletion-here = Your profile, picture, passkeys, recovery codes, sessions and group memberships are deleted here.
deletion-signed-out = You are signed out everywhere.
deletion-apps-told = You are signed out everywhere. Apps that want to know are told: { $apps }.
deletion-apps-keep = What apps stored about you, they keep. Ask each of them to delete it.
deletion-log = The audit log keeps your username and what happened, for as long as it keeps anything.
deletion-new-person = Somebody who gets an account under your name later is a new person to every app.
deletion-mail = A last mail to { $email } says that it is done, where mail can be sent.
deletion-copy-first = You may want <export>a copy of what is known about you</export> first. Your password manager keeps its passkey until you delete it there.
deletion-username = Your username
deletion-username-help = Type it to show that you mean it.
deletion-username-wrong = This is not your username. To delete your account, type { $username }.
deletion-do = Delete my account
deletion-keep = Keep it
deletion-of-directory = Your account comes from the directory, and would be back after its next sync. Whoever runs the directory can take you out of it.
deletion-last-administrator = You are the last administrator who can sign in with a passkey; nobody could administer this server any more. Make somebody else an administrator first, and let them add a passkey.
deletion-not-here = This is not done here. Ask your administrator.

## First minutes

welcome = Welcome
welcome-name = Welcome, { $name }
welcome-lead = Two short steps, and you are not locked out one day.
welcome-all-done = That was all.
welcome-steps = Steps
welcome-made = Your passkey “{ $passkey }” is made.
welcome-test = Test it
welcome-tested = It works: it was you.
welcome-not-tested = Not tested.
welcome-second = A second way in
welcome-has-second = You have a second way in.
welcome-no-second = No second way in yet.
welcome-test-now = Test your passkey now
welcome-test-why = One touch, as at every sign-in. If something is wrong with it, this is the moment to find out: you are still signed in, and can add another one.
welcome-no-script = Passkeys need JavaScript, and it is off for this page. Switch it on and reload the page.
welcome-test-do = Test it with one touch
welcome-test-fails = It does not work? <add>Add another passkey</add>, in another place.
welcome-test-skip = Go on without a test
welcome-second-now = Have a second way in
welcome-second-why = When the device with your passkey is lost or broken, this lets you in again. One of the two is enough; both are better.
welcome-second-passkey = Add a second passkey
welcome-second-codes = Make recovery codes
welcome-second-help = A second passkey is best on another device, or on a security key in a drawer. Recovery codes are for paper.
welcome-second-elsewhere = To add one, sign in with your passkey.
welcome-second-skip = Not now
welcome-ready = You are ready
welcome-ready-text = From now on you sign in with your passkey.
welcome-ready-without-second = From now on you sign in with your passkey. A second way in you find under Passkeys and Recovery, whenever you want one.
welcome-to-apps = Go to your apps
welcome-to-app = Go on to { $app }

## Mail about new things

news-hello = Hello { $name },
news-passkey-added = the passkey “{ $passkey }” was added to your account: it signs in as you.
news-passkey-added-subject = A passkey was added to your account at { $app }
news-passkey-removed = the passkey “{ $passkey }” was removed from your account.
news-passkey-removed-by-administrator = an administrator removed the passkey “{ $passkey }” from your account and signed you out everywhere.
news-passkey-removed-subject = A passkey was removed from your account at { $app }
news-possible-copy = a sign-in with the passkey “{ $passkey }” was blocked: the passkey counts its uses, and went backwards, so there may be a copy of it. If you restored or moved your password manager lately, add a new passkey and remove this one. Otherwise somebody may have copied it.
news-possible-copy-subject = A passkey of your account at { $app } may have been copied
news-codes-made = new recovery codes were made for your account; former ones open nothing any more.
news-codes-made-subject = New recovery codes for your account at { $app }
news-code-used = somebody came in with one of your recovery codes and can add a passkey to your account. Codes left: { $left }.
news-code-used-subject = A recovery code of your account at { $app } was used
news-new-browser = somebody signed in to your account with a browser that was never seen for you.
news-new-browser-subject = Signed in to { $app } with a new browser
news-deleted = your account was deleted, as you asked, with everything that was yours here.
news-deleted-subject = Your account at { $app } was deleted
news-when = When: { $at }
news-with = With: { $browser }
news-from = From: { $address }
news-not-you = If that was you, all is well. If not, sign in and open this page; it says what to do:
news-cannot-sign-in = If you cannot sign in any more, tell your administrator at once.
news-tell-at-once = If that was not you, tell your administrator at once.
deletion-not-done = Not done
