//! Makers of authenticators whose devices prove what they are, and the list of models that vouches for them, signed as the FIDO Alliance signs its own.

use std::path::PathBuf;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::forge::{Registration, base64url};
use super::janitor;

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut authority = CertificateParams::new([]).expect("no names to get wrong");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.distinguished_name.push(DnType::CommonName, name);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("a certificate of its own")
}

/// Somebody who makes authenticators of one model.
pub(crate) struct Maker {
    root: CertifiedIssuer<'static, KeyPair>,
    pub(crate) model: Uuid,
    name: &'static str,
}

impl Maker {
    /// A maker with a root of its own.
    pub(crate) fn new(name: &'static str, model: u128) -> Self {
        Self { root: authority(name), model: Uuid::from_u128(model), name }
    }

    /// A certificate of this maker for a model, until a day, and the key that belongs to it (WebAuthn Level 3, section 8.2.1).
    fn certificate(&self, certified: Uuid, (year, month, day): (i32, u8, u8)) -> (Certificate, EcdsaKeyPair) {
        let mut leaf = CertificateParams::new([]).expect("no names to get wrong");
        for (kind, text) in [
            (DnType::CountryName, "SE"),
            (DnType::OrganizationName, self.name),
            (DnType::OrganizationalUnitName, "Authenticator Attestation"),
            (DnType::CommonName, "An authenticator of the tests"),
        ] {
            leaf.distinguished_name.push(kind, text);
        }
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.use_authority_key_identifier_extension = true;
        leaf.not_after = date_time_ymd(year, month, day);
        let octets = [&[4, 16][..], certified.as_bytes()].concat();
        leaf.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4], octets)];
        let key = KeyPair::generate().expect("a key");
        let certificate = leaf.signed_by(&key, &self.root).expect("a signed certificate");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key.serialize_der()).expect("a P-256 key");
        (certificate, key)
    }

    fn attest_with(it: &mut Registration<'_>, claimed: Uuid, chain: &[&[u8]], key: &EcdsaKeyPair) {
        it.authenticator.attested.as_mut().expect("a registration carries a credential").aaguid = claimed.into_bytes();
        it.attest_by(chain, |message| key.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec());
    }

    /// Makes the authenticator say that it is of a model, and sign it with a certificate of this maker for `certified` (WebAuthn Level 3, section 8.2).
    pub(crate) fn attest_as(&self, it: &mut Registration<'_>, claimed: Uuid, certified: Uuid) {
        let (certificate, key) = self.certificate(certified, (2099, 1, 1));
        Self::attest_with(it, claimed, &[certificate.der()], &key);
    }

    /// The truth, with a certificate that ran out.
    pub(crate) fn attest_too_late(&self, it: &mut Registration<'_>) {
        let (certificate, key) = self.certificate(self.model, (2020, 1, 1));
        Self::attest_with(it, self.model, &[certificate.der()], &key);
    }

    /// The truth, with the maker's certificate before the device's.
    pub(crate) fn attest_the_wrong_way_round(&self, it: &mut Registration<'_>) {
        let (certificate, key) = self.certificate(self.model, (2099, 1, 1));
        Self::attest_with(it, self.model, &[self.root.der(), certificate.der()], &key);
    }

    /// The truth.
    pub(crate) fn attest(&self, it: &mut Registration<'_>) {
        self.attest_as(it, self.model, self.model);
    }

    /// What the list says of the model.
    pub(crate) fn entry(&self, statuses: &[&str]) -> Value {
        json!({
            "aaguid": self.model,
            "metadataStatement": { "description": self.name, "attestationRootCertificates": [STANDARD.encode(self.root.der())] },
            "statusReports": statuses.iter().map(|status| json!({ "status": status, "effectiveDate": "2026-01-01" })).collect::<Vec<_>>(),
        })
    }
}

/// Who publishes the list.
pub(crate) struct Publisher {
    root: CertifiedIssuer<'static, KeyPair>,
    directory: TempDir,
}

impl Publisher {
    /// A publisher with a root of its own.
    pub(crate) fn new() -> Self {
        let (root, directory) = (authority("Publisher of the tests"), janitor::directory("models"));
        std::fs::write(directory.path().join("root.pem"), root.pem()).expect("own directory");
        Self { root, directory }
    }

    /// The list.
    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("models.jwt")
    }

    /// The certificate to hold it against.
    pub(crate) fn root_file(&self) -> PathBuf {
        self.directory.path().join("root.pem")
    }

    /// Publishes a list.
    pub(crate) fn publish(&self, entries: &[Value], next_update: &str) {
        let leaf = CertificateParams::new(["models.example".to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = leaf.signed_by(&key, &self.root).expect("a signed certificate");
        let header = json!({ "alg": "ES256", "typ": "JWT", "x5c": [STANDARD.encode(certificate.der())] });
        let claims = json!({ "no": 7, "nextUpdate": next_update, "entries": entries, "legalHeader": "A test." });
        let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der()).expect("a P-256 key");
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
        std::fs::write(self.file(), format!("{signed}.{}", base64url(signature.as_ref()))).expect("own directory");
    }
}
