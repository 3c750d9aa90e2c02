//! Whether files of certificates and keys can be used, before a client is made of them: as text in PEM (RFC 7468), with certificates and
//! keys that the TLS library accepts.

use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// Why a file of certificates or a key cannot be used. No message shows its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PemFault {
    /// There is no certificate.
    #[error("it has no certificate as PEM (`-----BEGIN CERTIFICATE-----`)")]
    NoCertificate,
    /// A certificate, counted from 1, is not one.
    #[error("what it has as certificate {0} is not one")]
    BrokenCertificate(usize),
    /// There is no private key.
    #[error("it has no private key as PEM (`-----BEGIN PRIVATE KEY-----`)")]
    NoKey,
    /// The private key needs a password.
    #[error("its private key is encrypted, which is not supported: decrypt it first, with `openssl pkey -in FILE`")]
    EncryptedKey,
    /// The private key is of another kind than RSA, P-256, P-384 and Ed25519, or damaged.
    #[error(
        "its private key is damaged, or of a kind that TLS here does not have (RSA, ECDSA P-256 and P-384, Ed25519)"
    )]
    BrokenKey,
    /// The private key belongs to another certificate.
    #[error("its private key is not that of the certificate")]
    OtherKey,
}

/// Checks authorities that are to be trusted.
///
/// # Errors
/// When there is none, or one is not a certificate.
pub fn check_authorities(text: &[u8]) -> Result<(), PemFault> {
    let mut store = RootCertStore::empty();
    for (place, certificate) in certificates(text)?.into_iter().enumerate() {
        store
            .add(certificate)
            .map_err(|_| PemFault::BrokenCertificate(place + 1))?;
    }
    Ok(())
}

/// Checks a certificate of ours, which may be followed by those of its authorities.
///
/// # Errors
/// When there is none.
pub fn check_certificate(text: &[u8]) -> Result<(), PemFault> {
    certificates(text).map(drop)
}

/// Checks the key of a certificate that was checked.
///
/// # Errors
/// When there is no key, it cannot be used, or it belongs to another certificate.
pub fn check_key(text: &[u8], certificate: &[u8]) -> Result<(), PemFault> {
    match CertifiedKey::from_der(
        certificates(certificate)?,
        private_key(text)?,
        &ring::default_provider(),
    ) {
        Ok(_) => Ok(()),
        Err(rustls::Error::InconsistentKeys(_)) => Err(PemFault::OtherKey),
        Err(rustls::Error::InvalidCertificate(_)) => Err(PemFault::BrokenCertificate(1)),
        Err(_) => Err(PemFault::BrokenKey),
    }
}

/// The first private key of a text.
pub(super) fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, PemFault> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
        pem::Error::NoItemsFound if text.windows(9).any(|part| part == b"ENCRYPTED") => PemFault::EncryptedKey,
        pem::Error::NoItemsFound => PemFault::NoKey,
        _ => PemFault::BrokenKey,
    })
}

/// All certificates of a text, at least one.
pub(super) fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemFault> {
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(text) {
        found.push(certificate.map_err(|_| PemFault::BrokenCertificate(found.len() + 1))?);
    }
    if found.is_empty() {
        return Err(PemFault::NoCertificate);
    }
    Ok(found)
}
