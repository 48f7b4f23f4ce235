# Die Seite darüber, wer nach zu vielen Versuchen warten muss.

limits-lead = Wer zurzeit wegen zu vieler Versuche warten muss. Nach { $tries } Fehlversuchen in { $minutes } Minuten wartet eine Adresse (IPv6: ein Netz /64), nach { $around } das Netz um sie herum (IPv4: /24, IPv6: /48). Gezählt wird für alle Instanzen zusammen.
limits-earlier = Frühere
limits-nobody = Niemand wartet
limits-nobody-message = Zurzeit ist keine Grenze erreicht.
limits-who = Wer
limits-at-what = Wobei
limits-tries = Versuche
limits-until = Bis
limits-lift = Aufheben
limits-gone = niemand mehr
limits-try-again-for = { $who } wieder versuchen lassen
limits-try-again = Wieder versuchen lassen
limits-more = Es gibt weitere; das sind die, die am längsten warten.
limits-help = Was jemand eintippt, wird als Hash gezählt; eine Grenze für einen eingetippten Namen erscheint hier deshalb nur, wo es ein Konto dazu gibt. Wie viele Versuche es gibt, steht unter <settings>Einstellungen, Grenzen</settings>; für Passwörter und Wiederherstellungscodes gelten engere, feste Grenzen.
limits-lifted = Ab sofort kann es dort wieder versucht werden.
