//! Files of certificates, as flags and repositories.yaml name them, to the settings of TLS.

use std::path::{Path, PathBuf};

use crate::artifact::network::{CertificateCheck, TlsSettings};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Named, read_file};

use super::credential_error::CredentialError;

/// Files of certificates. Empty paths are as good as none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateFiles {
    /// Authorities that are trusted.
    pub authorities: Option<PathBuf>,
    /// Our certificate.
    pub certificate: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
    /// Whether any certificate of the server is accepted.
    pub accepts_any: bool,
}

impl CertificateFiles {
    /// Reads the files. As in Helm, a certificate without a key is not used, nor a key without a certificate.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn read(&self) -> Result<TlsSettings, CredentialError> {
        let given = |path: &Option<PathBuf>| path.clone().filter(|path| !path.as_os_str().is_empty());
        let authorities = given(&self.authorities)
            .map(|path| read("the file of authorities", &path))
            .transpose()?;
        let identity = match (given(&self.certificate), given(&self.key)) {
            (Some(certificate), Some(key)) => {
                let mut pem = read("the certificate", &certificate)?;
                pem.push(b'\n');
                pem.extend(read("the key", &key)?);
                Some(pem)
            }
            _ => None,
        };
        Ok(TlsSettings {
            certificates: if self.accepts_any {
                CertificateCheck::AcceptAny
            } else {
                CertificateCheck::Verify
            },
            authorities,
            identity,
        })
    }
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, CredentialError> {
    read_file(path, Named::ByUser, SETTINGS_BYTES).map_err(|source| CredentialError::File {
        what,
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_needs_its_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| {
            std::fs::write(directory.path().join(name), name).unwrap();
            Some(directory.path().join(name))
        };
        let mut files = CertificateFiles {
            authorities: path("ca"),
            certificate: path("cert"),
            key: Some(PathBuf::new()),
            accepts_any: false,
        };
        let tls = files.read().unwrap();
        assert_eq!((tls.authorities, tls.identity), (Some(b"ca".to_vec()), None));
        files.key = path("key");
        assert_eq!(files.read().unwrap().identity, Some(b"cert\nkey".to_vec()));
        files.key = Some("/no/such/key".into());
        let error = files.read().unwrap_err().to_string();
        assert!(error.starts_with("cannot read the key /no/such/key: "), "{error}");
    }
}
