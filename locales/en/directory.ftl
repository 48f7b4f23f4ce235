# The administrator's pages about directories.

## On several of them

directories = Directories
directories-back = ← Directories
directory-page-title = { $directory } · Directories
directory-name = Name
directory-state = State
directory-last-sync = Last sync
directory-took = Took
directory-people = People
directory-groups = Groups
directory-memberships = Memberships
directory-started = Started
directory-by = By
directory-result = Result
directory-server = Server
directory-in-use = In use
directory-switched-off = Switched off
directory-never = never
directory-sync-now = Sync now
directory-no-run-yet = No run yet
directory-confirmed = confirmed
directory-discarded = discarded
directory-no-change = no change
directory-changes-short = +{ $new } · { $changed } changed · −{ $lost }
directory-what-would-change = What would change
directory-what-changed = What changed
directory-to-look-at = To look at
directory-preview = Preview
directory-test-connection = Test connection
directory-switch-on = Switch on
directory-switch-off = Switch off
directory-username = Username
directory-email = E-mail
directory-none = none
directory-members = Members
directory-held-back-until = A sync would be held back until an administrator confirms it: { $reason }

## How a run ended, what began it, and its parts

directory-running = Running
directory-applied = Applied
directory-unchanged = Nothing had changed
directory-held = Held back
directory-failed = Failed
directory-by-start = server start
directory-by-schedule = schedule
directory-by-administrator = administrator
directory-by-command = command line
directory-by-following = changes followed
directory-by-catching-up = catching up with changes
directory-stage-connect = Reach the server
directory-stage-people = Read people
directory-stage-groups = Read groups
directory-stage-plan = Compare
directory-stage-write = Write
directory-connecting = Reaching the server
directory-reading-people = Reading people
directory-reading-groups = Reading groups
directory-comparing = Comparing
directory-writing = Writing
directory-took-under-ms = under 1 ms
directory-took-ms = { $ms } ms
directory-took-seconds = { $whole }.{ $tenths } s
directory-took-no-second = less than a second

## A test, step by step

directory-test = Connection test
directory-step-passed = Passed
directory-step-warning = Look at this
directory-step-failed = Failed
directory-step-not-tried = Not tried
directory-step-resolve = Find the server's address
directory-step-connect = Reach the server
directory-step-tls = Secure the connection
directory-step-bind = Bind
directory-step-server = Recognise the server
directory-step-base = Find the base DN
directory-step-paging = Read in pages
directory-step-users = Read people
directory-step-groups = Read groups

## What changes

directory-count-new = New
directory-count-changed = Changed
directory-count-lost = Lost
directory-count-back = Back
directory-count-as-before = As before
directory-count-skipped = Skipped
directory-changes-search = Search
directory-changes-search-hint = Name, DN, attribute or value
directory-changes-show = Show
directory-changes-unlisted = The first { $listed } of { $total } changes are listed, losses first; the numbers above count all.
directory-changes-none = Nothing fits
directory-changes-none-message = No change has these words, or the filter leaves none.
directory-changes-show-all = Show everything
directory-change-who = Who or what
directory-change-what = What happens
directory-change-detail = In detail
directory-change-nothing = nothing
directory-went-wrong = What went wrong
directory-problems-lead = Everything else is taken over. An entry with a mistake in it counts as present, so nobody loses access because of one.
directory-problems-none = None of the { $total } problems has these words.
directory-filter-all = Everything
directory-filter-created = New people
directory-filter-updated = Changed people
directory-filter-disabled = People losing access
directory-filter-restored = People coming back
directory-filter-linked = Linked accounts
directory-filter-skipped = Skipped
directory-change-new-group = New group
directory-change-group = Group changes
directory-change-group-back = Group is back
directory-change-group-skipped = Group skipped
directory-change-new = New
directory-change-changes = Changes
directory-change-back = Back
directory-change-skipped = Skipped
directory-change-linked = Linked
directory-change-missing = Missing, stays
directory-change-disabled = Loses access
directory-change-deleted = Deleted
directory-change-removed = Group removed
directory-change-joins = Joins
directory-change-leaves = Leaves

## Deciding about a run that was held back

directory-apply-anyway = Apply it anyway
directory-read-again-first = The directory is read again first; should it say anything else than this run, nothing happens and you are asked anew.
directory-discard = Discard
directory-consequence-forgotten = { $people ->
    [one] { $people } person who had left before is
   *[other] { $people } people who had left before are
} deleted for good, with passkeys and all (see the settings for people who left).
directory-consequence-nobody = Nobody is locked out by it, but what is said above happens.
directory-consequence-kept = { $people ->
    [one] { $people } person loses
   *[other] { $people } people lose
} access at once: their sessions end and what apps hold of them is void. Passkeys stay and work again when the directory takes them back.
directory-consequence-deleted = { $people ->
    [one] { $people } person loses
   *[other] { $people } people lose
} access at once, and who has left is deleted with passkeys and all, because people who left are not kept (see the settings).

## Overview

directory-home = Overview
directory-home-lead = What needs somebody, and how the directories stand.
directory-home-nothing = Nothing needs you now.
directory-warnings = Warnings
directory-warning-look = Look

## All directories

directories-lead = People and groups come, read-only, from the LDAP servers an organisation already has.
directories-add = Add a directory
directories-none = No directory is connected yet
directories-none-read-only = Directories cannot be added here, because <code>UI_CONFIG_DISABLED</code> is set. Set the <code>LDAP_</code> variables of the server and restart it.
directories-none-message = Connect OpenLDAP, Active Directory, Samba, 389 Directory Server, FreeIPA, lldap or another LDAP server. You enter its address and an account that may read; Muster recognises the server and fills in the rest.
directories-connect = Connect a directory
directory = Directory
directory-waits-for-you = Waits for you
directory-count-to-look-at = { $count } to look at
directory-and-inactive = and { $people } who left or are disabled
directory-removed = The directory was removed.

## One directory

directory-set-by-environment = Set by the environment
directory-settings = Settings
directory-test-sign-in = Test sign-in
directory-waiting = A sync waits for your decision
directory-waiting-lead = Nothing was changed. If the directory is right, apply it. If it is not (a wrong filter, lost rights, a half-restored server), correct the directory or its settings, and the next sync goes on by itself.
directory-standing = How it stands
directory-in-use-when-asked = In use; brought up to date only when somebody asks for it.
directory-in-use-every = In use; brought up to date after each start and every { $every }.
directory-switched-off-means = Switched off: nothing is read from it and nobody changes.
directory-server-below = <code>{ $address }</code>, below <code>{ $base }</code>
directory-now = Now
directory-running-since = since { $since }
directory-next-sync = Next sync
directory-within-a-minute = within a minute
directory-known = Known from it
directory-known-people = { $people } people who may sign in; { $groups ->
    [one] 1 group
   *[other] { $groups } groups
}
directory-known-people-and-inactive = { $people } people who may sign in, { $inactive } who left or are disabled; { $groups ->
    [one] 1 group
   *[other] { $groups } groups
}
directory-finish-setting-up = Finish setting it up
directory-explain-person = Explain a person
directory-preview-help = A preview reads the directory and shows what a sync would change, without changing anything.
directory-last-runs = Last runs
directory-all-runs = All runs
directory-first-sync-soon = The first sync begins within a minute, or now with “Sync now”.
directory-first-sync-later = Look at a preview, switch the directory on, and the first sync begins.
directory-remove = Remove this directory…
directory-notice-saved = The settings were saved. They count from the next sync on.
directory-notice-unchanged = Nothing was different, so nothing was saved.
directory-notice-discarded = The plan was discarded, and nobody changes. It is not offered again as long as it stays the same.
directory-notice-switched-on = The directory is in use. Its first sync begins within a minute, or now with “Sync now”.
directory-notice-switched-off = The directory is switched off. Nothing is read from it, and nobody changes.

## Warnings

directory-warn-settings = The settings cannot be used, so nothing is synced. Correct them.
directory-warn-stale = The last good sync was { $age } ago. Who left since may still sign in. Look at the last runs.
directory-warn-never-good = No sync has ended well yet; the first try was { $age } ago. Who left since may still sign in. Look at the last runs.
directory-warn-held = A sync was held back and waits for your decision. Until then no sync changes anything; only single changes the server tells of are taken over.
directory-warn-certificate-ended = The certificate of { $server } ended on { $day }. Have it renewed, or syncs will fail.
directory-warn-certificate-ends = The certificate of { $server } ends on { $day }, in { $left }. Have it renewed, or syncs will fail.
directory-warn-password-ended = The password of the bind account ended on { $day }. Change it there and enter the new one in the settings.
directory-warn-password-ends = The password of the bind account ends on { $day }, in { $left }. Change it there and enter the new one in the settings.
directory-warn-any-certificate = The server’s certificate is not checked: whoever sits between can read the bind password and answer as the directory.
directory-warn-plain-anonymous = The connection is not encrypted: what is read can be seen on the way. Use ldaps:// or switch StartTLS on.
directory-warn-plain = The connection is not encrypted: the bind password and what is read can be seen on the way. Use ldaps:// or switch StartTLS on.
directory-warn-everyone-admin = Everybody from this directory is an administrator of Muster.

## A run

directory-run = Sync run
directory-run-back = ← Runs of { $directory }
directory-run-confirmed = Confirmed
directory-run-discarded = Discarded
directory-run-expired = Expired
directory-run-why-held = Why it was held back
directory-run-nothing-changed = Nothing was changed; what is below is what would have.
directory-run-waits-until = It waits for a decision until { $until }.
directory-run-too-late = Nobody decided in time, so it cannot be applied any more. The next sync looks again.
directory-run-failed = The directory could not be read to the end, so nothing was changed. The next sync tries again.
directory-run-the = The run
directory-run-goes-on = It goes on. This page follows it and shows how it ends; it needs nobody to watch.
directory-run-progress = <strong>{ $doing }</strong>: { $people } people and { $groups } groups read so far
directory-run-started-by = { $at }, by { $by }
directory-run-still-running = still running
directory-run-decided-by = { $at }, by { $name }
directory-run-number = Number

## The history

directory-runs = Sync runs
directory-runs-lead = Directory <strong>{ $directory }</strong>, newest first. Kept for { $retention }; the <settings>settings</settings> say how long.
directory-runs-any = Any
directory-runs-show = Show
directory-runs-none-such = No such run
directory-runs-none-such-message = No run of this directory ended like this.
directory-runs-show-all = Show all
directory-runs-none-message = Once the directory is switched on, every sync leaves a line here: when, by whom, what it changed and what it found.

## The preview

directory-preview-title = What a sync would change
directory-preview-as-read = Directory <strong>{ $directory }</strong>, as read { $at }. Nothing was written.
directory-preview-of = Directory <strong>{ $directory }</strong>.
directory-preview-read-again = Read again
directory-preview-make = Make a preview
directory-preview-unsaved = Made with settings that are not saved. A sync uses the saved ones; go back to the form to save these. “Read again” looks at the saved settings.
directory-preview-failed = The directory could not be read to the end, so there is nothing to compare.
directory-preview-nothing = Nothing would change
directory-preview-numbers = In numbers
directory-preview-kept = Kept for { $time }, for you alone. What is applied is always read anew.
directory-preview-none = No preview yet
directory-preview-none-message = A preview reads the whole directory and shows who would be created, changed, disabled or skipped, and why. It changes nothing. Previews are kept for { $time }.
directory-preview-short-failed = The directory could not be read. Nothing was changed.
directory-preview-short-nothing = A sync would change nothing.
directory-preview-short = This is what a sync would change. Nothing was written.
directory-preview-every-change = Every change, one by one
directory-takes-a-while = Takes a while
directory-takes-a-while-message = Reading the directory takes longer than the 45 seconds a page can wait; 100,000 people usually take a few seconds. It goes on: open the preview again in a minute. `muster directory preview` on the server waits longer.
directory-takes-too-long = Takes too long
directory-takes-too-long-message = Reading the directory takes longer than the 45 seconds a page can wait; 100,000 people usually take a few seconds, so look with Test connection first whether the server is slow. `muster directory preview` on the server waits longer; it takes the settings as they are saved.

## The settings

directory-set-up-of = Set up { $directory }
directory-settings-of = Settings of { $directory }
directory-set-up-lead = Step 2 of 2: who is taken over. The fields are filled in with what fits this kind of server. Nobody is taken over before you switch the directory on.
directory-settings-lead = Changes count from the next sync on. A preview shows what they would do before they are saved.
directory-the-server = The server
directory-server-is = This is <strong>{ $server }</strong>.
directory-server-is-version = This is <strong>{ $server }</strong> ({ $version }).
directory-an-ldap-server = an LDAP server
directory-another-ldap-server = Another LDAP server
directory-server-answered = Answered
directory-server-certificate = Certificate
directory-server-certificate-facts = for { $names }, by { $issuer }, valid until { $until }
directory-server-holds = Holds
directory-server-no-base = It does not say; enter the base DN below.
directory-server-large = Large answers
directory-server-no-pages = It sends no pages, so an answer may be cut short by its size limit. A sync that is cut short changes nothing and says so.
directory-sample = What a sync would read
directory-sample-unsaved = What a sync would read with these settings
directory-sample-people = people
directory-sample-groups = groups
directory-sample-memberships = memberships
directory-sample-skipped = not usable
directory-sample-nobody = Nobody is found. Check the base DN, the filter for people and the rights of the account.
directory-sample-first-people = People, the first { $count }
directory-sample-first-groups = Groups, the first { $count }
directory-person-disabled = Disabled there
directory-person-active = Active
directory-tested-unsaved = Tested with what stands in the form below, which is not saved yet.
directory-some-from-environment = The environment of the server sets some of this. Those fields name their variable and are changed there.
directory-essentials = The most important
directory-as-usual = as usual
directory-set-few = set: { $settings }
directory-set-many = set: { $first }, { $second } and { $more } more
directory-fill = Fill in for a kind of server
directory-fill-kind = Kind of server
directory-fill-do = Fill in
directory-fill-help = Replaces filters, attributes and membership in this form with what fits that kind. Connection, places and everything else stay; nothing is saved.
directory-filled = The form was filled in with what fits this kind of server. Nothing is saved yet.
directory-save-and-preview = Save and preview
directory-save-and-use = Save and switch on
directory-look-again = Look again
directory-preview-with = Preview with these settings
directory-form-help = Looking, testing and previewing use what stands in the form, saved or not, and change nothing.
directory-saved = The settings were saved.
directory-password-pinned = The bind password comes from the environment ({ $password }), so the address must be set there too ({ $address }): nobody can send the password to another server from here.
directory-password-again = Enter the bind password again: the address has changed, and the stored password was meant for the other server.

## Connecting one

directory-new-lead = Step 1 of 2: where the server is and which account reads it. The server is asked what it is; nobody is taken over yet.
directory-new-failed = <strong>The server could not be asked.</strong> { $reason }
directory-new-mistakes = Not connected yet: some fields need another look.
directory-new-name-help = What this directory is called here, such as company or school-north: small letters, digits and hyphens. It stays.
directory-new-encryption = Encryption
directory-new-encryption-lead = An ldaps:// address needs nothing here when this machine knows who signed the server’s certificate.
directory-new-account = Account
directory-new-account-lead = An account that may read people and groups is enough; it needs no right to change anything.
directory-new-bind = How to ask
directory-new-bind-help = Few servers show people to somebody who asks anonymously.
directory-new-bind-account = With an account and its password
directory-new-bind-anonymous = Anonymously
directory-new-bind-external = By certificate or socket (SASL EXTERNAL)
directory-new-client-certificate = Client certificate
directory-new-connect = Connect
directory-new-account-missing = Say which account asks, or choose to ask anonymously.
directory-name-wrong = A name has 1 to 32 small letters, digits and hyphens, such as company or school-north.
directory-name-reserved = This name has a meaning of its own here. Choose another.
directory-name-taken = There is a directory of this name. Choose another.

## Explaining a person

directory-explain-lead = Why somebody is or is not a user here: what directory <strong>{ $directory }</strong> has, what the settings make of it, and the verdict. The directory is asked now; nothing is changed.
directory-explain-who = Username, e-mail address or DN
directory-explain-do = Explain
directory-explain-verdict = Verdict
directory-explain-account = Account here
directory-explain-from = ({ $username }), from { $directory }
directory-explain-local = ({ $username }), local
directory-explain-blocked = Blocked
directory-explain-administrator = Administrator
directory-explain-no-account = none
directory-explain-entry = Entry
directory-explain-place = Where people are
directory-explain-inside = Inside
directory-explain-outside = Outside
directory-explain-outside-means = The entry is not below any base DN for people.
directory-explain-filter = The filter for people, part by part
directory-explain-filter-lead = Each part was put to the server, so this is its own answer.
directory-explain-fits = Fits
directory-explain-fits-not = Does not fit
directory-explain-fits-unsaid = The server did not say
directory-explain-fields = What the settings make of it
directory-explain-field = Field
directory-explain-taken-from = Taken from
directory-explain-taken-over = Taken over
directory-explain-nothing-in = nothing in { $attributes }
directory-explain-of = of { $attributes }
directory-explain-nothing = nothing
directory-explain-no-groups = The filter for groups finds none this person is in.
directory-explain-raw = What the entry has
directory-explain-raw-lead = As the server sends it to the bind account. Passwords and keys are not shown, binary values by their size.
directory-explain-attribute = Attribute
directory-explain-values = Values
directory-explain-type = Type who is meant
directory-explain-type-message = Also somebody who is missing here, or whom no filter finds: a DN is read directly.
directory-explain-too-long = That is too long for a username, an e-mail address or a DN.
directory-explain-settings = The directory's settings cannot be used: { $mistakes }. Correct them first.

## Trying a password

directory-try-lead = Asks the directory whether a person’s password is right. Nobody is signed in, and the password is neither kept nor logged; that you tried is.
directory-try-plain = The connection to this directory is not encrypted, so the password can be read on its way.
directory-try-person = Person
directory-try-person-help = Username, e-mail address or DN.
directory-try-password = Directory password
directory-try-password-help = Wrong passwords count at the directory, which may lock the account.
directory-try-do = Test
directory-try-person-missing = Enter a username, an e-mail address or a DN.
directory-try-password-missing = Enter the password. An empty one is never sent: many servers take it for anybody’s.
directory-try-nobody = The directory shows nobody by that name. Check the base DN, the attribute of the username and the rights of the bind account.
directory-try-found = Found { $dn }.
directory-try-disabled = The directory has disabled this account, so a sync does too.
directory-try-out-of-scope = The entry is outside of what is taken over (filter or place), so this person would not be known here.
directory-try-right = The password is right.
directory-try-wrong = The password is wrong.

## Removing one

directory-remove-title = Remove { $directory }
directory-remove-lead = { $people } people and { $groups } groups here come from this directory. Its settings and the list of its runs go for good; nothing changes on the server itself.
directory-remove-from-environment = The environment of the server sets this directory, so it cannot be removed here. Take its <code>LDAP_</code> variables away there, or set <code>LDAP_ENABLED</code> to false.
directory-remove-nothing = Nothing was removed:
directory-remove-people = What becomes of the people
directory-remove-local = They become local accounts
directory-remove-local-help = Who can sign in now still can, with the same passkeys and groups; administrators stay administrators. Who left or is disabled is blocked. From then on you look after them here.
directory-remove-blocked = They are kept and blocked
directory-remove-blocked-help = Nobody of them can sign in, and their sessions end at once. An administrator can unblock each.
directory-remove-delete = They are deleted
directory-remove-delete-help = With passkeys, sessions and what apps hold of them; the groups of this directory too. This cannot be undone.
directory-remove-type = To delete them, type <code>{ $directory }</code>
directory-remove-do = Remove the directory
directory-remove-default = The directory named default is always there: removing it clears it, and it is shown again once it is set up anew.
directory-remove-undecided = Say what becomes of the people.
directory-remove-name-wrong = To delete the people, type the name of the directory exactly as it stands above.

## What cannot be done now

directory-not-removed = Not removed
directory-not-removed-yours = You come from this directory yourself and would lose access. Ask another administrator, or keep the people as local accounts.
directory-not-removed-environment = The environment of the server sets this directory. Take its LDAP_ variables away there and restart.
directory-not-removed-running = A sync is going on
directory-not-removed-running-message = The directory is being read. Wait until that has ended and try again.
directory-not-removed-no-admin = Nobody who can sign in would be an administrator of this server any more. Make somebody else one first.
directory-not-done = Not done
directory-not-done-environment = The environment variable LDAP_ENABLED decides whether this directory is used. Change it there.
directory-not-set-up = Not set up yet
directory-not-set-up-message = Some settings of this directory are missing or cannot be used. Open its settings and press “Save settings”: each is named there.
directory-off-message = The directory is switched off. Switch it on in its settings first.
directory-busy = Already running
directory-busy-message = Another sync is going on. Look at it in the list of runs.
directory-busy-since = Another sync is going on, since { $since }. Look at it in the list of runs.
directory-too-late = Too late
directory-too-late-message = This run could be confirmed until { $until }. Sync again, and decide about what would change now.
directory-decided = Already decided
directory-decided-message = This run does not wait for anybody: somebody has decided about it, or a later run has taken its place.
directory-stopping = Stopping
directory-stopping-message = The server is stopping. Try again in a moment.

## Mistakes in a directory's settings: without the setting's name, without a full stop, as if in the middle of a sentence

directory-mistake-no-address = the address is missing, such as ldaps://ldap.example.org
directory-mistake-needless-password = there is a password, but SASL EXTERNAL needs none
directory-mistake-no-bind-dn = there is a password but no bind DN
directory-mistake-no-password = the bind DN needs a password: many servers take an empty one for anybody's
directory-mistake-no-base = the base DN is missing, such as dc=example,dc=org
directory-mistake-object-class = { $text } is not the name of an object class, such as inetOrgPerson
directory-mistake-attribute = { $text } is not an attribute name, such as memberOf
directory-mistake-secret = { $text } holds a secret (a password or a key), which is never read, shown or given to apps; name another attribute
directory-mistake-group-map = { $text } is not of the form: directory group = local group
directory-mistake-switch = { $text } is neither true nor false
directory-mistake-no-certificate = there is no certificate in it; it begins with -----BEGIN CERTIFICATE-----
directory-mistake-needless-key = there is a key but no client certificate
directory-mistake-no-key = the client certificate needs its private key
directory-mistake-not-a-key = there is no unencrypted private key in it; it begins with -----BEGIN PRIVATE KEY-----
directory-mistake-server-name = { $text } is not a name a certificate can carry, such as ldap.example.org
directory-mistake-duration = { $text } is not a time from one minute to 30 days, such as 15m, 1h or 1d
directory-mistake-whole = { $text } is not a whole number from { $from } to { $to }
directory-mistake-pem = the PEM text is damaged
directory-mistake-choice = { $text } is none of: { $allowed }

## The verdict about a person

directory-verdict-several-why = A run takes over each of those its filter finds; two that want one username cannot both have it.
directory-verdict-several = { $count } entries of the directory have the name { $who }. Choose one by its DN.
directory-verdict-gone-since = { $name } is known here, but the directory shows no such entry. It has been missing since { $since }.
directory-verdict-gone = { $name } is known here, but the directory shows no such entry. The last sync still saw it; the next one will notice.
directory-verdict-gone-why = Deleted there, moved out of reach, or the bind account may not see it any more.
directory-verdict-local = { $name } has a local account; this directory has nobody by that name.
directory-verdict-other = { $name } has an account from the directory { $directory }; this directory has nobody by that name.
directory-verdict-nobody = Neither the directory nor Muster knows anybody as { $who }.
directory-verdict-nobody-why = Looked for by username and e-mail address, everywhere below the base DN. A DN can be given too.
directory-verdict-lacks-group-why = Only members of the group { $group } are taken over (LDAP_IMPORT_GROUP), and no group the entry is in leads there.
directory-verdict-bind-account-why = Muster itself binds with this account, so it is left out (LDAP_INCLUDE_BIND_ACCOUNT).
directory-verdict-outside = { $name } is not a user here, because the entry is outside of where people are searched.
directory-verdict-filter = { $name } is not a user here, because the filter for people leaves the entry out.
directory-verdict-unusable = { $name } is not a user here, because the entry cannot be used.
directory-verdict-bind-account = { $name } is not a user here, because Muster itself binds with this account.
directory-verdict-lacks-group = { $name } is not a user here, because only members of a group are taken over.
directory-verdict-usable-until = The account from before stays usable until the next sync.
directory-verdict-disabled-why = The directory has disabled the account.
directory-verdict-blocked-why = An administrator blocked the account on { $at }; no sync lifts that.
directory-verdict-next-locks = The last sync was before that: the next one locks the account.
directory-verdict-next-gives-back = The last sync had seen it otherwise: the next one gives access back.
directory-verdict-cannot = { $name } has an account and cannot sign in.
directory-verdict-can = { $name } can sign in.
directory-verdict-can-administer = { $name } can sign in and is an administrator.
directory-verdict-taken = { $name } is in the directory, but the name is taken here.
directory-verdict-not-asked = { $name } is in the directory, but people are not taken over from it (LDAP_SYNC_USERS).
directory-verdict-only-local = { $name } is in the directory and has only a local account here.
directory-verdict-next-links = The next sync links the two.
directory-verdict-none-yet = { $name } is in the directory and has no account here yet.
directory-verdict-next-creates = The next sync creates the account.
directory-verdict-off = The directory is switched off, so no sync runs.
directory-verdict-switch-on = Switch it on in the settings if people are to come from this directory.
directory-verdict-part-out = { $part } leaves the entry out.
directory-verdict-part-out-has = { $part } leaves the entry out: { $has }.
directory-verdict-part-asks = The filter asks for { $part }: { $has }.
directory-has-none = the entry has no { $attribute }, or the bind account may not read it
directory-has = { $attribute } is { $values }
directory-has-more = { $attribute } is { $values } and { $count } more
directory-value-more = … and { $count } more
directory-value-secret = (a secret, not shown)
directory-value-long = { $beginning }… ({ $count } characters)
directory-value-binary = ({ $count ->
    [one] { $count } byte
   *[other] { $count } bytes
} of binary data)
directory-path-primary = primary group
directory-path-own-entry = named by the person's own entry
directory-path-direct = direct
directory-path-via = via { $groups }
directory-field-made = Made from the names or the username, because the entry has none.
directory-field-several = Of several values the one in the entry's name counts, else the shortest.
directory-field-disabled = Disabled
directory-field-yes = yes
directory-field-no = no
directory-field-more = { $attribute }: and { $count } more
directory-field-empty = (empty)
directory-field-bytes = ({ $count ->
    [one] { $count } byte
   *[other] { $count } bytes
})
directory-names-none = no name at all
directory-names-few = { $names } and { $last }
directory-names-many = { $names } and { $more } more
