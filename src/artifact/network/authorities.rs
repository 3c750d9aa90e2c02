//! The certificates of a file of authorities (`--ca-file`) to the settings of TLS. As in Go and curl, a certificate of the file that is
//! exactly the server's is trusted, whether it is an authority's (as `openssl req -x509` makes it), was signed by another, or by itself.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::pem::{certificates, private_key};
use super::tls::is_authority_as_server;

/// The settings that trust the certificates of a file and no others, with a certificate of ours and its key if there is one; nothing where
/// a text cannot be used, which is checked when it is read.
pub(super) fn trust_only(authorities: &[u8], identity: Option<&[u8]>) -> Option<ClientConfig> {
    let listed = certificates(authorities).ok()?;
    let mut roots = RootCertStore::empty();
    for certificate in &listed {
        roots.add(certificate.clone()).ok()?;
    }
    let provider = Arc::new(ring::default_provider());
    let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = Arc::new(ListedVerifier {
        listed,
        chains: chains.build().ok()?,
    });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some(pem) => builder
            .with_client_auth_cert(certificates(pem).ok()?, private_key(pem).ok()?)
            .ok()?,
        None => builder.with_no_client_auth(),
    };
    // What the HTTP client itself would offer.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(config)
}

/// Verifies as usual; of a certificate that is listed, only who signed it does not count.
#[derive(Debug)]
struct ListedVerifier {
    listed: Vec<CertificateDer<'static>>,
    chains: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for ListedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let is_listed = self.listed.iter().any(|listed| listed == end_entity);
        // What is wrong with the certificates beside one that is listed does not matter.
        let intermediates = if is_listed { &[] } else { intermediates };
        let chains = &self.chains;
        let verified = chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The dates are checked before the signer, the name after it.
            Err(error) if is_listed && is_about_signer(&error) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            // One that signed itself has no other issuer, so it gets the same words.
            Err(Error::InvalidCertificate(error)) if is_authority_as_server(&error) => {
                Err(CertificateError::UnknownIssuer.into())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

/// Whether a certificate is refused because no authority that is listed has signed it, or because it is an authority's.
fn is_about_signer(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => true,
        Error::InvalidCertificate(error) => is_authority_as_server(error),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    /// An authority's certificate that signed itself, for 127.0.0.1 and registry.example from 2024 to 2123, as `openssl req -x509` makes
    /// it.
    const SELF_SIGNED: &[u8] = include_bytes!("../../../tests/keys/self_signed.pem");
    /// Seconds of a year.
    const YEAR: u64 = 31_557_600;

    fn verified(listed: &[u8], name: &str, year: u64) -> Result<(), Error> {
        let certificate = CertificateDer::from_pem_slice(SELF_SIGNED).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(listed).unwrap()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let verifier = ListedVerifier {
            listed: certificates(listed).unwrap(),
            chains: chains.build().unwrap(),
        };
        let now = UnixTime::since_unix_epoch(Duration::from_secs((year - 1970) * YEAR));
        let name = ServerName::try_from(name).unwrap();
        // Beside it, the server sends something that is not a certificate.
        let beside = CertificateDer::from(vec![1, 2, 3]);
        let verified = verifier.verify_server_cert(&certificate, &[beside], &name, &[], now);
        verified.map(drop)
    }

    #[test]
    fn names_and_dates_count_for_a_certificate_that_is_listed() {
        for (name, year, words) in [
            ("127.0.0.1", 2030, ""),
            ("registry.example", 2030, ""),
            ("registry.example", 2122, ""),
            ("127.0.0.2", 2030, "not valid for name"),
            ("elsewhere.example", 2030, "not valid for name"),
            ("registry.example", 2022, "not valid yet"),
            ("registry.example", 2125, "expired"),
        ] {
            let outcome = verified(SELF_SIGNED, name, year);
            let text = outcome.as_ref().map_or_else(ToString::to_string, |()| String::new());
            assert!(
                outcome.is_ok() == words.is_empty() && text.contains(words),
                "{name} {year}: {text}"
            );
        }
    }
}
