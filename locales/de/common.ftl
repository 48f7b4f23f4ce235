# Was auf vielen Seiten steht.

sign-in = Anmelden
sign-out = Abmelden
not-done = Nicht ausgeführt
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
username-missing = Geben Sie einen Benutzernamen ein.
username-too-long = Ein Benutzername hat höchstens 50 Zeichen.
username-characters = Ein Benutzername besteht aus Buchstaben (ohne Umlaute), Ziffern, Punkten, Bindestrichen, Unterstrichen und @, ohne Leerzeichen.
username-beginning = Ein Benutzername beginnt mit einem Buchstaben oder einer Ziffer.
email-wrong = Das ist keine E-Mail-Adresse; eine sieht aus wie ada@example.org.
browser-unknown = Unbekannter Browser
browser-on = { $browser } auf { $platform }
email-address = E-Mail-Adresse
first-name = Vorname
first-name-help = Auch der einzige Name, wenn Sie nur einen haben.
last-name = Nachname
last-name-help = Lassen Sie das Feld leer, wenn Sie keinen haben.
username = Benutzername
username-help = Buchstaben (ohne Umlaute), Ziffern, Punkte, Bindestriche, Unterstriche und @. Apps sehen ihn als Ihren Anmeldenamen.
email-help = Apps bekommen sie, wenn sie danach fragen.
continue = Weiter
cancel = Abbrechen
copy = Kopieren
address = Adresse
browser = Browser
code = Code
done = Fertig
remove = Entfernen
list-lines = { $first }–{ $last } von { $total }
list-lines-of-more = { $first }–{ $last } von mehr als { $total }
list-thousands = .
list-pages = Seiten
list-previous = Zurück
list-next = Weiter
qr-code = QR-Code
