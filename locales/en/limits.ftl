# The page of who has to wait after too many tries.

limits-lead = Who has to wait at the moment because of too many tries. After { $tries } failures in { $minutes } minutes an address waits (IPv6: a /64 network), after { $around } the network around it (IPv4: /24, IPv6: /48). Counted for all instances together.
limits-earlier = Earlier ones
limits-nobody = Nobody waits
limits-nobody-message = No limit is reached at the moment.
limits-who = Who
limits-at-what = At what
limits-tries = Tries
limits-until = Until
limits-lift = Lift
limits-gone = nobody any more
limits-try-again-for = Let { $who } try again
limits-try-again = Let try again
limits-more = There are more; these are the ones that wait longest.
limits-help = What people type is counted by a hash, so a limit on a name that was typed shows here only where it is somebody’s account. How many tries there are is set under <settings>Settings, Limits</settings>; passwords and recovery codes have narrower limits that are fixed.
limits-lifted = They can try again at once.
