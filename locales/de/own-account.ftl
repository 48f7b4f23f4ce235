# Was man mit dem eigenen Konto tut: Aktivität, Bild, eine Kopie von allem, sein Ende, die ersten Minuten; und Mails über Neues.

## Aktivität

activity = Aktivität
activity-lead = Was in Ihrem Konto geschehen ist, das Neueste zuerst. Es wird { $retention } aufbewahrt.
activity-none = Noch nichts
activity-none-next = Anmeldungen, Passkeys und Apps erscheinen von jetzt an hier.
activity-none-older = Nichts Älteres
activity-none-older-next = Was davor war, wird nicht mehr aufbewahrt.
activity-what = Was
activity-when = Wann
activity-where = Von wo
activity-next-step = Nächster Schritt
activity-not-me = Nicht ich?
activity-not-me-about = Das war ich nicht: { $what }
activity-what-to-do = Was tun
activity-what-to-do-about = Was tun: { $what }
activity-pages = Seiten
activity-are-older = Ältere Ereignisse
activity-are-newest = Die neuesten Ereignisse
activity-newest = Neueste
activity-older = Ältere

event-newer = Es ist etwas geschehen, das nur eine neuere Version erklären kann.
event-other = { $label }.
event-set-up = Sie haben diesen Server eingerichtet.
event-sign-in-passkey = Sie haben sich mit dem Passkey „{ $passkey }“ angemeldet.
event-sign-in-password = Sie haben sich mit dem Passwort Ihres Verzeichnisses angemeldet.
event-sign-in-device = Sie haben sich angemeldet, eingelassen von einem anderen Gerät.
event-sign-in = Sie haben sich angemeldet.
event-refused-code = Ein Wiederherstellungscode für Ihr Konto wurde abgelehnt.
event-refused-password = Eine Anmeldung mit dem Passwort Ihres Verzeichnisses wurde abgelehnt.
event-refused-copy = Eine Anmeldung mit dem Passkey „{ $passkey }“ wurde verhindert, weil der Passkey kopiert worden sein kann.
event-refused = Eine Anmeldung an Ihrem Konto wurde abgelehnt.
event-new-browser = Sie haben sich mit einem Browser angemeldet, der bei Ihnen noch nie gesehen wurde.
event-new-browser-denied = Sie haben gesagt, dass eine Anmeldung nicht Ihre war. { $count ->
    [0] Keine Sitzung war offen.
    [one] Eine Sitzung wurde beendet.
   *[other] { $count } Sitzungen wurden beendet.
}
event-proof = Sie haben mit dem Passkey „{ $passkey }“ bestätigt, dass Sie es sind.
event-proof-refused = Eine Bestätigung mit einem Passkey wurde abgelehnt.
event-sign-out = Sie haben sich abgemeldet.
event-session-ended = Sie haben eine Sitzung beendet.
event-sessions-ended = Sie haben Ihre anderen Sitzungen beendet. { $count ->
    [0] Keine andere war offen.
    [one] Es war eine.
   *[other] Es waren { $count }.
}
event-signed-out-everywhere = Die Administration hat Sie überall abgemeldet.
event-password-changed = Sie haben das Passwort Ihres Verzeichnisses geändert.
event-password-refused = Eine Änderung des Passworts Ihres Verzeichnisses wurde abgelehnt.
event-passkey-added = Sie haben den Passkey „{ $passkey }“ hinzugefügt.
event-passkey-refused = Ein neuer Passkey wurde abgelehnt.
event-passkey-renamed = Sie haben einem Passkey den Namen „{ $passkey }“ gegeben.
event-passkey-removed = Sie haben den Passkey „{ $passkey }“ entfernt.
event-passkey-removed-by-administrator = Die Administration hat den Passkey „{ $passkey }“ entfernt.
event-link-made = Die Administration hat einen einmaligen Anmeldelink für Sie gemacht.
event-link-used = Sie sind mit einem einmaligen Link hereingekommen.
event-link-revoked = Die Administration hat einen einmaligen Anmeldelink für Sie zurückgenommen.
event-link-requested = Ein Anmeldelink wurde verlangt und an Ihre E-Mail-Adresse geschickt.
event-device-allowed = Sie haben ein anderes Gerät eingelassen: { $browser }, { $address }.
event-device-denied = Sie haben ein anderes Gerät abgewiesen: { $browser }, { $address }.
event-codes-made = Sie haben Wiederherstellungscodes gemacht.
event-code-used = Sie sind mit einem Wiederherstellungscode hereingekommen.
event-codes-revoked = Die Administration hat Ihre Wiederherstellungscodes zurückgenommen.
event-signed-up = Sie haben Ihr Konto angelegt.
event-created = Ihr Konto wurde angelegt.
event-created-by-directory = Das Verzeichnis hat Ihr Konto hierher gebracht.
event-created-by-administrator = Die Administration hat Ihr Konto angelegt.
event-picture = Sie haben Ihr Bild geändert.
event-picture-removed = Sie haben Ihr Bild entfernt.
event-made-administrator = Die Administration hat Sie zur Administratorin oder zum Administrator gemacht.
event-unmade-administrator = Die Administration hat Ihnen die Verwaltung entzogen.
event-changed-fields = Die Administration hat geändert: { $fields }.
event-changed-by-administrator = Die Administration hat Ihr Konto geändert.
event-changed-by-directory = Das Verzeichnis hat Ihr Konto geändert.
event-changed = Ihr Konto wurde geändert.
event-blocked = Die Administration hat Sie ausgesperrt.
event-unblocked = Die Administration hat Sie wieder eingelassen.
event-deleted = Ihr Konto wurde gelöscht.
event-exported = Sie haben eine Kopie dessen geholt, was über Sie bekannt ist.
event-disabled = Das Verzeichnis hat Ihr Konto gesperrt oder Sie nicht mehr aufgeführt.
event-restored = Das Verzeichnis hat Sie wieder eingelassen.
event-app-checked = Sie haben die App „{ $app }“ zur Prüfung ausprobiert.
event-app-let = Sie haben die App „{ $app }“ wissen lassen, wer Sie sind, und sich bei ihr angemeldet.
event-app = Sie haben sich bei der App „{ $app }“ angemeldet.
event-app-check-over = Was die Prüfung von „{ $app }“ bekommen hatte, wurde zurückgenommen.
event-app-revoked = Sie haben zurückgenommen, was die App „{ $app }“ von Ihnen hatte.
event-token-exchanged = Eine App hat bei einem anderen Dienst für Sie gehandelt.
event-token-reused = Eine App hat etwas ein zweites Mal vorgezeigt, das nur einmal gilt; was sie von Ihnen hatte, ist zu Ende.
field-username = Benutzername
field-email = E-Mail-Adresse
field-first-name = Vorname
field-last-name = Nachname
field-display-name = Anzeigename
field-phone = Telefonnummer

## Das war ich nicht

not-me = Waren Sie das nicht?
not-me-administrator = Von der Administration
not-me-lead = Wenn Sie es waren, ist nichts zu tun.
not-me-when = Wann
not-me-browser = Browser
not-me-address = Adresse
not-me-ask = Wenn Sie nicht wissen, warum
not-me-ask-text = Fragen Sie Ihre Administration. Was sie tut, steht mit Namen im Protokoll, und dort kann sie nachsehen.
not-me-see-open = Sehen, was in Ihrem Konto offen ist
not-me-steps = Dann tun Sie das, in dieser Reihenfolge
not-me-question = Sagen Sie, dass der Browser nicht Ihrer ist.
not-me-question-help = Seine Sitzungen enden sofort, und Apps erfahren es.
not-me-question-go = Zur Frage
not-me-passkey = Entfernen Sie den Passkey „{ $passkey }“.
not-me-passkey-help = Er meldet als Sie an. Im selben Schritt wird jeder andere Browser abgemeldet.
not-me-passkey-other = Melden Sie sich dafür mit einem anderen Passkey an.
not-me-passkey-go = Zum Passkey
not-me-sessions = Melden Sie jeden anderen Browser ab.
not-me-sessions-help = { $count ->
    [0] Zurzeit ist kein anderer angemeldet.
    [one] Zurzeit ist ein anderer angemeldet.
   *[other] Zurzeit sind { $count } andere angemeldet.
} Dieser bleibt angemeldet.
not-me-sessions-end = Alle anderen Sitzungen beenden
not-me-password = Ändern Sie das Passwort Ihres Verzeichnisses.
not-me-password-help = Vielleicht kennt es jemand.
not-me-password-elsewhere = Vielleicht kennt es jemand. Es wird dort geändert, wo Ihre Organisation es ändert; fragen Sie, wer das Verzeichnis betreibt.
not-me-password-go = Passwort des Verzeichnisses ändern
not-me-apps = Nehmen Sie zurück, was die App von Ihnen hat.
not-me-apps-help = Sie verliert ihren Zugang sofort und muss Sie wieder fragen.
not-me-apps-go = Zu Ihren Apps
not-me-open = Sehen Sie nach, was sonst noch offen ist.
not-me-open-help = Entfernen Sie Passkeys und beenden Sie Sitzungen, die nicht Ihre sind.
not-me-open-go = Sehen, was offen ist
not-me-codes = Machen Sie neue Wiederherstellungscodes.
not-me-codes-perhaps = Wenn jemand Ihr Blatt mit den Wiederherstellungscodes gesehen haben kann, machen Sie neue.
not-me-codes-help = Die alten öffnen dann nichts mehr.
not-me-codes-go = Zu Ihren Wiederherstellungscodes
not-me-tell = Sagen Sie es Ihrer Administration.
not-me-tell-help = Sie kann weiter nachsehen und andere schützen.

## Bild

back-to-profile = ← Profil
back-to-activity = ← Aktivität
picture = Bild
picture-lead = Sichtbar hier für Sie und Ihre Administration und in Apps, die Ihr Profil sehen dürfen. Wer seine Adresse kennt, kann es sehen.
picture-changed = Das ist jetzt Ihr Bild. Apps zeigen es, wenn sie das nächste Mal fragen.
picture-removed = Ihr Bild wurde entfernt. An seiner Stelle stehen Ihre Initialen.
picture-of-directory = Ihr Bild kommt aus dem Verzeichnis „{ $directory }“. Es wird dort geändert und ist innerhalb einer Stunde hier.
picture-not-here-title = Wird nicht hier geändert
picture-not-here = Ihr Bild kommt aus dem Verzeichnis. Es wird dort geändert und ist innerhalb einer Stunde hier.
picture-choose = Bild auswählen
picture-choose-another = Anderes Bild auswählen
picture-file = Datei
picture-file-help = JPEG, PNG, WebP oder GIF, höchstens 5 MiB. Aufbewahrt wird ein Quadrat davon und nichts, was die Kamera dazugeschrieben hat, etwa den Ort.
picture-preview = So wird das Bild aussehen
picture-crop = Ausschnitt wählen
picture-across = Von links nach rechts
picture-down = Von oben nach unten
picture-near = Wie nah
picture-near-help = So wie es steht, bleibt das größte Quadrat aus der Mitte.
picture-use = Dieses Bild verwenden
picture-remove = Bild entfernen
picture-remove-help = An seiner Stelle stehen dann Ihre Initialen. Apps, die eine Kopie haben, zeigen sie vielleicht noch eine Weile.
picture-missing = Wählen Sie zuerst eine Datei aus.
picture-unreadable = Die Datei ist nicht ganz angekommen oder größer als 5 MiB. Wählen Sie eine andere.
picture-too-large = Das Bild ist größer als 5 MiB. Wählen Sie ein anderes.
picture-too-many-pixels = Das Bild hat mehr als 8000 Pixel auf einer Seite oder mehr als 30 Millionen insgesamt. Wählen Sie ein anderes.
picture-unsupported = Das Bild ist weder JPEG noch PNG, WebP oder GIF. Wählen Sie ein anderes.
picture-damaged = Das Bild ist beschädigt oder leer. Wählen Sie ein anderes.
picture-busy-title = Gerade zu viel zu tun
picture-busy = Im Augenblick werden viele Bilder verkleinert. Gehen Sie zurück und versuchen Sie es in einer Minute noch einmal.

## Eine Kopie dessen, was bekannt ist

export = Ihre Daten
export-lead = Eine Datei mit dem, was hier über Sie bekannt ist, für Sie selbst oder für einen anderen Dienst.
export-what = Was darin steht
export-profile = Ihr Profil, Ihr Bild und Ihre Gruppen
export-passkeys = Ihre Passkeys mit Namen und Gebrauch, ohne etwas, das anmeldet
export-sessions = Ihre Sitzungen und die Browser, mit denen Sie gesehen wurden
export-apps = Die Apps, die Sie kennen, und was sie sehen dürfen
export-activity = Was in Ihrem Konto geschehen ist und welche Mails Sie bekommen haben
export-keep = Es ist eine Textdatei (JSON). Sie öffnet kein Konto, erzählt aber viel über Sie: Bewahren Sie sie auf wie einen Brief.
export-get = Datei holen

## Das Ende eines Kontos

deletion = Konto löschen
deletion-lead = Es endet sofort, und das lässt sich nicht rückgängig machen.
deletion-what = Was geschieht
deletion-here = Ihr Profil, Ihr Bild, Ihre Passkeys, Wiederherstellungscodes, Sitzungen und Mitgliedschaften in Gruppen werden hier gelöscht.
deletion-signed-out = Sie werden überall abgemeldet.
deletion-apps-told = Sie werden überall abgemeldet. Apps, die es wissen wollen, erfahren es: { $apps }.
deletion-apps-keep = Was Apps über Sie gespeichert haben, behalten sie. Bitten Sie jede, es zu löschen.
deletion-log = Das Protokoll behält Ihren Benutzernamen und was geschehen ist, solange es überhaupt etwas behält.
deletion-new-person = Wer später ein Konto unter Ihrem Namen bekommt, ist für jede App jemand Neues.
deletion-mail = Eine letzte Mail an { $email } sagt, dass es getan ist, sofern Mails verschickt werden können.
deletion-copy-first = Vielleicht möchten Sie vorher <export>eine Kopie dessen, was über Sie bekannt ist</export>. Ihr Passwortmanager behält seinen Passkey, bis Sie ihn dort löschen.
deletion-username = Ihr Benutzername
deletion-username-help = Tippen Sie ihn ein, um zu zeigen, dass Sie es ernst meinen.
deletion-username-wrong = Das ist nicht Ihr Benutzername. Um Ihr Konto zu löschen, tippen Sie { $username }.
deletion-do = Mein Konto löschen
deletion-keep = Behalten
deletion-of-directory = Ihr Konto kommt aus dem Verzeichnis und wäre nach dem nächsten Abgleich wieder da. Wer das Verzeichnis betreibt, kann Sie herausnehmen.
deletion-last-administrator = Sie sind der letzte Mensch mit Verwaltungsrechten, der sich mit einem Passkey anmelden kann; niemand könnte diesen Server mehr verwalten. Geben Sie zuerst jemand anderem die Verwaltung, und lassen Sie diese Person einen Passkey hinzufügen.
deletion-not-here = Das wird hier nicht gemacht. Fragen Sie Ihre Administration.

## Die ersten Minuten

welcome = Willkommen
welcome-name = Willkommen, { $name }
welcome-lead = Zwei kurze Schritte, damit Sie nicht eines Tages draußen stehen.
welcome-all-done = Das war alles.
welcome-steps = Schritte
welcome-made = Ihr Passkey „{ $passkey }“ ist da.
welcome-test = Ausprobieren
welcome-tested = Er funktioniert: Sie waren es.
welcome-not-tested = Nicht ausprobiert.
welcome-second = Ein zweiter Weg hinein
welcome-has-second = Sie haben einen zweiten Weg hinein.
welcome-no-second = Noch kein zweiter Weg hinein.
welcome-test-now = Probieren Sie Ihren Passkey jetzt aus
welcome-test-why = Eine Berührung, wie bei jeder Anmeldung. Wenn mit ihm etwas nicht stimmt, ist jetzt der Augenblick, es zu merken: Sie sind noch angemeldet und können einen anderen hinzufügen.
welcome-no-script = Passkeys brauchen JavaScript, und das ist für diese Seite ausgeschaltet. Schalten Sie es ein und laden Sie die Seite neu.
welcome-test-do = Mit einer Berührung ausprobieren
welcome-test-fails = Geht es nicht? <add>Fügen Sie einen anderen Passkey hinzu</add>, an einem anderen Ort.
welcome-test-skip = Ohne Ausprobieren weiter
welcome-second-now = Ein zweiter Weg hinein
welcome-second-why = Wenn das Gerät mit Ihrem Passkey verloren geht oder kaputt ist, kommen Sie damit wieder hinein. Einer von beiden reicht; beide sind besser.
welcome-second-passkey = Zweiten Passkey hinzufügen
welcome-second-codes = Wiederherstellungscodes machen
welcome-second-help = Ein zweiter Passkey ist am besten auf einem anderen Gerät oder auf einem Sicherheitsschlüssel in der Schublade. Wiederherstellungscodes sind für Papier.
welcome-second-elsewhere = Um einen hinzuzufügen, melden Sie sich mit Ihrem Passkey an.
welcome-second-skip = Nicht jetzt
welcome-ready = Alles bereit
welcome-ready-text = Von jetzt an melden Sie sich mit Ihrem Passkey an.
welcome-ready-without-second = Von jetzt an melden Sie sich mit Ihrem Passkey an. Einen zweiten Weg hinein finden Sie unter Passkeys und Wiederherstellung, wann immer Sie einen wollen.
welcome-to-apps = Zu Ihren Apps
welcome-to-app = Weiter zu { $app }

## Mails über Neues

news-hello = Guten Tag { $name },
news-passkey-added = Ihrem Konto wurde der Passkey „{ $passkey }“ hinzugefügt: Er meldet als Sie an.
news-passkey-added-subject = Ihrem Konto bei { $app } wurde ein Passkey hinzugefügt
news-passkey-removed = der Passkey „{ $passkey }“ wurde von Ihrem Konto entfernt.
news-passkey-removed-by-administrator = die Administration hat den Passkey „{ $passkey }“ von Ihrem Konto entfernt und Sie überall abgemeldet.
news-passkey-removed-subject = Von Ihrem Konto bei { $app } wurde ein Passkey entfernt
news-possible-copy = eine Anmeldung mit dem Passkey „{ $passkey }“ wurde verhindert: Der Passkey zählt, wie oft er verwendet wird, und war hinter dem letzten Stand zurück, also gibt es vielleicht eine Kopie. Haben Sie kürzlich Ihren Passwortmanager wiederhergestellt oder umgezogen, fügen Sie einen neuen Passkey hinzu und entfernen Sie diesen. Sonst hat ihn vielleicht jemand kopiert.
news-possible-copy-subject = Ein Passkey Ihres Kontos bei { $app } wurde vielleicht kopiert
news-codes-made = für Ihr Konto wurden neue Wiederherstellungscodes gemacht; die alten öffnen nichts mehr.
news-codes-made-subject = Neue Wiederherstellungscodes für Ihr Konto bei { $app }
news-code-used = jemand ist mit einem Ihrer Wiederherstellungscodes hereingekommen und kann Ihrem Konto einen Passkey hinzufügen. Übrige Codes: { $left }.
news-code-used-subject = Ein Wiederherstellungscode Ihres Kontos bei { $app } wurde benutzt
news-new-browser = jemand hat sich mit einem Browser, der bei Ihnen noch nie gesehen wurde, an Ihrem Konto angemeldet.
news-new-browser-subject = Mit einem neuen Browser bei { $app } angemeldet
news-deleted = Ihr Konto wurde, wie Sie es wollten, mit allem gelöscht, was hier Ihres war.
news-deleted-subject = Ihr Konto bei { $app } wurde gelöscht
news-when = Wann: { $at }
news-with = Womit: { $browser }
news-from = Von: { $address }
news-not-you = Wenn Sie das waren, ist alles gut. Wenn nicht, melden Sie sich an und öffnen Sie diese Seite; sie sagt, was zu tun ist:
news-cannot-sign-in = Wenn Sie sich nicht mehr anmelden können, sagen Sie es sofort Ihrer Administration.
news-tell-at-once = Wenn Sie das nicht waren, sagen Sie es sofort Ihrer Administration.
deletion-not-done = Nicht ausgeführt
