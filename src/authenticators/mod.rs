//! What keeps passkeys: which kinds an administrator wants ([`Rule`], [`Applying`]), and what makers and the FIDO Alliance say about their models ([`metadata`]).

pub mod metadata;
mod policy;
mod rule;

pub use metadata::{Known, Metadata, Unusable};
pub(crate) use policy::policies_of_person;
pub use policy::{Applying, InForce, Policy, Verdict};
pub use rule::{Held, Lack, Rule};
