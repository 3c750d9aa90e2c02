//! The TLS library: rustls with ring, for every client of the process.

use rustls::AlertDescription;
use rustls::crypto::ring;

/// What servers answer to a certificate of ours, or to a missing one.
const REFUSALS: [AlertDescription; 7] = [
    AlertDescription::CertificateRequired,
    AlertDescription::UnknownCA,
    AlertDescription::BadCertificate,
    AlertDescription::UnsupportedCertificate,
    AlertDescription::CertificateRevoked,
    AlertDescription::CertificateExpired,
    AlertDescription::CertificateUnknown,
];

/// Chooses the TLS library of the process. Later calls have no effect, since they make the same choice.
pub(super) fn choose_provider() {
    let _chosen = ring::default_provider().install_default();
}

/// Whether an error, or one that caused it, is a certificate that was refused, the server's or ours: that does not change by itself.
pub(super) fn is_certificate_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        match error.downcast_ref() {
            Some(rustls::Error::InvalidCertificate(_)) => return true,
            Some(rustls::Error::AlertReceived(alert)) if REFUSALS.contains(alert) => return true,
            _ => {}
        }
        // The source of an I/O error is the source of the error it wraps, not that error.
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_refused_certificate_is_found_inside_other_errors() {
        let refused = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        assert!(is_certificate_refused(&io::Error::other(io::Error::other(refused))));
        let required = rustls::Error::AlertReceived(AlertDescription::CertificateRequired);
        assert!(is_certificate_refused(&io::Error::other(required)));
        for error in [
            rustls::Error::HandshakeNotComplete,
            rustls::Error::AlertReceived(AlertDescription::InternalError),
        ] {
            assert!(!is_certificate_refused(&io::Error::other(error)));
        }
    }
}
