//! Checks of what the other tests stand on, independent of the product.

mod binary;
mod pages;
mod passkeys;
mod servers;
mod slapd_options;
