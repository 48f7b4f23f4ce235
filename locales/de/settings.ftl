# Die Einstellungsseite, und die Felder von Einstellungen, auch denen eines Verzeichnisses.

settings-title = Einstellungen
settings-back = ← Einstellungen
settings-back-to = Zurück zu den Einstellungen
settings-lead = Was Sie speichern, gilt sofort, ohne Neustart.
settings-lead-read-only = Was auf diesem Server gilt.
settings-read-only = Die Einstellungen kommen allein aus der Umgebung des Servers, weil <code>UI_CONFIG_DISABLED</code> gesetzt ist. Hier werden sie gezeigt, dort geändert.
settings-mistakes = Noch wurde nichts gespeichert: Sehen Sie sich einige Felder noch einmal an.
settings-keys = Die Schlüssel, die für Apps unterschreiben, stehen auf <keys>einer eigenen Seite</keys>.
settings-mails-wait = { $count } { $count ->
    [one] E-Mail wartet
   *[other] E-Mails warten
} darauf, versandt zu werden.
settings-mails-problem = Der letzte Versuch ist gescheitert: { $problem }
settings-passkey-policies = Regeln für Passkeys
settings-limits = Wirksame Grenzen
settings-save = Einstellungen speichern
settings-try-mail = E-Mail-Einstellungen ausprobieren
settings-try-mail-lead = Sendet eine E-Mail an Ihre eigene Adresse, mit den gespeicherten Einstellungen.
settings-try-mail-do = Test-E-Mail senden
settings-saved = Die Einstellungen wurden gespeichert und gelten.
settings-unchanged = Nichts war anders, deshalb wurde nichts gespeichert.
settings-not-saved = Nicht gespeichert
settings-not-saved-read-only = Die Einstellungen dieses Servers kommen allein aus seiner Umgebung (UI_CONFIG_DISABLED). Ändern Sie sie dort und starten Sie ihn neu.
settings-must-be = Erlaubt ist hier: { $allowed }.
settings-allowed-text = höchstens 2.000 Zeichen, ohne Steuerzeichen
settings-allowed-switch = true oder false
settings-allowed-secret = höchstens 1.024 Bytes
settings-allowed-whole = eine ganze Zahl von { $from } bis { $to }
settings-allowed-long = höchstens { $bytes } Bytes, ohne Steuerzeichen
settings-allowed-tls = none, starttls oder tls
settings-allowed-sender = eine E-Mail-Adresse, etwa id@example.org, oder eine mit einem Namen: Example <id@example.org>
settings-allowed-registration = off, token oder open
settings-allowed-sign-up = disabled, withToken oder open
settings-allowed-other-device = off, people oder everyone
settings-secret-set = gesetzt; leer lassen, um es zu behalten
settings-secret-not-set = nicht gesetzt
settings-pinned = Von der Umgebungsvariablen <code>{ $variable }</code> gesetzt, deshalb hier nicht zu ändern.
settings-mail-tested = Test-E-Mail
settings-mail-taken = Der Mailserver hat eine E-Mail an { $address } angenommen.
settings-mail-taken-next = Kommt sie nicht in ein paar Minuten an, sehen Sie im Ordner für unerwünschte E-Mails nach, und im Protokoll des Mailservers.
settings-mail-not-sent = Die E-Mail an { $address } wurde nicht versandt.
settings-mail-no-address = Keine Adresse zum Senden
settings-mail-no-address-message = Ihr Konto hat keine E-Mail-Adresse, an die ein Test gehen könnte. Tragen Sie eine ein, oder bitten Sie jemand anderen aus der Administration zu testen.
