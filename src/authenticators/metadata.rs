//! The list of authenticator models: the file the FIDO Alliance publishes (FIDO Metadata Service, version 3.1; "the BLOB"), which the administrator fetches.
//! Nothing here goes to the network.
//!
//! The file is a JWS whose header carries the signer's certificates. It is believed when these lead to a root: the one the administrator names, or else those of
//! the FIDO Alliance's service, GlobalSign's, and then the signer has to be `mds.fidoalliance.org`, for that authority vouches for half the Internet. Of the
//! statements only what is needed is read, and an entry that cannot be read is passed over: the format grows, and one new word must not cost the whole list.
//! Revocation lists are not fetched. (The crate `fido-mds` has its roots built in and believes any signer below them, so it is not used.)

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use serde::Deserialize;
use tokio::sync::watch;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::secret::from_base64url;

/// The longest file that is read. The Alliance's had 4 MB in 2025.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The roots of `mds.fidoalliance.org`, when the administrator names none.
const ROOTS: &[u8] = include_bytes!("roots/globalsign.pem");
/// Whose certificate signs the file, below those roots.
const SIGNER: &str = "mds.fidoalliance.org";
/// What makers and the Alliance say of a model that is not to be relied on (FIDO Metadata Service, section 3.1.4), whatever came after it.
const COMPROMISED: [&str; 5] =
    ["REVOKED", "USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE", "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE"];

/// Why a file is not believed; each reads on after its name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unusable {
    /// It cannot be opened, or is too long.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It is no JWS with certificates.
    #[error("is not the file of the FIDO Metadata Service (a JWT with the signer's certificates): {0}")]
    Malformed(&'static str),
    /// The certificates lead nowhere, or ran out.
    #[error("is signed by somebody nobody here trusts: {0}")]
    Untrusted(String),
    /// The signature is not the signer's.
    #[error("has a wrong signature: it was changed on the way, or is cut off")]
    Signature,
    /// What is signed is not a list of models.
    #[error("is signed well, and what it says cannot be read: {0}")]
    Claims(String),
    /// There is no root in the file of roots.
    #[error("has no certificate in it (PEM)")]
    NoRoots,
}

/// A model of authenticators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// What is known against it: one of the words of the Alliance; empty when nothing is.
    pub compromised: String,
    /// Certificates its attestations lead to, DER.
    pub roots: Vec<Vec<u8>>,
}

impl Model {
    /// Whether it can prove what it is: there is a certificate to hold its attestation against, and nothing is known against it.
    pub fn can_prove(&self) -> bool {
        self.compromised.is_empty() && !self.roots.is_empty()
    }
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Its serial number.
    pub number: u64,
    /// When the next one is published at latest (`nextUpdate`), a date.
    pub next_update: String,
    /// The end of that day.
    until: Timestamp,
    models: BTreeMap<Uuid, Model>,
}

impl Metadata {
    /// Whether it may still be relied on: until the day of the next one has passed.
    pub fn is_current(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// A model.
    pub fn model(&self, id: Uuid) -> Option<&Model> {
        self.models.get(&id)
    }

    /// Every model, by id.
    pub fn models(&self) -> impl Iterator<Item = (Uuid, &Model)> {
        self.models.iter().map(|(id, model)| (*id, model))
    }

    /// The models of a name, without regard to case.
    pub fn named(&self, name: &str) -> Vec<Uuid> {
        let name = name.to_lowercase();
        self.models().filter(|(_, model)| model.name.to_lowercase() == name).map(|(id, _)| id).collect()
    }

    /// What to call a model: its name, or its id where there is none.
    pub fn name_in(metadata: Option<&Self>, id: Uuid) -> String {
        metadata.and_then(|metadata| metadata.model(id)).map_or_else(|| id.to_string(), |model| model.name.clone())
    }

    /// Reads a file and believes it only when it is signed as it should be.
    ///
    /// # Errors
    /// See [`Unusable`].
    pub fn read(file: &Path, root_file: Option<&Path>, now: Timestamp) -> Result<Self, Unusable> {
        let text = read_file(file)?;
        match root_file {
            Some(root_file) => Self::verify(&text, read_file(root_file)?.as_bytes(), None, now),
            None => Self::verify(&text, ROOTS, Some(SIGNER), now),
        }
    }

    /// [`read`](Self::read) for a file in memory: `signer` is the host name the signer's certificate has to be for.
    fn verify(text: &str, roots: &[u8], signer: Option<&str>, now: Timestamp) -> Result<Self, Unusable> {
        #[derive(Deserialize)]
        struct Header {
            alg: String,
            #[serde(default)]
            x5c: Vec<String>,
        }
        let malformed = Unusable::Malformed;
        let (signed, signature) = text.trim().rsplit_once('.').ok_or(malformed("it has not three parts"))?;
        let (header, payload) = signed.split_once('.').ok_or(malformed("it has not three parts"))?;
        let part = |text: &str| from_base64url(text).ok_or(malformed("a part is not base64url"));
        let header: Header = serde_json::from_slice(&part(header)?).map_err(|_| malformed("its header"))?;
        let chain: Vec<CertificateDer<'_>> =
            header.x5c.iter().map(|text| STANDARD.decode(text).map(CertificateDer::from)).collect::<Result<_, _>>().map_err(|_| malformed("x5c"))?;
        let (leaf, rest) = chain.split_first().ok_or(malformed("x5c is missing"))?;
        check_signer(leaf, rest, roots, signer, now)?;
        let algorithm: &'static dyn VerificationAlgorithm = match header.alg.as_str() {
            "RS256" => &RSA_PKCS1_2048_8192_SHA256,
            "ES256" => &ECDSA_P256_SHA256_FIXED,
            _ => return Err(malformed("it is signed with another algorithm than RS256 or ES256")),
        };
        let (_, certificate) = x509_parser::parse_x509_certificate(leaf).map_err(|_| malformed("x5c"))?;
        let key = UnparsedPublicKey::new(algorithm, &certificate.tbs_certificate.subject_pki.subject_public_key.data);
        key.verify(signed.as_bytes(), &part(signature)?).map_err(|_| Unusable::Signature)?;
        Self::from_claims(&part(payload)?)
    }

    fn from_claims(claims: &[u8]) -> Result<Self, Unusable> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Claims {
            no: u64,
            next_update: String,
            entries: Vec<serde_json::Value>,
        }
        let claims: Claims = serde_json::from_slice(claims).map_err(|error| Unusable::Claims(error.to_string()))?;
        let until =
            end_of_day(&claims.next_update).ok_or_else(|| Unusable::Claims(format!("nextUpdate is \"{}\", which is no date", claims.next_update)))?;
        let models = claims.entries.into_iter().filter_map(read_entry).collect();
        Ok(Self { number: claims.no, next_update: claims.next_update, until, models })
    }
}

/// One entry; `None` for what is no FIDO2 authenticator, or cannot be read.
fn read_entry(entry: serde_json::Value) -> Option<(Uuid, Model)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Entry {
        aaguid: Option<Uuid>,
        metadata_statement: Option<Statement>,
        #[serde(default)]
        status_reports: Vec<Report>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Statement {
        description: String,
        #[serde(default)]
        attestation_root_certificates: Vec<String>,
    }
    #[derive(Deserialize)]
    struct Report {
        status: String,
    }
    let unread = |error| tracing::warn!(%error, "an entry of the list of authenticator models cannot be read");
    let entry: Entry = serde_json::from_value(entry).map_err(unread).ok()?;
    let (id, statement) = (entry.aaguid?, entry.metadata_statement?);
    // Some have line breaks in them.
    let decode = |text: String| STANDARD.decode(text.split_whitespace().collect::<String>()).ok();
    let compromised = entry.status_reports.into_iter().map(|report| report.status).find(|status| COMPROMISED.contains(&status.as_str()));
    let name: String = statement.description.chars().filter(|c| !c.is_control()).take(100).collect();
    let roots = statement.attestation_root_certificates.into_iter().filter_map(decode).collect();
    Some((id, Model { name: name.trim().to_owned(), compromised: compromised.unwrap_or_default(), roots }))
}

/// Whether the signer's certificate leads to a root, is in time, and is for the name it should be for.
fn check_signer(leaf: &CertificateDer<'_>, rest: &[CertificateDer<'_>], roots: &[u8], signer: Option<&str>, now: Timestamp) -> Result<(), Unusable> {
    let untrusted = |error: webpki::Error| Unusable::Untrusted(error.to_string());
    let roots: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(roots).collect::<Result<_, _>>().map_err(|_| Unusable::NoRoots)?;
    let anchors: Vec<TrustAnchor<'_>> = roots.iter().map(webpki::anchor_from_trusted_cert).collect::<Result<_, _>>().map_err(untrusted)?;
    if anchors.is_empty() {
        return Err(Unusable::NoRoots);
    }
    let certificate = webpki::EndEntityCert::try_from(leaf).map_err(untrusted)?;
    let seconds = u64::try_from(now.as_seconds()).unwrap_or_default();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let usage = webpki::KeyUsage::server_auth();
    certificate.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &anchors, rest, time, usage, None, None).map_err(untrusted)?;
    if let Some(signer) = signer {
        let name = ServerName::try_from(signer).map_err(|_| Unusable::Malformed("the signer's name"))?;
        certificate.verify_is_valid_for_subject_name(&name).map_err(untrusted)?;
    }
    Ok(())
}

fn read_file(file: &Path) -> Result<String, Unusable> {
    let unreadable = |error: std::io::Error| Unusable::Unreadable(error.to_string());
    if std::fs::metadata(file).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err(Unusable::Unreadable(format!("it has more than {} MB", FILE_BYTES_MAX / 1024 / 1024)));
    }
    std::fs::read_to_string(file).map_err(unreadable)
}

/// The end of a day written `2026-11-21`.
fn end_of_day(date: &str) -> Option<Timestamp> {
    let begin: jiff::Timestamp = format!("{date}T00:00:00Z").parse().ok()?;
    Some(Timestamp::from_millis(begin.as_millisecond()) + Duration::from_secs(86_400))
}

/// The list in force in this process; `None` where there is no file. It can be read again while the server runs.
#[derive(Debug)]
pub struct Known(watch::Sender<Option<Arc<Metadata>>>);

impl Known {
    /// A list, or none.
    pub fn new(metadata: Option<Metadata>) -> Self {
        Self(watch::Sender::new(metadata.map(Arc::new)))
    }

    /// The list in force. Take it once per request.
    pub fn get(&self) -> Option<Arc<Metadata>> {
        self.0.borrow().clone()
    }

    /// Puts another in its place.
    pub fn replace(&self, metadata: Metadata) {
        self.0.send_replace(Some(Arc::new(metadata)));
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};
    use serde_json::{Value, json};

    use super::*;
    use crate::secret::base64url;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000); // November 2026

    fn root() -> CertifiedIssuer<'static, KeyPair> {
        let mut root = CertificateParams::new([]).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        root.distinguished_name.push(DnType::CommonName, "A root");
        CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap()
    }

    /// A list signed by a certificate for `name` of this root; with RSA or with an elliptic curve.
    fn signed(root: &CertifiedIssuer<'static, KeyPair>, name: &str, rsa: bool, claims: &Value) -> String {
        let key = KeyPair::generate_for(if rsa { &PKCS_RSA_SHA256 } else { &PKCS_ECDSA_P256_SHA256 }).unwrap();
        let mut leaf = CertificateParams::new([name.to_owned()]).unwrap();
        if name == "old.example" {
            (leaf.not_before, leaf.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
        }
        let certificate = leaf.signed_by(&key, root).unwrap();
        let header = json!({ "alg": if rsa { "RS256" } else { "ES256" }, "x5c": [STANDARD.encode(certificate.der())] });
        let text = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
        let (der, random) = (key.serialize_der(), SystemRandom::new());
        let signature = if rsa {
            let key = RsaKeyPair::from_pkcs8(&der).unwrap();
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
            signature
        } else {
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap().sign(&random, text.as_bytes()).unwrap().as_ref().to_vec()
        };
        format!("{text}.{}", base64url(&signature))
    }

    fn claims() -> Value {
        let entry = |n: u128, status: &str, roots: Value| {
            json!({
                "aaguid": Uuid::from_u128(n), "statusReports": [{ "status": "FIDO_CERTIFIED" }, { "status": status }],
                "metadataStatement": { "description": format!("Model {n}"), "attestationRootCertificates": roots, "newWord": 1 },
            })
        };
        let entries = json!([
            entry(1, "A_STATUS_OF_THE_FUTURE", json!(["aGVs\nbG8="])),
            entry(2, "REVOKED", json!(["aGVsbG8="])),
            entry(3, "NOT_FIDO_CERTIFIED", json!([])),
            { "aaid": "4e4e#4005", "metadataStatement": { "description": "UAF" }, "statusReports": [] },
            { "aaguid": 5 },
        ]);
        json!({ "no": 77, "nextUpdate": "2026-12-01", "legalHeader": "…", "entries": entries })
    }

    #[test]
    fn a_list_is_believed_when_its_signer_leads_to_the_root_and_is_who_it_should_be() {
        let (root, other) = (root(), root());
        let pem = root.pem();
        for rsa in [true, false] {
            let text = signed(&root, "models.example", rsa, &claims());
            let read = Metadata::verify(&format!("{text}\n"), pem.as_bytes(), None, NOW).unwrap();
            assert_eq!((read.number, read.models().count(), read.is_current(NOW)), (77, 3, true));
            assert!(Metadata::verify(&text, pem.as_bytes(), Some("models.example"), NOW).is_ok());
            let untrusted = |roots: &[u8], signer| Metadata::verify(&text, roots, signer, NOW).unwrap_err();
            assert!(matches!(untrusted(other.pem().as_bytes(), None), Unusable::Untrusted(_)));
            assert!(matches!(untrusted(pem.as_bytes(), Some(SIGNER)), Unusable::Untrusted(_)), "somebody else below the same root");
            assert!(matches!(untrusted(ROOTS, Some(SIGNER)), Unusable::Untrusted(_)));
            assert_eq!(untrusted(b"", None), Unusable::NoRoots);
            let (signed, signature) = text.rsplit_once('.').unwrap();
            let (header, _) = signed.split_once('.').unwrap();
            let altered =
                format!("{header}.{}.{signature}", base64url(json!({ "no": 1, "nextUpdate": "2099-01-01", "entries": [] }).to_string().as_bytes()));
            assert_eq!(Metadata::verify(&altered, pem.as_bytes(), None, NOW).unwrap_err(), Unusable::Signature);
        }
        let old = signed(&root, "old.example", false, &claims());
        assert!(matches!(Metadata::verify(&old, pem.as_bytes(), None, NOW).unwrap_err(), Unusable::Untrusted(_)), "a certificate that ran out");
        for nonsense in ["", "a.b", "a.b.c", "e30.e30.", "eyJhbGciOiJub25lIn0.e30."] {
            assert!(matches!(Metadata::verify(nonsense, pem.as_bytes(), None, NOW).unwrap_err(), Unusable::Malformed(_)), "{nonsense}");
        }
        let undated = signed(&root, "models.example", false, &json!({ "no": 1, "nextUpdate": "soon", "entries": [] }));
        assert!(matches!(Metadata::verify(&undated, pem.as_bytes(), None, NOW).unwrap_err(), Unusable::Claims(_)));
    }

    #[test]
    fn what_can_be_relied_on_is_told_from_what_cannot() {
        let read = Metadata::from_claims(claims().to_string().as_bytes()).unwrap();
        let model = |n| read.model(Uuid::from_u128(n)).unwrap();
        assert!(model(1).can_prove() && model(1).roots == [b"hello".to_vec()], "line breaks in a certificate, and a status nobody knows yet");
        assert_eq!((model(2).can_prove(), model(2).compromised.as_str()), (false, "REVOKED"));
        assert!(!model(3).can_prove(), "without a certificate there is nothing to hold it against");
        assert_eq!(read.named("model 1"), [Uuid::from_u128(1)]);
        assert_eq!(Metadata::name_in(Some(&read), Uuid::from_u128(9)), Uuid::from_u128(9).to_string());
        let day = Timestamp::from_seconds(1_796_083_200); // 2026-12-01, midnight
        assert!(read.is_current(day + Duration::from_secs(86_399)) && !read.is_current(day + Duration::from_secs(86_400)));
    }

    #[test]
    fn the_roots_that_come_with_the_program_can_be_read() {
        let roots: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(ROOTS).collect::<Result<_, _>>().unwrap();
        assert_eq!(roots.len(), 2);
        for root in &roots {
            webpki::anchor_from_trusted_cert(root).unwrap();
        }
    }
}
