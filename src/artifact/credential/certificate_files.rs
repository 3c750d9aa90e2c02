//! Files of certificates, as flags and repositories.yaml name them, to the settings of TLS.

use std::path::{Path, PathBuf};

use crate::artifact::network::{
    CertificateCheck, PemFault, TlsSettings, check_authorities, check_certificate, check_key,
};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Named, read_file};

use super::credential_error::CredentialError;

/// Who named a file of authorities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NamedAuthorities {
    /// A flag or repositories.yaml.
    #[default]
    Given,
    /// The variable of the AWS tools.
    AwsVariable,
    /// The profile of the AWS tools.
    AwsProfile,
}

/// Files of certificates. An empty path is the same as none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateFiles {
    /// Authorities that are trusted.
    pub authorities: Option<PathBuf>,
    /// Who named that file.
    pub authorities_named_by: NamedAuthorities,
    /// Our certificate.
    pub certificate: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
    /// Whether any certificate of the server is accepted.
    pub accepts_any: bool,
}

impl CertificateFiles {
    /// Reads and checks the files. As in Helm, a certificate without a key is not used, nor a key without a certificate.
    ///
    /// # Errors
    /// When one cannot be read, or is not PEM with what it should have. The error names the file, and who named it where that was not the
    /// command line.
    pub fn read(&self) -> Result<TlsSettings, CredentialError> {
        let given = |path: &Option<PathBuf>| path.clone().filter(|path| !path.as_os_str().is_empty());
        let authorities = given(&self.authorities)
            .map(|path| read(self.authorities_named_by.what(), &path, check_authorities))
            .transpose()?;
        let identity = match (given(&self.certificate), given(&self.key)) {
            (Some(certificate), Some(key)) => {
                let mut pem = read("the certificate", &certificate, check_certificate)?;
                let key = read("the key", &key, |key| check_key(key, &pem))?;
                pem.push(b'\n');
                pem.extend(key);
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

impl NamedAuthorities {
    /// The file, as messages name it.
    const fn what(self) -> &'static str {
        match self {
            Self::Given => "the file of authorities",
            Self::AwsVariable => "the file of authorities that AWS_CA_BUNDLE names,",
            Self::AwsProfile => "the file of authorities that `ca_bundle` of the AWS profile names,",
        }
    }
}

fn read(
    what: &'static str,
    path: &Path,
    check: impl FnOnce(&[u8]) -> Result<(), PemFault>,
) -> Result<Vec<u8>, CredentialError> {
    let text = read_file(path, Named::ByUser, SETTINGS_BYTES).map_err(|source| CredentialError::File {
        what,
        path: path.to_owned(),
        source,
    })?;
    match check(&text) {
        Ok(()) => Ok(text),
        Err(fault) => Err(CredentialError::Broken {
            what,
            path: path.to_owned(),
            reason: fault.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::functions::lookup;
    use crate::engine::template::{Executor, Options, TemplateSet, Value, World};

    /// A certificate that is its own authority, and its key; as a template makes them.
    fn certificate() -> (String, String) {
        struct Still;
        impl World for Still {
            fn now_unix_nanos(&self) -> i128 {
                0
            }

            fn fill_random(&mut self, bytes: &mut [u8]) {
                bytes.fill(7);
            }
        }
        let mut set = TemplateSet::new(lookup);
        let text = r#"{{ $made := genSelfSignedCertWithKey "a" nil nil 1 (genPrivateKey "ecdsa") }}{{ $made.Cert }}|{{ $made.Key }}"#;
        set.parse("t", text).unwrap();
        let (set, mut world) = (Arc::new(set.finish()), Still);
        let made = Executor::new(set, Options::default(), &mut world)
            .render("t", Value::Nil)
            .unwrap();
        let made = String::from_utf8(made.text).unwrap();
        let (certificate, key) = made.split_once('|').unwrap();
        (certificate.to_owned(), key.to_owned())
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str, text: &str| {
            std::fs::write(directory.path().join(name), text).unwrap();
            Some(directory.path().join(name))
        };
        let (certificate, key) = certificate();
        let mut files = CertificateFiles {
            authorities: path("ca", &certificate),
            certificate: path("cert", &certificate),
            key: Some(PathBuf::new()),
            ..CertificateFiles::default()
        };
        let tls = files.read().unwrap();
        assert_eq!(
            (tls.authorities, tls.identity),
            (Some(certificate.clone().into_bytes()), None)
        );
        files.key = path("key", &key);
        assert_eq!(
            files.read().unwrap().identity,
            Some(format!("{certificate}\n{key}").into_bytes())
        );
        files.key = Some("/no/such/key".into());
        let error = files.read().unwrap_err().to_string();
        assert!(error.starts_with("cannot read the key /no/such/key: "), "{error}");
    }
}
