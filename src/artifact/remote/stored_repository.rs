//! Repositories in directories (`file://`) and object stores (`s3://`, `gs://`): their objects by name.

use std::io;
use std::path::{Path, PathBuf};

use crate::artifact::repository::store::StoreError;
use crate::artifact::repository::{Location, RepositorySettings, object_names, object_url, open_store};
use crate::text::source::{Named, is_inside, read_file};

use super::chart_source::SourceError;

/// A repository whose objects have names.
#[derive(Debug)]
pub(super) struct StoredRepository {
    location: Location,
    settings: RepositorySettings,
}

impl StoredRepository {
    /// The repository at an address. A relative path is relative to `base`.
    ///
    /// # Errors
    /// When the address is not one.
    pub(super) fn new(address: &str, base: &Path, settings: RepositorySettings) -> Result<Self, SourceError> {
        let location = Location::parse(address, base).map_err(SourceError::new)?;
        Ok(Self { location, settings })
    }

    /// Its address with a slash at the end.
    fn base(&self) -> String {
        format!("{}/", self.location.to_string().trim_end_matches('/'))
    }

    /// The address of an object from what the index says. One on another server stays as it is.
    pub(super) fn resolve(&self, reference: &str) -> String {
        if reference.contains("://") {
            reference.to_owned()
        } else {
            format!("{}{}", self.base(), reference.trim_start_matches("./"))
        }
    }

    /// The address of an object from its name.
    pub(super) fn address(&self, name: &str) -> String {
        format!("{}{}", self.base(), object_url(name))
    }

    /// The names that the object at an address may have; none for one that is not this repository's.
    pub(super) fn names(&self, url: &str) -> Vec<String> {
        url.strip_prefix(self.base().as_str())
            .map_or_else(Vec::new, object_names)
    }

    /// Reads the first of several objects that exists, with its name; `ending` is the end of all names.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn read_first<'n>(
        &self,
        names: &'n [String],
        ending: &str,
        limit: u64,
    ) -> Result<Option<(&'n String, Vec<u8>)>, SourceError> {
        for name in names {
            if let Some(bytes) = self.read(&format!("{name}{ending}"), limit)? {
                return Ok(Some((name, bytes)));
            }
        }
        Ok(None)
    }

    /// The first of several objects that exists, without reading it. Nothing where it cannot be found out, which only matters to what is
    /// printed.
    pub(super) fn existing<'n>(&self, names: &'n [String]) -> Option<&'n String> {
        if let [only] = names {
            return Some(only);
        }
        if let Location::Disk(directory) = &self.location {
            return names.iter().find(|name| directory.join(name).is_file());
        }
        let mut store = open_store(&self.location, &self.settings).ok()?;
        let mut is_listed = |name: &String| {
            let listed = store.list(name).unwrap_or_default();
            listed.iter().any(|object| object.name == *name)
        };
        names.iter().find(|name| is_listed(name))
    }

    /// Reads an object; `None` if there is none.
    ///
    /// # Errors
    /// When the repository cannot be read, or the object is larger than the limit.
    pub(super) fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, SourceError> {
        // A store would create the directory.
        if let Location::Disk(directory) = &self.location {
            return read_below(directory, name, limit);
        }
        let mut store = open_store(&self.location, &self.settings).map_err(SourceError::new)?;
        let found = store.get(name).map_err(|error| store_error(&error))?;
        let found = found.map(|found| found.bytes);
        match found {
            Some(bytes) if bytes.len() as u64 > limit => Err(SourceError::new(format!(
                "{}{name} is larger than {limit} bytes",
                self.base()
            ))),
            found => Ok(found),
        }
    }
}

fn store_error(error: &StoreError) -> SourceError {
    let shown = SourceError::new(error);
    match error.certificate_hint() {
        Some(hint) => shown.with_hint(hint),
        None => shown,
    }
}

/// Reads a file of a directory, which no link leads out of it.
fn read_below(directory: &Path, name: &str, limit: u64) -> Result<Option<Vec<u8>>, SourceError> {
    let path: PathBuf = directory.join(name);
    let failed = |error: io::Error| SourceError::new(format!("cannot read {}: {error}", path.display()));
    match is_inside(directory, &path) {
        Ok(true) => {}
        Ok(false) => {
            return Err(failed(io::Error::other(
                "the symbolic link leads out of the repository",
            )));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    read_file(&path, Named::ByInput, limit).map(Some).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::artifact::credential::CertificateFiles;
    use crate::artifact::network::{NetworkSettings, RetryPolicy, TestClock};
    use crate::artifact::repository::store::{GcsSettings, S3Settings};

    fn repository(address: &str) -> StoredRepository {
        let settings = RepositorySettings {
            network: NetworkSettings::default(),
            certificates: CertificateFiles::default(),
            s3: S3Settings::default(),
            gcs: GcsSettings::default(),
            retry: RetryPolicy::default(),
            clock: Arc::new(TestClock::default()),
        };
        StoredRepository::new(address, Path::new("/here"), settings).unwrap()
    }

    #[test]
    fn objects_are_those_below_the_address() {
        let bucket = repository("s3://b/charts/");
        for (reference, address, name) in [
            ("web-1.0.0.tgz", "s3://b/charts/web-1.0.0.tgz", Some("web-1.0.0.tgz")),
            ("./a/web.tgz", "s3://b/charts/a/web.tgz", Some("a/web.tgz")),
            ("s3://b/charts/web.tgz", "s3://b/charts/web.tgz", Some("web.tgz")),
            ("web%2B1.tgz", "s3://b/charts/web%2B1.tgz", Some("web+1.tgz")),
            ("s3://b/other/web.tgz", "s3://b/other/web.tgz", None),
            ("s3://other/charts/web.tgz", "s3://other/charts/web.tgz", None),
            ("../web.tgz", "s3://b/charts/../web.tgz", None),
            ("a%2F..%2F..%2Fweb.tgz", "s3://b/charts/a%2F..%2F..%2Fweb.tgz", None),
            ("/etc/passwd", "s3://b/charts//etc/passwd", None),
            ("https://h/web.tgz", "https://h/web.tgz", None),
        ] {
            let resolved = bucket.resolve(reference);
            assert_eq!(resolved, address);
            let first = bucket.names(&resolved).into_iter().next();
            assert_eq!(first.as_deref(), name, "{reference}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_is_read_and_not_created() {
        let directory = tempfile::tempdir().unwrap();
        let charts = directory.path().join("charts");
        let files = repository(&format!("file://{}", charts.display()));
        assert_eq!(files.read("index.yaml", 9), Ok(None));
        assert!(!charts.exists());
        std::fs::create_dir(&charts).unwrap();
        std::fs::write(charts.join("a+b"), "12345").unwrap();
        std::fs::write(directory.path().join("key"), "key").unwrap();
        std::os::unix::fs::symlink("../key", charts.join("link")).unwrap();
        let names = files.names(&files.resolve("a%2Bb"));
        let found = files.read_first(&names, "", 5).unwrap();
        assert_eq!(found, Some((&"a+b".to_owned(), b"12345".to_vec())));
        let names = files.names(&files.address("a%2fb"));
        assert_eq!(names, ["a%2fb", "a%252fb"]);
        assert_eq!(files.existing(&names), None);
        std::fs::write(charts.join("a%252fb"), "12345").unwrap();
        assert_eq!(files.existing(&names), Some(&names[1]));
        assert_eq!(files.existing(&names[..1]), Some(&names[0]));
        assert!(
            files
                .read("a+b", 4)
                .unwrap_err()
                .message
                .ends_with("is larger than 4 bytes")
        );
        assert!(
            files
                .read("link", 9)
                .unwrap_err()
                .message
                .ends_with("leads out of the repository")
        );
    }
}
