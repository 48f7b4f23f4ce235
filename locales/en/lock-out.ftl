# Who is how near to being locked out, and what an administrator takes away.

lock-out = Lock-out risk
lock-out-lead = Of those who may sign in, who would be locked out when one thing is lost. Whoever has two passkeys, or one and recovery codes, is well provided.
lock-out-levels = Levels
lock-out-no-way = No passkey and no recovery code.
lock-out-never-came = { $count } never came in yet.
lock-out-one-thing = One device, or a sheet of paper.
lock-out-one-account = One synced passkey and nothing else.
lock-out-low = Something may be lost.
lock-out-nobody = Nobody
lock-out-nobody-help = Nobody who may sign in is at this level.
lock-out-at-risk = At risk
lock-out-unused = { $count } unused for a year
lock-out-synced = synced

## How near somebody is to being locked out

risk-no-way = No way in
risk-one-thing = One loss away
risk-one-account = One password manager
risk-low = Well provided

## When the last passkey was taken away

taken-away = The last passkey is gone
taken-away-lead = “{ $passkey }” opens nothing any more, and { $name } was signed out everywhere. This link is how they come in again.
taken-away-link = Shown this once. It works once, until { $until }. Give it to { $name } and nobody else, by a way you trust: whoever opens it is signed in as them and can add a passkey.
taken-away-own = This would remove a passkey of your own. Do that in your account, under Passkeys, where your last one is protected.
