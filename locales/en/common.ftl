# What is on many pages.

sign-in = Sign in
sign-out = Sign out
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
