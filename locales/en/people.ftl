# The pages of people.

people-lead = Everyone who can sign in here: people the directory lists, and local people an administrator added.
person-add = Add a person
people-state-any = Any
people-role = Role
people-way-in = Way in
people-everyone = Everyone
people-administrators = Administrators
people-none-fits = Nobody fits
people-none-fits-help = Nobody here has these words in their name, username or e-mail address, or the filters leave nobody.
people-none-yet = Nobody is here yet
people-none-yet-help = People come from the directory once it is connected, or are added here one by one.
people-disabled = Disabled in directory

## How somebody stands

person-active = Active
person-blocked = Blocked
person-left = Left the directory
person-disabled = Disabled in the directory

## The form

person-edit-lead = Apps see the new values when they next ask for them.
person-add-lead = For someone the directory does not list. They sign in with a passkey, which they add by a one-time link you make afterwards.
person-username-help = Letters, digits and . - _ @; apps may show it and recognise the person by it.
person-display-name-help = What to call them. Left empty it becomes the full name.
person-email-help = May be empty. Used by nobody else.
person-phone = Telephone number
person-phone-help = May be empty.
person-vouch = The address is known to be theirs
person-vouch-help = Apps learn this. Some give access to whoever has a verified address, so switch it on only when you are sure.
person-add-this = Add person
person-nothing-to-vouch = There is no address to vouch for. Enter one, or switch this off.
person-phone-wrong = A telephone number is made of digits, spaces and + - / ( ) . and has at most 40 characters.
person-email-taken = Somebody else has this address. Addresses are used once, because apps recognise people by them.
person-username-taken = Somebody else has this username. Choose another.

## What was done, or was not

person-created = The person was added. Make a one-time sign-in link so that they can add a passkey.
person-was-blocked = The person is blocked and was signed out everywhere.
person-was-unblocked = The person may sign in again.
person-made-admin = The person is an administrator now.
person-unmade-admin = The person is no longer an administrator.
person-signed-out = The person was signed out everywhere.
person-passkey-removed = The passkey was removed, and the person was signed out everywhere. They can sign in with another one.
person-codes-revoked = The recovery codes open nothing any more.
person-link-revoked = The one-time link no longer opens anything.
person-deleted = The person was deleted.
person-gone = This person is not here any more.
person-from-directory-refused = This person comes from the directory, which alone says who they are. Change their entry there; the next sync brings it here.
person-is-yourself = You cannot do this to yourself. Ask another administrator.
person-not-offered = This is not done here. Ask your administrator.
person-is-last-admin = This is the last administrator who can sign in with a passkey; nobody could undo it. Make somebody else an administrator first, and let them add a passkey.

## A person

person-you = You
person-edit = Edit
person-kept-out-since = An administrator keeps this person out since { $at }.
person-directory-missing = The directory no longer lists this person.
person-directory-missing-since = The directory no longer lists this person since { $at }.
person-directory-disabled = The directory has disabled this person.
person-directory-disabled-since = The directory has disabled this person since { $at }.
person-directory-out = They cannot sign in; their passkeys stay and work again when the directory takes them back.
person-profile = Profile
person-verified = verified
person-not-verified = not verified
person-none = none
person-telephone = Telephone
person-language = Language
person-identity = Identity
person-identity-help = What apps receive as <code>sub</code>; it never changes.
person-from-directory = This person comes from the directory, which alone says who they are. What is wrong here is changed there.
person-entry-id = Entry id
person-directory-says = The directory says
person-says-active = active
person-says-missing = no longer listed
person-says-disabled = disabled
person-local = A local person: added here, not listed by the directory.
person-no-groups = In no group. Directory groups come with the sync; local ones are filled on the group’s page.
person-sign-out-everywhere = Sign out everywhere
person-no-sessions = Signed in nowhere.

## How they sign in

person-sign-in = Sign-in
person-no-passkey = No passkey yet. A one-time link lets { $name } in to add one.
person-remove-passkey = “{ $passkey }” opens nothing any more, and { $name } is signed out everywhere.
person-remove-only = It is their only passkey.
person-remove-only-link = It is their only passkey, so you get a one-time link to give to them.
person-codes-left = { $count ->
    [0] All recovery codes are used.
    [one] One recovery code is left.
   *[other] { $count } recovery codes are left.
}
person-take-codes = Take the codes back
person-take-codes-help = The sheet of paper { $name } keeps opens nothing any more: for when it was lost or seen. They can make new codes themselves. If somebody may have used one already, press “Sign out everywhere” too and look at the passkeys.
person-no-codes = No recovery codes.
person-link-open = A one-time link is open until { $until }.
person-link-take-back = Take it back
person-link-make = Make a one-time sign-in link
person-link-make-help = Whoever opens the link is signed in as { $name }, once. Give it to nobody else.
person-link-lifetime = It works for
person-link-send = Send it by e-mail
person-link-to = To { $email }.
person-link-make-do = Make the link

## What they may administer

person-admin = Administration
person-admin-by-directory = An administrator, because the directory’s admin group lists them. Taking them out of it there ends that.
person-admin-local = An administrator, because an administrator made them one here.
person-no-admin-directory = Not an administrator. The directory’s admin group decides that for the directory’s people.
person-no-admin = Not an administrator.
person-last-admin = The last one who can sign in with a passkey, so this cannot be taken back: make somebody else an administrator first, and let them add a passkey.
person-unmake-given = Take back what was given here
person-unmake = No longer an administrator
person-unmake-yourself = You lose access to these pages at once. Another administrator can give it back.
person-unmake-directory = They stay an administrator as long as the directory’s admin group lists them.
person-unmake-help = { $name } loses access to these pages at once and can still sign in to apps.
person-unmake-do = Take back
person-make-admin = Make an administrator
person-make-admin-help = { $name } can then do everything you can: change people, apps and settings, and sign in as nobody else but make links for anyone.

## Keeping them out

person-keep-out = Keep out
person-unblock-help = Unblocking lets { $name } sign in again. Their passkeys are still there.
person-unblock-help-directory = Unblocking lets { $name } sign in again as far as the directory agrees. Their passkeys are still there.
person-unblock = Unblock
person-block-yourself = You cannot block or delete yourself. Another administrator can.
person-block-last-admin = The last administrator who can sign in with a passkey can be neither blocked nor deleted. Make somebody else an administrator first, and let them add a passkey.
person-block = Block
person-block-help = Ends every session of { $name } and everything apps hold of them, at once. They cannot sign in until they are unblocked. Passkeys and groups stay.
person-block-help-directory = Ends every session of { $name } and everything apps hold of them, at once. They cannot sign in until they are unblocked, whatever the directory says. Passkeys and groups stay.
person-block-named = Block { $name }
person-delete-help = Deletes { $name } with their passkeys, sessions and group memberships. This cannot be undone: somebody added under the same name later is a new person to every app. The audit log stays.
person-delete-directory = The directory’s people are not deleted here: whoever leaves the directory can no longer sign in after the next sync.
