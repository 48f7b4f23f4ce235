# Die Seiten der Personen.

people-lead = Alle, die sich hier anmelden können: Personen, die das Verzeichnis führt, und lokale Personen, die ein Administrator hinzugefügt hat.
person-add = Person hinzufügen
people-state-any = Jeder
people-role = Rolle
people-way-in = Weg herein
people-everyone = Alle
people-administrators = Administratoren
people-none-fits = Niemand passt
people-none-fits-help = Niemand hier hat diese Wörter in Name, Benutzername oder E-Mail-Adresse, oder die Filter lassen niemanden übrig.
people-none-yet = Noch niemand hier
people-none-yet-help = Personen kommen aus dem Verzeichnis, sobald es verbunden ist, oder werden hier einzeln hinzugefügt.
people-disabled = Im Verzeichnis deaktiviert

## Wie es um jemanden steht

person-active = Aktiv
person-blocked = Gesperrt
person-left = Nicht mehr im Verzeichnis
person-disabled = Im Verzeichnis deaktiviert

## Das Formular

person-edit-lead = Apps sehen die neuen Werte, wenn sie das nächste Mal danach fragen.
person-add-lead = Für jemanden, den das Verzeichnis nicht führt. Die Person meldet sich mit einem Passkey an; sie fügt ihn mit einem einmaligen Link hinzu, den Sie danach machen.
person-username-help = Buchstaben (ohne Umlaute), Ziffern und . - _ @; Apps können ihn zeigen und die Person daran erkennen.
person-display-name-help = Wie die Person genannt wird. Bleibt das Feld leer, wird es der volle Name.
person-email-help = Darf leer sein. Niemand sonst darf sie haben.
person-phone = Telefonnummer
person-phone-help = Darf leer sein.
person-vouch = Die Adresse gehört erwiesenermaßen dieser Person
person-vouch-help = Apps erfahren das. Manche geben allen Zugang, die eine bestätigte Adresse haben; schalten Sie es also nur ein, wenn Sie sicher sind.
person-add-this = Person hinzufügen
person-nothing-to-vouch = Es gibt keine Adresse, für die Sie einstehen könnten. Geben Sie eine ein, oder schalten Sie das aus.
person-phone-wrong = Eine Telefonnummer besteht aus Ziffern, Leerzeichen und + - / ( ) . und hat höchstens 40 Zeichen.
person-email-taken = Jemand anderes hat diese Adresse. Jede Adresse gibt es nur einmal, weil Apps Personen daran erkennen.
person-username-taken = Jemand anderes hat diesen Benutzernamen. Wählen Sie einen anderen.

## Was getan wurde, oder nicht

person-created = Die Person wurde hinzugefügt. Machen Sie einen einmaligen Anmeldelink, damit sie einen Passkey hinzufügen kann.
person-was-blocked = Die Person ist gesperrt und wurde überall abgemeldet.
person-was-unblocked = Die Person darf sich wieder anmelden.
person-made-admin = Die Person ist jetzt Administrator.
person-unmade-admin = Die Person ist kein Administrator mehr.
person-signed-out = Die Person wurde überall abgemeldet.
person-passkey-removed = Der Passkey wurde entfernt, und die Person wurde überall abgemeldet. Sie kann sich mit einem anderen anmelden.
person-codes-revoked = Die Wiederherstellungscodes öffnen nichts mehr.
person-link-revoked = Der einmalige Link öffnet nichts mehr.
person-deleted = Die Person wurde gelöscht.
person-gone = Diese Person gibt es hier nicht mehr.
person-from-directory-refused = Diese Person kommt aus dem Verzeichnis, das allein bestimmt, wer sie ist. Ändern Sie dort ihren Eintrag; der nächste Abgleich bringt die Änderung hierher.
person-is-yourself = Das können Sie nicht mit sich selbst tun. Bitten Sie einen anderen Administrator.
person-not-offered = Das wird hier nicht angeboten. Fragen Sie Ihre Administration.
person-is-last-admin = Das ist der letzte Administrator, der sich mit einem Passkey anmelden kann; niemand könnte es rückgängig machen. Machen Sie zuerst jemand anderen zum Administrator, und lassen Sie ihn einen Passkey hinzufügen.

## Eine Person

person-you = Sie
person-edit = Bearbeiten
person-kept-out-since = Seit { $at } ist diese Person von einem Administrator gesperrt.
person-directory-missing = Das Verzeichnis führt diese Person nicht mehr.
person-directory-missing-since = Seit { $at } führt das Verzeichnis diese Person nicht mehr.
person-directory-disabled = Diese Person ist im Verzeichnis deaktiviert.
person-directory-disabled-since = Seit { $at } ist diese Person im Verzeichnis deaktiviert.
person-directory-out = Sie kann sich nicht anmelden; ihre Passkeys bleiben und funktionieren wieder, wenn das Verzeichnis sie wieder aufnimmt.
person-profile = Profil
person-verified = bestätigt
person-not-verified = nicht bestätigt
person-none = keine Angabe
person-telephone = Telefon
person-language = Sprache
person-identity = Kennung
person-identity-help = Was Apps als <code>sub</code> bekommen; sie ändert sich nie.
person-from-directory = Diese Person kommt aus dem Verzeichnis, das allein bestimmt, wer sie ist. Was hier falsch ist, wird dort geändert.
person-entry-id = Kennung des Eintrags
person-directory-says = Das Verzeichnis sagt
person-says-active = aktiv
person-says-missing = nicht mehr aufgeführt
person-says-disabled = deaktiviert
person-local = Eine lokale Person: hier hinzugefügt, nicht vom Verzeichnis geführt.
person-no-groups = In keiner Gruppe. Gruppen des Verzeichnisses kommen mit dem Abgleich; lokale werden auf der Seite der Gruppe gefüllt.
person-sign-out-everywhere = Überall abmelden
person-no-sessions = Nirgends angemeldet.

## Wie sie sich anmeldet

person-sign-in = Anmeldung
person-no-passkey = Noch kein Passkey. Mit einem einmaligen Link kommt { $name } herein, um einen hinzuzufügen.
person-remove-passkey = „{ $passkey }“ öffnet dann nichts mehr, und { $name } wird überall abgemeldet.
person-remove-only = Es ist der einzige Passkey dieser Person.
person-remove-only-link = Es ist der einzige Passkey dieser Person, deshalb bekommen Sie einen einmaligen Link, den Sie ihr geben.
person-codes-left = { $count ->
    [0] Alle Wiederherstellungscodes sind verbraucht.
    [one] Ein Wiederherstellungscode ist noch übrig.
   *[other] { $count } Wiederherstellungscodes sind noch übrig.
}
person-take-codes = Codes zurücknehmen
person-take-codes-help = Das Blatt Papier, das { $name } aufbewahrt, öffnet dann nichts mehr: für den Fall, dass es verloren ging oder gesehen wurde. Neue Codes kann die Person selbst machen. Wenn jemand schon einen davon benutzt haben könnte, drücken Sie auch auf „Überall abmelden“ und sehen Sie die Passkeys an.
person-no-codes = Keine Wiederherstellungscodes.
person-link-open = Ein einmaliger Link ist offen bis { $until }.
person-link-take-back = Zurücknehmen
person-link-make = Einmaligen Anmeldelink machen
person-link-make-help = Wer den Link öffnet, ist einmal als { $name } angemeldet. Geben Sie ihn niemand anderem.
person-link-lifetime = Er gilt
person-link-send = Per E-Mail senden
person-link-to = An { $email }.
person-link-make-do = Link machen

## Was sie verwalten darf

person-admin = Verwaltung
person-admin-by-directory = Administrator, weil die Administratorengruppe des Verzeichnisses die Person aufführt. Wird sie dort herausgenommen, endet das.
person-admin-local = Administrator, weil ein Administrator die Person hier dazu gemacht hat.
person-no-admin-directory = Kein Administrator. Für die Personen des Verzeichnisses entscheidet das dessen Administratorengruppe.
person-no-admin = Kein Administrator.
person-last-admin = Der letzte, der sich mit einem Passkey anmelden kann, deshalb lässt sich das nicht zurücknehmen: Machen Sie zuerst jemand anderen zum Administrator, und lassen Sie ihn einen Passkey hinzufügen.
person-unmake-given = Zurücknehmen, was hier gegeben wurde
person-unmake = Nicht mehr Administrator
person-unmake-yourself = Sie verlieren sofort den Zugang zu diesen Seiten. Ein anderer Administrator kann ihn zurückgeben.
person-unmake-directory = Die Person bleibt Administrator, solange die Administratorengruppe des Verzeichnisses sie aufführt.
person-unmake-help = { $name } verliert sofort den Zugang zu diesen Seiten und kann sich weiter bei Apps anmelden.
person-unmake-do = Zurücknehmen
person-make-admin = Zum Administrator machen
person-make-admin-help = { $name } kann dann alles, was Sie können: Personen, Apps und Einstellungen ändern, und sich zwar als niemand anderes anmelden, aber Links für alle machen.

## Zugang sperren

person-keep-out = Zugang sperren
person-unblock-help = Nach dem Entsperren kann { $name } sich wieder anmelden. Die Passkeys sind noch da.
person-unblock-help-directory = Nach dem Entsperren kann { $name } sich wieder anmelden, soweit das Verzeichnis es zulässt. Die Passkeys sind noch da.
person-unblock = Entsperren
person-block-yourself = Sie können sich nicht selbst sperren oder löschen. Ein anderer Administrator kann es.
person-block-last-admin = Der letzte Administrator, der sich mit einem Passkey anmelden kann, lässt sich weder sperren noch löschen. Machen Sie zuerst jemand anderen zum Administrator, und lassen Sie ihn einen Passkey hinzufügen.
person-block = Sperren
person-block-help = Beendet sofort jede Sitzung von { $name } und alles, was Apps für die Person haben. Sie kann sich nicht anmelden, bis sie entsperrt wird. Passkeys und Gruppen bleiben.
person-block-help-directory = Beendet sofort jede Sitzung von { $name } und alles, was Apps für die Person haben. Sie kann sich nicht anmelden, bis sie entsperrt wird, was immer das Verzeichnis sagt. Passkeys und Gruppen bleiben.
person-block-named = { $name } sperren
person-delete-help = Löscht { $name } mit Passkeys, Sitzungen und Mitgliedschaften in Gruppen. Das lässt sich nicht rückgängig machen: Wer später unter demselben Namen hinzugefügt wird, ist für jede App eine neue Person. Das Protokoll bleibt.
person-delete-directory = Die Personen des Verzeichnisses werden hier nicht gelöscht: Wer das Verzeichnis verlässt, kann sich nach dem nächsten Abgleich nicht mehr anmelden.
