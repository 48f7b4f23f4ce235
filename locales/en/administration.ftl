# What is on many pages of the administration.

admin-overview = Overview
admin-people = People
admin-groups = Groups
admin-apis = APIs
admin-directories = Directories
admin-settings = Settings
admin-audit-log = Audit log
admin-my-account = My account

## Lists

list-search = Search
list-name = Name
list-added = Added
list-last-sign-in = Last sign-in
list-never = never
list-state = State
list-source = Source
list-everywhere = Everywhere
list-local = Local
list-person-hint = Name, username or e-mail
list-show-everyone = Show everyone

## People and groups

source-local = local
cannot-sign-in = cannot sign in
list-directory = Directory
directory-entry-dn = Entry (DN)
person-administrator = Administrator
saved = The changes were saved.
save = Save
delete = Delete
delete-named = Delete { $name }
edit-named = Edit { $name }
not-saved-yet = Nothing was saved yet: some fields need another look.
display-name = Display name
name-too-long = A name has at most 100 characters here.
name-control-characters = A name cannot hold line breaks or other control characters.
