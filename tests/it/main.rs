//! Every integration test, in one binary: one file per slice, what they share in [`support`].

mod support;
mod support_checks;
