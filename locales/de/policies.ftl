# Die Seiten über Regeln für Passkeys.

policies = Regeln für Passkeys
policies-lead = Welche Passkeys genügen. Von allem, was für jemanden gilt, zählt jeweils das Strengste. Passkeys prüfen immer, wer sie benutzt, mit PIN, Fingerabdruck oder Gesicht; das steht nicht zur Wahl.
policies-add = Regel für alle hinzufügen
policies-none = Jeder Passkey genügt
policies-none-message = Es gibt keine Regeln. Fügen Sie hier eine für alle hinzu, oder eine für eine Gruppe auf deren Seite; Apps haben ihre bei ihren Einstellungen.
policies-for = Für
policies-which = Welche Passkeys
policies-oldest = Älteste Anmeldung
policies-grace = Frist
policies-changed = Geändert
policies-everybody = Alle
policies-people = { $people ->
    [one] { $people } Person
   *[other] { $people } Personen
}
policies-minutes = { $minutes } min
policies-any = beliebig
policies-none-given = keine
policies-every-passkey = jeder Passkey
policies-saved = Die Regel gilt.
policies-removed = Die Regel ist entfernt.
policies-models = Modelle von Sicherheitsschlüsseln und Geräten
policies-no-list = Dieser Server hat keine Liste von Modellen, deshalb kann keine Regel welche nennen. Holen Sie die Datei des FIDO Metadata Service, nennen Sie sie in <code>PASSKEY_METADATA_FILE</code> und starten Sie den Server neu.
policies-list = Liste { $number } des FIDO Metadata Service, { $count } Modelle.
policies-list-next = Die nächste ist am { $day } fällig.
policies-list-old = Die Liste ist veraltet: Die nächste war am { $day } fällig. Solange der Server sie nicht hat, kann niemand einen Passkey hinzufügen, dessen Regel Modelle nennt. Legen Sie die neue Datei an die Stelle der alten und starten Sie den Server neu, oder senden Sie ihm SIGHUP.
policies-all-models = Alle Modelle
policies-model-name = Name
policies-model-id = ID (AAGUID)
policies-model-id-short = ID
policies-model-usable = Kann genannt werden
policies-model-no = nein: { $why }
policies-model-yes = ja
policies-model-unproved = nein: kann nicht nachweisen, was es ist

## Eine davon

policy-of = Passkeys von { $name }
policy-of-everybody = Passkeys aller
policy-back = ← Regeln für Passkeys
policy-lead = Ein neuer Passkey muss dem sofort genügen. Einer, der schon da ist und nicht genügt, kann noch so viele Tage benutzt werden, wie unten steht.
policy-not-saved = Noch nicht gespeichert: Sehen Sie sich einige Felder noch einmal an.
policy-locks-out = <strong>{ $people ->
    [one] { $people } Person hat
   *[other] { $people } Personen haben
} Passkeys, und keinen, der genügen würde.</strong> Damit ließe sich ab jetzt nicht mehr anmelden. Geben Sie einige Tage Frist, oder lassen Sie zuerst passende hinzufügen. Noch ist nichts gespeichert.
policy-locks-out-later = <strong>{ $people ->
    [one] { $people } Person hat
   *[other] { $people } Personen haben
} Passkeys, und keinen, der genügen würde.</strong> Von der nächsten Anmeldung an bleibt zum Hinzufügen eines passenden so lange Zeit: { $grace ->
    [one] { $grace } Tag
   *[other] { $grace } Tage
}. Danach ist ein Einmal-Link nötig. Noch ist nichts gespeichert.
policy-administrator = Administrator
policy-and-more = Und { $count } weitere.
policy-device-bound = Keine synchronisierten Passkeys
policy-device-bound-help = Nur Passkeys, die auf einem Gerät bleiben, etwa auf einem Sicherheitsschlüssel. Was Passwortmanager von Gerät zu Gerät kopieren, genügt nicht. Von welcher Art ihre Passkeys sind, sagen die Geräte selbst; nennen Sie unten Modelle, damit es nachgewiesen wird.
policy-models = Nur diese Modelle von Sicherheitsschlüsseln und Geräten
policy-models-help = Freiwillig. Eines pro Zeile: die ID eines Modells (AAGUID), oder sein Name, wie er in der Liste der Modelle steht. Ein Gerät muss sein Modell nachweisen, wenn ein Passkey hinzugefügt wird; synchronisierte Passkeys können das nicht.
policy-grace = Frist in Tagen
policy-grace-help = Wie lange jemand einen Passkey, der nicht genügt, noch benutzen kann, von der nächsten Anmeldung damit an. 0: gar nicht.
policy-oldest = Älteste Anmeldung, in Minuten
policy-oldest-help = Freiwillig. Fragt eine App, wer jemand ist, und ist die Anmeldung älter als das, benutzt man seinen Passkey noch einmal.
policy-save = Speichern
policy-save-anyway = Trotzdem speichern
policy-remove = Diese Regel entfernen
policy-remove-short = Entfernen
policy-remove-message = Für { $name } genügt dann jeder Passkey, soweit keine andere Regel gilt.
policy-remove-message-everybody = Für alle genügt dann jeder Passkey, soweit keine andere Regel gilt.
policy-remove-do = Regel entfernen
policy-app = Welche Passkeys sie annimmt
policy-app-lead = Freiwillig. Wer sich mit einem anderen anmeldet, erfährt, welcher verlangt wird, und kann dort einen solchen benutzen oder hinzufügen.
policy-app-models-help = IDs (AAGUIDs), eine pro Zeile, wie sie unter Einstellungen, Regeln für Passkeys stehen. Das Gerät muss sein Modell nachgewiesen haben, als der Passkey hinzugefügt wurde. Ob synchronisierte Passkeys genügen, steht oben unter „Wie man sich anmeldet“.

## Was an einer falsch ist

policy-mistake-whole = Geben Sie eine ganze Zahl von { $min } bis { $max } ein.
policy-mistake-no-list = Dieser Server hat keine Liste von Modellen, deshalb könnte er keinem Gerät glauben. Geben Sie ihm eine (PASSKEY_METADATA_FILE), starten Sie ihn neu und kommen Sie dann wieder.
policy-mistake-list-old = Die Liste der Modelle ist veraltet: Die nächste war am { $day } fällig. Legen Sie die neue Datei an ihre Stelle und lassen Sie den Server sie lesen (Neustart oder SIGHUP).
policy-mistake-unknown = „{ $line }“ ist weder die ID eines Modells (AAGUID) noch ein Name aus der Liste der Modelle.
policy-mistake-no-model = Ein Modell { $id } gibt es in der Liste der Modelle nicht, deshalb ließe sich ihm nichts glauben.
policy-mistake-compromised = Auf { $name } ist kein Verlass: Der Hersteller oder die FIDO Alliance sagt { $why }.
policy-mistake-unproved = { $name } kann nicht nachweisen, was es ist: In der Liste der Modelle steht kein Zertifikat dafür.
policy-mistake-many = Höchstens { $max } Modelle können genannt werden.
policy-mistake-nobody-left = Kein Administrator hat einen solchen Passkey, also könnte niemand mehr diesen Server verwalten. Fügen Sie zuerst Ihrem Konto einen hinzu; speichern Sie dann.
policy-mistake-no-id = „{ $id }“ ist nicht die ID eines Modells (AAGUID); eine sieht aus wie cb69481e-8ff7-4039-93ec-0a2729a154a8. Sie stehen unter Einstellungen, Regeln für Passkeys.
