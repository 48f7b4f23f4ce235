//! Who a server must prove to be. One rustls configuration per run: the system's certificates are read afresh, the administrator's are added, and the
//! crypto provider is named, because a process-wide default may not be installed.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// A TLS configuration for one server, or a sentence why there is none.
pub(super) fn client_config(host: &str, ca_pem: Option<&str>, skip_verify: bool) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> =
        if skip_verify { Arc::new(AnyCertificate(Arc::clone(&provider))) } else { Arc::new(Named::new(host, ca_pem, &provider)?) };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}."))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    // An address is not a name to ask for (RFC 6066 section 3).
    config.enable_sni = host.parse::<IpAddr>().is_err();
    Ok(Arc::new(config))
}

/// Verifies as usual, against the name that was configured. ldap3 takes the name from its URL and cannot hold an IPv6 address there, so what it passes is
/// not looked at.
#[derive(Debug)]
struct Named {
    name: ServerName<'static>,
    inner: Arc<WebPkiServerVerifier>,
}

impl Named {
    fn new(host: &str, ca_pem: Option<&str>, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| format!("{host:?} is not a name a certificate can carry."))?;
        let mut roots = RootCertStore::empty();
        // One unreadable file among the system's certificates must not distrust the rest.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for certificate in CertificateDer::pem_slice_iter(ca_pem.unwrap_or("").as_bytes()) {
            let certificate = certificate.map_err(|_| "The PEM text of the certificate authority is damaged.".to_owned())?;
            roots.add(certificate).map_err(|error| format!("The certificate authority cannot be used: {error}."))?;
        }
        if roots.is_empty() {
            return Err("This machine trusts no certificate authority; give the PEM text of the one that signed the server's certificate.".to_owned());
        }
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| format!("The trusted certificates cannot be used: {error}."))?;
        Ok(Self { name, inner })
    }
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.inner.verify_server_cert(end_entity, intermediates, &self.name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Takes every certificate: what `LDAP_SKIP_CERT_VERIFY` asks for. ldap3's own switch does nothing when a configuration is given.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(&self, _: &[u8], _: &CertificateDer<'_>, _: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(&self, _: &[u8], _: &CertificateDer<'_>, _: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// What failed while agreeing on TLS, for an administrator.
pub(super) fn explain(error: &rustls::Error) -> String {
    use rustls::Error;
    match error {
        Error::InvalidCertificate(reason) => match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired. Renew it on the server.".to_owned(),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "its certificate is not valid yet. Check the clocks of both machines.".to_owned()
            }
            CertificateError::UnknownIssuer => {
                "its certificate was signed by an authority this machine does not know. Give that authority's certificate (LDAP_CA_CERTIFICATE)."
                    .to_owned()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "its certificate is for another name. Use the name in the certificate as the address, or have one made for this address.".to_owned()
            }
            CertificateError::Revoked => "its certificate has been revoked.".to_owned(),
            other => format!("its certificate cannot be accepted ({other:?})."),
        },
        Error::InvalidMessage(_) => "it does not speak TLS on this port. Use ldap:// for this port, or the port for TLS, usually 636.".to_owned(),
        Error::AlertReceived(alert) => format!("it refused the TLS connection ({alert:?})."),
        Error::PeerIncompatible(_) => "it offers only TLS versions or ciphers that are not secure any more (TLS 1.2 is the least).".to_owned(),
        other => format!("TLS failed ({other})."),
    }
}
