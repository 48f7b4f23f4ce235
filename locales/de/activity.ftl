did-something = Es ist etwas geschehen, das nur eine neuere Version sagen kann.
did-set-up = Sie haben diesen Server eingerichtet.
did-sign-in-passkey = Sie haben sich mit dem Passkey „{ $passkey }“ angemeldet.
did-sign-in-password = Sie haben sich mit dem Passwort Ihres Verzeichnisses angemeldet.
did-sign-in-device = Sie haben sich angemeldet, von einem anderen Gerät aus hereingelassen.
did-sign-in = Sie haben sich angemeldet.
did-refused-code = Ein Wiederherstellungscode für Ihr Konto wurde abgewiesen.
did-refused-password = Eine Anmeldung mit dem Passwort Ihres Verzeichnisses wurde abgewiesen.
did-refused = Eine Anmeldung in Ihrem Konto wurde abgewiesen.
did-new-browser = Sie haben sich mit einem Browser angemeldet, der bei Ihnen noch nie gesehen wurde.
did-disown-browser = Sie haben gesagt, dass eine Anmeldung nicht von Ihnen war; { $count ->
    [0] es war keine Sitzung offen
    [one] eine Sitzung endete
   *[other] { $count } Sitzungen endeten
}.
did-prove = Sie haben mit dem Passkey „{ $passkey }“ bestätigt, dass Sie es sind.
did-prove-for = Sie haben mit dem Passkey „{ $passkey }“ bestätigt, dass Sie es sind, um { $purpose }.
did-prove-refused = Eine Bestätigung mit einem Passkey wurde abgewiesen.
did-sign-out = Sie haben sich abgemeldet.
did-end-session = Sie haben eine Sitzung beendet.
did-end-others = Sie haben Ihre anderen Sitzungen beendet; { $count ->
    [0] es war keine Sitzung offen
    [one] eine Sitzung endete
   *[other] { $count } Sitzungen endeten
}.
did-sign-out-everywhere = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} Sie überall abgemeldet.
did-change-password = Sie haben Ihr Passwort im Verzeichnis geändert.
did-change-password-refused = Eine Änderung Ihres Passworts im Verzeichnis wurde abgewiesen.
did-add-passkey = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} den Passkey „{ $passkey }“ hinzugefügt.
did-add-passkey-refused = Ein neuer Passkey wurde abgewiesen.
did-rename-passkey = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} einem Passkey den Namen „{ $passkey }“ gegeben.
did-remove-passkey = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} den Passkey „{ $passkey }“ entfernt.
did-make-link = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} einen einmaligen Anmeldelink für Sie gemacht.
did-use-link = Sie sind mit einem einmaligen Link hereingekommen.
did-revoke-link = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} einen einmaligen Anmeldelink für Sie zurückgenommen.
did-ask-link = Ein Anmeldelink wurde angefordert und an Ihre E-Mail-Adresse gesendet.
did-let-in = Sie haben ein anderes Gerät hereingelassen: { $browser }, { $address }.
did-keep-out = Sie haben ein anderes Gerät abgewiesen: { $browser }, { $address }.
did-make-codes = Sie haben Wiederherstellungscodes gemacht.
did-use-code = Sie sind mit einem Wiederherstellungscode hereingekommen.
did-revoke-codes = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} Ihre Wiederherstellungscodes zurückgenommen.
did-sign-up = Sie haben Ihr Konto angelegt.
did-made = Ihr Konto wurde angelegt.
did-brought = Das Verzeichnis hat Ihr Konto hergebracht.
did-make-account = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} Ihr Konto angelegt.
did-block = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} Sie ausgesperrt.
did-unblock = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} Sie wieder hereingelassen.
did-delete = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} Ihr Konto gelöscht.
did-export = Sie haben sich eine Kopie dessen geholt, was über Sie bekannt ist.
did-disabled = Das Verzeichnis hat Ihr Konto gesperrt oder Sie nicht mehr geführt.
did-restored = Das Verzeichnis hat Sie wieder hereingelassen.
did-check-app = Sie haben die App „{ $app }“ zur Prüfung ausprobiert.
did-consent-app = Sie haben die App „{ $app }“ wissen lassen, wer Sie sind, und sich bei ihr angemeldet.
did-sign-in-app = Sie haben sich bei der App „{ $app }“ angemeldet.
did-end-check-app = Was die Prüfung von „{ $app }“ bekommen hatte, wurde zurückgenommen.
did-revoke-app = Sie haben zurückgenommen, was die App „{ $app }“ von Ihnen hatte.
did-exchange = Eine App hat bei einem anderen Dienst für Sie gehandelt.
did-reuse = Eine App hat etwas ein zweites Mal vorgezeigt, das nur einmal gilt; was sie von Ihnen hatte, ist zu Ende.
did-remove-picture = Sie haben Ihr Bild entfernt.
did-change-picture = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} Ihr Bild geändert.
did-make-admin = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} Sie zum Administrator gemacht.
did-unmake-admin = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} Ihnen die Verwaltung entzogen.
did-change-account = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} Ihr Konto geändert.
did-change-fields = { $who ->
    [you] Sie haben
    [administrator] Ein Administrator hat
    [directory] Das Verzeichnis hat
    [app] Eine App hat
    [server] Der Server hat
   *[somebody] Jemand hat
} in Ihrem Profil geändert: { $fields }.
did-change-username = Benutzername
did-change-email = E-Mail-Adresse
did-change-first-name = Vorname
did-change-last-name = Nachname
did-change-display-name = Anzeigename
did-change-phone = Telefonnummer
