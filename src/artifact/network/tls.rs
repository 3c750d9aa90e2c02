//! The TLS library: rustls with ring, for every client of the process.

use rustls::crypto::ring;
use rustls::{AlertDescription, CertificateError};

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

/// Whose certificate was refused: that does not change by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateRefusal {
    /// The server's: no authority that is trusted has signed it.
    UnknownAuthority,
    /// The server's: it is for another name, has expired, or is not valid for another reason.
    NotValid,
    /// Ours, by the server; or it wants one, and there is none.
    Ours,
}

impl CertificateRefusal {
    /// What to do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::UnknownAuthority => {
                "name the file of the authority that signed the server's certificate, or of that certificate itself, with --ca-file (--insecure-skip-tls-verify accepts any certificate)"
            }
            Self::NotValid => {
                "use a name that the server's certificate has, or have it renewed (--insecure-skip-tls-verify accepts any certificate)"
            }
            Self::Ours => {
                "the server wants a certificate of ours from an authority that it trusts: give --cert-file and --key-file"
            }
        }
    }
}

/// Whether a server's certificate is refused because it is that of an authority: it was made for one server, and signed by itself.
pub(super) fn is_authority_as_server(error: &CertificateError) -> bool {
    let CertificateError::Other(other) = error else {
        return false;
    };
    matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// The certificate that was refused, where that is an error, or what caused it.
pub(super) fn certificate_refusal(error: &(dyn std::error::Error + 'static)) -> Option<CertificateRefusal> {
    let mut next = Some(error);
    while let Some(error) = next {
        match error.downcast_ref() {
            Some(rustls::Error::InvalidCertificate(error)) => {
                let is_unknown = *error == CertificateError::UnknownIssuer || is_authority_as_server(error);
                return Some(if is_unknown {
                    CertificateRefusal::UnknownAuthority
                } else {
                    CertificateRefusal::NotValid
                });
            }
            Some(rustls::Error::AlertReceived(alert)) if REFUSALS.contains(alert) => {
                return Some(CertificateRefusal::Ours);
            }
            _ => {}
        }
        // The source of an I/O error is the source of the error it wraps, not that error.
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_refused_certificate_is_found_inside_other_errors() {
        let invalid = rustls::Error::InvalidCertificate;
        let alert = rustls::Error::AlertReceived;
        let other = |error: webpki::Error| CertificateError::Other(rustls::OtherError(Arc::new(error)));
        for (error, want) in [
            (
                invalid(CertificateError::UnknownIssuer),
                Some(CertificateRefusal::UnknownAuthority),
            ),
            (invalid(CertificateError::Expired), Some(CertificateRefusal::NotValid)),
            (
                invalid(other(webpki::Error::CaUsedAsEndEntity)),
                Some(CertificateRefusal::UnknownAuthority),
            ),
            (
                invalid(other(webpki::Error::EndEntityUsedAsCa)),
                Some(CertificateRefusal::NotValid),
            ),
            (
                alert(AlertDescription::CertificateRequired),
                Some(CertificateRefusal::Ours),
            ),
            (alert(AlertDescription::InternalError), None),
            (rustls::Error::HandshakeNotComplete, None),
        ] {
            let wrapped = io::Error::other(io::Error::other(error));
            assert_eq!(certificate_refusal(&wrapped), want, "{wrapped}");
        }
    }
}
