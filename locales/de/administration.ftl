# Was auf vielen Seiten der Verwaltung steht.

admin-overview = Übersicht
admin-people = Personen
admin-groups = Gruppen
admin-apis = APIs
admin-directories = Verzeichnisse
admin-settings = Einstellungen
admin-audit-log = Protokoll
admin-my-account = Mein Konto

## Listen

list-search = Suchen
list-name = Name
list-added = Hinzugefügt
list-last-sign-in = Letzte Anmeldung
list-never = nie
list-state = Zustand
list-source = Herkunft
list-everywhere = Überall
list-local = Lokal
list-person-hint = Name, Benutzername oder E-Mail-Adresse
list-show-everyone = Alle zeigen

## Personen und Gruppen

source-local = lokal
cannot-sign-in = kann sich nicht anmelden
list-directory = Verzeichnis
directory-entry-dn = Eintrag (DN)
person-administrator = Administrator
saved = Die Änderungen wurden gespeichert.
save = Speichern
delete = Löschen
delete-named = { $name } löschen
edit-named = { $name } bearbeiten
not-saved-yet = Es wurde noch nichts gespeichert: Sehen Sie einige Felder noch einmal an.
display-name = Anzeigename
name-too-long = Ein Name hat hier höchstens 100 Zeichen.
name-control-characters = Ein Name kann keine Zeilenumbrüche oder andere Steuerzeichen enthalten.
