//! Checks of what the other tests stand on, independent of the product.

mod binary;
mod ds389;
mod faulty_ldap;
mod pages;
mod passkeys;
mod samba_helpers;
mod servers;
mod slapd_options;
