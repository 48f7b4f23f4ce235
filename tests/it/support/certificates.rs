//! A certificate authority of this test run, and server certificates signed by it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};

static AUTHORITY: LazyLock<CertifiedIssuer<'static, KeyPair>> = LazyLock::new(|| {
    let mut authority = CertificateParams::new([]).expect("no names to get wrong");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.distinguished_name.push(DnType::CommonName, "Authority of the tests");
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(authority, key()).expect("a certificate of its own")
});

/// The files a TLS server and its clients read, all PEM.
#[derive(Debug)]
pub(crate) struct Files {
    /// The authority's certificate, which a client has to trust.
    pub(crate) authority: PathBuf,
    /// The server's certificate.
    pub(crate) certificate: PathBuf,
    /// The server's private key, readable by its owner alone.
    pub(crate) key: PathBuf,
}

/// Writes a fresh key and a certificate for `names` (DNS names or addresses) into `directory`.
pub(crate) fn issue(directory: &Path, names: &[&str]) -> Files {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut server = CertificateParams::new(names).expect("names a certificate can carry");
    server.distinguished_name.push(DnType::CommonName, "A server of the tests");
    server.use_authority_key_identifier_extension = true;
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = key();
    let certificate = server.signed_by(&key, &*AUTHORITY).expect("a signed certificate");
    Files {
        authority: write(directory, "ca.pem", &AUTHORITY.pem()),
        certificate: write(directory, "server.pem", &certificate.pem()),
        key: write(directory, "server.key", &key.serialize_pem()),
    }
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
