# Die Seiten der Gruppen.

groups-lead = Apps erfahren, in welchen Gruppen jemand ist, und eine App kann nur für bestimmte Gruppen offen sein.
group-add = Gruppe hinzufügen
groups-search-hint = Name der Gruppe
groups-none-fits = Keine Gruppe passt
groups-none-fits-help = Keine Gruppe hat diese Wörter im Namen, oder der Filter lässt keine übrig.
groups-show-all = Alle Gruppen zeigen
groups-none-yet = Noch keine Gruppen
groups-none-yet-help = Gruppen kommen aus dem Verzeichnis, sobald es verbunden ist, oder werden hier hinzugefügt und von Hand gefüllt.
group-members = Mitglieder

## Eine Gruppe

group-one-member = 1 Mitglied
group-how-many-members = { $count } Mitglieder
group-rename = Umbenennen
group-search-members = Mitglieder suchen
group-no-member-fits = Kein Mitglied passt
group-no-member-fits-help = Niemand in dieser Gruppe hat diese Wörter in Name, Benutzername oder E-Mail-Adresse.
group-show-all-members = Alle Mitglieder zeigen
group-empty = Niemand ist in dieser Gruppe
group-empty-directory = Das Verzeichnis führt keine Mitglieder auf, die es hier als Personen gibt.
group-empty-local = Fügen Sie mit dem Formular auf dieser Seite Personen hinzu.
group-remove-member = { $name } entfernen
group-from-directory = Aus dem Verzeichnis
group-from-directory-help = Das Verzeichnis allein bestimmt ihren Namen und wer in ihr ist. Änderungen dort kommen mit dem nächsten Abgleich an.
group-name-for-apps = Name für Apps
group-add-people = Personen hinzufügen
group-people = Benutzernamen oder E-Mail-Adressen
group-people-help = Je Zeile eine Angabe.
group-add-do = Hinzufügen
group-this = Diese Gruppe
group-local = Apps bekommen sie als <code>{ $name }</code>. Lokal, hinzugefügt am { $day }.
group-delete-help = Löscht die Gruppe; ihre Mitglieder bleiben als Personen hier. Eine App, die nur für diese Gruppe offen war, ist dann für alle geschlossen. Das lässt sich nicht rückgängig machen.

## Das Formular

group-edit-lead = Apps, die die Gruppe an ihrem Namen erkennen, müssen es erfahren, wenn er sich ändert.
group-add-lead = Eine lokale Gruppe wird hier gefüllt, mit lokalen Personen ebenso wie mit Personen aus dem Verzeichnis.
group-name-help = Was Apps bekommen, genau wie es hier steht.
group-display-name-help = Wie diese Seiten sie nennen. Bleibt das Feld leer, wird es der Name.
group-add-this = Gruppe hinzufügen
group-name-missing = Geben Sie einen Namen ein; Apps bekommen ihn.
group-name-commas = Ein Name kann keine Kommas oder Semikolons enthalten: Manche Apps lesen sie als Ende eines Namens.
group-name-taken = Eine andere Gruppe hat diesen Namen, oder hatte ihn im Verzeichnis. Wählen Sie einen anderen.
group-people-missing = Geben Sie einen Benutzernamen oder eine E-Mail-Adresse ein.
group-people-too-many = Auf einmal lassen sich höchstens { $count } Personen hinzufügen.
group-people-unknown = Niemand hier hat den Benutzernamen oder die E-Mail-Adresse { $names }.
group-people-unknown-and-more = Niemand hier hat den Benutzernamen oder die E-Mail-Adresse { $names } und { $more } weitere.
group-quoted = „{ $name }“

## Was getan wurde

group-created = Die Gruppe wurde hinzugefügt.
group-members-added = Sie sind jetzt Mitglieder; Apps erfahren es, wenn sie das nächste Mal fragen.
group-members-already = Sie waren schon Mitglieder.
group-member-removed = Die Person ist kein Mitglied mehr; Apps erfahren es, wenn sie das nächste Mal fragen.
group-deleted = Die Gruppe wurde gelöscht.
group-gone = Diese Gruppe gibt es hier nicht mehr.
group-from-directory-refused = Diese Gruppe kommt aus dem Verzeichnis, das allein ihren Namen bestimmt und wer in ihr ist. Ändern Sie dort ihren Eintrag; der nächste Abgleich bringt die Änderung hierher.
