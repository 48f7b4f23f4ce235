# Was Skripte sagen, während jemand wartet.

script-copied = Kopiert
script-copy-by-hand = Strg+C drücken
script-unreachable = Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.
script-busy = Von Ihrer Adresse kamen zu viele Versuche. Warten Sie einen Moment und versuchen Sie es noch einmal.
script-our-fault = Bei uns ist etwas schiefgegangen. Versuchen Sie es gleich noch einmal.
script-took-too-long = Das hat zu lange gedauert. Versuchen Sie es noch einmal, wenn Sie Ihr Gerät zur Hand haben.
script-none-made = Ihr Browser hat keinen Passkey angelegt. Es wurde nichts geändert. Richten Sie die Displaysperre Ihres Geräts oder die PIN Ihres Sicherheitsschlüssels ein, oder nehmen Sie ein anderes Gerät, und versuchen Sie es noch einmal.
script-none-of-yours = Hier wurde keiner Ihrer Passkeys gefunden. Nehmen Sie Ihr Handy oder einen Sicherheitsschlüssel, auf dem einer ist.
script-none-here = Hier wurde kein Passkey für diese Seite gefunden. Nehmen Sie Ihr Handy oder einen Sicherheitsschlüssel, oder einen der anderen Wege unten.
script-closed = Sie haben die Abfrage geschlossen. Es wurde nichts geändert; Sie können es noch einmal versuchen.
script-aborted = Die Abfrage wurde geschlossen. Es wurde nichts geändert; Sie können es noch einmal versuchen.
script-other-prompt = Ihr Browser zeigt noch eine andere Passkey-Abfrage. Schließen Sie diese und versuchen Sie es noch einmal.
script-already-here = Dieses Gerät oder dieser Passwortmanager hat schon einen Passkey für Sie. Nehmen Sie ein anderes Gerät, oder gehen Sie zurück zu Ihren Passkeys.
script-cannot-keep = Dieses Gerät kann keine Passkeys aufbewahren. Richten Sie seine Displaysperre oder PIN ein, oder nehmen Sie ein anderes.
script-not-at-this-address = Ihr Browser lässt unter dieser Adresse keine Passkeys zu. Sagen Sie Ihrer Administration Bescheid.
script-cannot-use = Der Browser konnte keinen Passkey verwenden. Versuchen Sie es noch einmal, oder nehmen Sie einen anderen Browser.
script-help-code = Wenn Sie Hilfe brauchen, nennen Sie Ihrer Administration diesen Code:
script-wrong-address = Diese Seite ist unter einer unerwarteten Adresse geöffnet, deshalb gehen Passkeys hier nicht. Öffnen Sie sie unter { $address }.
script-insecure = Diese Seite wurde ohne Verschlüsselung geöffnet, deshalb kann der Browser hier keine Passkeys verwenden. Öffnen Sie sie mit https:// am Anfang, oder sagen Sie Ihrer Administration Bescheid.
script-in-app = Das ist der Browser in einer anderen App, der hier keine Passkeys verwenden kann. Öffnen Sie die Seite in Ihrem gewohnten Browser, oder melden Sie sich mit einem anderen Gerät an.
script-no-passkeys = Dieser Browser kann hier keine Passkeys verwenden. Öffnen Sie die Seite in Ihrem gewohnten Browser, oder melden Sie sich mit einem anderen Gerät an.
script-signing-in = Sie werden angemeldet …
script-browser-asks = Ihr Browser fragt Sie jetzt.
script-keeping = Ihr Passkey wird gespeichert …
script-going-on = Es geht weiter …
