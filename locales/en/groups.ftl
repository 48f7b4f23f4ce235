# The pages of groups.

groups-lead = Apps learn which groups a person is in, and an app can be open to some groups only.
group-add = Add a group
groups-search-hint = Name of the group
groups-none-fits = No group fits
groups-none-fits-help = No group has these words in its name, or the filter leaves none.
groups-show-all = Show all groups
groups-none-yet = No groups yet
groups-none-yet-help = Groups come from the directory once it is connected, or are added here and filled by hand.
group-members = Members

## A group

group-one-member = 1 member
group-how-many-members = { $count } members
group-rename = Rename
group-search-members = Search members
group-no-member-fits = No member fits
group-no-member-fits-help = Nobody in this group has these words in their name, username or e-mail address.
group-show-all-members = Show all members
group-empty = Nobody is in this group
group-empty-directory = The directory lists no members who are people here.
group-empty-local = Add people with the form on this page.
group-remove-member = Remove { $name }
group-from-directory = From the directory
group-from-directory-help = The directory alone says its name and who is in it. Changes made there arrive with the next sync.
group-name-for-apps = Name for apps
group-add-people = Add people
group-people = Usernames or e-mail addresses
group-people-help = One per line.
group-add-do = Add
group-this = This group
group-local = Apps receive it as <code>{ $name }</code>. Local, added { $day }.
group-delete-help = Deletes the group; its members stay people here. An app that was open to this group alone is closed to everyone then. This cannot be undone.

## The form

group-edit-lead = Apps that know the group by its name have to be told when the name changes.
group-add-lead = A local group is filled here, with local people and people from the directory alike.
group-name-help = What apps receive, exactly as it stands here.
group-display-name-help = What these pages call it. Left empty it becomes the name.
group-add-this = Add group
group-name-missing = Enter a name; apps receive it.
group-name-commas = A name cannot hold commas or semicolons: some apps read them as the end of a name.
group-name-taken = Another group has this name, or had it in the directory. Choose another.
group-people-missing = Enter a username or an e-mail address.
group-people-too-many = At most { $count } people can be added at once.
group-people-unknown = Nobody here has the username or e-mail address { $names }.
group-people-unknown-and-more = Nobody here has the username or e-mail address { $names } and { $more } more.
group-quoted = “{ $name }”

## What was done

group-created = The group was added.
group-members-added = They are members now; apps learn it when they next ask.
group-members-already = They were members already.
group-member-removed = They are no longer a member; apps learn it when they next ask.
group-deleted = The group was deleted.
group-gone = This group is not here any more.
group-from-directory-refused = This group comes from the directory, which alone says its name and who is in it. Change its entry there; the next sync brings it here.
