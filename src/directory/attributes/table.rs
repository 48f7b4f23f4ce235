//! The table: one row per field, with its setting and default.

/// What a row of the table fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// [`DirectoryUser::id`](super::super::model::DirectoryUser::id).
    UserId,
    /// [`DirectoryUser::username`](super::super::model::DirectoryUser::username).
    Username,
    /// [`DirectoryUser::email`](super::super::model::DirectoryUser::email).
    Email,
    /// [`DirectoryUser::first_name`](super::super::model::DirectoryUser::first_name).
    FirstName,
    /// [`DirectoryUser::last_name`](super::super::model::DirectoryUser::last_name).
    LastName,
    /// [`DirectoryUser::display_name`](super::super::model::DirectoryUser::display_name).
    DisplayName,
    /// [`DirectoryUser::phone`](super::super::model::DirectoryUser::phone).
    Phone,
    /// [`DirectoryUser::locale`](super::super::model::DirectoryUser::locale).
    Locale,
    /// The picture. Read apart from people, one by one, because a page of pictures has no size one could count on.
    Picture,
    /// [`DirectoryGroup::id`](super::super::model::DirectoryGroup::id).
    GroupId,
    /// [`DirectoryGroup::name`](super::super::model::DirectoryGroup::name).
    GroupName,
    /// [`DirectoryGroup::display_name`](super::super::model::DirectoryGroup::display_name).
    GroupDisplayName,
    /// [`DirectoryGroup::members`](super::super::model::DirectoryGroup::members).
    GroupMember,
}

impl Field {
    /// Whether it is made of text, so that a template can make it. Ids, members and pictures are taken as they are.
    pub const fn takes_templates(self) -> bool {
        !matches!(self, Self::UserId | Self::GroupId | Self::GroupMember | Self::Picture)
    }
}

/// One row: a field, the setting that names its attribute, and the attribute it has unless told otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The field it fills.
    pub field: Field,
    /// The setting: an environment variable and a field of the settings page.
    pub key: &'static str,
    /// The attribute (or alternatives, `a | b`) when nothing is set.
    pub default: &'static str,
    /// Whether the setting may be empty: the field is then not read.
    pub optional: bool,
    /// What the settings page calls it.
    pub label: &'static str,
    /// Help text.
    pub help: &'static str,
}

const fn row(field: Field, key: &'static str, default: &'static str, optional: bool, label: &'static str, help: &'static str) -> Row {
    Row { field, key, default, optional, label, help }
}

/// The table, in the order of [`Field`].
pub const ROWS: [Row; 13] = [
    row(
        Field::UserId,
        "LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER",
        "entryUUID",
        false,
        "Unique id of a person",
        "Never changes for a person: entryUUID, objectGUID (Active Directory), ipaUniqueID or nsUniqueId. Who gets another id becomes another account.",
    ),
    row(
        Field::Username,
        "LDAP_ATTRIBUTE_USER_USERNAME",
        "uid",
        false,
        "Username",
        "For example uid, or sAMAccountName with Active Directory. {mail:local} takes what stands before the @.",
    ),
    row(Field::Email, "LDAP_ATTRIBUTE_USER_EMAIL", "mail", true, "E-mail address", "Usually mail. {uid}@example.org makes one of the username."),
    row(Field::FirstName, "LDAP_ATTRIBUTE_USER_FIRST_NAME", "givenName", true, "First name", "Usually givenName."),
    row(Field::LastName, "LDAP_ATTRIBUTE_USER_LAST_NAME", "sn", true, "Last name", "Usually sn."),
    row(
        Field::DisplayName,
        "LDAP_ATTRIBUTE_USER_DISPLAY_NAME",
        "cn",
        true,
        "Display name",
        "For example displayName | {givenName} {sn} | cn: the first that an entry has. Made from first and last name when it has none.",
    ),
    row(Field::Phone, "LDAP_ATTRIBUTE_USER_PHONE", "telephoneNumber", true, "Telephone", "Usually telephoneNumber or mobile."),
    row(
        Field::Locale,
        "LDAP_ATTRIBUTE_USER_LOCALE",
        "preferredLanguage",
        true,
        "Language",
        "Usually preferredLanguage: a language tag such as de or pt-BR, or several as browsers send them (de, en;q=0.5).",
    ),
    row(
        Field::Picture,
        "LDAP_ATTRIBUTE_USER_PROFILE_PICTURE",
        "jpegPhoto | thumbnailPhoto",
        true,
        "Picture",
        "Usually jpegPhoto, or thumbnailPhoto with Active Directory. The picture itself, as bytes or base64; an address is not followed.",
    ),
    row(Field::GroupId, "LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "entryUUID", false, "Unique id of a group", "As for people."),
    row(Field::GroupName, "LDAP_ATTRIBUTE_GROUP_NAME", "cn", false, "Name of a group", "Usually cn. This is the name apps see."),
    row(
        Field::GroupDisplayName,
        "LDAP_ATTRIBUTE_GROUP_DISPLAY_NAME",
        "",
        true,
        "Display name of a group",
        "For example description. The name is used when empty.",
    ),
    row(
        Field::GroupMember,
        "LDAP_ATTRIBUTE_GROUP_MEMBER",
        "member",
        false,
        "Members of a group",
        "Holds DNs (member, uniqueMember) or usernames (memberUid). All attributes listed here count: member | memberUid.",
    ),
];
