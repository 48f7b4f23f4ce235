# The settings page, and the fields of settings, also of a directory's.

settings-title = Settings
settings-back = ← Settings
settings-back-to = Back to the settings
settings-lead = What you save is in force at once, without a restart.
settings-lead-read-only = What is in force on this server.
settings-read-only = The settings come from the server’s environment alone, because <code>UI_CONFIG_DISABLED</code> is set. They are shown here and changed there.
settings-mistakes = Nothing was saved yet: some fields need another look.
settings-keys = The keys that sign for apps are on <keys>a page of their own</keys>.
settings-mails-wait = { $count } { $count ->
    [one] mail waits
   *[other] mails wait
} to be sent.
settings-mails-problem = The last try failed: { $problem }
settings-passkey-policies = Passkey policies
settings-limits = Limits in force
settings-save = Save settings
settings-try-mail = Try the mail settings
settings-try-mail-lead = Sends a mail to your own address with the settings that are saved.
settings-try-mail-do = Send a test mail
settings-saved = The settings were saved and are in force.
settings-unchanged = Nothing was different, so nothing was saved.
settings-not-saved = Not saved
settings-not-saved-read-only = The settings of this server come from its environment alone (UI_CONFIG_DISABLED). Change them there and restart it.
settings-must-be = This must be { $allowed }.
settings-allowed-text = at most 2,000 characters, without control characters
settings-allowed-switch = true or false
settings-allowed-secret = at most 1,024 bytes
settings-allowed-whole = a whole number from { $from } to { $to }
settings-allowed-long = at most { $bytes } bytes, without control characters
settings-allowed-tls = none, starttls or tls
settings-allowed-sender = an e-mail address, such as id@example.org, or one with a name: Example <id@example.org>
settings-allowed-registration = off, token or open
settings-allowed-sign-up = disabled, withToken or open
settings-allowed-other-device = off, people or everyone
settings-secret-set = set; leave empty to keep it
settings-secret-not-set = not set
settings-pinned = Set by the environment variable <code>{ $variable }</code>, so it cannot be changed here.
settings-mail-tested = Test mail
settings-mail-taken = The mail server has taken a mail to { $address }.
settings-mail-taken-next = If it does not arrive within a few minutes, look into the folder for unwanted mail, and into the log of the mail server.
settings-mail-not-sent = The mail to { $address } was not sent.
settings-mail-no-address = No address to send to
settings-mail-no-address-message = Your account has no e-mail address to send a test to. Add one, or ask another administrator to test.
