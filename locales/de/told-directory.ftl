# Texte über Verzeichnisse, die entstehen, bevor feststeht, wer sie liest: siehe src/language/told.rs.

## Was ein Lauf über Einträge sagt

told-more-problems-listed = { $count } weitere Probleme sind nicht aufgeführt.
told-value-no-text-utf = Der Wert ist kein Text (UTF-8) und wurde nicht beachtet.
told-value-longer-than-characters = Der Wert ist länger als { $count } Zeichen; der Rest wurde abgeschnitten.
told-unique-id-cannot-used = Die eindeutige ID ist nicht brauchbar: { $reason-told }. Der Eintrag wurde übergangen.
told-value-empty = der Wert ist leer
told-value-characters-long-more = der Wert ist { $count } Zeichen lang, mehr als die { $count-kept }, die aufbewahrt werden
told-entry-no-unique-id = Der Eintrag hat keine eindeutige ID, oder das Bind-Konto darf sie nicht lesen. Der Eintrag wurde übergangen.
told-control-characters-entry-skipped = Steuerzeichen stehen in: { $what-told } { $name }. Der Eintrag wurde übergangen.
told-longer-than-characters-entry = Länger als { $count } Zeichen ist: { $what-told }. Der Eintrag wurde übergangen.
told-entry-no-skipped = Dem Eintrag fehlt: { $what-told }. Er wurde übergangen.
told-e-mail-address-person = { $text } ist keine E-Mail-Adresse. Die Person wurde ohne Adresse übernommen.
told-names-no-language-such = { $text } nennt keine Sprache, wie etwa de oder pt-BR; das wurde nicht beachtet.
told-values-claim-left-out = { $count } von { $count-found } Werten des Claims { $claim } wurden ausgelassen: Aufbewahrt werden höchstens { $count-values } mit je höchstens { $count-bytes } Bytes.
told-value-claim-longer-than = Der Wert des Claims { $claim } ist länger als { $count } Bytes und wurde ausgelassen.
told-claim-left-out-all = Der Claim { $claim } wurde ausgelassen: Alle Claims einer Person haben zusammen { $count } Bytes.
told-account-counts-disabled = { $text } ist nicht { $expected-told }; das Konto gilt dadurch nicht als gesperrt.
told-number = eine Zahl
told-number-days-since = eine Zahl von Tagen seit 1970
told-time-units-ns-since = eine Zeit in Einheiten von 100 ns seit 1601
told-time-such-z = eine Zeit wie 20301231235959Z
told-because = Grund: { $reason-told }.
told-account-disabled-bit-useraccountcontrol = das Konto ist gesperrt (Bit 2 von userAccountControl)
told-account-locked-nsaccountlock = das Konto ist gesperrt (nsAccountLock)
told-account-locked-good-pwdaccountlockedtime = das Konto ist auf Dauer gesperrt (pwdAccountLockedTime)
told-account-expired = das Konto ist am { $day } abgelaufen ({ $attribute })
told-is-there = { $attribute } ist vorhanden
told-is = { $attribute } ist "{ $value }"
told-entry-name-cannot-read = Der Name des Eintrags ist nicht zu lesen ({ $error-told }). Er wurde übergangen.
told-what-look-kept-latest = Was anzusehen war, wird für die letzten 200 Läufe aufbewahrt.

## Gruppen und wer darin ist

told-people-name-groups-here = Personen nennen hier Gruppen, aber der Filter für Gruppen findet keine davon; niemand ist dadurch in einer Gruppe.
told-groups-within-groups-make = Gruppen in Gruppen ergeben mehr als { $count } Mitgliedschaften. Fassen Sie den Filter für Gruppen enger, oder schalten Sie Gruppen in Gruppen aus.
told-who-count-member-here = { $members-told }; wer darin ist, zählt hier nicht als Mitglied.
told-member-group = 1 Mitglied ist eine Gruppe
told-members-groups = { $count } Mitglieder sind Gruppen
told-among-people-groups-found = { $members-told } nicht unter den gefundenen Personen und Gruppen{ $example-told }; bei einer Gruppe, die der Filter auslässt, zählt der Server die Mitglieder.
told-among-people-groups-found-left = { $members-told } nicht unter den gefundenen Personen und Gruppen{ $example-told } und ausgelassen.
told-among-people-found-left = { $members-told } nicht unter den gefundenen Personen{ $example-told } und ausgelassen.
told-member = 1 Mitglied ist
told-members = { $count } Mitglieder sind
told-example = { " " }(etwa { $text })
told-members-dynamic-group-answer = Die Mitglieder dieser dynamischen Gruppe sind die Antwort auf eine Suche, die hier nicht gestellt wird; daraus hat sie keine Mitglieder. Lassen Sie den Server die Mitglieder eintragen, oder nehmen Sie eine Gruppe, die sie aufzählt.
told-these-groups-contain-each = Diese Gruppen enthalten einander im Kreis: { $groups }. Wer in einer davon ist, ist in allen.
told-group-member-itself-which = Die Gruppe ist Mitglied ihrer selbst; das ändert nichts.
told-several-groups-named-which = Mehrere Gruppen heißen { $group }, von der nur die Mitglieder übernommen werden sollen. Geben Sie die DN der Gruppe an.
told-group-which-only-members = Die Gruppe { $group }, von der nur die Mitglieder übernommen werden sollen, war nicht brauchbar; warum, sagen die Probleme ihres Eintrags.
told-group-which-only-members-taken = Die Gruppe { $group }, von der nur die Mitglieder übernommen werden sollen, ist nicht unter den gefundenen Gruppen. Prüfen Sie ihren Namen oder ihre DN und den Filter für Gruppen.
told-only-members-group-taken = Nur Mitglieder dieser Gruppe sollen übernommen werden, aber keine der gefundenen Personen ist eines.
told-administrators-group-among-groups = Die Gruppe { $group } der Administration ist nicht unter den gefundenen Gruppen. Niemand gehört durch sie zur Administration.
told-names-group-which-local = { $setting } nennt die Gruppe { $group }; das ist { $whose-told } und keine lokale Gruppe. Niemand wurde hineingenommen.
told-names-local-group-which = { $setting } nennt die lokale Gruppe { $group }, die es nicht gibt. Legen Sie sie unter Gruppen an, oder berichtigen Sie die Einstellung; niemand wurde hineingenommen.
told-ldap-group-map-names = LDAP_GROUP_MAP nennt die Gruppe { $group } des Verzeichnisses, die nicht unter den gefundenen Gruppen ist.

## Wer welchen Namen bekommt, und was aus wem wird

told-another-entry-same-unique = Ein anderer Eintrag hat dieselbe eindeutige ID. Dieser wurde übergangen.
told-entry-could-used = Der Eintrag war nicht brauchbar.
told-muster-itself-binds-account = Muster selbst verbindet sich mit diesem Konto, deshalb wird es ausgelassen (LDAP_INCLUDE_BIND_ACCOUNT).
told-username-belongs = Der Benutzername { $name } gehört { $whose-told }.
told-group-name-belongs = Der Gruppenname { $name } gehört { $whose-told }.
told-e-mail-address-belongs = Die E-Mail-Adresse { $address } gehört { $whose-told }.
told-entry-skipped-rename-two = Der Eintrag wurde übergangen; benennen Sie einen der beiden um.
told-person-becomes = Diese Person heißt dann { $name }.
told-person-stays-rename-two = Diese Person heißt weiter { $name }; benennen Sie einen der beiden um.
told-group-stays-rename-two = Diese Gruppe heißt weiter { $name }; benennen Sie eine der beiden um.
told-taken-over-without = { $name } wurde ohne sie übernommen.
told-directory-more-stays-ldap = { $name } ist nicht mehr im Verzeichnis und bleibt unverändert (LDAP_REPORT_MISSING_ONLY).
told-local-account-becomes-directory = Das lokale Konto { $name } wird zu einem des Verzeichnisses, mitsamt seinen Passkeys.
told-username-e-mail-address = Benutzername und E-Mail-Adresse gehören zwei verschiedenen lokalen Konten, deshalb wurde keines verknüpft.
told-local-account-address-linked = Das lokale Konto { $name } hat diese Adresse und wurde nicht verknüpft, weil der Benutzername schon vergeben ist: Er gehört { $whose-told }.
told-local-account-address-linked-because = Das lokale Konto mit dieser Adresse wurde nicht verknüpft, weil jemand anderes aus diesem Verzeichnis den Benutzernamen hat.
told-local-account-linked-because = Das lokale Konto wurde nicht verknüpft, weil es nicht dieselbe bestätigte E-Mail-Adresse hat.
told-local-account-linked-because-entry = Das lokale Konto wurde nicht verknüpft, weil der Eintrag gesperrt ist und es sperren würde.
told-local-account-linked-another = Das lokale Konto wurde mit einem anderen Eintrag verknüpft ({ $dn }).
told-directory-more = Nicht mehr im Verzeichnis.
told-directory-more-people-who = Nicht mehr im Verzeichnis; wer ausgeschieden ist, wird gelöscht (LDAP_SOFT_DELETE_USERS).
told-directory-more-stays-ldap-report = Nicht mehr im Verzeichnis; bleibt unverändert (LDAP_REPORT_MISSING_ONLY).
told-left-before-deleted-now = War schon ausgeschieden; wird jetzt gelöscht, wie es die Einstellungen sagen (LDAP_DELETE_AFTER_DAYS, LDAP_SOFT_DELETE_USERS).
told-disabled-directory = Im Verzeichnis gesperrt.
told-among-groups-taken-over = Nicht mehr unter den übernommenen Gruppen.

## Warum ein Lauf angehalten wird

told-directory-answered-without-error = Das Verzeichnis hat ohne Fehler geantwortet, aber niemanden gefunden. Prüfen Sie Base DN, Filter und die Rechte des Bind-Kontos.
told-directory-answered-without-error-but = Das Verzeichnis hat ohne Fehler geantwortet, aber niemanden gefunden, und { $count } Personen sind daraus bekannt. So sieht ein falscher Filter aus, oder verlorene Rechte.
told-directory-answered-without-error-but-found = Das Verzeichnis hat ohne Fehler geantwortet, aber keine Gruppe gefunden, und { $count } sind daraus bekannt. So sieht ein falscher Filter aus, oder verlorene Rechte.
told-without-confirmation-may-percent = { $count } von { $count-known } { $whose-told } ({ $count-share } %) { $what-told }; ohne Bestätigung dürfen es { $count-allowed } sein ({ $percent }_PERCENT, { $minimum }_MINIMUM).
told-people = Personen
told-administrators = Administratoren
told-groups = Gruppen
told-memberships = Mitgliedschaften
told-would-lose-access = würden den Zugang verlieren
told-left-before-would-deleted = waren schon ausgeschieden und würden endgültig gelöscht
told-would-administrators-more = wären keine Administratoren mehr
told-would-end-while-both = würden enden, obwohl Person und Gruppe bleiben
told-would-vanish = würden verschwinden
told-no-administrator-directory-would = Kein Administrator aus diesem Verzeichnis bliebe übrig (bisher { $count }).
told-nobody-e-mail-address = Niemand hat mehr eine E-Mail-Adresse; { $count } von { $count-found } Personen hatten eine. Es sieht so aus, als dürfte das Bind-Konto { $attribute } nicht mehr lesen.
told-nobody-disabled-directory-more = Niemand ist im Verzeichnis mehr gesperrt; { $count } Personen waren es und würden wieder hereingelassen. Es sieht so aus, als dürfte das Bind-Konto nicht mehr lesen, was ein Konto sperrt (LDAP_USER_DISABLED_WHEN).
told-no-group-members-more = Keine Gruppe hat mehr Mitglieder; { $count } von { $count-known } Gruppen hatten welche. Es sieht so aus, als dürfte das Bind-Konto die Mitglieder nicht mehr lesen.
told-nobody-who-can-sign = Niemand, der sich anmelden kann, gehörte dann noch zur Administration dieses Servers.
told-what-would-change-no = Was sich ändern würde, ist nicht mehr, was der Lauf { $run } gezeigt hat; deshalb zählt seine Bestätigung nicht.

## Warum ein Lauf scheitert

told-database-failed-nothing-changed = Die Datenbank hat versagt: { $error }. Es wurde nichts geändert.
told-settings-cannot-read = Die Einstellungen lassen sich nicht lesen: { $error }.
told-directory-switched-off-before = Das Verzeichnis wurde ausgeschaltet, bevor der Lauf an der Reihe war. Es wurde nichts geändert.
told-people-groups-changed-here = Jedes Mal, wenn der Lauf schreiben wollte, waren hier Personen oder Gruppen geändert worden. Es wurde nichts geändert; der nächste Lauf versucht es wieder.
told-another-run-took-over = Ein anderer Lauf ist an seine Stelle getreten, weil dieser eine Weile kein Lebenszeichen gegeben hatte. Er hat nichts geändert.
told-run-applied-discarded-somebody = Jemand anderes hat den Lauf, der übernommen werden sollte, verworfen, während das Verzeichnis gelesen wurde. Es wurde nichts geändert.
told-server-stopped-before-directory = Der Server wurde beendet, bevor das Verzeichnis gelesen war. Es wurde nichts geändert.
told-run-interrupted-process-carried = Der Lauf wurde unterbrochen: Der Prozess, der ihn ausführte, ist zu Ende. Es wurde nichts geändert.
told-directory-took-longer-than = Das Verzeichnis hat länger gebraucht als { $time-told }.
told-server-sent-answer-cannot = Der Server hat eine Antwort gesendet, die sich nicht lesen lässt.
told-asked-instead = Gefragt wurde stattdessen { $server }.
told-server-says-parts-directory = Der Server sagt, dass Teile des Verzeichnisses auf anderen Servern liegen{ $places }. Sie wurden nicht gelesen: Dorthin zu folgen hieße, das Bind-Passwort dorthin zu senden. Fehlen Personen oder Gruppen von dort, fügen Sie jenen Server als eigenes Verzeichnis hinzu.
told-changed-while-being-read = { $attribute } von { $dn } hat sich während des Lesens geändert, oder der Server hat aufgehört, es zu senden. Versuchen Sie es noch einmal.
told-server-repeats-without-end = Der Server wiederholt { $attribute } von { $dn } ohne Ende.
told-repeats-same-page-answer = { $server } wiederholt dieselbe Seite seiner Antwort ohne Ende.
told-sent-more-than-entries = { $server } hat in einer Antwort mehr als { $count } Einträge oder { $count-mib } MiB gesendet. Fassen Sie Filter oder Base DN enger.
told-sent-entry-cannot-read = { $server } hat einen Eintrag gesendet, der sich nicht lesen lässt.
told-entries-same-name-id = { $count } Einträge haben denselben Namen oder dieselbe ID, etwa { $one } und { $other }. Ändern Sie einen davon, oder die Einstellungen der Attribute.
told-no-address-configured = Es ist keine Adresse eingestellt.

## Was der Client über den Server sagt

told-name-could-resolved-check = Der Name von { $server } ließ sich nicht auflösen{ $reason }. Prüfen Sie seine Schreibweise und die Nameserver dieser Maschine.
told-refused-starttls-code-nothing = { $server } hat StartTLS abgelehnt (Code { $code }), und sonst wurde nichts gesendet. Lassen Sie TLS auf dem Server einrichten, oder nehmen Sie ldaps://, wo er es hat.
told-connection-could-secured = Die Verbindung zu { $server } ließ sich nicht sichern: { $reason-told }
told-took-connection-but-did = { $server } hat die Verbindung angenommen, aber nicht rechtzeitig geantwortet. Er ist vielleicht überlastet, oder das ist nicht sein LDAP-Port: Erwartet er hier TLS, beginnt die Adresse mit ldaps://.
told-did-answer-time-may = { $server } hat nicht rechtzeitig geantwortet. Er ist vielleicht überlastet; versuchen Sie es noch einmal, oder fassen Sie Filter und Base DN enger.
told-filter-could-sent-check = Der Filter ließ sich nicht senden. Prüfen Sie seine Schreibweise.
told-talking-failed = Die Verständigung mit { $server } ist gescheitert: { $error }.
told-ended-connection-while-agreeing = { $server } hat die Verbindung beendet, während TLS vereinbart wurde. Spricht er auf diesem Port TLS? Ohne TLS beginnt die Adresse mit ldap://.
told-sent-something-ldap-if = { $server } hat etwas gesendet, das kein LDAP ist. Erwartet dieser Port TLS, beginnt die Adresse mit ldaps://; sonst prüfen Sie den Port.
told-sent-something-ldap-nothing = { $server } hat etwas gesendet, das kein LDAP ist. Nichts aus seiner Antwort wurde verwendet.
told-closed-connection-middle-answer = { $server } hat die Verbindung mitten in seiner Antwort geschlossen. Nichts davon wurde verwendet.
told-closed-connection-instead-answering = { $server } hat die Verbindung geschlossen, statt zu antworten.
told-if-server-asks-client = Verlangt der Server ein Client-Zertifikat, setzen Sie eines, dem er vertraut.
told-if-port-expects-tls = Erwartet dieser Port TLS, beginnt die Adresse mit ldaps://.
told-server-let-people-change = Der Server lässt niemanden sein eigenes Passwort ändern. Lassen Sie den Personen dort das Recht dazu geben.
told-answered-code = ({ $server } hat mit Code { $code } geantwortet)
told-server-take-sasl-external = Der Server nimmt SASL EXTERNAL nicht an: Er hat kein Client-Zertifikat verlangt, oder er bietet diese Art des Bind nicht. Lassen Sie es dort einrichten, oder nehmen Sie Name und Passwort.
told-server-takes-client-certificate = Der Server erkennt in dem Client-Zertifikat oder Socket kein Konto. Lassen Sie dessen Subject dort einem Konto zuordnen (OpenLDAP: authz-regexp, 389 Directory Server: certmap.conf).
told-server-take-form-name = Der Server nimmt den Namen in dieser Form nicht an. Active Directory nimmt user@domain oder DOMAIN\user; andere Server wollen die ganze DN, etwa cn=muster,ou=services,dc=example,dc=org.
told-server-know-bind-account = Der Server kennt das Bind-Konto nicht. Prüfen Sie die Schreibweise der Bind DN.
told-bind-account-disabled-enable = Das Bind-Konto ist gesperrt. Entsperren Sie es im Verzeichnis.
told-bind-account-locked-usually = Das Bind-Konto ist gesperrt, meist nach zu vielen falschen Passwörtern. Entsperren Sie es im Verzeichnis, und berichtigen Sie dann hier das Passwort.
told-server-time-limit-cut = Die Zeitgrenze des Servers hat seine Antwort abgeschnitten, nach: { $entries-told }. Fassen Sie Filter oder Base DN enger, oder lassen Sie die Grenze für das Bind-Konto anheben.
told-server-size-limit-cut = Die Größengrenze des Servers hat seine Antwort abgeschnitten, nach: { $entries-told }. Lassen Sie die Grenze für das Bind-Konto anheben, oder fassen Sie Filter oder Base DN enger.
told-limit-server-administrator-set = Eine Grenze, die die Administration des Servers gesetzt hat, hat seine Antwort abgeschnitten, nach: { $entries-told }. Lassen Sie sie für das Bind-Konto anheben, oder fassen Sie Filter oder Base DN enger.
told-another-server-sent-referral = { $base } liegt auf einem anderen Server (dieser hat einen Verweis gesendet{ $place-told }). Stellen Sie die Adresse jenes Servers ein; Verweisen wird nicht gefolgt.
told-pointing = , auf { $place }
told-exist-bind-account-may = { $base } gibt es dort nicht, oder das Bind-Konto darf es nicht sehen. Prüfen Sie die Schreibweise und die Rechte des Kontos.
told-server-take-dn-check = Der Server erkennt { $base } nicht als DN. Prüfen Sie die Schreibweise der Base DN.
told-server-answers-only-after = Der Server antwortet nur nach einem Bind. Setzen Sie Bind DN und Passwort.
told-server-time-limit-ended = Die Zeitgrenze des Servers hat das beendet.
told-server-size-limit-cut-answer = Die Größengrenze des Servers hat die Antwort abgeschnitten. Lassen Sie die Grenze für das Bind-Konto anheben, oder fassen Sie Filter oder Base DN enger.
told-server-accept-simple-bind = Der Server nimmt keinen einfachen Bind mit Name und Passwort an.
told-server-wants-stronger-way = Der Server will einen stärkeren Bind als Name und Passwort über TLS. Lassen Sie diesen zulassen, oder nehmen Sie ein Client-Zertifikat.
told-server-wants-encrypted-connection = Der Server will dafür eine verschlüsselte Verbindung. Nehmen Sie ldaps:// in der Adresse, oder StartTLS.
told-another-server-server-sent = Das liegt auf einem anderen Server (der Server hat einen Verweis gesendet). Stellen Sie die Adresse jenes Servers ein; Verweisen wird nicht gefolgt.
told-limit-server-administrator-set-ended = Eine Grenze, die die Administration des Servers gesetzt hat, hat das beendet. Lassen Sie sie für das Bind-Konto anheben.
told-entry-exist-bind-account = Den Eintrag gibt es dort nicht, oder das Bind-Konto darf ihn nicht sehen.
told-server-take-dn-check-spelling = Der Server nimmt diese DN nicht an. Prüfen Sie die Schreibweise von Base DN und Bind DN.
told-server-allow-way-bind = Der Server erlaubt diese Art des Bind nicht, etwa weil anonymer Zugriff ausgeschaltet ist. Setzen Sie Bind DN und Passwort.
told-bind-account-right-give = Das Bind-Konto hat nicht das Recht dazu. Geben Sie ihm Lesezugriff auf Personen und Gruppen.
told-server-busy-will-asked = Der Server ist beschäftigt. Beim nächsten Lauf wird er wieder gefragt.
told-server-available-moment-will = Der Server ist zurzeit nicht verfügbar. Beim nächsten Lauf wird er wieder gefragt.
told-server-unwilling-own-words = Der Server will das nicht tun; warum, sagen vielleicht seine eigenen Worte.
told-server-refused = Der Server hat abgelehnt.
told-bind-account-exist-check = Das Bind-Konto gibt es nicht. Prüfen Sie die Bind DN.
told-bind-account-may-sign = Das Bind-Konto darf sich zu dieser Tageszeit nicht anmelden. Ändern Sie seine Anmeldezeiten im Verzeichnis.
told-bind-account-may-sign-machine = Das Bind-Konto darf sich von dieser Maschine nicht anmelden. Ändern Sie im Verzeichnis, von wo es sich anmelden darf.
told-password-bind-account-expired = Das Passwort des Bind-Kontos ist abgelaufen. Setzen Sie dort und hier ein neues.
told-bind-account-expired-extend = Das Bind-Konto ist abgelaufen. Verlängern Sie es im Verzeichnis.
told-bind-account-must-change = Das Bind-Konto muss erst sein Passwort ändern. Setzen Sie dort ein Passwort, das nicht geändert werden muss.
told-bind-account-locked-after = Das Bind-Konto ist nach zu vielen falschen Passwörtern gesperrt. Entsperren Sie es im Verzeichnis, und berichtigen Sie dann hier das Passwort.
told-bind-dn-password-wrong = Bind DN oder Passwort ist falsch.

## TLS und Zertifikate

told-tls-cannot-set-up = TLS lässt sich nicht einrichten: { $error }.
told-client-certificate-cannot-used = Das Client-Zertifikat ist nicht brauchbar: { $error }. Gehören beide zusammen?
told-pem-text-client-certificate = Der PEM-Text des Client-Zertifikats ist beschädigt.
told-pem-text-client-certificate-key = Der PEM-Text des Schlüssels zum Client-Zertifikat ist beschädigt.
told-name-certificate-can-carry = { $host } ist kein Name, den ein Zertifikat tragen kann.
told-pem-text-certificate-authority = Der PEM-Text der Zertifizierungsstelle ist beschädigt.
told-certificate-authority-cannot-used = Die Zertifizierungsstelle ist nicht brauchbar: { $error }.
told-machine-trusts-no-certificate = Diese Maschine vertraut keiner Zertifizierungsstelle; geben Sie den PEM-Text derjenigen an, die das Zertifikat des Servers unterschrieben hat.
told-trusted-certificates-cannot-used = Die Zertifikate, denen vertraut wird, sind nicht brauchbar: { $error }.
told-speak-tls-port-use = Auf diesem Port spricht er kein TLS. Nehmen Sie ldap:// für diesen Port, oder den Port für TLS, meist 636.
told-server-wants-client-certificate = Der Server verlangt ein Client-Zertifikat. Setzen Sie eines unter „Client-Zertifikat“, mit seinem Schlüssel.
told-server-take-client-certificate = Der Server nimmt das Client-Zertifikat nicht an ({ $alert }). Prüfen Sie, wie lange es gilt, und ob der Server der Stelle vertraut, die es unterschrieben hat.
told-server-refused-agree-tls = Der Server hat es abgelehnt, TLS zu vereinbaren. Vielleicht verlangt er ein Client-Zertifikat, oder er hat selbst keines, das passt.
told-server-answer-name-check = Der Server hört nicht auf den Namen { $name }. Prüfen Sie die Adresse.
told-refused-tls-connection = Er hat die TLS-Verbindung abgelehnt ({ $alert }).
told-offers-only-tls-versions = Er bietet nur Versionen von TLS oder Verfahren, die nicht mehr sicher sind (mindestens TLS 1.2).
told-tls-failed = TLS ist gescheitert ({ $error }).
told-certificate-expired-renew-server = Sein Zertifikat ist abgelaufen{ $day-told }. Erneuern Sie es auf dem Server.
told-on = { " " }am { $day }
told-certificate-valid-yet-check = Sein Zertifikat gilt noch nicht{ $day-told }. Prüfen Sie die Uhren beider Maschinen.
told-only = , erst ab { $day }
told-certificate-another-name-use = Sein Zertifikat ist für einen anderen Namen: für { $names }, nicht für { $name }. Nehmen Sie einen Namen aus dem Zertifikat als Adresse oder als Namen im Zertifikat (LDAP_SERVER_NAME), oder lassen Sie ein Zertifikat für diese Adresse ausstellen.
told-certificate-another-name-carries = Sein Zertifikat ist für einen anderen Namen: Es trägt gar keinen (keinen Subject Alternative Name). Lassen Sie eines ausstellen, das den Server nennt.
told-certificate-another-name-use-name = Sein Zertifikat ist für einen anderen Namen. Nehmen Sie den Namen aus dem Zertifikat als Adresse, oder lassen Sie eines für diese Adresse ausstellen.
told-certificate-self-signed-if = Sein Zertifikat hat er selbst unterschrieben. Ist es wirklich das des Servers, geben Sie es als vertrautes an (LDAP_CA_CERTIFICATE).
told-certificate-signed-authority-machine = Sein Zertifikat hat eine Stelle unterschrieben, die diese Maschine nicht kennt{ $by }. Geben Sie das Zertifikat jener Stelle an (LDAP_CA_CERTIFICATE).
told-certificate-revoked = Sein Zertifikat wurde widerrufen.
told-certificate-cannot-accepted = Sein Zertifikat kann nicht angenommen werden ({ $error }).
told-tls-could-set-up = TLS ließ sich nicht einrichten.
told-bind-dn-needs-password = Die Bind DN braucht ein Passwort: Viele Server nehmen ein leeres für jedermanns.
told-sasl-external-proves-who = SASL EXTERNAL weist mit einem Client-Zertifikat oder einem Socket auf dieser Maschine nach, wer fragt, und { $server } hat keines davon. Nehmen Sie ldaps:// oder StartTLS mit einem Client-Zertifikat, oder ldapi://.

## Ein Test, Schritt für Schritt

told-tried-because-earlier-step = Nicht versucht, weil ein früherer Schritt gescheitert ist.
told-answers = { $server } antwortet unter { $address }.
told-answers-2 = { $server } antwortet.
told-socket-machine = { $server } ist ein Socket auf dieser Maschine.
told-address-name = { $server } ist eine Adresse, kein Name.
told-leads = { $host } führt zu { $addresses }.
told-connection-leave-machine = Die Verbindung verlässt diese Maschine nicht.
told-connection-encrypted-use-ldaps = Die Verbindung ist nicht verschlüsselt{ $reading-told }. Nehmen Sie ldaps://, oder schalten Sie StartTLS ein, wo der Server es hat.
told-bind-password-can-read = : Das Bind-Passwort ist unterwegs zu lesen
told-certificate-valid-until = Das Zertifikat ist für { $names }, von { $issuer }, gültig bis { $day }.
told-connection-encrypted-but-server = Die Verbindung ist verschlüsselt, aber das Zertifikat des Servers wird nicht geprüft: Wer dazwischensitzt, könnte lesen und ändern, was gesendet wird.
told-connection-encrypted-server-certificate = Die Verbindung ist verschlüsselt, und das Zertifikat des Servers ist gültig, aber nicht mehr lange (verbleibend: { $time-told }). Lassen Sie es erneuern.
told-connection-encrypted-server-certificate-valid = Die Verbindung ist verschlüsselt, und das Zertifikat des Servers ist gültig.
told-asking-anonymously = Es wird anonym gefragt.
told-bound = Bind als { $name }.
told-bound-whom-connection-proves = Bind als das, was die Verbindung nachweist.
told-server = Der Server: { $server-told }.
told-ldap-server = ein LDAP-Server
told-holds = Er enthält { $contexts }.
told-exists = { $base } ist vorhanden.
told-exist = { $bases } sind vorhanden.
told-server-shows-nothing-bind = Der Server zeigt nichts unter { $bases }. Vielleicht hat das Bind-Konto nicht das Recht, es zu sehen.
told-filter-finds-nobody-could = Der Filter { $filter } findet niemanden Brauchbaren unterhalb von { $places }.
told-check-filter-attributes-bind = Prüfen Sie den Filter, die Attribute und die Rechte des Bind-Kontos.
told-filter-finds-no-group = Der Filter { $filter } findet keine brauchbare Gruppe unterhalb von { $places }.
told-found-such = { $found-told } gefunden, etwa { $names }.
told-found-such-2 = { $found-told } gefunden, mit { $memberships-told }, etwa { $names }.
told-person = 1 Person
told-people-2 = { $count } Personen
told-group = 1 Gruppe
told-groups-2 = { $count } Gruppen
told-membership = 1 Mitgliedschaft
told-memberships-2 = { $count } Mitgliedschaften
told-entry = 1 Eintrag
told-entries = { $count } Einträge
told-day = 1 Tag
told-days = { $count } Tage
told-hour = 1 Stunde
told-hours = { $count } Stunden
told-minute = 1 Minute
told-minutes = { $count } Minuten
told-second = 1 Sekunde
told-seconds = { $count } Sekunden
told-server-sends-large-answers = Der Server sendet große Antworten in Seiten zu { $count }; Seiten zu { $count-wanted }, wie eingestellt, hat er abgelehnt.
told-server-sends-large-answers-pages = Der Server sendet große Antworten in Seiten zu { $count }.
told-server-says-sends-large = Der Server sagt, dass er große Antworten in Seiten sendet.
told-server-sends-everything-piece = Der Server sendet alles in einem Stück. Schneidet eines Tages eine Größengrenze seine Antwort ab, scheitern Läufe und sagen das; lassen Sie die Grenze für das Bind-Konto anheben.
told-skipped = Übergangen werden mussten: { $entries-told }.
told-look = Anzusehen: { $dn }: { $problem-told }

## Passwörter im Verzeichnis

told-directory-password-expired = Das Passwort im Verzeichnis ist abgelaufen.
told-directory-password-must-changed = Das Passwort im Verzeichnis muss geändert werden, bevor man es benutzen kann.
told-account-disabled-directory = Das Konto ist im Verzeichnis gesperrt.
told-account-expired-directory = Das Konto ist im Verzeichnis abgelaufen.
told-account-locked-directory-after = Das Konto ist im Verzeichnis nach zu vielen falschen Passwörtern gesperrt.
told-directory-lets-account-other = Das Verzeichnis lässt dieses Konto nur zu anderen Zeiten herein.
told-directory-let-account-here = Das Verzeichnis lässt dieses Konto von hier aus nicht herein.
told-directory-let-account = Das Verzeichnis lässt dieses Konto nicht herein.
told-new-password-empty-nul = Das neue Passwort ist leer oder enthält ein NUL-Zeichen.
told-asked-change-passwords-because = { $server } wird nicht gebeten, Passwörter zu ändern, weil die Verbindung nicht verschlüsselt ist. Nehmen Sie ldaps:// oder StartTLS.

## Bilder

told-picture-larger-than-mib = Das Bild ist größer als { $count } MiB und wurde ausgelassen.
told-address-place-picture-addresses = Statt eines Bildes steht dort eine Adresse. Adressen wird nicht gefolgt; das Bild wurde ausgelassen.
told-value-neither-picture-nor = Der Wert ist weder ein Bild noch Base64-Text und wurde ausgelassen.

## Wie Änderungen gefolgt wird

told-server-tells-every-change = Der Server berichtet von jeder Änderung (RFC 4533).
told-server-tells-every-change-persistent = Der Server berichtet von jeder Änderung (Persistent Search).
told-domain-controller-asked-twice = Der Domänencontroller wird zweimal in der Sekunde gefragt (uSNChanged).
told-server-asked-every-few = Der Server wird alle paar Sekunden gefragt (modifyTimestamp); Gelöschtes bemerkt der regelmäßige Abgleich.
told-server-tells-no-changes = Der Server berichtet von keinen Änderungen; nur der regelmäßige Abgleich bemerkt sie.
told-entries-outside-base-dn = Einträge außerhalb der Base DN liest nur der regelmäßige Abgleich.
told-stopped-answering = { $server } antwortet nicht mehr.
told-bind-account-may-read = Das Bind-Konto darf gelöschte Objekte nicht lesen, deshalb bemerkt der regelmäßige Abgleich, wer gelöscht wurde.
told-domain-controller-tell-highestcommittedusn = Der Domänencontroller nennt seine highestCommittedUSN nicht.
told-waiting-full-sync = Es wird auf einen vollständigen Abgleich gewartet: { $reason-told }.
told-server-know-more-what = der Server weiß nicht mehr, was sich geändert hat
told-domain-controller-counts-updates = der Domänencontroller zählt seine Änderungen neu
told-more-changed-than-server = es hat sich mehr geändert, als der Server auf einmal berichtet
told-more-changed-than-looked = es hat sich mehr geändert, als einzeln angesehen wird
told-place-entries-added-changed = ein Ort für Einträge ist hinzugekommen oder hat sich geändert
told-something-deleted-server-tell = etwas wurde gelöscht, und der Server sagt nicht, was es war
told-only-members-group-taken-over = nur Mitglieder einer Gruppe werden übernommen, und es geht um Gruppen oder Neue
told-membership-also-depends-attributes = Mitgliedschaft hängt auch von Attributen der Personen ab
told-newcomer-name-address-somebody = jemand Neues hat den Namen oder die Adresse von jemandem, der schon da ist
told-change-larger-than-made = die Änderung ist größer, als ohne Bestätigung übernommen wird
told-people-gone-who-deleted = es fehlen Personen, die zu löschen sind
told-more-people-gone-than = es fehlen mehr Personen, als ohne Bestätigung gehen dürfen
told-what-changed-cannot-written = was sich geändert hat, lässt sich nicht für sich schreiben

## Was sich an jemandem ändert

told-username = Benutzername
told-e-mail = E-Mail
told-first-name = Vorname
told-last-name = Nachname
told-display-name = Anzeigename
told-phone = Telefon
told-language = Sprache
told-further-attributes = weitere Attribute
told-administrator = Administrator
told-state = Zustand
told-disabled = gesperrt
told-yes = ja
told-no = nein

## Verbinden

told-no-socket-check-path = Unter { $server } gibt es keinen Socket. Prüfen Sie den Pfad, und ob das Verzeichnis auf dieser Maschine läuft und dort lauscht.
told-muster-may-open-socket = Muster darf den Socket { $server } nicht öffnen. Geben Sie dem Konto, unter dem Muster läuft, Zugriff darauf.
told-nothing-listens-check-address = Unter { $server } lauscht nichts. Prüfen Sie Adresse und Port, und ob das Verzeichnis läuft.
told-did-answer-time-check = { $server } hat nicht rechtzeitig geantwortet. Prüfen Sie die Adresse, und ob keine Firewall dazwischen ist.
told-cannot-reached-machine-network = { $server } ist vom Netz dieser Maschine aus nicht zu erreichen.
told-connection-failed = Die Verbindung zu { $server } ist gescheitert: { $error }.

## Wem ein Name gehört

told-local-account = dem lokalen Konto { $name }
told-local-group = der lokalen Gruppe { $name }
told-directory = { $name } aus dem Verzeichnis { $directory }
told-nobody = niemandem
told-group-name = Gruppenname

## Was an Einstellungen falsch ist: ohne Punkt, wie mitten im Satz

told-names-no-socket-absolute = { $text } nennt keinen Socket mit seinem vollen Pfad: { $example-told }
told-address = { $text } ist keine Adresse: { $example-told }
told-supported = { $text } wird nicht unterstützt: { $example-told }
told-names-no-server = { $text } nennt keinen Server: { $example-told }
told-address-looks-like-ldaps = eine Adresse sieht aus wie ldaps://ldap.example.org, ldap://10.0.0.5:389 oder ldapi://%2Frun%2Fslapd%2Fldapi
told-more-than-scheme-server = { $text } hat mehr als Schema, Server und Port; Base DN, Filter und Bind DN haben eigene Einstellungen
told-port-leave-port-out = { $text } hat Port 0; lassen Sie den Port weg, dann gilt der übliche
told-base-dn-looks-like = { $text } ist { $error-told }; eine Base DN sieht aus wie dc=example,dc=org
told-place-looks-like-ou = { $text } ist { $error-told }; ein Ort sieht aus wie ou=people
told-distinguished-name-character = keine DN: { $mistake-told } (Zeichen { $count })
told-name-longer-than-kib = der Name ist länger als 8 KiB
told-attribute-name-missing = es fehlt ein Attributname
told-missing = es fehlt ein "="
told-must-followed-pairs-hexadecimal = auf "#" müssen Paare von hexadezimalen Ziffern folgen
told-closing-quote-missing = es fehlt das schließende Anführungszeichen
told-nothing-follows-last = auf das letzte "\" folgt nichts
told-separator-missing = es fehlt ein Trennzeichen
told-filter-cannot-read = der Filter ist nicht zu lesen: { $mistake-told }
told-character = { $mistake-told } (Zeichen { $count })
told-filter-longer-than-kib = der Filter ist länger als 8 KiB
told-filter-empty-objectclass-would = der Filter ist leer; "(objectClass=*)" träfe jeden Eintrag
told-too-many = es gibt eine ")" zu viel
told-second-filter-begins-join = ein zweiter Filter beginnt; verbinden Sie die beiden als (&(…)(…)) oder (|(…)(…))
told-text-behind-end-filter = hinter dem Ende des Filters steht noch Text
told-filter-nested-more-than = der Filter ist mehr als 32-fach verschachtelt
told-directly-behind-missing = eine "(" unmittelbar hinter einer "("; es fehlt "&", "|" oder "!"
told-parentheses-empty = die Klammern sind leer
told-missing-2 = es fehlt eine ")"
told-takes-filter-only-join = "!" nimmt nur einen Filter; verbinden Sie mehrere als (!(|(…)(…)))
told-followed-no-filter = auf "{ $operator }" folgt kein Filter
told-missing-3 = es fehlt eine "("
told-attribute-name = "{ $text }" ist kein Attributname
told-inside-value-must-written = eine "(" in einem Wert wird \28 geschrieben
told-nul-inside-value-must = ein NUL in einem Wert wird \00 geschrieben
told-only-wildcard-character-itself = "*" ist nur mit "=" ein Platzhalter; das Zeichen selbst wird \2a geschrieben
told-must-followed-two-hexadecimal = auf "\" müssen zwei hexadezimale Ziffern folgen; das Zeichen selbst wird \5c geschrieben
told-two-directly-behind-each = zwei "*" unmittelbar hintereinander
told-claims-more-than = es gibt { $count } Claims, mehr als { $count-allowed }
told-claim-twice = den Claim { $name } gibt es zweimal
told-form-claim-attribute-claim = { $line } hat nicht die Form: Claim = Attribut, oder Claim[] = Attribut für eine Liste
told-cannot-name-claim-letters = { $name } kann kein Claim heißen: 1 bis { $count } Buchstaben, Ziffern und _ - . : /
told-claim-filled-muster-itself = den Claim { $name } füllt Muster selbst, oder er entscheidet, ob ein Token gilt; wählen Sie einen anderen Namen
told-claim-no-attribute-behind = Claim { $name }: hinter "=" steht kein Attribut
told-claim-holds-secret-never = Claim { $name }: { $attribute } enthält ein Geheimnis und wird Apps nie gegeben
told-claim-template-makes-text = Claim { $name }: eine Vorlage ergibt einen einzigen Text; schreiben Sie { $claim } = … ohne [], oder nennen Sie ein Attribut
told-claim = Claim { $name }: { $error-told }
told-attribute-name-needed-such = es muss ein Attributname sein, wie etwa { $example }
told-template-but-taken-name = { $text } ist eine Vorlage, aber das hier wird genommen, wie es ist: nennen Sie ein Attribut, wie etwa { $example }
told-longer-than-bytes = es ist länger als { $count } Bytes
told-attribute-name-letters-digits = { $text } ist kein Attributname: Buchstaben, Ziffern und "-", wie etwa entryUUID; mehrere werden a | b geschrieben, und zusammengesetzte { $example }
told-more-than = es gibt { $rules-told }, mehr als { $count }
told-rule = 1 Regel
told-rules = { $count } Regeln
told-attribute-name-rule-such = { $text } ist kein Attributname; eine Regel ist ein solcher wie userAccountControl, oder Attribut = Wert, wie employeeType = former
told-no-value-behind-means = hinter "{ $attribute } =" steht kein Wert; "{ $same } = *" heißt: irgendeiner
told-template = die Vorlage "{ $text }" { $what-told }
told-without-before = hat "{ "}" }" ohne "{ "{" }" davor
told-without-behind = hat "{ "{" }" ohne "{ "}" }" dahinter
told-names-no-attribute-between = nennt kein Attribut zwischen "{ "{" }" und "{ "}" }"
told-braces-which-attribute-name = hat { $attribute } in geschweiften Klammern, und das ist kein Attributname
told-behind = hat { $word } hinter einem ":"; es gibt: { $known }
told-more-than-parts = hat mehr als { $count } Teile
told-missing-4 = ausgeschieden
