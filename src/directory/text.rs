//! Texts of which there are very many: a run holds a dozen for each person, most of them shorter than what a `String` needs to say where its bytes are.

/// A text that keeps up to 24 bytes in place, and is no larger than the head of a `String`.
pub type Text = compact_str::CompactString;
