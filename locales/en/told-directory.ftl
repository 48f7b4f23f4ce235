# Texts about directories that are put together before anybody knows who reads them: see src/language/told.rs.

## What a run says about entries

told-more-problems-listed = { $count } more problems are not listed.
told-value-no-text-utf = The value is no text (UTF-8) and was ignored.
told-value-longer-than-characters = The value is longer than { $count } characters; the rest was cut off.
told-unique-id-cannot-used = The unique id cannot be used: { $reason-told }. The entry was skipped.
told-value-empty = the value is empty
told-value-characters-long-more = the value is { $count } characters long, more than the { $count-kept } kept
told-entry-no-unique-id = The entry has no unique id, or the bind account may not read it. The entry was skipped.
told-control-characters-entry-skipped = The { $what-told } { $name } has control characters in it. The entry was skipped.
told-longer-than-characters-entry = The { $what-told } is longer than { $count } characters. The entry was skipped.
told-entry-no-skipped = The entry has no { $what-told }. It was skipped.
told-e-mail-address-person = { $text } is not an e-mail address. The person was taken over without one.
told-names-no-language-such = { $text } names no language, such as de or pt-BR; it was ignored.
told-values-claim-left-out = { $count } of { $count-found } values of the claim { $claim } were left out: at most { $count-values } of at most { $count-bytes } bytes are kept.
told-value-claim-longer-than = The value of the claim { $claim } is longer than { $count } bytes and was left out.
told-claim-left-out-all = The claim { $claim } was left out: all claims of a person have { $count } bytes together.
told-account-counts-disabled = { $text } is not { $expected-told }; the account counts as not disabled by it.
told-number = a number
told-number-days-since = a number of days since 1970
told-time-units-ns-since = a time in units of 100 ns since 1601
told-time-such-z = a time such as 20301231235959Z
told-because = Because { $reason-told }.
told-account-disabled-bit-useraccountcontrol = the account is disabled (bit 2 of userAccountControl)
told-account-locked-nsaccountlock = the account is locked (nsAccountLock)
told-account-locked-good-pwdaccountlockedtime = the account is locked for good (pwdAccountLockedTime)
told-account-expired = the account expired on { $day } ({ $attribute })
told-is-there = { $attribute } is there
told-is = { $attribute } is "{ $value }"
told-entry-name-cannot-read = The entry's name cannot be read ({ $error-told }). It was skipped.
told-what-look-kept-latest = What there was to look at is kept for the latest 200 runs.

## Groups and who is in them

told-people-name-groups-here = People name groups here, but the filter for groups finds none of them; nobody is in a group through it.
told-groups-within-groups-make = Groups within groups make more than { $count } memberships. Narrow the filter for groups, or switch groups within groups off.
told-who-count-member-here = { $members-told }; who is in there does not count as a member here.
told-member-group = 1 member is a group
told-members-groups = { $count } members are groups
told-among-people-groups-found = { $members-told } not among the people and groups found{ $example-told }; of a group the filter leaves out, the server counts the members.
told-among-people-groups-found-left = { $members-told } not among the people and groups found{ $example-told } and left out.
told-among-people-found-left = { $members-told } not among the people found{ $example-told } and left out.
told-member = 1 member is
told-members = { $count } members are
told-example = { " " }(for example { $text })
told-members-dynamic-group-answer = The members of this dynamic group are the answer to a search, which is not asked here; it has no members from it. Let the server fill in the members, or use a group that lists them.
told-these-groups-contain-each = These groups contain each other in a circle: { $groups }. Whoever is in one of them is in all of them.
told-group-member-itself-which = The group is a member of itself, which changes nothing.
told-several-groups-named-which = Several groups are named { $group }, of which only the members are to be taken over. Give the group's DN.
told-group-which-only-members = The group { $group }, of which only the members are to be taken over, could not be used; the problems of its entry say why.
told-group-which-only-members-taken = The group { $group }, of which only the members are to be taken over, is not among the groups found. Check its name or DN, and the filter for groups.
told-only-members-group-taken = Only members of this group are to be taken over, but none of the people found is one.
told-administrators-group-among-groups = The administrators' group { $group } is not among the groups found. Nobody is an administrator through it.
told-names-group-which-local = { $setting } names the group { $group }, which is { $whose-told } and not a local group. Nobody was put in it.
told-names-local-group-which = { $setting } names the local group { $group }, which does not exist. Create it under Groups, or correct the setting; nobody was put in it.
told-ldap-group-map-names = LDAP_GROUP_MAP names the directory's group { $group }, which is not among the groups found.

## Who gets which name, and what becomes of whom

told-another-entry-same-unique = Another entry has the same unique id. This one was skipped.
told-entry-could-used = The entry could not be used.
told-muster-itself-binds-account = Muster itself binds with this account, so it is left out (LDAP_INCLUDE_BIND_ACCOUNT).
told-username-belongs = The username { $name } belongs to { $whose-told }.
told-group-name-belongs = The group name { $name } belongs to { $whose-told }.
told-e-mail-address-belongs = The e-mail address { $address } belongs to { $whose-told }.
told-entry-skipped-rename-two = The entry was skipped; rename one of the two.
told-person-becomes = This person becomes { $name }.
told-person-stays-rename-two = This person stays { $name }; rename one of the two.
told-group-stays-rename-two = This group stays { $name }; rename one of the two.
told-taken-over-without = { $name } was taken over without it.
told-directory-more-stays-ldap = { $name } is not in the directory any more, and stays as they are (LDAP_REPORT_MISSING_ONLY).
told-local-account-becomes-directory = The local account { $name } becomes the directory's, with its passkeys.
told-username-e-mail-address = The username and the e-mail address belong to two different local accounts, so neither was linked.
told-local-account-address-linked = The local account { $name } has this address and was not linked, because the username belongs to { $whose-told }.
told-local-account-address-linked-because = The local account with this address was not linked, because somebody else of this directory has the username.
told-local-account-linked-because = The local account was not linked, because it has not the same e-mail address, verified.
told-local-account-linked-because-entry = The local account was not linked, because the entry is disabled and would lock it.
told-local-account-linked-another = The local account was linked with another entry ({ $dn }).
told-directory-more = Not in the directory any more.
told-directory-more-people-who = Not in the directory any more; people who left are deleted (LDAP_SOFT_DELETE_USERS).
told-directory-more-stays-ldap-report = Not in the directory any more; stays as they are (LDAP_REPORT_MISSING_ONLY).
told-left-before-deleted-now = Had left before; deleted now as the settings say (LDAP_DELETE_AFTER_DAYS, LDAP_SOFT_DELETE_USERS).
told-disabled-directory = Disabled in the directory.
told-among-groups-taken-over = Not among the groups taken over any more.

## Why a run is held back

told-directory-answered-without-error = The directory answered without error, but found nobody. Check base DN, filter and the rights of the bind account.
told-directory-answered-without-error-but = The directory answered without error but found nobody, and { $count } people are known from it. A wrong filter or lost rights look like this.
told-directory-answered-without-error-but-found = The directory answered without error but found no group, and { $count } are known from it. A wrong filter or lost rights look like this.
told-without-confirmation-may-percent = { $count } of { $count-known } { $whose-told } ({ $count-share } %) { $what-told }; without confirmation { $count-allowed } may ({ $percent }_PERCENT, { $minimum }_MINIMUM).
told-people = people
told-administrators = administrators
told-groups = groups
told-memberships = memberships
told-would-lose-access = would lose access
told-left-before-would-deleted = had left before and would be deleted for good
told-would-administrators-more = would not be administrators any more
told-would-end-while-both = would end while both the person and the group stay
told-would-vanish = would vanish
told-no-administrator-directory-would = No administrator of this directory would remain ({ $count } until now).
told-nobody-e-mail-address = Nobody has an e-mail address any more; { $count } of { $count-found } people had one. It looks as if the bind account may not read { $attribute } any more.
told-nobody-disabled-directory-more = Nobody is disabled in the directory any more; { $count } people were, and would be let in again. It looks as if the bind account may not read any more what disables an account (LDAP_USER_DISABLED_WHEN).
told-no-group-members-more = No group has members any more; { $count } of { $count-known } groups had some. It looks as if the bind account may not read the members any more.
told-nobody-who-can-sign = Nobody who can sign in would be an administrator of this server any more.
told-what-would-change-no = What would change is no longer what the run { $run } showed, so its confirmation does not count.

## Why a run fails

told-database-failed-nothing-changed = The database failed: { $error }. Nothing was changed.
told-settings-cannot-read = The settings cannot be read: { $error }.
told-directory-switched-off-before = The directory was switched off before the run had its turn. Nothing was changed.
told-people-groups-changed-here = People or groups were changed here each time the run was about to write. Nothing was changed; the next run tries again.
told-another-run-took-over = Another run took over, because this one had shown no sign of life for a while. It changed nothing.
told-run-applied-discarded-somebody = The run that was to be applied was discarded by somebody else while the directory was read. Nothing was changed.
told-server-stopped-before-directory = The server was stopped before the directory was read. Nothing was changed.
told-run-interrupted-process-carried = The run was interrupted: the process that carried it out ended. Nothing was changed.
told-directory-took-longer-than = The directory took longer than { $time-told }.
told-server-sent-answer-cannot = The server sent an answer that cannot be read.
told-asked-instead = { $server } was asked instead.
told-server-says-parts-directory = The server says that parts of the directory are on other servers{ $places }. They were not read: following would send the bind password there. If people or groups from there are missing, add that server as a directory of its own.
told-changed-while-being-read = { $attribute } of { $dn } changed while it was being read, or the server stopped sending it. Try again.
told-server-repeats-without-end = The server repeats { $attribute } of { $dn } without end.
told-repeats-same-page-answer = { $server } repeats the same page of its answer without end.
told-sent-more-than-entries = { $server } sent more than { $count } entries, or { $count-mib } MiB in one answer. Narrow filter or base DN.
told-sent-entry-cannot-read = { $server } sent an entry that cannot be read.
told-entries-same-name-id = { $count } entries have the same name or id, such as { $one } and { $other }. Change one of them, or the attribute settings.
told-no-address-configured = No address is configured.

## What the client says about the server

told-name-could-resolved-check = The name of { $server } could not be resolved{ $reason }. Check its spelling and this machine's name servers.
told-refused-starttls-code-nothing = { $server } refused StartTLS (code { $code }), and nothing else was sent. Have TLS set up on the server, or use ldaps:// where it has it.
told-connection-could-secured = The connection to { $server } could not be secured: { $reason-told }
told-took-connection-but-did = { $server } took the connection but did not answer in time. It may be overloaded, or this is not its LDAP port: if it expects TLS here, the address begins with ldaps://.
told-did-answer-time-may = { $server } did not answer in time. It may be overloaded; try again, or narrow filter and base DN.
told-filter-could-sent-check = The filter could not be sent. Check its syntax.
told-talking-failed = Talking to { $server } failed: { $error }.
told-ended-connection-while-agreeing = { $server } ended the connection while agreeing on TLS. Does it speak TLS on this port? Without TLS the address begins with ldap://.
told-sent-something-ldap-if = { $server } sent something that is not LDAP. If this port expects TLS, the address begins with ldaps://; else check the port.
told-sent-something-ldap-nothing = { $server } sent something that is not LDAP. Nothing of its answer was used.
told-closed-connection-middle-answer = { $server } closed the connection in the middle of its answer. Nothing of it was used.
told-closed-connection-instead-answering = { $server } closed the connection instead of answering.
told-if-server-asks-client = If the server asks for a client certificate, set one it trusts.
told-if-port-expects-tls = If this port expects TLS, the address begins with ldaps://.
told-server-let-people-change = The server does not let people change their own password. Have the right given to them there.
told-answered-code = ({ $server } answered with code { $code })
told-server-take-sasl-external = The server does not take SASL EXTERNAL: it has not asked for a client certificate, or does not offer this way to bind. Have it set up there, or bind with name and password.
told-server-takes-client-certificate = The server takes the client certificate or socket for no account. Have its subject mapped to one there (OpenLDAP: authz-regexp, 389 Directory Server: certmap.conf).
told-server-take-form-name = The server does not take this form of name. Active Directory takes user@domain or DOMAIN\user; other servers want the full DN, such as cn=muster,ou=services,dc=example,dc=org.
told-server-know-bind-account = The server does not know the bind account. Check the spelling of the bind DN.
told-bind-account-disabled-enable = The bind account is disabled. Enable it in the directory.
told-bind-account-locked-usually = The bind account is locked, usually after too many wrong passwords. Unlock it in the directory, then correct the password here.
told-server-time-limit-cut = The server's time limit cut its answer short at { $entries-told }. Narrow filter or base DN, or have the limit raised for the bind account.
told-server-size-limit-cut = The server's size limit cut its answer short at { $entries-told }. Have the limit raised for the bind account, or narrow filter or base DN.
told-limit-server-administrator-set = A limit the server's administrator set cut its answer short at { $entries-told }. Have it raised for the bind account, or narrow filter or base DN.
told-another-server-sent-referral = { $base } is on another server (this one sent a referral{ $place-told }). Set the address of that server; referrals are not followed.
told-pointing = , pointing to { $place }
told-exist-bind-account-may = { $base } does not exist there, or the bind account may not see it. Check its spelling and the account's rights.
told-server-take-dn-check = The server does not take { $base } as a DN. Check the spelling of the base DN.
told-server-answers-only-after = The server answers only after a bind. Set bind DN and password.
told-server-time-limit-ended = The server's time limit ended this.
told-server-size-limit-cut-answer = The server's size limit cut the answer short. Have the limit raised for the bind account, or narrow filter or base DN.
told-server-accept-simple-bind = The server does not accept a simple bind with name and password.
told-server-wants-stronger-way = The server wants a stronger way to bind than name and password over TLS. Have that allowed, or use a client certificate.
told-server-wants-encrypted-connection = The server wants an encrypted connection for this. Use ldaps:// in the address, or StartTLS.
told-another-server-server-sent = This is on another server (the server sent a referral). Set the address of that server; referrals are not followed.
told-limit-server-administrator-set-ended = A limit the server's administrator set ended this. Have it raised for the bind account.
told-entry-exist-bind-account = The entry does not exist there, or the bind account may not see it.
told-server-take-dn-check-spelling = The server does not take this DN. Check the spelling of base DN and bind DN.
told-server-allow-way-bind = The server does not allow this way to bind, for example because anonymous access is off. Set bind DN and password.
told-bind-account-right-give = The bind account has not the right to do this. Give it read access to people and groups.
told-server-busy-will-asked = The server is busy. It will be asked again at the next run.
told-server-available-moment-will = The server is not available at the moment. It will be asked again at the next run.
told-server-unwilling-own-words = The server is unwilling to do this; its own words may say why.
told-server-refused = The server refused.
told-bind-account-exist-check = The bind account does not exist. Check the bind DN.
told-bind-account-may-sign = The bind account may not sign in at this time of day. Change its logon hours in the directory.
told-bind-account-may-sign-machine = The bind account may not sign in from this machine. Change its logon workstations in the directory.
told-password-bind-account-expired = The password of the bind account has expired. Set a new one there and here.
told-bind-account-expired-extend = The bind account has expired. Extend it in the directory.
told-bind-account-must-change = The bind account must change its password first. Set a password there that needs no change.
told-bind-account-locked-after = The bind account is locked after too many wrong passwords. Unlock it in the directory, then correct the password here.
told-bind-dn-password-wrong = Bind DN or password is wrong.

## TLS and certificates

told-tls-cannot-set-up = TLS cannot be set up: { $error }.
told-client-certificate-cannot-used = The client certificate cannot be used: { $error }. Do both belong together?
told-pem-text-client-certificate = The PEM text of the client certificate is damaged.
told-pem-text-client-certificate-key = The PEM text of the client certificate's key is damaged.
told-name-certificate-can-carry = { $host } is not a name a certificate can carry.
told-pem-text-certificate-authority = The PEM text of the certificate authority is damaged.
told-certificate-authority-cannot-used = The certificate authority cannot be used: { $error }.
told-machine-trusts-no-certificate = This machine trusts no certificate authority; give the PEM text of the one that signed the server's certificate.
told-trusted-certificates-cannot-used = The trusted certificates cannot be used: { $error }.
told-speak-tls-port-use = it does not speak TLS on this port. Use ldap:// for this port, or the port for TLS, usually 636.
told-server-wants-client-certificate = the server wants a client certificate. Set one under Client certificate, with its key.
told-server-take-client-certificate = the server does not take the client certificate ({ $alert }). Check its dates, and that the server trusts the authority that signed it.
told-server-refused-agree-tls = the server refused to agree on TLS. It may want a client certificate, or have none of its own that fits.
told-server-answer-name-check = the server does not answer to the name { $name }. Check the address.
told-refused-tls-connection = it refused the TLS connection ({ $alert }).
told-offers-only-tls-versions = it offers only TLS versions or ciphers that are not secure any more (TLS 1.2 is the least).
told-tls-failed = TLS failed ({ $error }).
told-certificate-expired-renew-server = its certificate has expired{ $day-told }. Renew it on the server.
told-on = { " " }on { $day }
told-certificate-valid-yet-check = its certificate is not valid yet{ $day-told }. Check the clocks of both machines.
told-only = , only from { $day }
told-certificate-another-name-use = its certificate is for another name: for { $names }, not for { $name }. Use a name in the certificate as the address or as the name in the certificate (LDAP_SERVER_NAME), or have a certificate made for this address.
told-certificate-another-name-carries = its certificate is for another name: it carries no name at all (no subject alternative name). Have one made that names the server.
told-certificate-another-name-use-name = its certificate is for another name. Use the name in the certificate as the address, or have one made for this address.
told-certificate-self-signed-if = its certificate is self-signed. If it is the server's own, give this certificate as the trusted one (LDAP_CA_CERTIFICATE).
told-certificate-signed-authority-machine = its certificate was signed by an authority this machine does not know{ $by }. Give that authority's certificate (LDAP_CA_CERTIFICATE).
told-certificate-revoked = its certificate has been revoked.
told-certificate-cannot-accepted = its certificate cannot be accepted ({ $error }).
told-tls-could-set-up = TLS could not be set up.
told-bind-dn-needs-password = The bind DN needs a password: many servers take an empty one for anybody's.
told-sasl-external-proves-who = SASL EXTERNAL proves who asks by a client certificate or by a socket on this machine, and { $server } has neither. Use ldaps:// or StartTLS with a client certificate, or ldapi://.

## A test, step by step

told-tried-because-earlier-step = Not tried, because an earlier step failed.
told-answers = { $server } answers at { $address }.
told-answers-2 = { $server } answers.
told-socket-machine = { $server } is a socket on this machine.
told-address-name = { $server } is an address, not a name.
told-leads = { $host } leads to { $addresses }.
told-connection-leave-machine = The connection does not leave this machine.
told-connection-encrypted-use-ldaps = The connection is not encrypted{ $reading-told }. Use ldaps:// or switch on StartTLS where the server has it.
told-bind-password-can-read = : the bind password can be read on its way
told-certificate-valid-until = The certificate is for { $names }, from { $issuer }, valid until { $day }.
told-connection-encrypted-but-server = The connection is encrypted, but the server's certificate is not checked: anybody between could read and change what is sent.
told-connection-encrypted-server-certificate = The connection is encrypted and the server's certificate is valid, but only for { $time-told } more. Have it renewed.
told-connection-encrypted-server-certificate-valid = The connection is encrypted and the server's certificate is valid.
told-asking-anonymously = Asking anonymously.
told-bound = Bound as { $name }.
told-bound-whom-connection-proves = Bound as whom the connection proves.
told-server = The server is { $server-told }.
told-ldap-server = an LDAP server
told-holds = It holds { $contexts }.
told-exists = { $base } exists.
told-exist = { $bases } exist.
told-server-shows-nothing-bind = The server shows nothing at { $bases }. The bind account may have no right to see it.
told-filter-finds-nobody-could = The filter { $filter } finds nobody that could be used below { $places }.
told-check-filter-attributes-bind = Check filter, attributes and the bind account's rights.
told-filter-finds-no-group = The filter { $filter } finds no group that could be used below { $places }.
told-found-such = { $found-told } found, such as { $names }.
told-found-such-2 = { $found-told } found with { $memberships-told }, such as { $names }.
told-person = 1 person
told-people-2 = { $count } people
told-group = 1 group
told-groups-2 = { $count } groups
told-membership = 1 membership
told-memberships-2 = { $count } memberships
told-entry = 1 entry
told-entries = { $count } entries
told-day = 1 day
told-days = { $count } days
told-hour = 1 hour
told-hours = { $count } hours
told-minute = 1 minute
told-minutes = { $count } minutes
told-second = 1 second
told-seconds = { $count } seconds
told-server-sends-large-answers = The server sends large answers in pages of { $count }; it refused pages of { $count-wanted }, as are configured.
told-server-sends-large-answers-pages = The server sends large answers in pages of { $count }.
told-server-says-sends-large = The server says that it sends large answers in pages.
told-server-sends-everything-piece = The server sends everything in one piece. If a size limit cuts its answer short one day, runs will fail and say so; have the limit raised for the bind account.
told-skipped = { $entries-told } had to be skipped.
told-look = To look at: { $dn }: { $problem-told }

## Passwords in the directory

told-directory-password-expired = The directory password has expired.
told-directory-password-must-changed = The directory password must be changed before it can be used.
told-account-disabled-directory = The account is disabled in the directory.
told-account-expired-directory = The account has expired in the directory.
told-account-locked-directory-after = The account is locked in the directory after too many wrong passwords.
told-directory-lets-account-other = The directory lets this account in at other times only.
told-directory-let-account-here = The directory does not let this account in from here.
told-directory-let-account = The directory does not let this account in.
told-new-password-empty-nul = The new password is empty or has a NUL character in it.
told-asked-change-passwords-because = { $server } is not asked to change passwords, because the connection is not encrypted. Use ldaps:// or StartTLS.

## Pictures

told-picture-larger-than-mib = The picture is larger than { $count } MiB and was left out.
told-address-place-picture-addresses = There is an address in place of a picture. Addresses are not followed; the picture was left out.
told-value-neither-picture-nor = The value is neither a picture nor base64 text and was left out.

## How changes are followed

told-server-tells-every-change = The server tells of every change (RFC 4533).
told-server-tells-every-change-persistent = The server tells of every change (persistent search).
told-domain-controller-asked-twice = The domain controller is asked twice a second (uSNChanged).
told-server-asked-every-few = The server is asked every few seconds (modifyTimestamp); deletions are noticed by the regular sync.
told-server-tells-no-changes = The server tells of no changes; only the regular sync notices them.
told-entries-outside-base-dn = Entries outside the base DN are only read by the regular sync.
told-stopped-answering = { $server } stopped answering.
told-bind-account-may-read = The bind account may not read deleted objects, so people who are deleted are noticed by the regular sync.
told-domain-controller-tell-highestcommittedusn = The domain controller does not tell its highestCommittedUSN.
told-waiting-full-sync = Waiting for a full sync: { $reason-told }.
told-server-know-more-what = the server does not know any more what changed
told-domain-controller-counts-updates = the domain controller counts its updates anew
told-more-changed-than-server = more changed than the server tells at once
told-more-changed-than-looked = more changed than is looked at one by one
told-place-entries-added-changed = a place for entries was added or changed
told-something-deleted-server-tell = something was deleted, and the server does not tell what it was
told-only-members-group-taken-over = only members of a group are taken over, and groups or newcomers are concerned
told-membership-also-depends-attributes = membership also depends on attributes of people
told-newcomer-name-address-somebody = a newcomer has the name or address of somebody who is here already
told-change-larger-than-made = the change is larger than is made without confirmation
told-people-gone-who-deleted = people are gone who are to be deleted
told-more-people-gone-than = more people are gone than may go without confirmation
told-what-changed-cannot-written = what changed cannot be written by itself

## What changes about somebody

told-username = username
told-e-mail = e-mail
told-first-name = first name
told-last-name = last name
told-display-name = display name
told-phone = phone
told-language = language
told-further-attributes = further attributes
told-administrator = administrator
told-state = state
told-disabled = disabled
told-yes = yes
told-no = no

## Connecting

told-no-socket-check-path = There is no socket at { $server }. Check the path, and that the directory runs on this machine and listens there.
told-muster-may-open-socket = Muster may not open the socket { $server }. Give the account Muster runs as access to it.
told-nothing-listens-check-address = Nothing listens at { $server }. Check address and port, and that the directory is running.
told-did-answer-time-check = { $server } did not answer in time. Check the address, and that no firewall is in between.
told-cannot-reached-machine-network = { $server } cannot be reached from this machine's network.
told-connection-failed = The connection to { $server } failed: { $error }.

## Whose a name is

told-local-account = the local account { $name }
told-local-group = the local group { $name }
told-directory = { $name } of the directory { $directory }
told-nobody = nobody
told-group-name = group name

## What is wrong with settings: without a full stop, as in the middle of a sentence

told-names-no-socket-absolute = { $text } names no socket by its absolute path: { $example-told }
told-address = { $text } is not an address: { $example-told }
told-supported = { $text } is not supported: { $example-told }
told-names-no-server = { $text } names no server: { $example-told }
told-address-looks-like-ldaps = an address looks like ldaps://ldap.example.org, ldap://10.0.0.5:389 or ldapi://%2Frun%2Fslapd%2Fldapi
told-more-than-scheme-server = { $text } has more than scheme, server and port; base DN, filter and bind DN have their own settings
told-port-leave-port-out = { $text } has port 0; leave the port out for the usual one
told-base-dn-looks-like = { $text } is { $error-told }; a base DN looks like dc=example,dc=org
told-place-looks-like-ou = { $text } is { $error-told }; a place looks like ou=people
told-distinguished-name-character = not a distinguished name: { $mistake-told } at character { $count }
told-name-longer-than-kib = the name is longer than 8 KiB
told-attribute-name-missing = an attribute name is missing
told-missing = a "=" is missing
told-must-followed-pairs-hexadecimal = "#" must be followed by pairs of hexadecimal digits
told-closing-quote-missing = the closing quote is missing
told-nothing-follows-last = nothing follows the last "\"
told-separator-missing = a separator is missing
told-filter-cannot-read = the filter cannot be read: { $mistake-told }
told-character = { $mistake-told } at character { $count }
told-filter-longer-than-kib = the filter is longer than 8 KiB
told-filter-empty-objectclass-would = the filter is empty; "(objectClass=*)" would match every entry
told-too-many = there is a ")" too many
told-second-filter-begins-join = a second filter begins; join the two as (&(…)(…)) or (|(…)(…)),
told-text-behind-end-filter = there is text behind the end of the filter
told-filter-nested-more-than = the filter is nested more than 32 deep
told-directly-behind-missing = a "(" directly behind a "("; "&", "|" or "!" is missing
told-parentheses-empty = the parentheses are empty
told-missing-2 = a ")" is missing
told-takes-filter-only-join = "!" takes one filter only; join several as (!(|(…)(…)))
told-followed-no-filter = "{ $operator }" is followed by no filter
told-missing-3 = a "(" is missing
told-attribute-name = "{ $text }" is not an attribute name
told-inside-value-must-written = a "(" inside a value must be written \28
told-nul-inside-value-must = a NUL inside a value must be written \00
told-only-wildcard-character-itself = a "*" is only a wildcard with "="; the character itself is written \2a
told-must-followed-two-hexadecimal = a "\" must be followed by two hexadecimal digits; the character itself is written \5c
told-two-directly-behind-each = two "*" directly behind each other
told-claims-more-than = there are { $count } claims, more than { $count-allowed }
told-claim-twice = the claim { $name } is there twice
told-form-claim-attribute-claim = { $line } is not of the form: claim = attribute, or claim[] = attribute for a list
told-cannot-name-claim-letters = { $name } cannot be the name of a claim: 1 to { $count } letters, digits and _ - . : /
told-claim-filled-muster-itself = the claim { $name } is filled by Muster itself or decides whether a token is valid; choose another name
told-claim-no-attribute-behind = claim { $name }: there is no attribute behind "="
told-claim-holds-secret-never = claim { $name }: { $attribute } holds a secret and is never given to apps
told-claim-template-makes-text = claim { $name }: a template makes one text; write { $claim } = … without [], or name an attribute
told-claim = claim { $name }: { $error-told }
told-attribute-name-needed-such = an attribute name is needed, such as { $example }
told-template-but-taken-name = { $text } is a template, but this is taken as it is: name an attribute, such as { $example }
told-longer-than-bytes = it is longer than { $count } bytes
told-attribute-name-letters-digits = { $text } is not an attribute name: letters, digits and "-", such as entryUUID; several are written a | b, and put together { $example }
told-more-than = there are { $rules-told }, more than { $count }
told-rule = 1 rule
told-rules = { $count } rules
told-attribute-name-rule-such = { $text } is not an attribute name; a rule is one such as userAccountControl, or attribute = value, such as employeeType = former
told-no-value-behind-means = there is no value behind "{ $attribute } ="; "{ $same } = *" means any
told-template = the template "{ $text }" { $what-told }
told-without-before = has a "{ "}" }" without a "{ "{" }" before it
told-without-behind = has a "{ "{" }" without a "{ "}" }" behind it
told-names-no-attribute-between = names no attribute between "{ "{" }" and "{ "}" }"
told-braces-which-attribute-name = has { $attribute } in braces, which is not an attribute name
told-behind = has { $word } behind a ":"; there are: { $known }
told-more-than-parts = has more than { $count } parts
told-missing-4 = missing
