# Links to sign up with, as administrators make them.

sign-up-links = Sign-up
sign-up-links-off = Nobody can make an account of their own: that is switched off.
sign-up-links-by-link = Who holds a link you made can make an account of their own.
sign-up-links-open = Everyone who confirms an e-mail address can make an account of their own; links put people in groups besides.
sign-up-links-change = Change that in the settings
sign-up-links-no-mail = Mail is not set up, so nobody can confirm an address and sign-up is not offered yet. <settings>Enter a mail server</settings>
sign-up-links-none-yet = No links yet
sign-up-links-none-yet-off = Let people sign up in the settings first, then make a link here.
sign-up-links-none-yet-make = Make the first one with the form on this page.
sign-up-links-for = For
sign-up-links-used = Used
sign-up-links-sent-to = sent to { $email }
sign-up-links-made-by = by { $name }, { $day }
sign-up-links-uses = { $uses } of { $max }
sign-up-links-no-groups = none
sign-up-links-works = Works
sign-up-links-until = until { $until }
sign-up-links-take-back = Take it back
sign-up-links-take-back-named = Take back the link for { $note }
sign-up-links-used-up = Used up
sign-up-links-taken-back = Taken back
sign-up-links-too-old = Too old
sign-up-links-was-taken-back = The link was taken back: it opens nothing any more.
sign-up-links-nothing-to-take-back = Nothing to take back
sign-up-links-nothing-to-take-back-help = The link does not work any more: it was used up, taken back, or is too old.

## Making one

sign-up-links-make = Make a link
sign-up-links-not-made = No link was made yet: some fields need another look.
sign-up-links-note = What it is for
sign-up-links-note-help = For you and other administrators; people do not see it.
sign-up-links-lifetime = It works for
sign-up-links-how-many = How many people
sign-up-links-how-many-help = How many accounts can be made with it, from 1 to 1000.
sign-up-links-groups-help = Names of local groups the new people are put in, one per line. Empty for none.
sign-up-links-invite = Invite by e-mail
sign-up-links-invite-help = Addresses, one per line: each gets a link of its own, which works once, and the address counts as confirmed. Empty: you hand the link over yourself.
sign-up-links-make-do = Make the link
sign-up-links-note-missing = Enter a few words, so that you know later what the link was for.
sign-up-links-look-at = { $mistake } Look at “{ $email }”.
sign-up-links-too-many = At most { $count } people can be invited at once.
sign-up-links-uses-wrong = Enter a whole number from 1 to { $max }.
sign-up-links-cannot-mail = Mail is not set up here. Enter a mail server in the settings, or leave this empty and hand the link over.
sign-up-links-quoted = “{ $name }”
sign-up-links-no-group = There is no local group { $names }. Groups of a directory are filled there, so nobody can be put in one here.

## Made

sign-up-link = Sign-up link
sign-up-link-until = Shown this once. It works until { $until }.
sign-up-link-scan = Scan the code, or open the address below, and make your account.
sign-up-link-whoever = Whoever has it can make an account here, as often as you said.
invitations = Invitations
invitations-sent = { $count ->
    [one] { $count } invitation is
   *[other] { $count } invitations are
} on the way.
invitations-until = Each works once, for the address it was sent to, until { $until }.
