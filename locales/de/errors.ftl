error-not-found = Seite nicht gefunden
error-not-found-message = Unter dieser Adresse gibt es nichts. Prüfen Sie sie, oder gehen Sie zurück zum Anfang.
error-forbidden = Nicht erlaubt
error-too-many-requests = Zu viele Anfragen
error-too-many-requests-message = Von Ihrer Adresse kamen zu viele Anfragen. Versuchen Sie es in { $seconds ->
    [one] { $seconds } Sekunde
   *[other] { $seconds } Sekunden
} noch einmal.
error-our-fault = Etwas ist schiefgegangen
error-our-fault-message = Bei uns ist etwas schiefgegangen und wurde festgehalten. Versuchen Sie es noch einmal; wenn es dabei bleibt, nennen Sie Ihrer Administration die Nummer unten.
error-to-start = Zum Anfang
error-number = Nummer dieser Anfrage: <code>{ $number }</code>
error-cross-site = Formular abgelehnt
error-cross-site-message = Das Formular kam von einer anderen Seite, oder über einen Proxy, der verbirgt, woher es kam. Öffnen Sie die Seite hier und senden Sie es noch einmal.
error-wrong-method = Nicht möglich
error-wrong-method-message = So lässt sich diese Adresse nicht verwenden. Gehen Sie zurück und benutzen Sie die Schaltflächen der Seite.
error-too-large = Zu groß
error-too-large-message = Was gesendet wurde, ist größer, als diese Seite annimmt.
error-not-understood = Nicht verstanden
error-not-understood-message = Was gesendet wurde, ist nicht lesbar. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.
error-took-too-long = Zu lange gedauert
error-took-too-long-message = Das hat länger gedauert als erwartet und wurde abgebrochen. Versuchen Sie es gleich noch einmal.
error-not-an-administrator = Diese Seite ist für Administratoren. Sie sind als jemand angemeldet, der keiner ist.
error-administration-other-device = Für die Verwaltung braucht es einen Passkey, und Sie wurden hier von einem anderen Gerät aus hereingelassen. Melden Sie sich ab und auf diesem Gerät mit einem Passkey an.
error-administration-password = Für die Verwaltung braucht es einen Passkey, und Sie haben sich mit einem Passwort angemeldet. Melden Sie sich ab und mit Ihrem Passkey an; wenn Sie noch keinen haben, fügen Sie in Ihrem Konto unter „Passkeys“ einen hinzu.
error-form-unreadable = Das Formular ist nicht lesbar. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.
error-no-longer-kept = Nicht mehr aufgehoben
error-no-longer-kept-message = Was Sie gesendet haben, wurde sechs Minuten lang aufgehoben und konnte einmal weitergesendet werden. Das ist vorbei, und es wurde dadurch nichts weiter geändert. Sehen Sie auf der Seite nach, für die es war; wenn es noch zu tun ist, tun Sie es dort noch einmal.
error-proof-needed = Bestätigen Sie mit Ihrem Passkey, dass Sie es sind, und versuchen Sie es dann noch einmal.
