# Anmeldeprobleme, wie sie die Administration liest.

sign-in-problems = Anmeldeprobleme
problems-lead = Wer sich nicht anmelden kann, sieht einen kurzen Code. Lassen Sie ihn sich vorlesen. Probleme werden aufbewahrt: { $time }.
problems-look-up = Nachsehen
problems-none = Keine Probleme
problems-none-help = In letzter Zeit hatte niemand Schwierigkeiten mit einem Passkey.
problems-latest = Die neuesten
problems-no-code = Ein Code hat sechs Buchstaben und Ziffern, wie K7QF-3M.
problems-unknown-code = Es gibt kein Problem mit diesem Code, oder es ist zu alt. Fragen Sie noch einmal nach dem Code; Buchstaben, die ähnlich klingen, werden leicht verwechselt.

## Eines davon

problem-when = Wann
problem-what-for = Wofür
problem-who = Wer
problem-browser-from = { $browser }, von { $address }
problem-cause = Ursache
problem-yes = ja
problem-no = nein
problem-adding = Passkey hinzufügen
problem-confirming = Bestätigen, wer man ist
problem-signing-in = Anmelden

## Was geschehen ist, und was zu tun ist

problem-wrong-origin = Die Seite war unter einer anderen Adresse offen, als APP_URL sagt
problem-wrong-origin-todo = Passkeys gehören zu einer Adresse. Vergleichen Sie die beiden unten: Berichtigen Sie APP_URL oder den Reverse-Proxy, oder nennen Sie den Leuten die richtige Adresse.
problem-wrong-rp-id = Der Passkey wurde für einen anderen Hostnamen angelegt
problem-wrong-rp-id-todo = Er kann hier nicht funktionieren. Die Person fügt mit einem einmaligen Link einen neuen hinzu.
problem-unknown-credential = Niemand hier hat diesen Passkey
problem-unknown-credential-todo = Er wurde aus dem Konto entfernt, oder gehört zu einer anderen Installation unter derselben Adresse. Die Person löscht ihn in ihrem Passwortmanager und nimmt einen anderen, oder bekommt einen einmaligen Link.
problem-user-not-verified = Das Gerät hat die Person nicht geprüft
problem-user-not-verified-todo = Es hat weder nach PIN noch nach Fingerabdruck oder Gesicht gefragt. Auf einem Sicherheitsschlüssel richtet die Person zuerst eine PIN ein; manche Passwortmanager haben dafür eine Einstellung.
problem-user-not-present = Niemand hat das Gerät berührt
problem-user-not-present-todo = Etwas hat anstelle der Person geantwortet; das tut kein gewöhnliches Gerät. Lassen Sie sie ein anderes versuchen.
problem-not-discoverable = Das Gerät hat einen Passkey angelegt, der ohne Namen nicht anmelden kann
problem-not-discoverable-todo = Ein alter Sicherheitsschlüssel, oder einer, der voll ist. Die Person macht darauf Platz, oder nimmt ein anderes Gerät.
problem-already-registered = Das Gerät oder der Passwortmanager hat schon einen Passkey für die Person
problem-already-registered-todo = Es ist alles in Ordnung: Sie meldet sich mit diesem an.
problem-cross-origin = Die Seite war in einem Rahmen einer anderen Website
problem-cross-origin-todo = Jemand hat die Anmeldeseite in seine eingebaut. Niemand wurde angemeldet.
problem-counter-went-back = Der Passkey zählt rückwärts: Es gibt vielleicht eine Kopie
problem-counter-went-back-todo = Niemand wurde angemeldet. Fragen Sie die Person, ob sie ein Gerät wiederhergestellt hat; wenn nicht, entfernen Sie den Passkey auf ihrer Seite und lassen Sie sie einen neuen hinzufügen.
problem-disabled = Die Person darf sich nicht anmelden
problem-disabled-todo = Ihre Seite sagt, warum: Ein Administrator hat sie gesperrt, oder das Verzeichnis hat sie deaktiviert oder führt sie nicht mehr.
problem-other-account = Der Passkey gehört zu einem anderen Konto
problem-other-account-todo = Jemand hat zwei Konten und hat den Passkey des anderen benutzt.
problem-other-user-handle = Das Gerät hat eine andere Person genannt als die, der der Passkey gehört
problem-other-user-handle-todo = Es verwechselt zwei Passkeys. Entfernen Sie diesen und fügen Sie einen neuen hinzu.
problem-expired = Die Antwort kam zu spät
problem-expired-todo = Die Seite war länger als sechs Minuten offen. Die Person versucht es noch einmal.
problem-other-browser = Die Antwort kam aus einem anderen Browser als die Frage
problem-other-browser-todo = Cookies sind ausgeschaltet oder wurden zwischendurch gelöscht. Wenn das öfter vorkommt, sehen Sie nach, ob etwas auf dem Weg zur Person Cookies wegnimmt.
problem-other-question = Die Antwort gehört zu einer anderen Frage
problem-other-question-todo = Zwei Seiten waren offen und wurden verwechselt. Die Person lädt die Seite neu.
problem-too-many = Die Person hat so viele Passkeys, wie man haben darf
problem-too-many-todo = Sie entfernt einen, den sie nicht mehr benutzt.
problem-passkey-needed = Die Person hat sich mit einem Passwort angemeldet und hat einen Passkey
problem-passkey-needed-todo = Sie meldet sich mit dem Passkey an und fügt dann einen weiteren hinzu.
problem-credential-id-taken = Der Passkey gehört schon jemandem
problem-credential-id-taken-todo = Das Gerät hat eine Kennung zweimal vergeben. Lassen Sie die Person ein anderes Gerät nehmen.
problem-signed-out-meanwhile = Die Person wurde abgemeldet, während sie den Passkey hinzufügte
problem-signed-out-meanwhile-todo = Sie meldet sich noch einmal an, oder bekommt einen einmaligen Link.
problem-removed-or-used-meanwhile = Der Passkey wurde im selben Moment entfernt oder anderswo benutzt
problem-removed-or-used-meanwhile-todo = Die Person versucht es noch einmal.
problem-malformed = Das Gerät oder ein Passwortmanager hat so geantwortet, dass es nicht angenommen werden kann
problem-malformed-todo = Lassen Sie es die Person ohne die Erweiterung versuchen, oder mit einem anderen Gerät.
problem-browser-not-allowed = Der Browser hat keinen Passkey geliefert
problem-browser-not-allowed-todo = Von der Person geschlossen, zu lange gewartet, oder es gab keinen: Browser sagen nicht, was davon. Wie lange die Abfrage offen war, hilft weiter: Weniger als eine Sekunde heißt, dass es keinen gab oder keiner abgefragt werden konnte.
problem-browser-abort = Eine andere Abfrage war im Weg
problem-browser-abort-todo = Die Erweiterung eines Passwortmanagers, oder ein zweiter Tab. Die Person schließt andere Abfragen und versucht es noch einmal.
problem-browser-constraint = Das Gerät kann keine Passkeys aufbewahren
problem-browser-constraint-todo = Es hat keine Displaysperre oder PIN, oder ist ein Sicherheitsschlüssel ohne Platz für Passkeys. Die Person richtet eine ein, oder nimmt ein anderes Gerät.
problem-browser-security = Der Browser lässt unter dieser Adresse keine Passkeys zu
problem-browser-security-todo = Der Hostname passt nicht zu APP_URL, oder dem Zertifikat wird nicht vertraut. Öffnen Sie die Adresse selbst und sehen Sie nach, was der Browser dazu sagt.
problem-browser-no-passkeys = Der Browser kennt gar keine Passkeys
problem-browser-no-passkeys-todo = Er ist sehr alt, oder Passkeys sind darin ausgeschaltet. Die Person nimmt einen anderen, oder meldet sich mit einem anderen Gerät an.
problem-browser-insecure = Die Seite wurde ohne https geöffnet
problem-browser-insecure-todo = Passkeys gehen nur über https (und auf localhost). Leiten Sie http vor Muster auf https um.
problem-browser-in-app = Die Seite war innerhalb einer anderen App offen
problem-browser-in-app-todo = Der Browser in Chat- und Mail-Apps kann keine Passkeys verwenden. Die Person öffnet die Seite in ihrem gewohnten Browser, oder meldet sich mit einem anderen Gerät an.
problem-browser-unreachable = Der Server hat der Seite nicht geantwortet
problem-browser-unreachable-todo = Sehen Sie nach der Verbindung, und danach, was der Reverse-Proxy zu dieser Zeit festgehalten hat.
problem-unnamed = Etwas ist schiefgegangen, das hier keinen Namen hat
problem-unnamed-todo = Die Angaben unten helfen vielleicht; ebenso ein anderes Gerät oder ein anderer Browser.
