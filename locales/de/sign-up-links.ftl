# Registrierungslinks, wie die Administration sie macht.

sign-up-links = Registrierung
sign-up-links-off = Niemand kann selbst ein Konto anlegen: Das ist ausgeschaltet.
sign-up-links-by-link = Wer einen Link von Ihnen hat, kann selbst ein Konto anlegen.
sign-up-links-open = Alle, die eine E-Mail-Adresse bestätigen, können selbst ein Konto anlegen; mit Links kommen sie zudem in Gruppen.
sign-up-links-change = Das in den Einstellungen ändern
sign-up-links-no-mail = E-Mail ist nicht eingerichtet. Niemand kann also eine Adresse bestätigen, und die Registrierung wird noch nicht angeboten. <settings>Mailserver eintragen</settings>
sign-up-links-none-yet = Noch keine Links
sign-up-links-none-yet-off = Lassen Sie die Registrierung zuerst in den Einstellungen zu, und machen Sie dann hier einen Link.
sign-up-links-none-yet-make = Machen Sie den ersten mit dem Formular auf dieser Seite.
sign-up-links-for = Für
sign-up-links-used = Verwendet
sign-up-links-sent-to = gesendet an { $email }
sign-up-links-made-by = von { $name }, { $day }
sign-up-links-uses = { $uses } von { $max }
sign-up-links-no-groups = keine
sign-up-links-works = Funktioniert
sign-up-links-until = bis { $until }
sign-up-links-take-back = Zurücknehmen
sign-up-links-take-back-named = Den Link für { $note } zurücknehmen
sign-up-links-used-up = Verbraucht
sign-up-links-taken-back = Zurückgenommen
sign-up-links-too-old = Zu alt
sign-up-links-was-taken-back = Der Link wurde zurückgenommen: Er öffnet nichts mehr.
sign-up-links-nothing-to-take-back = Nichts zurückzunehmen
sign-up-links-nothing-to-take-back-help = Der Link funktioniert nicht mehr: Er wurde verbraucht, zurückgenommen oder ist zu alt.

## Einen machen

sign-up-links-make = Link machen
sign-up-links-not-made = Es wurde noch kein Link gemacht: Sehen Sie einige Felder noch einmal an.
sign-up-links-note = Wofür er ist
sign-up-links-note-help = Für Sie und andere Administratoren; sonst sieht es niemand.
sign-up-links-lifetime = Er gilt
sign-up-links-how-many = Wie viele Personen
sign-up-links-how-many-help = Wie viele Konten sich damit anlegen lassen, von 1 bis 1000.
sign-up-links-groups-help = Namen lokaler Gruppen, in die die neuen Personen kommen, je Zeile einer. Leer für keine.
sign-up-links-invite = Per E-Mail einladen
sign-up-links-invite-help = Adressen, je Zeile eine: Jede bekommt einen eigenen Link, der einmal funktioniert, und die Adresse gilt als bestätigt. Leer: Sie übergeben den Link selbst.
sign-up-links-make-do = Link machen
sign-up-links-note-missing = Geben Sie ein paar Wörter ein, damit Sie später wissen, wofür der Link war.
sign-up-links-look-at = { $mistake } Sehen Sie „{ $email }“ an.
sign-up-links-too-many = Auf einmal lassen sich höchstens { $count } Personen einladen.
sign-up-links-uses-wrong = Geben Sie eine ganze Zahl von 1 bis { $max } ein.
sign-up-links-cannot-mail = E-Mail ist hier nicht eingerichtet. Tragen Sie in den Einstellungen einen Mailserver ein, oder lassen Sie das Feld leer und übergeben Sie den Link.
sign-up-links-quoted = „{ $name }“
sign-up-links-no-group = Es gibt keine lokale Gruppe { $names }. Gruppen eines Verzeichnisses werden dort gefüllt, deshalb kann hier niemand in eine kommen.

## Gemacht

sign-up-link = Registrierungslink
sign-up-link-until = Wird nur dieses eine Mal gezeigt. Er funktioniert bis { $until }.
sign-up-link-scan = Scannen Sie den Code, oder öffnen Sie die Adresse unten, und legen Sie Ihr Konto an.
sign-up-link-whoever = Wer ihn hat, kann hier ein Konto anlegen, so oft, wie Sie angegeben haben.
invitations = Einladungen
invitations-sent = { $count ->
    [one] { $count } Einladung ist
   *[other] { $count } Einladungen sind
} unterwegs.
invitations-until = Jede funktioniert einmal, für die Adresse, an die sie ging, bis { $until }.
