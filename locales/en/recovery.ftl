code-sign-in = Come in by a recovery code
code-sign-in-lead = With one of the codes you printed you can add a new passkey.
recovery-code = Recovery code
recovery-code-help = Twelve letters and digits. It works once; cross it out on your sheet.
code-refused = That did not open anything. Check the name and the code: each code works once, and only those of your newest sheet. If it stays, ask your administrator for a one-time link.
code-too-many = There were too many tries. Wait { $time } and try again. A passkey works all the while, and so does a one-time link of your administrator.
code-missing = Enter one of your recovery codes.
code-impossible = This is no recovery code: it has twelve letters and digits in three groups, such as K7QF-3MXD-9WTP, and never 0, 1, I, L, O or U.
review-removed = The passkey was removed and signs nobody in any more.
review-last = This passkey is your only way in. Add another one first, then remove it.
review-disowned = The passkey was removed, and every other session was ended.
review-disowned-last = Every other session was ended. The passkey is your only way in and is still there: add another one, then remove it.
recovery-lead = For the day every passkey is lost: codes on paper that let you in to add a new one.
recovery-codes = Recovery codes
codes-none-yet = You have none. Ten codes, each good for once: print them and keep them where you keep your passport, not on the device they are for.
codes-left = Left
codes-none = none
codes-of = { $unused } of { $total }
codes-few = few
codes-made = Made
codes-all-used = All are used. Make a new set and throw the old sheet away.
codes-few-left = Few are left. Make a new set and throw the old sheet away.
codes-what = A code opens nothing but the way to a new passkey. Whoever has the sheet can add a passkey as you, for your username is on it: keep it like a key, and take no photograph of it.
codes-need-passkey = To make recovery codes, sign in with a passkey.
codes-make = Make recovery codes
codes-make-new = Make a new set
codes-replaced = { $count ->
    [one] The code that is left
   *[other] The { $count } codes that are left
} will open nothing any more: throw the old sheet away.
ways-back = Other ways back
way-second = A second passkey
way-second-help = The best way: on another device, or on a security key in a drawer. <add>Add a passkey</add>
way-link = A one-time link
way-link-help = Your administrator can make one for you.
codes-yours = Your recovery codes
codes-once = Shown this once.
codes-former = The former codes open nothing any more: throw the old sheet away.
codes-where = Where
codes-how = Each code works once and lets you add a new passkey. Capitals and hyphens do not matter; there is no 0, 1, I, L, O or U in them.
codes-print = Print this page
codes-copy = Copy the codes
codes-kept = I have kept them
review = What is still open
review-lead = End what you have lost or do not recognise. What stays here can still come in as you.
go-on-to = Go on to { $app }
review-newest = newest
review-added = added { $at }
review-used = used { $at }
review-unused = not used yet
review-last-used = last used { $at }
remove-named = Remove “{ $name }”
review-sessions = Other sessions
review-end-all = End all
review-no-sessions = None. You are signed in here only.
review-end-session = End the session of { $browser }
review-end = End
codes-how-many = { $count ->
    [0] None is left.
    [one] One is left.
   *[other] { $count } are left.
}
codes-see = See your recovery codes
