//! The address of a repository: `file:///dir`, `s3://bucket/prefix`, `gs://bucket/prefix`. [`super::open_store`] opens it.

use std::path::{Component, Path, PathBuf};

use crate::text::redact::redact_url;

/// The address of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A directory.
    Disk(PathBuf),
    /// A prefix of an S3 bucket.
    S3 {
        /// The bucket.
        bucket: String,
        /// Prefix without slashes at its ends; may be empty.
        prefix: String,
    },
    /// A prefix of a bucket of Google Cloud Storage.
    Gcs {
        /// The bucket.
        bucket: String,
        /// Prefix without slashes at its ends; may be empty.
        prefix: String,
    },
}

/// A text that is not the address of a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a chart repository: {reason}")]
pub struct LocationError {
    text: String,
    reason: &'static str,
}

impl Location {
    /// Reads an address. A relative path after `file://` is relative to `base`.
    ///
    /// # Errors
    /// When the scheme is unknown, or the directory or bucket is missing. The error shows no credentials.
    pub fn parse(text: &str, base: &Path) -> Result<Self, LocationError> {
        let without_credentials = redact_url(text);
        let error = |reason| LocationError {
            text: without_credentials.clone(),
            reason,
        };
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| error("write file:///directory, s3://bucket/prefix or gs://bucket/prefix"))?;
        match scheme {
            "file" if !rest.is_empty() => Ok(Self::Disk(without_parents(&base.join(rest)))),
            "s3" => {
                let (bucket, prefix) = bucket_and_prefix(
                    rest,
                    "write s3://bucket/prefix; credentials come from the AWS_* variables and the files of the AWS tools",
                )
                .map_err(error)?;
                Ok(Self::S3 { bucket, prefix })
            }
            "gs" => {
                let (bucket, prefix) = bucket_and_prefix(
                    rest,
                    "write gs://bucket/prefix; credentials come from GOOGLE_APPLICATION_CREDENTIALS and gcloud's files",
                )
                .map_err(error)?;
                Ok(Self::Gcs { bucket, prefix })
            }
            "file" => Err(error("the directory is missing after file://")),
            _ => Err(error("write file://, s3://, gs://, oci:// or https://")),
        }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Disk(directory) => write!(f, "file://{}", directory.display()),
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            Self::Gcs { bucket, prefix } if prefix.is_empty() => write!(f, "gs://{bucket}"),
            Self::Gcs { bucket, prefix } => write!(f, "gs://{bucket}/{prefix}"),
        }
    }
}

/// What follows the scheme, as a bucket and a prefix. `advice` is for one with a user, a query, or nothing.
fn bucket_and_prefix(rest: &str, advice: &'static str) -> Result<(String, String), &'static str> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() || rest.contains(['@', '?']) {
        return Err(advice);
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if !bucket.bytes().all(is_allowed) {
        return Err("a bucket's name has letters, digits, `.`, `-` and `_`");
    }
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    if prefix.split('/').any(|part| matches!(part, "." | "..")) {
        return Err("a prefix has no parts `.` and `..`: stores do not resolve them");
    }
    if rest.contains("//") {
        return Err("a prefix has one slash between its parts: stores do not join several, and some clients do");
    }
    Ok((bucket.to_owned(), prefix.to_owned()))
}

/// `a/../b` as `b`, by the names alone.
fn without_parents(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir if clean.file_name().is_some() => {
                clean.pop();
            }
            Component::CurDir => {}
            component => clean.push(component),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let parse = |text: &str| Location::parse(text, Path::new("/here"));
        assert_eq!(parse("file:///srv/charts"), Ok(Location::Disk("/srv/charts".into())));
        assert_eq!(parse("file://charts"), Ok(Location::Disk("/here/charts".into())));
        assert_eq!(
            parse("file://../there/./charts"),
            Ok(Location::Disk("/there/charts".into()))
        );
        assert_eq!(
            parse("s3://b/p/q/"),
            Ok(Location::S3 {
                bucket: "b".into(),
                prefix: "p/q".into()
            })
        );
        assert_eq!(
            parse("gs://b/p/q/"),
            Ok(Location::Gcs {
                bucket: "b".into(),
                prefix: "p/q".into()
            })
        );
        assert_eq!(parse("s3://b/").unwrap().to_string(), "s3://b");
        for text in ["s3://b", "gs://b", "gs://b/p", "s3://b/p"] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        for text in [
            "charts",
            "ftp://x",
            "s3:///p",
            "file://",
            "s3://a b/p",
            "s3://é",
            "s3://a:1/p",
            "gs://",
            "gs:///p",
            "gs://a:1/p",
            "s3://b/../x",
            "gs://b/../x",
            "gs://b/a/./x",
            "s3://b/a//b",
            "s3://b//a",
            "gs://b/a//",
            "gs://b//",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn secrets_do_not_reach_messages() {
        for (text, shown) in [
            ("https://me:hunter2@host/x?sig=hunter2", "`https://host/x`"),
            ("s3://me:hunter2@bucket/x", "`s3://bucket/x`"),
            ("s3://bucket/x?secret=hunter2", "`s3://bucket/x`"),
            ("gs://me:hunter2@bucket/x", "`gs://bucket/x`"),
            ("me:hunter2@host", "`host`"),
        ] {
            let error = Location::parse(text, Path::new("/")).unwrap_err().to_string();
            assert!(error.contains(shown) && !error.contains("hunter2"), "{error}");
            assert!(error.contains(" is not a chart repository: "), "{error}");
        }
    }
}
