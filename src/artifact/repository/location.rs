//! Where a repository is: `file:///dir`, `s3://bucket/prefix`.

use std::path::{Component, Path, PathBuf};

use super::disk::DiskStore;
use super::s3::S3Store;
use super::store::{Store, StoreError};

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
}

/// A text that names no repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no chart repository: {reason}")]
pub struct LocationError {
    text: String,
    reason: &'static str,
}

impl Location {
    /// Reads an address. A relative path after `file://` is taken from `base`.
    pub fn parse(text: &str, base: &Path) -> Result<Self, LocationError> {
        let without_credentials = redacted(text);
        let error = |reason| LocationError {
            text: without_credentials.clone(),
            reason,
        };
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| error("write file:///directory or s3://bucket/prefix"))?;
        match scheme {
            "file" if !rest.is_empty() => Ok(Self::Disk(without_parents(&base.join(rest)))),
            "s3" => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() || bucket.contains(['@', '?']) {
                    return Err(error(
                        "write s3://bucket/prefix; credentials come from the AWS_* variables",
                    ));
                }
                Ok(Self::S3 {
                    bucket: bucket.to_owned(),
                    prefix: prefix.trim_matches('/').to_owned(),
                })
            }
            "file" => Err(error("the directory is missing after file://")),
            _ => Err(error("only file:// and s3:// are supported")),
        }
    }

    /// Opens the store behind the address. `endpoint` is for S3 stores other than Amazon's.
    pub fn open(&self, endpoint: Option<&str>) -> Result<Box<dyn Store>, StoreError> {
        Ok(match self {
            Self::Disk(directory) => Box::new(DiskStore::open(directory)?),
            Self::S3 { bucket, prefix } => Box::new(S3Store::open(bucket, prefix, endpoint)?),
        })
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Disk(directory) => write!(f, "file://{}", directory.display()),
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
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

/// An address without user, password and query, which may hold secrets.
fn redacted(text: &str) -> String {
    let text = text.split('?').next().unwrap_or_default();
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').map_or((rest, None), |(a, p)| (a, Some(p)));
            let host = authority.rsplit('@').next().unwrap_or_default();
            path.map_or_else(
                || format!("{scheme}://{host}"),
                |path| format!("{scheme}://{host}/{path}"),
            )
        }
        None => text.to_owned(),
    }
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
        assert_eq!(parse("s3://b").unwrap().to_string(), "s3://b");
        for text in ["charts", "ftp://x", "s3:///p", "file://"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn secrets_do_not_reach_messages() {
        let error = Location::parse("https://me:hunter2@host/x?sig=abc", Path::new("/"))
            .unwrap_err()
            .to_string();
        assert!(!error.contains("hunter2") && !error.contains("abc"), "{error}");
    }
}
