//! Names of claims with a meaning of their own, which no setting may give another: not a directory's, not a client's.

/// Those a token's validity rests on (RFC 7519 section 4.1, OpenID Connect Core section 2 and what builds on them), and the standard claims of a person
/// (section 5.1) that Muster fills from fields of its own.
const RESERVED_CLAIMS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "events",
    "cnf",
    "act",
    "may_act",
    "scope",
    "client_id",
    "token_type",
    "token_use",
    "active",
    "typ",
    "alg",
    "kid",
    "toe",
    "txn",
    "trust_chain",
    "vot",
    "vtm",
    "_claim_names",
    "_claim_sources",
    "sub_jwk",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "locale",
    "picture",
    "updated_at",
    "address",
    "groups",
];

/// Standard claims of a person (OpenID Connect Core, section 5.1) Muster has no field for. A directory may fill them; they come with the scope `profile`, in
/// the form the standard wants or not at all.
pub const PERSON_CLAIMS: &[&str] = &["middle_name", "nickname", "profile", "website", "gender", "birthdate", "zoneinfo"];

/// What names of a directory's claims begin with that are members of the standard claim `address` (section 5.1.1): `address.locality` and so on.
pub const ADDRESS_PREFIX: &str = "address.";

/// Whether a name is reserved, upper and lower case alike.
pub fn is_reserved_claim(name: &str) -> bool {
    RESERVED_CLAIMS.iter().any(|reserved| reserved.eq_ignore_ascii_case(name))
}

/// Whether a text can be the name of a claim of one's own: 1 to 100 letters, digits and `_ - . : /`.
pub fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 100 && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/'))
}
