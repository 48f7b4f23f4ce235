# What is on many pages.

sign-in = Sign in
sign-out = Sign out
not-done = Not done
language-choice = Language
to-content = Skip to the content
navigation-main = Main

## Instants and durations

# As in: 21 Nov 2026, 10:15 UTC
instant = { $day } { $month } { $year }, { $time } UTC
day = { $day } { $month } { $year }
instant-unknown = out of range
month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec
duration-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
duration-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
duration-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
duration-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
username-missing = Enter a username.
username-too-long = A username has at most 50 characters.
username-characters = A username is made of letters, digits, dots, hyphens, underscores and @, without spaces.
username-beginning = A username begins with a letter or a digit.
email-wrong = This is not an e-mail address; one looks like ada@example.org.
browser-unknown = Unknown browser
browser-on = { $browser } on { $platform }
email-address = E-mail address
first-name = First name
first-name-help = Also the only name, if you have one.
last-name = Last name
last-name-help = Leave it empty if you have none.
username = Username
username-help = Letters, digits, dots, hyphens, underscores and @. Apps see it as your sign-in name.
email-help = Apps get it when they ask for it.
continue = Continue
cancel = Cancel
copy = Copy
address = Address
browser = Browser
code = Code
done = Done
remove = Remove
list-lines = { $first }–{ $last } of { $total }
list-lines-of-more = { $first }–{ $last } of more than { $total }
list-thousands = ,
list-pages = Pages
list-previous = Previous
list-next = Next
qr-code = QR code
