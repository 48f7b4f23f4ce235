# Wer wie nah daran ist, ausgesperrt zu sein, und was die Administration wegnimmt.

lock-out = Aussperr-Risiko
lock-out-lead = Wer von denen, die sich anmelden dürfen, ausgesperrt wäre, wenn eine Sache verloren geht. Wer zwei Passkeys hat, oder einen und Wiederherstellungscodes, ist gut versorgt.
lock-out-levels = Stufen
lock-out-no-way = Kein Passkey und kein Wiederherstellungscode.
lock-out-never-came = Noch nie hereingekommen: { $count }.
lock-out-one-thing = Ein Gerät, oder ein Blatt Papier.
lock-out-one-account = Ein synchronisierter Passkey und sonst nichts.
lock-out-low = Etwas darf verloren gehen.
lock-out-nobody = Niemand
lock-out-nobody-help = Niemand, der sich anmelden darf, steht auf dieser Stufe.
lock-out-at-risk = Gefährdet
lock-out-unused = { $count } seit einem Jahr unbenutzt
lock-out-synced = synchronisiert

## Wie nah jemand daran ist, ausgesperrt zu sein

risk-no-way = Kein Weg herein
risk-one-thing = Ein Verlust genügt
risk-one-account = Ein Passwortmanager
risk-low = Gut versorgt

## Wenn der letzte Passkey weggenommen wurde

taken-away = Der letzte Passkey ist weg
taken-away-lead = „{ $passkey }“ öffnet nichts mehr, und { $name } wurde überall abgemeldet. Mit diesem Link kommt die Person wieder herein.
taken-away-link = Wird nur dieses eine Mal gezeigt. Er funktioniert einmal, bis { $until }. Geben Sie ihn { $name } und niemandem sonst, auf einem Weg, dem Sie vertrauen: Wer ihn öffnet, ist unter diesem Namen angemeldet und kann einen Passkey hinzufügen.
taken-away-own = Damit würden Sie einen eigenen Passkey entfernen. Tun Sie das in Ihrem Konto unter „Passkeys“; dort ist Ihr letzter geschützt.
