//! Which attribute holds what: one table, one row per field. A row is a setting (its key and default), a part of the request (only mapped attributes are
//! asked for), and an arm of the two functions that make people and groups of entries. In place of an attribute there may be a template, and alternatives.
//!
//! Entries are mapped leniently and predictably:
//! - without a usable id, username or group name an entry is skipped and reported; any other bad value is dropped and reported;
//! - text is brought to NFC, control and direction-override characters are removed, blanks trimmed, length capped; in a username and a group name such
//!   characters are a reason to skip, because two names must not look alike;
//! - of several values the one in the entry's own RDN is taken, else the shortest, else the first in byte order: servers keep values in no order.

mod claims;
mod entry;
mod explain;
mod locale;
mod map;
mod mapping;
mod source;
mod status;
mod table;
#[cfg(test)]
mod tests;

pub use self::claims::{CustomClaim, MAX_CLAIMS, PERSON_CLAIMS, is_reserved_claim};
pub use self::entry::{RawEntry, is_secret};
pub use self::explain::{MappedField, explain, shown};
pub use self::map::{AttributeMap, requested_for_groups, requested_for_users};
pub(super) use self::map::{MEMBER_URL, OBJECT_SID, PRIMARY_GROUP_ID};
pub use self::mapping::{group, member_values, user};
pub(super) use self::source::is_attribute_name;
pub use self::source::{Source, Template};
pub use self::status::DisabledRule;
pub use self::table::{Field, ROWS, Row};
