passkey-none = Kein Passkey
passkey-none-to-prove = Dafür braucht es Ihren Passkey, und Ihr Konto hat keinen mehr. Bitten Sie Ihre Administration um einen Anmeldelink, und fügen Sie einen hinzu.
prove = Bestätigen Sie, dass Sie es sind
prove-deed = Sie sind dabei, <strong>{ $deed }</strong>. Damit sicher ist, dass Sie es sind und nicht jemand an Ihrem Browser, benutzen Sie Ihren Passkey noch einmal.
prove-wanted = Welche Passkeys hier genügen, hat sich geändert: Verlangt wird jetzt: { $what }. Bestätigen Sie noch einmal, dass Sie es sind, mit einem solchen Passkey, wenn Sie einen haben. Haben Sie keinen, erfahren Sie, bis wann Ihr jetziger noch gilt oder was zu tun ist.
prove-kept = Was Sie eingegeben haben, wird aufgehoben und danach weitergesendet.
prove-no-script = Passkeys brauchen JavaScript, und das ist für diese Seite ausgeschaltet. Schalten Sie es ein und laden Sie die Seite innerhalb von sechs Minuten neu; geändert wurde noch nichts.
prove-signed-in-as = Angemeldet als
go-on = Weiter
prove-do = Mit Ihrem Passkey bestätigen
prove-back = Zurück, ohne etwas zu ändern
prove-lost = Sie haben Ihre Passkeys verloren? <add>Fügen Sie erst einen neuen hinzu</add>
prove-lost-too-late = Sie haben Ihre Passkeys verloren? Es ist mehr als eine Stunde her, dass Sie mit Ihrem Link hereingekommen sind: Bitten Sie Ihre Administration um einen neuen.
prove-lifetime = Danach fragt für eine Weile niemand mehr ({ $time }).
passkey-add = Passkey hinzufügen
passkey-add-yours = Ihren Passkey hinzufügen
passkey-add-by-link = Sie sind mit einem einmaligen Link hereingekommen, der nicht mehr funktioniert. Mit einem Passkey können Sie wieder hereinkommen.
passkey-add-by-code = Sie sind mit einem Wiederherstellungscode hereingekommen, der nicht mehr funktioniert; { $left ->
    [0] es war Ihr letzter
    [one] einer ist noch übrig
   *[other] { $left } sind noch übrig
}.
passkey-add-by-code-next = Diese Sitzung ist nur für eines da: einen Passkey auf einem Gerät hinzuzufügen, das Sie haben. Danach sehen Sie, welche Passkeys und Sitzungen noch offen sind, und beenden, was Sie verloren haben.
passkey-add-by-password = Das Passwort Ihres Verzeichnisses hat Sie einmal hergebracht. Von jetzt an melden Sie sich mit einem Passkey an, und das Passwort gilt hier nicht mehr.
passkey-what = Ein Passkey ist Ihr Fingerabdruck, Ihr Gesicht oder die Displaysperre Ihres Geräts anstelle eines Passworts. Ihr Browser fragt Sie, wo er ihn aufbewahren soll: in Ihrem Gerät, in Ihrem Passwortmanager oder auf einem Sicherheitsschlüssel.
passkey-no-script = Passkeys brauchen JavaScript, und das ist für diese Seite ausgeschaltet. Schalten Sie es ein und laden Sie die Seite neu.
passkey-add-for = Er ist für
not-now = Jetzt nicht
ceremony-expired = Das hat zu lange gedauert. Versuchen Sie es noch einmal, wenn Sie Ihr Gerät zur Hand haben.
ceremony-unknown = Dieser Passkey ist hier nicht bekannt; er wurde aus dem Konto entfernt. Löschen Sie ihn in Ihrem Passwortmanager, und nehmen Sie einen anderen.
ceremony-not-verified = Ihr Gerät hat nicht geprüft, dass Sie es sind. Richten Sie seine PIN, den Fingerabdruck oder die Gesichtserkennung ein, und versuchen Sie es dann noch einmal.
ceremony-wrong-address = Diese Seite ist unter einer unerwarteten Adresse geöffnet, deshalb gehen Passkeys hier nicht. Öffnen Sie sie unter ihrer üblichen Adresse; wenn es die übliche ist, sagen Sie Ihrer Administration Bescheid.
ceremony-already-registered = Dieses Gerät oder dieser Passwortmanager hat schon einen Passkey für Sie.
ceremony-not-discoverable = Dieses Gerät hat einen Passkey angelegt, mit dem Sie sich nicht ohne Namen anmelden könnten; deshalb wurde er nicht behalten. Nehmen Sie ein anderes Gerät oder einen anderen Passwortmanager.
ceremony-other-account = Dieser Passkey gehört zu einem anderen Konto. Nehmen Sie einen des Kontos, in dem Sie angemeldet sind.
ceremony-passkey-needed = Sie haben einen Passkey und haben sich mit einem Passwort angemeldet. Melden Sie sich ab, mit dem Passkey wieder an, und fügen Sie dann einen weiteren hinzu.
ceremony-too-many = Sie haben so viele Passkeys, wie eine Person haben darf. Entfernen Sie zuerst einen, den Sie nicht mehr benutzen.
ceremony-possible-copy = Diese Anmeldung wurde zu Ihrem Schutz verhindert: Der Passkey wurde vielleicht kopiert. Nehmen Sie einen anderen Passkey, und sagen Sie Ihrer Administration Bescheid.
ceremony-refused = Dieser Passkey lässt sich hier nicht verwenden. Versuchen Sie einen anderen, oder einen der anderen Wege, sich anzumelden.
passkey-name-key = Sicherheitsschlüssel
passkey-name-phone = Handy oder Tablet
passkey-name = Passkey
passkey-name-on = Passkey auf { $platform }
passkey-synced = Synchronisiert
passkey-can-sync = Kann synchronisieren, noch nicht gesichert
passkey-bound = Nur auf diesem Gerät oder Schlüssel
passkey-name-missing = Geben Sie einen Namen ein, etwa das Gerät, auf dem der Passkey ist.
passkey-name-too-long = Ein Name hat höchstens 64 Zeichen.
passkey-name-wrong = Ein Name ist eine Zeile aus gewöhnlichen Zeichen.
passkeys-lead = Mit jedem davon können Sie sich anmelden. Haben Sie mindestens zwei, auf verschiedenen Geräten oder an verschiedenen Orten: Dann sind Sie nicht ausgesperrt, wenn Sie einen verlieren.
passkeys-distrust = War das, weil Sie einem anderen Browser nicht mehr trauen?
passkeys-by-password-none = Sie haben sich mit dem Passwort Ihres Verzeichnisses angemeldet. Fügen Sie einen Passkey hinzu: Er ist sicherer, weil ihn Ihnen niemand entlocken kann.
passkeys-by-password = Sie haben sich mit dem Passwort Ihres Verzeichnisses angemeldet. Um Passkeys hinzuzufügen, umzubenennen oder zu entfernen, melden Sie sich ab und mit einem davon wieder an.
passkeys-by-other-device = Sie wurden von einem anderen Gerät aus hereingelassen. Um Passkeys hinzuzufügen, umzubenennen oder zu entfernen, nehmen Sie jenes Gerät, oder melden Sie sich ab und mit einem Passkey wieder an.
passkeys-by-link = Sie sind mit einem einmaligen Link hereingekommen. Um Passkeys umzubenennen oder zu entfernen, melden Sie sich mit einem davon an, oder fügen Sie einen neuen hinzu.
passkeys-full = Sie haben so viele Passkeys, wie eine Person haben darf. Entfernen Sie einen, um einen anderen hinzuzufügen.
passkeys-none = Noch kein Passkey
passkeys-none-password = Fügen Sie einen hinzu, um sich ohne Passwort anmelden zu können.
passkeys-none-link = Fügen Sie einen hinzu, um sich ohne Link anmelden zu können.
passkey-added = Hinzugefügt
passkey-used-from = { $browser }, von { $address }
passkey-untested = noch nicht getestet
passkey-sign-ins = Anmeldungen
passkey-test-named = „{ $name }“ testen
passkey-test = Testen
passkey-rename-named = „{ $name }“ umbenennen
passkey-rename = Umbenennen
passkey-name-label = Name
passkey-name-save = Namen speichern
passkey-remove-message = Mit „{ $name }“ können Sie sich dann nicht mehr anmelden. Das lässt sich nicht rückgängig machen; einen neuen Passkey können Sie jederzeit hinzufügen.
passkey-remove-last = Mit „{ $name }“ können Sie sich dann nicht mehr anmelden. Es ist Ihr einziger Passkey: Danach kommen Sie mit { $codes ->
    [one] Ihrem einen Wiederherstellungscode herein, und damit nur einmal
   *[other] einem Ihrer { $codes } Wiederherstellungscodes herein
}. Das lässt sich nicht rückgängig machen; einen neuen Passkey können Sie jederzeit hinzufügen.
passkeys-notice-added = Der Passkey wurde hinzugefügt. Testen Sie ihn jetzt, bevor Sie ihn brauchen, und geben Sie ihm einen Namen, den Sie wiedererkennen.
passkeys-notice-tested = Der Passkey funktioniert: Sie waren es.
passkeys-notice-renamed = Der Passkey hat seinen neuen Namen.
passkeys-notice-removed = Der Passkey wurde entfernt und meldet niemanden mehr an. Wenn Ihr Passwortmanager ihn noch anbietet, löschen Sie ihn auch dort.
passkeys-notice-last = Das ist Ihr einziger Passkey: Ohne ihn könnten Sie sich nicht mehr anmelden. Fügen Sie erst einen anderen hinzu, oder machen Sie Wiederherstellungscodes, und entfernen Sie dann diesen.
passkeys-notice-last-admin = Das ist Ihr einziger Passkey, und kein anderer Administrator hat einen: Ohne ihn könnte niemand diesen Server verwalten. Fügen Sie erst einen anderen Passkey hinzu, und entfernen Sie dann diesen.
passkey-history = Was damit geschehen ist
passkey-history-added = Hinzugefügt { $at } mit { $browser }.
passkey-history-used = { $count ->
    [one] { $count }-mal
   *[other] { $count }-mal
} benutzt, zuletzt { $at } mit { $browser } von { $address }.
passkey-history-unused = Noch nicht benutzt.
passkey-history-gone = Das Protokoll hat nichts mehr darüber.
not-me-message = „{ $name }“ wird entfernt, und jeder andere Browser wird sofort abgemeldet. Danach sehen Sie, was noch offen ist. Dieser Browser bleibt angemeldet.
not-me-do = Entfernen und jede andere Sitzung beenden
passkey-event-sign-in = Angemeldet
passkey-event-sign-in-refused = Anmeldung abgewiesen
passkey-event-proof = Bestätigt
passkey-event-proof-refused = Bestätigung abgewiesen
passkey-event-added = Passkey hinzugefügt
passkey-event-renamed = Passkey umbenannt
passkey-event-other = Etwas anderes
passkeys-notice-last-allowed = Das ist der einzige Ihrer Passkeys, den Sie nach den Regeln hier benutzen dürfen: Ohne ihn könnten Sie sich nicht mehr anmelden. Fügen Sie erst einen anderen dieser Art hinzu, oder machen Sie Wiederherstellungscodes, und entfernen Sie dann diesen.
here-title = Auch ein Passkey auf diesem Gerät?
here-lead = Sie haben sich mit dem Passkey eines anderen Geräts angemeldet. Mit einem auf diesem Gerät genügt beim nächsten Mal eine Berührung, und Sie kommen auch dann noch herein, wenn das andere Gerät verloren ist.
here-help = Nur auf einem Gerät, das Ihnen allein gehört. In diesem Browser werden Sie ein halbes Jahr lang nicht wieder gefragt.
here-add = Hier einen hinzufügen
here-later = Jetzt nicht
here-later-app = Jetzt nicht, weiter zu { $app }
