//! Who a server must prove to be. One rustls configuration per run: the administrator's certificates count where there are any, and then no others; else the
//! system's, read afresh. The crypto provider is named, because a process-wide default may not be installed.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::super::config::{Connection, Identity};
use super::certificate::CertificateFacts;

/// How one connection is secured: what to check, and what the server showed.
#[derive(Debug)]
pub(super) struct Security {
    /// For the handshake.
    pub(super) config: Arc<ClientConfig>,
    /// The name the certificate must carry.
    pub(super) name: String,
    /// Whether an administrator said whom to trust.
    pub(super) is_told: bool,
    shown: Shown,
}

/// The certificate a server showed, kept also when it was refused: the sentence about it names what is in it.
type Shown = Arc<OnceLock<CertificateDer<'static>>>;

impl Security {
    /// Makes the configuration for one server that is to prove to be `name`, or a sentence why there is none.
    pub(super) fn new(name: &str, connection: &Connection) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = if connection.skip_cert_verify {
            Arc::new(AnyCertificate(Arc::clone(&provider)))
        } else {
            Arc::new(Named::new(name, connection.ca_pem.as_deref(), &provider)?)
        };
        let shown = Shown::default();
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS cannot be set up: {error}."))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Remembering { shown: Arc::clone(&shown), inner: verifier }));
        let mut config = match &connection.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = read_identity(identity)?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| format!("The client certificate cannot be used: {error}. Do both belong together?"))?
            }
        };
        // An address is not a name to ask for (RFC 6066 section 3).
        config.enable_sni = name.parse::<IpAddr>().is_err();
        Ok(Self { config: Arc::new(config), name: name.to_owned(), is_told: connection.ca_pem.is_some(), shown })
    }

    /// What the server showed, when it came that far.
    pub(super) fn certificate(&self) -> Option<CertificateFacts> {
        self.shown.get().and_then(|der| CertificateFacts::read(der))
    }
}

fn read_identity(identity: &Identity) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(identity.certificate_pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| "The PEM text of the client certificate is damaged.".to_owned())?;
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.reveal().as_bytes())
        .map_err(|_| "The PEM text of the client certificate's key is damaged.".to_owned())?;
    Ok((chain, key))
}

/// Keeps the certificate another verifier is asked about.
#[derive(Debug)]
struct Remembering {
    shown: Shown,
    inner: Arc<dyn ServerCertVerifier>,
}

impl ServerCertVerifier for Remembering {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        // One connection has one certificate; the first one stays.
        let _ = self.shown.set(end_entity.clone().into_owned());
        self.inner.verify_server_cert(end_entity, intermediates, name, ocsp_response, now)
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

/// Verifies as usual, against the name that was configured. ldap3 takes the name from its URL and cannot hold an IPv6 address there, so what it passes is
/// not looked at.
#[derive(Debug)]
struct Named {
    name: ServerName<'static>,
    given: Vec<CertificateDer<'static>>,
    inner: Arc<WebPkiServerVerifier>,
}

impl Named {
    fn new(host: &str, ca_pem: Option<&str>, provider: &Arc<CryptoProvider>) -> Result<Self, String> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| format!("{host:?} is not a name a certificate can carry."))?;
        let mut roots = RootCertStore::empty();
        let given: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(ca_pem.unwrap_or("").as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| "The PEM text of the certificate authority is damaged.".to_owned())?;
        if given.is_empty() {
            // One unreadable file among the system's certificates must not distrust the rest.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        // Whoever names an authority means that one, as with `TLS_CACERT` of OpenLDAP: a server's certificate by any of the hundred others that a machine trusts
        // is somebody else's.
        for certificate in &given {
            roots.add(certificate.clone()).map_err(|error| format!("The certificate authority cannot be used: {error}."))?;
        }
        if roots.is_empty() {
            return Err("This machine trusts no certificate authority; give the PEM text of the one that signed the server's certificate.".to_owned());
        }
        let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| format!("The trusted certificates cannot be used: {error}."))?;
        Ok(Self { name, given, inner })
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
        let verified = self.inner.verify_server_cert(end_entity, intermediates, &self.name, ocsp_response, now);
        // Self-signed certificates made by common tools call themselves an authority, which none may be that proves a server's name. Given by the
        // administrator as trusted, such a one is the server's own and is taken; its name and dates count all the same.
        if verified.is_err() && self.given.contains(&end_entity.clone().into_owned()) {
            let facts = CertificateFacts::read(end_entity).ok_or(CertificateError::BadEncoding)?;
            let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
            if facts.not_after.as_seconds() < now {
                return Err(CertificateError::Expired.into());
            }
            if facts.not_before.as_seconds() > now {
                return Err(CertificateError::NotValidYet.into());
            }
            let parsed = ParsedCertificate::try_from(end_entity)?;
            verify_server_name(&parsed, &self.name)?;
            return Ok(ServerCertVerified::assertion());
        }
        verified
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

/// What failed while agreeing on TLS with who must prove to be `name`, for an administrator.
/// `is_told` says whether an administrator named the authority.
pub(super) fn explain(error: &rustls::Error, name: &str, is_told: bool, certificate: Option<&CertificateFacts>) -> String {
    use rustls::{AlertDescription as Alert, Error};
    match error {
        Error::InvalidCertificate(reason) => refused_certificate(reason, name, is_told, certificate),
        Error::InvalidMessage(_) => "it does not speak TLS on this port. Use ldap:// for this port, or the port for TLS, usually 636.".to_owned(),
        Error::AlertReceived(Alert::CertificateRequired) => {
            "the server wants a client certificate. Set one under Client certificate, with its key.".to_owned()
        }
        Error::AlertReceived(
            alert @ (Alert::BadCertificate
            | Alert::CertificateExpired
            | Alert::CertificateRevoked
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::UnsupportedCertificate
            | Alert::AccessDenied),
        ) => format!(
            "the server does not take the client certificate ({alert:?}). Check its dates, and that the server trusts the authority that signed it."
        ),
        Error::AlertReceived(Alert::HandshakeFailure) => {
            "the server refused to agree on TLS. It may want a client certificate, or have none of its own that fits.".to_owned()
        }
        Error::AlertReceived(Alert::UnrecognisedName) => format!("the server does not answer to the name {name:?}. Check the address."),
        Error::AlertReceived(alert) => format!("it refused the TLS connection ({alert:?})."),
        Error::PeerIncompatible(_) => "it offers only TLS versions or ciphers that are not secure any more (TLS 1.2 is the least).".to_owned(),
        other => format!("TLS failed ({other})."),
    }
}

fn refused_certificate(reason: &CertificateError, name: &str, is_told: bool, certificate: Option<&CertificateFacts>) -> String {
    let is_self_signed = certificate.is_some_and(|certificate| certificate.is_self_signed);
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            let day = certificate.map_or_else(String::new, |certificate| format!(" on {}", certificate.not_after.day_for_people()));
            format!("its certificate has expired{day}. Renew it on the server.")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            let day = certificate.map_or_else(String::new, |certificate| format!(", only from {}", certificate.not_before.day_for_people()));
            format!("its certificate is not valid yet{day}. Check the clocks of both machines.")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => match certificate {
            Some(certificate) if !certificate.names.is_empty() => format!(
                "its certificate is for another name: for {}, not for {name}. Use a name in the certificate as the address or as the name in the certificate \
                 (LDAP_SERVER_NAME), or have a certificate made for this address.",
                certificate.names_for_people()
            ),
            Some(_) => {
                "its certificate is for another name: it carries no name at all (no subject alternative name). Have one made that names the server."
                    .to_owned()
            }
            None => {
                "its certificate is for another name. Use the name in the certificate as the address, or have one made for this address.".to_owned()
            }
        },
        _ if is_self_signed && is_told => {
            "its certificate is self-signed, and not the one given as trusted (LDAP_CA_CERTIFICATE). If the server has a new one of its own, give that one."
                .to_owned()
        }
        _ if is_self_signed => {
            "its certificate is self-signed. If it is the server's own, give this certificate as the trusted one (LDAP_CA_CERTIFICATE).".to_owned()
        }
        CertificateError::UnknownIssuer => {
            let by = certificate.map_or_else(String::new, |certificate| format!(", {:?}", certificate.issuer));
            if is_told {
                return format!(
                    "its certificate was signed by an authority{by}, and not by the one given as trusted (LDAP_CA_CERTIFICATE); where one is given, no other \
                     counts. Give that authority's certificate, or leave the setting empty to trust those this machine knows."
                );
            }
            format!(
                "its certificate was signed by an authority this machine does not know{by}. Give that authority's certificate (LDAP_CA_CERTIFICATE)."
            )
        }
        CertificateError::Revoked => "its certificate has been revoked.".to_owned(),
        other => format!("its certificate cannot be accepted ({other:?})."),
    }
}
