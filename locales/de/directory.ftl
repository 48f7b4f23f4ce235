# Die Seiten der Administration über Verzeichnisse.

## Auf mehreren davon

directories = Verzeichnisse
directories-back = ← Verzeichnisse
directory-page-title = { $directory } · Verzeichnisse
directory-name = Name
directory-state = Zustand
directory-last-sync = Letzter Abgleich
directory-took = Dauer
directory-people = Personen
directory-groups = Gruppen
directory-memberships = Mitgliedschaften
directory-started = Begonnen
directory-by = Durch
directory-result = Ergebnis
directory-server = Server
directory-in-use = In Betrieb
directory-switched-off = Ausgeschaltet
directory-never = noch nie
directory-sync-now = Jetzt abgleichen
directory-no-run-yet = Noch kein Lauf
directory-confirmed = bestätigt
directory-discarded = verworfen
directory-no-change = keine Änderung
directory-changes-short = +{ $new } · { $changed } geändert · −{ $lost }
directory-what-would-change = Was sich ändern würde
directory-what-changed = Was sich geändert hat
directory-to-look-at = Anzusehen
directory-preview = Vorschau
directory-test-connection = Verbindung testen
directory-switch-on = Einschalten
directory-switch-off = Ausschalten
directory-username = Benutzername
directory-email = E-Mail
directory-none = keine
directory-members = Mitglieder
directory-held-back-until = Ein Abgleich würde angehalten, bis ihn die Administration bestätigt: { $reason }

## Wie ein Lauf endete, was ihn begann, und seine Teile

directory-running = Läuft
directory-applied = Übernommen
directory-unchanged = Nichts hatte sich geändert
directory-held = Angehalten
directory-failed = Gescheitert
directory-by-start = Start des Servers
directory-by-schedule = Zeitplan
directory-by-administrator = Administration
directory-by-command = Kommandozeile
directory-by-following = Änderungen gefolgt
directory-by-catching-up = Änderungen nachgeholt
directory-stage-connect = Server erreichen
directory-stage-people = Personen lesen
directory-stage-groups = Gruppen lesen
directory-stage-plan = Vergleichen
directory-stage-write = Schreiben
directory-connecting = Der Server wird erreicht
directory-reading-people = Personen werden gelesen
directory-reading-groups = Gruppen werden gelesen
directory-comparing = Es wird verglichen
directory-writing = Es wird geschrieben
directory-took-under-ms = unter 1 ms
directory-took-ms = { $ms } ms
directory-took-seconds = { $whole },{ $tenths } s
directory-took-no-second = weniger als eine Sekunde

## Ein Test, Schritt für Schritt

directory-test = Verbindungstest
directory-step-passed = Bestanden
directory-step-warning = Bitte ansehen
directory-step-failed = Gescheitert
directory-step-not-tried = Nicht versucht
directory-step-resolve = Adresse des Servers finden
directory-step-connect = Server erreichen
directory-step-tls = Verbindung sichern
directory-step-bind = Bind
directory-step-server = Server erkennen
directory-step-base = Base DN finden
directory-step-paging = In Seiten lesen
directory-step-users = Personen lesen
directory-step-groups = Gruppen lesen

## Was sich ändert

directory-count-new = Neu
directory-count-changed = Geändert
directory-count-lost = Verloren
directory-count-back = Zurück
directory-count-as-before = Wie zuvor
directory-count-skipped = Übergangen
directory-changes-search = Suchen
directory-changes-search-hint = Name, DN, Attribut oder Wert
directory-changes-show = Anzeigen
directory-changes-unlisted = Aufgeführt sind die ersten { $listed } von { $total } Änderungen, Verluste zuerst; die Zahlen oben zählen alle.
directory-changes-none = Nichts passt
directory-changes-none-message = Keine Änderung enthält diese Wörter, oder der Filter lässt keine übrig.
directory-changes-show-all = Alles anzeigen
directory-change-who = Wer oder was
directory-change-what = Was geschieht
directory-change-detail = Im Einzelnen
directory-change-nothing = nichts
directory-went-wrong = Was schiefging
directory-problems-lead = Alles andere wird übernommen. Ein fehlerhafter Eintrag zählt als vorhanden, deshalb verliert seinetwegen niemand den Zugang.
directory-problems-none = Keines der { $total } Probleme enthält diese Wörter.
directory-filter-all = Alles
directory-filter-created = Neue Personen
directory-filter-updated = Geänderte Personen
directory-filter-disabled = Personen, die den Zugang verlieren
directory-filter-restored = Personen, die zurückkommen
directory-filter-linked = Verknüpfte Konten
directory-filter-skipped = Übergangen
directory-change-new-group = Neue Gruppe
directory-change-group = Gruppe ändert sich
directory-change-group-back = Gruppe ist zurück
directory-change-group-skipped = Gruppe übergangen
directory-change-new = Neu
directory-change-changes = Ändert sich
directory-change-back = Zurück
directory-change-skipped = Übergangen
directory-change-linked = Verknüpft
directory-change-missing = Fehlt, bleibt
directory-change-disabled = Verliert den Zugang
directory-change-deleted = Gelöscht
directory-change-removed = Gruppe entfernt
directory-change-joins = Kommt hinzu
directory-change-leaves = Scheidet aus

## Die Entscheidung über einen angehaltenen Lauf

directory-apply-anyway = Trotzdem übernehmen
directory-read-again-first = Vorher wird das Verzeichnis noch einmal gelesen; sagt es etwas anderes als in diesem Lauf, geschieht nichts und Sie werden neu gefragt.
directory-discard = Verwerfen
directory-consequence-forgotten = { $people ->
    [one] { $people } Person, die vorher ausgeschieden ist, wird
   *[other] { $people } Personen, die vorher ausgeschieden sind, werden
} endgültig gelöscht, samt Passkeys und allem (siehe die Einstellungen für Ausgeschiedene).
directory-consequence-nobody = Niemand wird dadurch ausgesperrt, aber was oben steht, geschieht.
directory-consequence-kept = { $people ->
    [one] { $people } Person verliert
   *[other] { $people } Personen verlieren
} sofort den Zugang: Ihre Sitzungen enden, und was Apps von ihnen haben, ist ungültig. Passkeys bleiben und gehen wieder, wenn das Verzeichnis sie zurücknimmt.
directory-consequence-deleted = { $people ->
    [one] { $people } Person verliert
   *[other] { $people } Personen verlieren
} sofort den Zugang, und wer ausgeschieden ist, wird samt Passkeys und allem gelöscht, weil Ausgeschiedene nicht behalten werden (siehe Einstellungen).

## Übersicht

directory-home = Übersicht
directory-home-lead = Was jemanden braucht, und wie es um die Verzeichnisse steht.
directory-home-nothing = Zurzeit braucht Sie nichts.
directory-warnings = Warnungen
directory-warning-look = Ansehen

## Alle Verzeichnisse

directories-lead = Personen und Gruppen kommen, nur lesend, von den LDAP-Servern, die eine Organisation schon hat.
directories-add = Verzeichnis hinzufügen
directories-none = Noch ist kein Verzeichnis verbunden
directories-none-read-only = Hier lassen sich keine Verzeichnisse hinzufügen, weil <code>UI_CONFIG_DISABLED</code> gesetzt ist. Setzen Sie die <code>LDAP_</code>-Variablen des Servers und starten Sie ihn neu.
directories-none-message = Verbinden Sie OpenLDAP, Active Directory, Samba, 389 Directory Server, FreeIPA, lldap oder einen anderen LDAP-Server. Sie geben seine Adresse ein und ein Konto, das lesen darf; Muster erkennt den Server und füllt den Rest aus.
directories-connect = Verzeichnis verbinden
directory = Verzeichnis
directory-waits-for-you = Wartet auf Sie
directory-count-to-look-at = { $count } anzusehen
directory-and-inactive = und { $people } ausgeschiedene oder gesperrte
directory-removed = Das Verzeichnis wurde entfernt.

## Ein Verzeichnis

directory-set-by-environment = Von der Umgebung gesetzt
directory-settings = Einstellungen
directory-test-sign-in = Anmeldung testen
directory-waiting = Ein Abgleich wartet auf Ihre Entscheidung
directory-waiting-lead = Es wurde nichts geändert. Ist das Verzeichnis richtig, übernehmen Sie den Abgleich. Ist es das nicht (ein falscher Filter, verlorene Rechte, ein halb wiederhergestellter Server), berichtigen Sie das Verzeichnis oder seine Einstellungen, und der nächste Abgleich geht von selbst weiter.
directory-standing = Wie es steht
directory-in-use-when-asked = In Gebrauch; auf den neuesten Stand gebracht nur, wenn es jemand verlangt.
directory-in-use-every = In Betrieb; wird nach jedem Start und regelmäßig (Abstand: { $every }) auf den neuesten Stand gebracht.
directory-switched-off-means = Ausgeschaltet: Es wird nichts daraus gelesen, und niemand ändert sich.
directory-server-below = <code>{ $address }</code>, unterhalb von <code>{ $base }</code>
directory-now = Jetzt
directory-running-since = seit { $since }
directory-next-sync = Nächster Abgleich
directory-within-a-minute = innerhalb einer Minute
directory-known = Daraus bekannt
directory-known-people = { $people } Personen, die sich anmelden dürfen; { $groups ->
    [one] 1 Gruppe
   *[other] { $groups } Gruppen
}
directory-known-people-and-inactive = { $people } Personen, die sich anmelden dürfen, { $inactive } ausgeschiedene oder gesperrte; { $groups ->
    [one] 1 Gruppe
   *[other] { $groups } Gruppen
}
directory-finish-setting-up = Einrichten abschließen
directory-explain-person = Person erklären
directory-preview-help = Eine Vorschau liest das Verzeichnis und zeigt, was ein Abgleich ändern würde, ohne etwas zu ändern.
directory-last-runs = Letzte Läufe
directory-all-runs = Alle Läufe
directory-first-sync-soon = Der erste Abgleich beginnt innerhalb einer Minute, oder sofort mit „Jetzt abgleichen“.
directory-first-sync-later = Sehen Sie sich eine Vorschau an und schalten Sie das Verzeichnis ein; dann beginnt der erste Abgleich.
directory-remove = Dieses Verzeichnis entfernen …
directory-notice-saved = Die Einstellungen wurden gespeichert. Sie gelten vom nächsten Abgleich an.
directory-notice-unchanged = Nichts war anders, deshalb wurde nichts gespeichert.
directory-notice-discarded = Der Plan wurde verworfen, und niemand ändert sich. Er wird nicht noch einmal vorgelegt, solange er derselbe bleibt.
directory-notice-switched-on = Das Verzeichnis ist in Betrieb. Sein erster Abgleich beginnt innerhalb einer Minute, oder sofort mit „Jetzt abgleichen“.
directory-notice-switched-off = Das Verzeichnis ist ausgeschaltet. Es wird nichts daraus gelesen, und niemand ändert sich.

## Warnungen

directory-warn-settings = Die Einstellungen sind nicht brauchbar, deshalb wird nichts abgeglichen. Berichtigen Sie sie.
directory-warn-stale = Der letzte gelungene Abgleich ist länger her: { $age }. Wer seither ausgeschieden ist, kann sich vielleicht noch anmelden. Sehen Sie sich die letzten Läufe an.
directory-warn-never-good = Noch ist kein Abgleich gelungen; so lange ist der erste Versuch her: { $age }. Wer seither ausgeschieden ist, kann sich vielleicht noch anmelden. Sehen Sie sich die letzten Läufe an.
directory-warn-held = Ein Abgleich wurde angehalten und wartet auf Ihre Entscheidung. Bis dahin ändert kein Abgleich etwas; nur einzelne Änderungen, von denen der Server berichtet, werden übernommen.
directory-warn-certificate-ended = Das Zertifikat von { $server } ist am { $day } abgelaufen. Lassen Sie es erneuern, sonst scheitern Abgleiche.
directory-warn-certificate-ends = Das Zertifikat von { $server } läuft am { $day } ab (verbleibend: { $left }). Lassen Sie es erneuern, sonst scheitern Abgleiche.
directory-warn-password-ended = Das Passwort des Bind-Kontos ist am { $day } abgelaufen. Ändern Sie es dort und tragen Sie das neue in den Einstellungen ein.
directory-warn-password-ends = Das Passwort des Bind-Kontos läuft am { $day } ab (verbleibend: { $left }). Ändern Sie es dort und tragen Sie das neue in den Einstellungen ein.
directory-warn-any-certificate = Das Zertifikat des Servers wird nicht geprüft: Wer dazwischensitzt, kann das Bind-Passwort lesen und als das Verzeichnis antworten.
directory-warn-plain-anonymous = Die Verbindung ist nicht verschlüsselt: Was gelesen wird, ist unterwegs zu sehen. Nehmen Sie ldaps:// oder schalten Sie StartTLS ein.
directory-warn-plain = Die Verbindung ist nicht verschlüsselt: Das Bind-Passwort und was gelesen wird sind unterwegs zu sehen. Nehmen Sie ldaps:// oder schalten Sie StartTLS ein.
directory-warn-everyone-admin = Jeder aus diesem Verzeichnis gehört zur Administration von Muster.

## Ein Lauf

directory-run = Abgleich
directory-run-back = ← Läufe von { $directory }
directory-run-confirmed = Bestätigt
directory-run-discarded = Verworfen
directory-run-expired = Abgelaufen
directory-run-why-held = Warum er angehalten wurde
directory-run-nothing-changed = Es wurde nichts geändert; unten steht, was sich geändert hätte.
directory-run-waits-until = Er wartet bis { $until } auf eine Entscheidung.
directory-run-too-late = Niemand hat rechtzeitig entschieden, deshalb kann er nicht mehr übernommen werden. Der nächste Abgleich sieht wieder nach.
directory-run-failed = Das Verzeichnis konnte nicht bis zum Ende gelesen werden, deshalb wurde nichts geändert. Der nächste Abgleich versucht es wieder.
directory-run-the = Der Lauf
directory-run-goes-on = Er läuft noch. Diese Seite folgt ihm und zeigt, wie er endet; zusehen muss niemand.
directory-run-progress = <strong>{ $doing }</strong>: bisher { $people } Personen und { $groups } Gruppen gelesen
directory-run-started-by = { $at }, durch: { $by }
directory-run-still-running = läuft noch
directory-run-decided-by = { $at }, durch { $name }
directory-run-number = Nummer

## Der Verlauf

directory-runs = Läufe
directory-runs-lead = Verzeichnis <strong>{ $directory }</strong>, neueste zuerst. Aufbewahrt für { $retention }; wie lange, sagen die <settings>Einstellungen</settings>.
directory-runs-any = Alle
directory-runs-show = Anzeigen
directory-runs-none-such = Kein solcher Lauf
directory-runs-none-such-message = Kein Lauf dieses Verzeichnisses ist so ausgegangen.
directory-runs-show-all = Alle anzeigen
directory-runs-none-message = Sobald das Verzeichnis eingeschaltet ist, hinterlässt jeder Abgleich hier eine Zeile: wann, durch wen, was er geändert und was er gefunden hat.

## Die Vorschau

directory-preview-title = Was ein Abgleich ändern würde
directory-preview-as-read = Verzeichnis <strong>{ $directory }</strong>, gelesen { $at }. Es wurde nichts geschrieben.
directory-preview-of = Verzeichnis <strong>{ $directory }</strong>.
directory-preview-read-again = Neu lesen
directory-preview-make = Vorschau erstellen
directory-preview-unsaved = Mit Einstellungen erstellt, die nicht gespeichert sind. Ein Abgleich verwendet die gespeicherten; gehen Sie zum Formular zurück, um diese zu speichern. „Neu lesen“ nimmt die gespeicherten Einstellungen.
directory-preview-failed = Das Verzeichnis konnte nicht bis zum Ende gelesen werden, deshalb gibt es nichts zu vergleichen.
directory-preview-nothing = Nichts würde sich ändern
directory-preview-numbers = In Zahlen
directory-preview-kept = Wird { $time } lang aufbewahrt, für Sie allein. Was übernommen wird, wird immer neu gelesen.
directory-preview-none = Noch keine Vorschau
directory-preview-none-message = Eine Vorschau liest das ganze Verzeichnis und zeigt, wer angelegt, geändert, gesperrt oder übergangen würde, und warum. Sie ändert nichts. Vorschauen werden { $time } lang aufbewahrt.
directory-preview-short-failed = Das Verzeichnis konnte nicht gelesen werden. Es wurde nichts geändert.
directory-preview-short-nothing = Ein Abgleich würde nichts ändern.
directory-preview-short = Das würde ein Abgleich ändern. Es wurde nichts geschrieben.
directory-preview-every-change = Jede Änderung, eine nach der anderen
directory-takes-a-while = Dauert eine Weile
directory-takes-a-while-message = Das Verzeichnis zu lesen dauert länger als die 45 Sekunden, die eine Seite warten kann; 100.000 Personen brauchen meist ein paar Sekunden. Es geht weiter: Öffnen Sie die Vorschau in einer Minute noch einmal. `muster directory preview` auf dem Server wartet länger.
directory-takes-too-long = Dauert zu lange
directory-takes-too-long-message = Das Verzeichnis zu lesen dauert länger als die 45 Sekunden, die eine Seite warten kann; 100.000 Personen brauchen meist ein paar Sekunden. Sehen Sie also mit „Verbindung testen“ zuerst nach, ob der Server langsam ist. `muster directory preview` auf dem Server wartet länger; es nimmt die Einstellungen, wie sie gespeichert sind.

## Die Einstellungen

directory-set-up-of = { $directory } einrichten
directory-settings-of = Einstellungen von { $directory }
directory-set-up-lead = Schritt 2 von 2: wer übernommen wird. Die Felder sind mit dem ausgefüllt, was zu dieser Art von Server passt. Niemand wird übernommen, bevor Sie das Verzeichnis einschalten.
directory-settings-lead = Änderungen gelten vom nächsten Abgleich an. Eine Vorschau zeigt, was sie bewirken würden, bevor sie gespeichert sind.
directory-the-server = Der Server
directory-server-is = Das ist <strong>{ $server }</strong>.
directory-server-is-version = Das ist <strong>{ $server }</strong> ({ $version }).
directory-an-ldap-server = ein LDAP-Server
directory-another-ldap-server = Anderer LDAP-Server
directory-server-answered = Geantwortet hat
directory-server-certificate = Zertifikat
directory-server-certificate-facts = für { $names }, von { $issuer }, gültig bis { $until }
directory-server-holds = Enthält
directory-server-no-base = Er sagt es nicht; tragen Sie unten die Base DN ein.
directory-server-large = Große Antworten
directory-server-no-pages = Er sendet keine Seiten, deshalb kann seine Größengrenze eine Antwort abschneiden. Ein abgeschnittener Abgleich ändert nichts und sagt das.
directory-sample = Was ein Abgleich lesen würde
directory-sample-unsaved = Was ein Abgleich mit diesen Einstellungen lesen würde
directory-sample-people = Personen
directory-sample-groups = Gruppen
directory-sample-memberships = Mitgliedschaften
directory-sample-skipped = nicht brauchbar
directory-sample-nobody = Niemand wird gefunden. Prüfen Sie die Base DN, den Filter für Personen und die Rechte des Kontos.
directory-sample-first-people = Personen, die ersten { $count }
directory-sample-first-groups = Gruppen, die ersten { $count }
directory-person-disabled = Dort gesperrt
directory-person-active = Aktiv
directory-tested-unsaved = Getestet mit dem, was unten im Formular steht und noch nicht gespeichert ist.
directory-some-from-environment = Die Umgebung des Servers setzt einiges davon. Diese Felder nennen ihre Variable und werden dort geändert.
directory-essentials = Das Wichtigste
directory-as-usual = wie üblich
directory-set-few = gesetzt: { $settings }
directory-set-many = gesetzt: { $first }, { $second } und { $more } weitere
directory-fill = Für eine Art von Server ausfüllen
directory-fill-kind = Art des Servers
directory-fill-do = Ausfüllen
directory-fill-help = Ersetzt Filter, Attribute und Mitgliedschaft in diesem Formular durch das, was zu dieser Art passt. Verbindung, Orte und alles andere bleiben; gespeichert wird nichts.
directory-filled = Das Formular wurde mit dem ausgefüllt, was zu dieser Art von Server passt. Noch ist nichts gespeichert.
directory-save-and-preview = Speichern und Vorschau
directory-save-and-use = Speichern und einschalten
directory-look-again = Noch einmal nachsehen
directory-preview-with = Vorschau mit diesen Einstellungen
directory-form-help = Nachsehen, Testen und Vorschau verwenden, was im Formular steht, gespeichert oder nicht, und ändern nichts.
directory-saved = Die Einstellungen wurden gespeichert.
directory-password-pinned = Das Bind-Passwort kommt aus der Umgebung ({ $password }), deshalb muss auch die Adresse dort gesetzt werden ({ $address }): Von hier aus kann niemand das Passwort an einen anderen Server senden.
directory-password-again = Geben Sie das Bind-Passwort noch einmal ein: Die Adresse hat sich geändert, und das gespeicherte Passwort war für den anderen Server bestimmt.

## Eines verbinden

directory-new-lead = Schritt 1 von 2: wo der Server ist und welches Konto ihn liest. Der Server wird gefragt, was er ist; noch wird niemand übernommen.
directory-new-failed = <strong>Der Server konnte nicht gefragt werden.</strong> { $reason }
directory-new-mistakes = Noch nicht verbunden: Sehen Sie sich einige Felder noch einmal an.
directory-new-name-help = Wie dieses Verzeichnis hier heißt, etwa firma oder schule-nord: kleine Buchstaben, Ziffern und Bindestriche. Der Name bleibt.
directory-new-encryption = Verschlüsselung
directory-new-encryption-lead = Eine Adresse mit ldaps:// braucht hier nichts, wenn diese Maschine kennt, wer das Zertifikat des Servers unterschrieben hat.
directory-new-account = Konto
directory-new-account-lead = Ein Konto, das Personen und Gruppen lesen darf, genügt; es braucht kein Recht, etwas zu ändern.
directory-new-bind = Wie gefragt wird
directory-new-bind-help = Wenige Server zeigen Personen jemandem, der anonym fragt.
directory-new-bind-account = Mit einem Konto und seinem Passwort
directory-new-bind-anonymous = Anonym
directory-new-bind-external = Mit Zertifikat oder Socket (SASL EXTERNAL)
directory-new-client-certificate = Client-Zertifikat
directory-new-connect = Verbinden
directory-new-account-missing = Sagen Sie, welches Konto fragt, oder wählen Sie, anonym zu fragen.
directory-name-wrong = Ein Name hat 1 bis 32 kleine Buchstaben, Ziffern und Bindestriche, etwa firma oder schule-nord.
directory-name-reserved = Dieser Name hat hier eine eigene Bedeutung. Wählen Sie einen anderen.
directory-name-taken = Ein Verzeichnis dieses Namens gibt es schon. Wählen Sie einen anderen.

## Eine Person erklären

directory-explain-lead = Warum jemand hier ein Konto hat oder nicht: was das Verzeichnis <strong>{ $directory }</strong> hat, was die Einstellungen daraus machen, und das Urteil. Das Verzeichnis wird jetzt gefragt; geändert wird nichts.
directory-explain-who = Benutzername, E-Mail-Adresse oder DN
directory-explain-do = Erklären
directory-explain-verdict = Urteil
directory-explain-account = Konto hier
directory-explain-from = ({ $username }), aus { $directory }
directory-explain-local = ({ $username }), lokal
directory-explain-blocked = Gesperrt
directory-explain-administrator = Administrator
directory-explain-no-account = keines
directory-explain-entry = Eintrag
directory-explain-place = Wo Personen sind
directory-explain-inside = Innerhalb
directory-explain-outside = Außerhalb
directory-explain-outside-means = Der Eintrag ist unterhalb keiner Base DN für Personen.
directory-explain-filter = Der Filter für Personen, Teil für Teil
directory-explain-filter-lead = Jeder Teil wurde dem Server vorgelegt; das ist also seine eigene Antwort.
directory-explain-fits = Passt
directory-explain-fits-not = Passt nicht
directory-explain-fits-unsaid = Der Server hat es nicht gesagt
directory-explain-fields = Was die Einstellungen daraus machen
directory-explain-field = Feld
directory-explain-taken-from = Genommen aus
directory-explain-taken-over = Übernommen
directory-explain-nothing-in = nichts in { $attributes }
directory-explain-of = aus { $attributes }
directory-explain-nothing = nichts
directory-explain-no-groups = Der Filter für Gruppen findet keine, in der diese Person ist.
directory-explain-raw = Was der Eintrag hat
directory-explain-raw-lead = So, wie der Server es dem Bind-Konto sendet. Passwörter und Schlüssel werden nicht gezeigt, binäre Werte mit ihrer Größe.
directory-explain-attribute = Attribut
directory-explain-values = Werte
directory-explain-type = Geben Sie ein, wer gemeint ist
directory-explain-type-message = Auch jemanden, der hier fehlt oder den kein Filter findet: Eine DN wird unmittelbar gelesen.
directory-explain-too-long = Das ist zu lang für einen Benutzernamen, eine E-Mail-Adresse oder eine DN.
directory-explain-settings = Die Einstellungen des Verzeichnisses sind nicht brauchbar: { $mistakes }. Berichtigen Sie sie zuerst.

## Ein Passwort ausprobieren

directory-try-lead = Fragt das Verzeichnis, ob das Passwort einer Person stimmt. Niemand wird angemeldet, und das Passwort wird weder aufbewahrt noch protokolliert; dass Sie es versucht haben, schon.
directory-try-plain = Die Verbindung zu diesem Verzeichnis ist nicht verschlüsselt, deshalb ist das Passwort unterwegs zu lesen.
directory-try-person = Person
directory-try-person-help = Benutzername, E-Mail-Adresse oder DN.
directory-try-password = Passwort im Verzeichnis
directory-try-password-help = Falsche Passwörter zählen beim Verzeichnis, das das Konto sperren kann.
directory-try-do = Testen
directory-try-person-missing = Geben Sie einen Benutzernamen, eine E-Mail-Adresse oder eine DN ein.
directory-try-password-missing = Geben Sie das Passwort ein. Ein leeres wird nie gesendet: Viele Server nehmen es für jedermanns.
directory-try-nobody = Das Verzeichnis zeigt niemanden dieses Namens. Prüfen Sie die Base DN, das Attribut des Benutzernamens und die Rechte des Bind-Kontos.
directory-try-found = Gefunden: { $dn }.
directory-try-disabled = Das Verzeichnis hat dieses Konto gesperrt, deshalb tut es ein Abgleich auch.
directory-try-out-of-scope = Der Eintrag ist außerhalb dessen, was übernommen wird (Filter oder Ort), deshalb wäre diese Person hier nicht bekannt.
directory-try-right = Das Passwort stimmt.
directory-try-wrong = Das Passwort ist falsch.

## Eines entfernen

directory-remove-title = { $directory } entfernen
directory-remove-lead = { $people } Personen und { $groups } Gruppen kommen hier aus diesem Verzeichnis. Seine Einstellungen und die Liste seiner Läufe gehen endgültig; auf dem Server selbst ändert sich nichts.
directory-remove-from-environment = Die Umgebung des Servers setzt dieses Verzeichnis, deshalb lässt es sich hier nicht entfernen. Nehmen Sie dort seine <code>LDAP_</code>-Variablen weg, oder setzen Sie <code>LDAP_ENABLED</code> auf false.
directory-remove-nothing = Es wurde nichts entfernt:
directory-remove-people = Was aus den Personen wird
directory-remove-local = Sie werden lokale Konten
directory-remove-local-help = Wer sich jetzt anmelden kann, kann es weiter, mit denselben Passkeys und Gruppen; wer Administrator ist, bleibt es. Wer ausgeschieden oder dort gesperrt ist, wird gesperrt. Von da an kümmern Sie sich hier um sie.
directory-remove-blocked = Sie werden behalten und gesperrt
directory-remove-blocked-help = Niemand von ihnen kann sich anmelden, und ihre Sitzungen enden sofort. Die Administration kann jeden einzeln entsperren.
directory-remove-delete = Sie werden gelöscht
directory-remove-delete-help = Mit Passkeys, Sitzungen und dem, was Apps von ihnen haben; die Gruppen dieses Verzeichnisses auch. Das lässt sich nicht rückgängig machen.
directory-remove-type = Um sie zu löschen, geben Sie <code>{ $directory }</code> ein
directory-remove-do = Verzeichnis entfernen
directory-remove-default = Das Verzeichnis namens default ist immer da: Entfernen leert es, und es wird wieder gezeigt, sobald es neu eingerichtet ist.
directory-remove-undecided = Sagen Sie, was aus den Personen wird.
directory-remove-name-wrong = Um die Personen zu löschen, geben Sie den Namen des Verzeichnisses genau so ein, wie er oben steht.

## Was jetzt nicht geht

directory-not-removed = Nicht entfernt
directory-not-removed-yours = Sie kommen selbst aus diesem Verzeichnis und würden den Zugang verlieren. Bitten Sie jemand anderen aus der Administration, oder behalten Sie die Personen als lokale Konten.
directory-not-removed-environment = Die Umgebung des Servers setzt dieses Verzeichnis. Nehmen Sie dort seine LDAP_-Variablen weg und starten Sie neu.
directory-not-removed-running = Ein Abgleich läuft
directory-not-removed-running-message = Das Verzeichnis wird gerade gelesen. Warten Sie, bis das beendet ist, und versuchen Sie es noch einmal.
directory-not-removed-no-admin = Niemand, der sich anmelden kann, gehörte dann noch zur Administration dieses Servers. Machen Sie zuerst jemand anderen zum Administrator.
directory-not-done = Nicht getan
directory-not-done-environment = Die Umgebungsvariable LDAP_ENABLED entscheidet, ob dieses Verzeichnis benutzt wird. Ändern Sie es dort.
directory-not-set-up = Noch nicht eingerichtet
directory-not-set-up-message = Einige Einstellungen dieses Verzeichnisses fehlen oder sind nicht brauchbar. Öffnen Sie seine Einstellungen und drücken Sie „Einstellungen speichern“: Dort ist jede genannt.
directory-off-message = Das Verzeichnis ist ausgeschaltet. Schalten Sie es zuerst in seinen Einstellungen ein.
directory-busy = Läuft schon
directory-busy-message = Ein anderer Abgleich läuft. Sehen Sie ihn sich in der Liste der Läufe an.
directory-busy-since = Ein anderer Abgleich läuft, seit { $since }. Sehen Sie ihn sich in der Liste der Läufe an.
directory-too-late = Zu spät
directory-too-late-message = Dieser Lauf konnte bis { $until } bestätigt werden. Gleichen Sie noch einmal ab und entscheiden Sie über das, was sich jetzt ändern würde.
directory-decided = Schon entschieden
directory-decided-message = Dieser Lauf wartet auf niemanden: Jemand hat über ihn entschieden, oder ein späterer Lauf ist an seine Stelle getreten.
directory-stopping = Wird beendet
directory-stopping-message = Der Server wird beendet. Versuchen Sie es gleich noch einmal.

## Fehler in den Einstellungen eines Verzeichnisses: ohne den Namen der Einstellung, ohne Punkt, wie mitten im Satz

directory-mistake-no-address = die Adresse fehlt, etwa ldaps://ldap.example.org
directory-mistake-needless-password = es gibt ein Passwort, aber SASL EXTERNAL braucht keines
directory-mistake-no-bind-dn = es gibt ein Passwort, aber keine Bind DN
directory-mistake-no-password = die Bind DN braucht ein Passwort: viele Server nehmen ein leeres für jedermanns
directory-mistake-no-base = die Base DN fehlt, etwa dc=example,dc=org
directory-mistake-object-class = { $text } ist nicht der Name einer Objektklasse, wie etwa inetOrgPerson
directory-mistake-attribute = { $text } ist kein Attributname, wie etwa memberOf
directory-mistake-secret = { $text } enthält ein Geheimnis (ein Passwort oder einen Schlüssel), das nie gelesen, gezeigt oder an Apps gegeben wird; nennen Sie ein anderes Attribut
directory-mistake-group-map = { $text } hat nicht die Form: Gruppe im Verzeichnis = lokale Gruppe
directory-mistake-switch = { $text } ist weder true noch false
directory-mistake-no-certificate = darin ist kein Zertifikat; es beginnt mit -----BEGIN CERTIFICATE-----
directory-mistake-needless-key = es gibt einen Schlüssel, aber kein Client-Zertifikat
directory-mistake-no-key = das Client-Zertifikat braucht seinen privaten Schlüssel
directory-mistake-not-a-key = darin ist kein unverschlüsselter privater Schlüssel; er beginnt mit -----BEGIN PRIVATE KEY-----
directory-mistake-server-name = { $text } ist kein Name, den ein Zertifikat tragen kann, wie etwa ldap.example.org
directory-mistake-duration = { $text } ist keine Zeit von einer Minute bis 30 Tagen, wie etwa 15m, 1h oder 1d
directory-mistake-whole = { $text } ist keine ganze Zahl von { $from } bis { $to }
directory-mistake-pem = der PEM-Text ist beschädigt
directory-mistake-choice = { $text } ist nichts davon: { $allowed }

## Das Urteil über eine Person

directory-verdict-several-why = Ein Lauf übernimmt jeden davon, den sein Filter findet; zwei, die denselben Benutzernamen möchten, können ihn nicht beide haben.
directory-verdict-several = { $count } Einträge des Verzeichnisses haben den Namen { $who }. Wählen Sie einen anhand seiner DN.
directory-verdict-gone-since = { $name } ist hier bekannt, aber das Verzeichnis zeigt keinen solchen Eintrag. Er fehlt seit { $since }.
directory-verdict-gone = { $name } ist hier bekannt, aber das Verzeichnis zeigt keinen solchen Eintrag. Der letzte Abgleich hat ihn noch gesehen; der nächste wird es merken.
directory-verdict-gone-why = Dort gelöscht, außer Reichweite verschoben, oder das Bind-Konto darf ihn nicht mehr sehen.
directory-verdict-local = { $name } hat ein lokales Konto; dieses Verzeichnis hat niemanden dieses Namens.
directory-verdict-other = { $name } hat ein Konto aus dem Verzeichnis { $directory }; dieses Verzeichnis hat niemanden dieses Namens.
directory-verdict-nobody = Weder das Verzeichnis noch Muster kennt jemanden als { $who }.
directory-verdict-nobody-why = Gesucht nach Benutzername und E-Mail-Adresse, überall unterhalb der Base DN. Auch eine DN kann angegeben werden.
directory-verdict-lacks-group-why = Nur Mitglieder der Gruppe { $group } werden übernommen (LDAP_IMPORT_GROUP), und keine Gruppe, in der der Eintrag ist, führt dorthin.
directory-verdict-bind-account-why = Muster selbst verbindet sich mit diesem Konto, deshalb wird es ausgelassen (LDAP_INCLUDE_BIND_ACCOUNT).
directory-verdict-outside = { $name } hat hier kein Konto, weil der Eintrag außerhalb dessen ist, wo Personen gesucht werden.
directory-verdict-filter = { $name } hat hier kein Konto, weil der Filter für Personen den Eintrag auslässt.
directory-verdict-unusable = { $name } hat hier kein Konto, weil der Eintrag nicht brauchbar ist.
directory-verdict-bind-account = { $name } hat hier kein Konto, weil Muster selbst sich mit diesem Konto verbindet.
directory-verdict-lacks-group = { $name } hat hier kein Konto, weil nur Mitglieder einer Gruppe übernommen werden.
directory-verdict-usable-until = Das bisherige Konto bleibt bis zum nächsten Abgleich benutzbar.
directory-verdict-disabled-why = Das Verzeichnis hat das Konto gesperrt.
directory-verdict-blocked-why = Die Administration hat das Konto gesperrt ({ $at }); kein Abgleich hebt das auf.
directory-verdict-next-locks = Der letzte Abgleich war davor: Der nächste sperrt das Konto.
directory-verdict-next-gives-back = Der letzte Abgleich hatte es anders gesehen: Der nächste gibt den Zugang zurück.
directory-verdict-cannot = { $name } hat ein Konto und kann sich nicht anmelden.
directory-verdict-can = { $name } kann sich anmelden.
directory-verdict-can-administer = { $name } kann sich anmelden und gehört zur Administration.
directory-verdict-taken = { $name } ist im Verzeichnis, aber der Name ist hier vergeben.
directory-verdict-not-asked = { $name } ist im Verzeichnis, aber Personen werden daraus nicht übernommen (LDAP_SYNC_USERS).
directory-verdict-only-local = { $name } ist im Verzeichnis und hat hier nur ein lokales Konto.
directory-verdict-next-links = Der nächste Abgleich verknüpft die beiden.
directory-verdict-none-yet = { $name } ist im Verzeichnis und hat hier noch kein Konto.
directory-verdict-next-creates = Der nächste Abgleich legt das Konto an.
directory-verdict-off = Das Verzeichnis ist ausgeschaltet, deshalb läuft kein Abgleich.
directory-verdict-switch-on = Schalten Sie es in den Einstellungen ein, wenn Personen aus diesem Verzeichnis kommen sollen.
directory-verdict-part-out = { $part } lässt den Eintrag aus.
directory-verdict-part-out-has = { $part } lässt den Eintrag aus: { $has }.
directory-verdict-part-asks = Der Filter verlangt { $part }: { $has }.
directory-has-none = der Eintrag hat kein { $attribute }, oder das Bind-Konto darf es nicht lesen
directory-has = { $attribute } ist { $values }
directory-has-more = { $attribute } ist { $values } und { $count } weitere
directory-value-more = … und { $count } weitere
directory-value-secret = (ein Geheimnis, wird nicht gezeigt)
directory-value-long = { $beginning }… ({ $count } Zeichen)
directory-value-binary = ({ $count ->
    [one] { $count } Byte
   *[other] { $count } Bytes
} Binärdaten)
directory-path-primary = primäre Gruppe
directory-path-own-entry = vom eigenen Eintrag der Person genannt
directory-path-direct = unmittelbar
directory-path-via = über { $groups }
directory-field-made = Aus den Namen oder dem Benutzernamen gemacht, weil der Eintrag keinen hat.
directory-field-several = Von mehreren Werten zählt der im Namen des Eintrags, sonst der kürzeste.
directory-field-disabled = Gesperrt
directory-field-yes = ja
directory-field-no = nein
directory-field-more = { $attribute }: und { $count } weitere
directory-field-empty = (leer)
directory-field-bytes = ({ $count ->
    [one] { $count } Byte
   *[other] { $count } Bytes
})
directory-names-none = gar keinen Namen
directory-names-few = { $names } und { $last }
directory-names-many = { $names } und { $more } weitere
