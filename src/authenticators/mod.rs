//! What keeps passkeys: which kinds an administrator wants ([`Rule`]), and what makers and the FIDO Alliance say about their models ([`metadata`]).

pub mod metadata;
mod rule;

pub use metadata::{Known, Metadata, Unusable};
pub use rule::{Held, Lack, Rule};
