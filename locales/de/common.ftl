# Was auf vielen Seiten steht.

sign-in = Anmelden
sign-out = Abmelden
language-choice = Sprache
to-content = Zum Inhalt springen
navigation-main = Hauptnavigation

## Zeitpunkte und Zeitspannen

# Wie in: 21. Nov. 2026, 10:15 UTC
instant = { $day }. { $month } { $year }, { $time } UTC
day = { $day }. { $month } { $year }
instant-unknown = außerhalb des Kalenders
month-1 = Jan.
month-2 = Feb.
month-3 = März
month-4 = Apr.
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = Aug.
month-9 = Sept.
month-10 = Okt.
month-11 = Nov.
month-12 = Dez.
# Auch im Dativ verwendbar halten, wo es geht: „in den nächsten 10 Minuten“, „für 2 Tage“.
duration-seconds = { $count ->
    [one] { $count } Sekunde
   *[other] { $count } Sekunden
}
duration-minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
duration-hours = { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
duration-days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tage
}
