# The pages of passkey policies.

policies = Passkey policies
policies-lead = Which passkeys will do. Of all that apply to somebody the strictest part counts. Passkeys always verify their person, by PIN, fingerprint or face; that is no choice.
policies-add = Add a policy for everybody
policies-none = Every passkey will do
policies-none-message = There are no policies. Add one for everybody here, or for a group on the group’s page; apps have theirs among their settings.
policies-for = For
policies-which = Which passkeys
policies-oldest = Oldest sign-in
policies-grace = Grace
policies-changed = Changed
policies-everybody = Everybody
policies-people = { $people ->
    [one] { $people } person
   *[other] { $people } people
}
policies-minutes = { $minutes } min
policies-any = any
policies-none-given = none
policies-every-passkey = every passkey
policies-saved = The policy is in force.
policies-removed = The policy is gone.
policies-models = Models of security keys and devices
policies-no-list = This server has no list of models, so no policy can name any. Fetch the file of the FIDO Metadata Service, have <code>PASSKEY_METADATA_FILE</code> name it, and restart the server.
policies-list = List { $number } of the FIDO Metadata Service, { $count } models.
policies-list-next = The next one is due on { $day }.
policies-list-old = The list is out of date: the next one was due on { $day }. Until the server has it, nobody whose policy names models can add a passkey. Put the new file in the place of the old one and restart the server, or send it SIGHUP.
policies-all-models = All models
policies-model-name = Name
policies-model-id = Id (AAGUID)
policies-model-id-short = Id
policies-model-usable = Can be named
policies-model-no = no: { $why }
policies-model-yes = yes
policies-model-unproved = no: it cannot prove what it is

## One of them

policy-of = Passkeys of { $name }
policy-of-everybody = Passkeys of everybody
policy-back = ← Passkey policies
policy-lead = A new passkey has to satisfy this at once. One that is there already and does not can be used for the days given below.
policy-not-saved = Nothing was saved yet: some fields need another look.
policy-locks-out = <strong>{ $people ->
    [one] { $people } person has
   *[other] { $people } people have
} passkeys, and none that would do.</strong> They could not sign in with them any more, from now on. Give some days of grace, or let them add suitable ones first. Nothing was saved yet.
policy-locks-out-later = <strong>{ $people ->
    [one] { $people } person has
   *[other] { $people } people have
} passkeys, and none that would do.</strong> From their next sign-in on they have { $grace ->
    [one] { $grace } day
   *[other] { $grace } days
} to add one; after that they need a one-time link. Nothing was saved yet.
policy-administrator = Administrator
policy-and-more = And { $count } more.
policy-device-bound = No synced passkeys
policy-device-bound-help = Only passkeys that stay on one device, such as a security key. What password managers copy from device to device will not do. Devices say themselves of which kind their passkeys are; name models below to have it proved.
policy-models = Only these models of security keys and devices
policy-models-help = Optional. One per line: the id of a model (AAGUID), or its name as the list of models has it. A device has to prove its model when a passkey is added; synced passkeys cannot.
policy-grace = Days of grace
policy-grace-help = How long somebody can still use a passkey that will not do, counted from their next sign-in with it. 0: not at all.
policy-oldest = Oldest sign-in, in minutes
policy-oldest-help = Optional. When an app asks who somebody is and their sign-in is older than this, they touch their passkey once more.
policy-save = Save
policy-save-anyway = Save all the same
policy-remove = Remove this policy
policy-remove-short = Remove
policy-remove-message = Every passkey will do for { $name } then, as far as no other policy applies.
policy-remove-message-everybody = Every passkey will do for everybody then, as far as no other policy applies.
policy-remove-do = Remove the policy
policy-app = Which passkeys it takes
policy-app-lead = Optional. Somebody who signs in with another one is told which is wanted, and can use or add one there.
policy-app-models-help = Ids (AAGUIDs), one per line, as listed under Settings, Passkey policies. The device has to have proved its model when the passkey was added. Whether synced passkeys will do is said above, under “How people sign in”.

## What is wrong with one

policy-mistake-whole = Enter a whole number from { $min } to { $max }.
policy-mistake-no-list = This server has no list of authenticator models, so it could believe no authenticator. Give it one (PASSKEY_METADATA_FILE), restart it, and come back.
policy-mistake-list-old = The list of authenticator models is out of date: the next one was due on { $day }. Put the new file in its place and have the server read it (restart, or SIGHUP).
policy-mistake-unknown = “{ $line }” is neither the id of a model (AAGUID) nor a name in the list of models.
policy-mistake-no-model = There is no model { $id } in the list of models, so nothing could be believed of it.
policy-mistake-compromised = { $name } cannot be relied on: its maker or the FIDO Alliance says { $why }.
policy-mistake-unproved = { $name } cannot prove what it is: the list of models has no certificate for it.
policy-mistake-many = At most { $max } models can be named.
policy-mistake-nobody-left = No administrator has such a passkey, so nobody could administer this server any more. Add one to your account first; then save this.
policy-mistake-no-id = “{ $id }” is not the id of a model (AAGUID); one looks like cb69481e-8ff7-4039-93ec-0a2729a154a8. They are listed under Settings, Passkey policies.
