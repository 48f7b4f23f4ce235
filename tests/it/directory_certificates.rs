//! Certificates of directories that are not as they should be, that change, and whom to trust: against a real slapd, and against a server that writes down
//! whatever it is told (nasty case 25 of `docs/directory-cases.md`).

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

use crate::directory_site::{Site, messages};
use crate::support::app::Engine;
use crate::support::certificates::{self, Files, Flaw};
use crate::support::janitor;
use crate::support::slapd::{BASE, Options, SERVICE_DN, SERVICE_PASSWORD, Slapd, person};

fn pem(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).expect("a PEM file")
}

/// An installation for a slapd's TLS port that trusts the authority of the tests.
async fn site(slapd: &Slapd) -> Site {
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(slapd);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    site.set(&[("LDAP_URL", &slapd.tls_url()), ("LDAP_CA_CERTIFICATE", &pem(slapd.authority()))]);
    site
}

#[tokio::test]
async fn a_certificate_without_names_too_early_or_signed_by_itself_is_refused_with_its_reason() {
    for (flaw, words) in [
        (Flaw::NoNames, "carries no name at all (no subject alternative name)"),
        (Flaw::NotYet, "not valid yet, only from 1 Jan 2090"),
        (Flaw::SelfSigned, "is self-signed, and not the one given as trusted"),
    ] {
        let slapd = Slapd::start_with(&Options { flaw, ..Options::default() }, &person("ada", "Ada", "Lovelace")).await;
        let mut site = site(&slapd).await;
        let told = messages(&site.sync("failed").await);
        assert!(told.len() == 1 && told[0].contains(words), "{flaw:?}: {told:?}");
        if flaw == Flaw::SelfSigned {
            site.muster.unset("LDAP_CA_CERTIFICATE");
            let told = messages(&site.sync("failed").await);
            assert!(told[0].contains("give this certificate as the trusted one"), "{told:?}");
            site.set(&[("LDAP_CA_CERTIFICATE", &pem(&slapd.directory().join("server.pem")))]);
            assert_eq!(site.sync("applied").await["users"]["created"], 1);
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_renewed_is_taken_and_one_by_another_authority_only_when_that_is_given_too() {
    let mut slapd = Slapd::start(&person("ada", "Ada", "Lovelace")).await;
    let mut site = site(&slapd).await;
    site.sync("applied").await;
    slapd.renew_certificate(Flaw::None).await;
    site.sync("unchanged").await;

    slapd.renew_certificate(Flaw::OtherAuthority).await;
    let told = messages(&site.sync("failed").await);
    assert!(told[0].contains("\"CN=Authority nobody trusts\", and not by the one given as trusted"), "{told:?}");
    // The old and the new one side by side, as in the days of a change.
    let both = pem(slapd.authority()) + &certificates::other_authority();
    site.set(&[("LDAP_CA_CERTIFICATE", &both)]);
    site.sync("unchanged").await;

    // The server's own certificate stands for nothing but itself.
    site.set(&[("LDAP_CA_CERTIFICATE", &pem(&slapd.directory().join("server.pem")))]);
    site.sync("unchanged").await;
    slapd.renew_certificate(Flaw::OtherAuthority).await;
    assert!(messages(&site.sync("failed").await)[0].contains("could not be secured"));
}

#[tokio::test]
async fn an_authority_that_is_given_is_trusted_instead_of_those_this_machine_knows() {
    let slapd = Slapd::start(&person("ada", "Ada", "Lovelace")).await;
    let mut site = site(&slapd).await;
    // As if it were one of the machine's own.
    site.set(&[("SSL_CERT_FILE", slapd.authority().to_str().expect("a plain path"))]);
    site.muster.unset("LDAP_CA_CERTIFICATE");
    site.sync("applied").await;
    site.set(&[("LDAP_CA_CERTIFICATE", &certificates::other_authority())]);
    let told = messages(&site.sync("failed").await);
    assert!(told[0].contains("where one is given, no other counts"), "{told:?}");
}

/// What came over one connection once TLS was agreed on; nothing where it was not.
type Heard = mpsc::UnboundedReceiver<Vec<u8>>;

/// A server that agrees on TLS, with StartTLS if asked for it, and writes down what it is told from then on.
async fn listening(files: &Files) -> (u16, Heard, AbortOnDropHandle<()>) {
    let chain = vec![CertificateDer::from_pem_file(&files.certificate).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(&files.key).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS");
    let acceptor = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(chain, key).expect("both belong together")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, heard) = mpsc::unbounded_channel();
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tell.send(hear(stream, &acceptor).await.unwrap_or_default()).ok();
        }
    });
    (port, heard, AbortOnDropHandle::new(server))
}

async fn hear(mut stream: TcpStream, acceptor: &TlsAcceptor) -> std::io::Result<Vec<u8>> {
    // A sequence of LDAP begins with 0x30, a record of TLS with 0x16.
    let mut first = [0_u8];
    stream.peek(&mut first).await?;
    if first[0] == 0x30 {
        let mut request = [0_u8; 31];
        stream.read_exact(&mut request).await?;
        stream.write_all(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00").await?;
    }
    let mut stream = acceptor.accept(stream).await?;
    let mut told = vec![0_u8; 4_096];
    let length = stream.read(&mut told).await?;
    told.truncate(length);
    Ok(told)
}

#[tokio::test]
async fn nothing_is_said_to_a_server_before_its_certificate_is_verified() {
    for (flaw, start_tls) in [
        (Flaw::Expired, false),
        (Flaw::WrongName, false),
        (Flaw::WrongName, true),
        (Flaw::OtherAuthority, false),
        (Flaw::OtherAuthority, true),
        (Flaw::NoNames, false),
        (Flaw::SelfSigned, true),
        (Flaw::NotYet, false),
        (Flaw::None, false),
        (Flaw::None, true),
    ] {
        let directory = janitor::directory("certificates");
        let files = certificates::issue_flawed(directory.path(), &["127.0.0.1"], flaw);
        let (port, mut heard, _server) = listening(&files).await;
        let mut site = Site::new(Engine::Sqlite).await;
        site.set(&[
            ("LDAP_ENABLED", "true"),
            ("LDAP_URL", &format!("{}://127.0.0.1:{port}", if start_tls { "ldap" } else { "ldaps" })),
            ("LDAP_START_TLS", if start_tls { "true" } else { "false" }),
            ("LDAP_CA_CERTIFICATE", &pem(&files.authority)),
            ("LDAP_BIND_DN", SERVICE_DN),
            ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
            ("LDAP_BASE", BASE),
        ]);
        site.sync("failed").await;
        let told = heard.recv().await.expect("the run came by");
        let password = told.windows(SERVICE_PASSWORD.len()).any(|part| part == SERVICE_PASSWORD.as_bytes());
        // With a certificate that is right the bind is heard, so that this test would hear one too many.
        assert_eq!((password, told.is_empty()), (flaw == Flaw::None, flaw != Flaw::None), "{flaw:?}, StartTLS {start_tls}: {told:?}");
    }
}
