# Die Seite, auf der man sich anmeldet.

sign-in-to-app = Anmelden, um zu { $app } zu gelangen
sign-in-as = Sie sind als { $name } angemeldet. Bestätigen Sie mit Ihrem Passkey, dass Sie es sind, oder nehmen Sie den Passkey eines anderen Kontos.
sign-in-signed-out = Sie sind abgemeldet.
sign-in-deleted = Ihr Konto wurde gelöscht, und Sie sind abgemeldet.
sign-in-welcome-back = Willkommen zurück, { $name }
sign-in-to-app-line = Melden Sie sich an, um zu { $app } zu gelangen.
sign-in-not-you = Nicht Sie?
sign-in-no-script = Passkeys brauchen JavaScript, und das ist für diese Seite ausgeschaltet. Schalten Sie es ein und laden Sie die Seite neu, oder nehmen Sie einen der anderen Wege unten: Die gehen auch ohne.
sign-in-with-passkey = Mit einem Passkey anmelden
username-or-email = Benutzername oder E-Mail-Adresse
sign-in-username-help = Sie können dieses Feld leer lassen. Wenn Sie es auswählen, bietet Ihnen der Browser vielleicht Ihre Passkeys an.
sign-in-keep = In diesem Browser angemeldet bleiben
sign-in-keep-help = Für { $days ->
    [one] { $days } Tag
   *[other] { $days } Tage
}. Nur auf einem Gerät, das Ihnen gehört.
sign-in-use-phone = Handy oder Tablet benutzen
sign-in-use-key = Sicherheitsschlüssel benutzen
sign-in-by-password = Noch kein Passkey? <password>Mit dem Passwort Ihres Verzeichnisses anmelden</password>
sign-in-sign-up = Neu hier? <sign-up>Konto anlegen</sign-up>
sign-in-other-ways = Andere Wege, sich anzumelden
sign-in-not-at-hand = Passkey nicht zur Hand?
sign-in-by-device = <device>Mit einem anderen Gerät anmelden</device>, auf dem Sie schon angemeldet sind
sign-in-by-code = <code-page>Einen Wiederherstellungscode verwenden</code-page>, den Sie ausgedruckt haben
sign-in-by-mail = <mail>Einen Anmeldelink per E-Mail bekommen</mail>
sign-in-ask-administrator = Oder bitten Sie Ihre Administration um einen einmaligen Link
back-to-sign-in = Zurück zur Anmeldung
sign-in-with-passkey-instead = Stattdessen mit einem Passkey anmelden
then-to-app = Danach geht es weiter zu { $app }.
