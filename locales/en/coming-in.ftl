# One-time links that administrators make, for one person or for a group.

access-link = Link
access-link-for = One-time link for { $name }
access-link-lifetime = Shown this once. It works once, and for { $time }: until { $until }.
access-link-sent = It is on its way to { $email }.
access-link-give = Give it to { $name } and nobody else, by a way you trust: whoever opens it is signed in as them and can add a passkey.
access-link-sent-give = You need not do anything more. If the mail does not arrive, give it to { $name } and nobody else, by a way you trust: whoever opens it is signed in as them and can add a passkey.
access-link-kept-out = This person is kept out, so a link would open nothing. Unblock them first, or have the directory take them back.
access-link-no-address = This person has no e-mail address. Make the link without sending it, and hand it over yourself.

## A group on its way in

coming-in = Who has come in
coming-in-title = Who has come in · { $group }
coming-in-lead = Somebody has come in when they have a passkey. A one-time link is how they get there.
coming-in-have-passkey = have a passkey
coming-in-hold-link = hold a link
coming-in-hold-none = hold none yet
coming-in-kept-out = cannot sign in
coming-in-show = Show
coming-in-everyone = Everyone
coming-in-nobody = Nobody
coming-in-group-empty-help = Links are made for the members of a group.
coming-in-to-group = Go to the group
coming-in-nobody-help = No member of this group stands like that.
coming-in-last-here = last here { $day }
coming-in-until = until { $day }
standing-in = Has a passkey
standing-linked = Holds a link
standing-out = Not yet
standing-kept-out = Cannot sign in

## Making links

links-make = Make links
links-make-lead = One for each person without a passkey, up to { $count } at a time. Whoever opens a link is signed in as its person, once: hand each to its person alone.
links-for = For
links-for-without-link = Who holds no link yet ({ $count })
links-for-without-passkey = Everyone without a passkey ({ $count })
links-for-help = For everyone: links handed out before stop working.
links-lifetime = They work for
links-as = As
links-as-sheets = Sheets to print, one for each person
links-as-mail = E-mails to each person; sheets for who has no address
links-as-csv = A table (CSV), to send them with a mail merge
links-as-help = The links are shown this once.
links-nobody-needs = Everyone who may sign in has a passkey: nobody needs a link.
links-nobody-there = There is nobody to make a link for.
links-no-mail = Mail is not set up
links-no-mail-help = There is no mail server in the settings, so no link was made. Set one up first, or print the links.
links-none-needed = Nobody needs a link
links-none-needed-help = Everyone in this group who may sign in has a passkey, or holds a link that still works. No link was made.
lifetime-hour = 1 hour
lifetime-day = 1 day
lifetime-week = 7 days
lifetime-month = 30 days

## The sheets

sheets-title = Links for { $group }
sheets-how-many = { $count ->
    [one] { $count } link
   *[other] { $count } links
} for { $group }
sheets-shown-once = Shown this once. Print this page: each person gets a sheet of their own.
sheets-lifetime = The links work once, for { $time }: until { $until }.
sheets-print = Print
sheets-sent = { $count ->
    [one] { $count } link is
   *[other] { $count } links are
} on the way by e-mail.
sheets-without-address = The people on the sheets below have no address.
sheets-rest = { $count } more people have no link yet: come back and make the next ones.
sheet-print = Print the sheet below
sheet-welcome = Welcome to { $app }, { $name }
sheet-lead = With this sheet you set up how you sign in: with your fingerprint, your face or the lock of your phone or computer. There is no password.
sheet-scan = Scan the code with the phone you will use, or type the address into a browser.
sheet-continue = Press <strong>Continue</strong>.
sheet-add = Press <strong>Add a passkey</strong> and follow your device.
sheet-username = Your username is { $username }. This works once, until { $until }. Whoever has this sheet can come in as you: keep it to yourself and throw it away afterwards, torn.
