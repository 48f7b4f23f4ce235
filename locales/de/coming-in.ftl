# Einmalige Links, die die Administration macht, für eine Person oder für eine Gruppe.

access-link = Link
access-link-for = Einmaliger Link für { $name }
access-link-lifetime = Wird nur dieses eine Mal gezeigt. Er funktioniert einmal; gültig: { $time }, bis { $until }.
access-link-sent = Er ist unterwegs an { $email }.
access-link-give = Geben Sie ihn { $name } und niemandem sonst, auf einem Weg, dem Sie vertrauen: Wer ihn öffnet, ist unter diesem Namen angemeldet und kann einen Passkey hinzufügen.
access-link-sent-give = Mehr müssen Sie nicht tun. Wenn die E-Mail nicht ankommt, geben Sie ihn { $name } und niemandem sonst, auf einem Weg, dem Sie vertrauen: Wer ihn öffnet, ist unter diesem Namen angemeldet und kann einen Passkey hinzufügen.
access-link-kept-out = Diese Person darf sich nicht anmelden, ein Link würde also nichts öffnen. Entsperren Sie sie zuerst, oder lassen Sie das Verzeichnis sie wieder aufnehmen.
access-link-no-address = Diese Person hat keine E-Mail-Adresse. Machen Sie den Link, ohne ihn zu senden, und übergeben Sie ihn selbst.

## Eine Gruppe auf dem Weg herein

coming-in = Wer hereingekommen ist
coming-in-title = Wer hereingekommen ist · { $group }
coming-in-lead = Hereingekommen ist, wer einen Passkey hat. Der Weg dorthin ist ein einmaliger Link.
coming-in-have-passkey = haben einen Passkey
coming-in-hold-link = haben einen Link
coming-in-hold-none = haben noch keinen
coming-in-kept-out = können sich nicht anmelden
coming-in-show = Zeigen
coming-in-everyone = Alle
coming-in-nobody = Niemand
coming-in-group-empty-help = Links werden für die Mitglieder einer Gruppe gemacht.
coming-in-to-group = Zur Gruppe
coming-in-nobody-help = Auf kein Mitglied dieser Gruppe trifft das zu.
coming-in-last-here = zuletzt hier am { $day }
coming-in-until = bis { $day }
standing-in = Hat einen Passkey
standing-linked = Hat einen Link
standing-out = Noch nicht
standing-kept-out = Kann sich nicht anmelden

## Links machen

links-make = Links machen
links-make-lead = Einer für jede Person ohne Passkey, bis zu { $count } auf einmal. Wer einen Link öffnet, ist einmal als dessen Person angemeldet: Geben Sie jeden nur seiner Person.
links-for = Für
links-for-without-link = Wer noch keinen Link hat ({ $count })
links-for-without-passkey = Alle ohne Passkey ({ $count })
links-for-help = Bei allen: Früher ausgegebene Links funktionieren dann nicht mehr.
links-lifetime = Sie gelten
links-as = Als
links-as-sheets = Blätter zum Ausdrucken, eines für jede Person
links-as-mail = E-Mails an jede Person; Blätter für alle ohne Adresse
links-as-csv = Eine Tabelle (CSV), um sie als Serienbrief zu senden
links-as-help = Die Links werden nur dieses eine Mal gezeigt.
links-nobody-needs = Alle, die sich anmelden dürfen, haben einen Passkey: Niemand braucht einen Link.
links-nobody-there = Es ist niemand da, für den ein Link zu machen wäre.
links-no-mail = E-Mail ist nicht eingerichtet
links-no-mail-help = In den Einstellungen steht kein Mailserver, deshalb wurde kein Link gemacht. Richten Sie zuerst einen ein, oder drucken Sie die Links.
links-none-needed = Niemand braucht einen Link
links-none-needed-help = Alle in dieser Gruppe, die sich anmelden dürfen, haben einen Passkey oder einen Link, der noch funktioniert. Es wurde kein Link gemacht.
lifetime-hour = 1 Stunde
lifetime-day = 1 Tag
lifetime-week = 7 Tage
lifetime-month = 30 Tage

## Die Blätter

sheets-title = Links für { $group }
sheets-how-many = { $count ->
    [one] { $count } Link
   *[other] { $count } Links
} für { $group }
sheets-shown-once = Wird nur dieses eine Mal gezeigt. Drucken Sie diese Seite: Jede Person bekommt ein eigenes Blatt.
sheets-lifetime = Die Links funktionieren einmal; gültig: { $time }, bis { $until }.
sheets-print = Drucken
sheets-sent = { $count ->
    [one] { $count } Link ist
   *[other] { $count } Links sind
} per E-Mail unterwegs.
sheets-without-address = Die Personen auf den Blättern unten haben keine Adresse.
sheets-rest = Noch ohne Link: { $count }. Kommen Sie wieder und machen Sie die nächsten.
sheet-print = Das Blatt unten drucken
sheet-welcome = Willkommen bei { $app }, { $name }
sheet-lead = Mit diesem Blatt richten Sie ein, wie Sie sich anmelden: mit Ihrem Fingerabdruck, Ihrem Gesicht oder der Sperre Ihres Handys oder Computers. Ein Passwort gibt es nicht.
sheet-scan = Scannen Sie den Code mit dem Handy, das Sie benutzen werden, oder geben Sie die Adresse in einen Browser ein.
sheet-continue = Drücken Sie auf <strong>Weiter</strong>.
sheet-add = Drücken Sie auf <strong>Passkey hinzufügen</strong> und folgen Sie Ihrem Gerät.
sheet-username = Ihr Benutzername ist { $username }. Das hier funktioniert einmal, bis { $until }. Wer dieses Blatt hat, kann unter Ihrem Namen hereinkommen: Behalten Sie es für sich, und werfen Sie es danach zerrissen weg.
