code-sign-in = Mit einem Wiederherstellungscode hereinkommen
code-sign-in-lead = Mit einem der Codes, die Sie ausgedruckt haben, können Sie einen neuen Passkey hinzufügen.
recovery-code = Wiederherstellungscode
recovery-code-help = Zwölf Buchstaben und Ziffern. Er funktioniert einmal; streichen Sie ihn auf Ihrem Blatt durch.
code-refused = Damit ließ sich nichts öffnen. Prüfen Sie den Namen und den Code: Jeder Code funktioniert einmal, und nur die auf Ihrem neuesten Blatt. Wenn es dabei bleibt, bitten Sie Ihre Administration um einen einmaligen Link.
code-too-many = Das waren zu viele Versuche. Warten Sie { $time } und versuchen Sie es noch einmal. Ein Passkey geht die ganze Zeit, und ebenso ein einmaliger Link Ihrer Administration.
code-missing = Geben Sie einen Ihrer Wiederherstellungscodes ein.
code-impossible = Das ist kein Wiederherstellungscode: Er hat zwölf Buchstaben und Ziffern in drei Gruppen, wie K7QF-3MXD-9WTP, und nie 0, 1, I, L, O oder U.
review-removed = Der Passkey wurde entfernt und meldet niemanden mehr an.
review-last = Dieser Passkey ist Ihr einziger Weg herein. Fügen Sie erst einen anderen hinzu, und entfernen Sie ihn dann.
review-disowned = Der Passkey wurde entfernt, und jede andere Sitzung wurde beendet.
review-disowned-last = Jede andere Sitzung wurde beendet. Der Passkey ist Ihr einziger Weg herein und ist noch da: Fügen Sie einen anderen hinzu, und entfernen Sie ihn dann.
recovery-lead = Für den Tag, an dem jeder Passkey verloren ist: Codes auf Papier, mit denen Sie hereinkommen und einen neuen hinzufügen.
recovery-codes = Wiederherstellungscodes
codes-none-yet = Sie haben keine. Zehn Codes, jeder einmal gültig: Drucken Sie sie aus und bewahren Sie sie auf, wo Ihr Ausweis liegt, nicht auf dem Gerät, für das sie sind.
codes-left = Übrig
codes-none = keine
codes-of = { $unused } von { $total }
codes-few = wenige
codes-made = Gemacht
codes-all-used = Alle sind verbraucht. Machen Sie neue, und werfen Sie das alte Blatt weg.
codes-few-left = Es sind nur noch wenige übrig. Machen Sie neue, und werfen Sie das alte Blatt weg.
codes-what = Ein Code öffnet nur den Weg zu einem neuen Passkey. Wer das Blatt hat, kann unter Ihrem Namen einen Passkey hinzufügen, denn Ihr Benutzername steht darauf: Hüten Sie es wie einen Schlüssel, und fotografieren Sie es nicht.
codes-need-passkey = Um Wiederherstellungscodes zu machen, melden Sie sich mit einem Passkey an.
codes-make = Wiederherstellungscodes machen
codes-make-new = Neue Codes machen
codes-replaced = { $count ->
    [one] Der Code, der noch übrig ist, öffnet
   *[other] Die { $count } Codes, die noch übrig sind, öffnen
} dann nichts mehr: Werfen Sie das alte Blatt weg.
ways-back = Andere Wege zurück
way-second = Ein zweiter Passkey
way-second-help = Der beste Weg: auf einem anderen Gerät oder auf einem Sicherheitsschlüssel in der Schublade. <add>Passkey hinzufügen</add>
way-link = Ein einmaliger Link
way-link-help = Ihre Administration kann einen für Sie machen.
codes-yours = Ihre Wiederherstellungscodes
codes-once = Sie werden nur dieses eine Mal gezeigt.
codes-former = Die früheren Codes öffnen nichts mehr: Werfen Sie das alte Blatt weg.
codes-where = Wo
codes-how = Jeder Code funktioniert einmal und lässt Sie einen neuen Passkey hinzufügen. Auf Großschreibung und Bindestriche kommt es nicht an; 0, 1, I, L, O und U kommen nicht vor.
codes-print = Diese Seite drucken
codes-copy = Codes kopieren
codes-kept = Ich habe sie aufbewahrt
review = Was noch offen ist
review-lead = Beenden Sie, was Sie verloren haben oder nicht kennen. Was hier bleibt, kann weiter unter Ihrem Namen hereinkommen.
go-on-to = Weiter zu { $app }
review-newest = neuester
review-added = hinzugefügt { $at }
review-used = benutzt { $at }
review-unused = noch nicht benutzt
review-last-used = zuletzt benutzt { $at }
remove-named = „{ $name }“ entfernen
review-sessions = Andere Sitzungen
review-end-all = Alle beenden
review-no-sessions = Keine. Sie sind nur hier angemeldet.
review-end-session = Sitzung von { $browser } beenden
review-end = Beenden
codes-how-many = { $count ->
    [0] Keiner ist mehr übrig.
    [one] Einer ist noch übrig.
   *[other] { $count } sind noch übrig.
}
codes-see = Ihre Wiederherstellungscodes ansehen
