//! A certificate authority of this test run, and server certificates signed by it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use base64::Engine as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PublicKeyData as _,
};

static AUTHORITY: LazyLock<CertifiedIssuer<'static, KeyPair>> = LazyLock::new(|| authority("Authority of the tests"));
static OTHER_AUTHORITY: LazyLock<CertifiedIssuer<'static, KeyPair>> = LazyLock::new(|| authority("Authority nobody trusts"));

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut authority = CertificateParams::new([]).expect("no names to get wrong");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.distinguished_name.push(DnType::CommonName, name);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(authority, key()).expect("a certificate of its own")
}

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Nothing.
    #[default]
    None,
    /// It ran out in 2021.
    Expired,
    /// It is good, and ends in about ten days.
    EndsSoon,
    /// It is for `elsewhere.example` and no other name.
    WrongName,
    /// It was signed by an authority that is in no file; see [`other_authority`].
    OtherAuthority,
    /// It carries no name a client could check (no subject alternative name), as old tools make them.
    NoNames,
    /// It was signed by nobody but itself.
    SelfSigned,
    /// It begins in 2090.
    NotYet,
}

/// The PEM text of the authority behind [`Flaw::OtherAuthority`].
pub(crate) fn other_authority() -> String {
    OTHER_AUTHORITY.pem()
}

/// The files a TLS server and its clients read, all PEM.
#[derive(Debug)]
pub(crate) struct Files {
    /// The authority's certificate, which a client has to trust.
    pub(crate) authority: PathBuf,
    /// The server's (or client's) certificate.
    pub(crate) certificate: PathBuf,
    /// Its private key, readable by its owner alone.
    pub(crate) key: PathBuf,
}

/// Writes a fresh key and a certificate for `names` (DNS names or addresses) into `directory`.
pub(crate) fn issue(directory: &Path, names: &[&str]) -> Files {
    issue_flawed(directory, names, Flaw::None)
}

/// [`issue`], with a certificate that is not as it should be.
pub(crate) fn issue_flawed(directory: &Path, names: &[&str], flaw: Flaw) -> Files {
    let names = match flaw {
        Flaw::WrongName => &["elsewhere.example"][..],
        Flaw::NoNames => &[][..],
        _ => names,
    };
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut server = CertificateParams::new(names).expect("names a certificate can carry");
    server.distinguished_name.push(DnType::CommonName, "A server of the tests");
    server.use_authority_key_identifier_extension = true;
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    if flaw == Flaw::Expired {
        (server.not_before, server.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
    }
    if flaw == Flaw::NotYet {
        (server.not_before, server.not_after) = (rcgen::date_time_ymd(2090, 1, 1), rcgen::date_time_ymd(2091, 1, 1));
    }
    if flaw == Flaw::SelfSigned {
        let key = key();
        let certificate = server.self_signed(&key).expect("a certificate of its own");
        return written(directory, "server", &certificate.pem(), &key);
    }
    if flaw == Flaw::EndsSoon {
        #[expect(clippy::disallowed_methods, reason = "a certificate that ends soon after the test")]
        let now = time::OffsetDateTime::now_utc();
        (server.not_before, server.not_after) = (now - time::Duration::days(80), now + time::Duration::days(10));
    }
    sign(directory, "server", &server, if flaw == Flaw::OtherAuthority { &OTHER_AUTHORITY } else { &AUTHORITY })
}

/// Writes a fresh key and a certificate with which a client can say who it is: its subject is `cn=<name>`.
pub(crate) fn issue_for_client(directory: &Path, name: &str) -> Files {
    let mut client = CertificateParams::new([]).expect("no names to get wrong");
    client.distinguished_name = rcgen::DistinguishedName::new();
    client.distinguished_name.push(DnType::CommonName, name);
    client.use_authority_key_identifier_extension = true;
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    sign(directory, &format!("client-{name}"), &client, &AUTHORITY)
}

fn sign(directory: &Path, file: &str, parameters: &CertificateParams, by: &CertifiedIssuer<'static, KeyPair>) -> Files {
    let key = key();
    let certificate = parameters.signed_by(&key, by).expect("a signed certificate");
    written(directory, file, &certificate.pem(), &key)
}

fn written(directory: &Path, file: &str, certificate: &str, key: &KeyPair) -> Files {
    Files {
        authority: write(directory, "ca.pem", &AUTHORITY.pem()),
        certificate: write(directory, &format!("{file}.pem"), certificate),
        key: write(directory, &format!("{file}.key"), &key.serialize_pem()),
    }
}

/// The hash of the public key (base64 of the SHA-256 of its `SubjectPublicKeyInfo`), by which Chromium is told to believe the certificate.
pub(crate) fn key_hash(files: &Files) -> String {
    let key = KeyPair::from_pem(&std::fs::read_to_string(&files.key).expect("own file")).expect("the key written before");
    base64::engine::general_purpose::STANDARD.encode(muster::secret::sha256(&key.subject_public_key_info()))
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a P-256 key")
}

fn write(directory: &Path, name: &str, pem: &str) -> PathBuf {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = directory.join(name);
    let mut file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&path).expect("own directory");
    file.write_all(pem.as_bytes()).expect("own file");
    path
}
