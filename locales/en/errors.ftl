error-not-found = Page not found
error-not-found-message = There is nothing at this address. Check it, or go back to the start.
error-forbidden = Not allowed
error-too-many-requests = Too many requests
error-too-many-requests-message = Too many requests came from your address. Try again in { $seconds ->
   *[other] { $seconds } seconds
}.
error-our-fault = Something went wrong
error-our-fault-message = Something went wrong on our side and has been logged. Try again; if it stays, tell your administrator the number below.
error-to-start = Go to the start
error-number = Number of this request: <code>{ $number }</code>
error-cross-site = Form refused
error-cross-site-message = The form was sent from another site, or through a proxy that hides where it came from. Open the page here and send it again.
error-wrong-method = Not possible
error-wrong-method-message = This address cannot be used in that way. Go back and use the buttons of the page.
error-too-large = Too large
error-too-large-message = What was sent is larger than this page takes.
error-not-understood = Not understood
error-not-understood-message = What was sent cannot be read. Go back, reload the page and try again.
error-took-too-long = Took too long
error-took-too-long-message = This took longer than expected and was given up. Try again in a moment.
error-not-an-administrator = This page is for administrators. You are signed in as somebody who is not one.
error-administration-other-device = Administration needs a passkey, and you were let in here from another device. Sign out and sign in with a passkey on this one.
error-administration-password = Administration needs a passkey, and you signed in with a password. Sign out and sign in with your passkey; if you have none yet, add one under Passkeys in your account.
error-form-unreadable = The form cannot be read. Go back, reload the page and try again.
error-no-longer-kept = No longer kept
error-no-longer-kept-message = What you sent was kept for six minutes and could be sent on once. That is over, and nothing more was changed by it. Look at the page it was for; if it still has to be done, do it there again.
error-proof-needed = Confirm with your passkey that it is you, then try again.
