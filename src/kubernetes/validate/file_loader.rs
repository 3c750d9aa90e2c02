//! The documents that a schema of `--schema-location` refers to.
//!
//! In: a URL. Out: the document: a file below the directory that the user named, a definition of Kubernetes, or what a server
//! answers that the user named. Whoever writes a schema could otherwise read any file, or make the program ask any server.

use std::path::Path;

use crate::kubernetes::json_schema::{Loader, Node};
use crate::text::limits::FILE_BYTES;
use crate::text::source::read_inside;

use super::published::published_schema;
use super::remote_schema::{FetchSchema, is_remote};

/// Reads schemas that a schema refers to: files, definitions of Kubernetes, and what the fetcher fetches.
pub(super) struct FileLoader<'f> {
    pub(super) fetcher: Option<&'f dyn FetchSchema>,
    /// The directory that files must be in, once links are followed; none for a schema at a URL.
    pub(super) root: Option<&'f Path>,
    /// The servers that the user named.
    pub(super) hosts: Vec<String>,
}

impl Loader for FileLoader<'_> {
    fn load(&self, url: &str) -> Result<Option<Node>, String> {
        let text = match url.strip_prefix("file://") {
            Some(path) => {
                let root = self.root.ok_or("a schema at a URL may not refer to files")?;
                let text = read_inside(root, Path::new(path), FILE_BYTES).map_err(|error| error.to_string())?;
                text.ok_or_else(|| format!("it is not in {}, the directory of --schema-location", root.display()))?
            }
            None if is_remote(url) => {
                if let Some(document) = published_schema(url) {
                    return Ok(Some(document));
                }
                let fetcher = self
                    .fetcher
                    .ok_or("it is not fetched: only locations that are URLs fetch")?;
                if authority(url).is_none_or(|host| !self.hosts.contains(&host)) {
                    return Err("it is not fetched: no --schema-location names its server".to_owned());
                }
                let fetched = fetcher.fetch(url).map_err(|error| error.to_string())?;
                fetched.ok_or("received HTTP status 404 Not Found")?
            }
            None => return Err("only files and URLs are read".to_owned()),
        };
        Node::parse(&text).map(Some).map_err(|error| error.to_string())
    }
}

/// Host and port of a URL, in lower case; none for paths.
pub(super) fn authority(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://").filter(|_| is_remote(url))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::remote_schema::FetchError;
    use super::super::schema_location::{Found, SchemaLocations};
    use super::*;

    /// Answers with a schema for whatever it is asked.
    #[derive(Debug)]
    struct Anything;

    impl FetchSchema for Anything {
        fn fetch(&self, url: &str) -> Result<Option<Vec<u8>>, FetchError> {
            Ok(Some(
                match url
                    .strip_prefix("https://named/")
                    .and_then(|name| name.split_once(".to."))
                {
                    Some((_, target)) => format!(r#"{{"$ref": "{}"}}"#, target.replace('!', "/")).into_bytes(),
                    None => b"{}".to_vec(),
                },
            ))
        }
    }

    #[test]
    fn references_stay_in_the_directory_and_on_the_servers_that_the_user_named() {
        let all = tempfile::tempdir().unwrap();
        let at = |name: &str| all.path().join(name).to_str().unwrap().to_owned();
        std::fs::create_dir_all(at("root/parts")).unwrap();
        std::fs::write(at("outside.json"), "{}").unwrap();
        std::fs::write(at("root/parts/fine.json"), "{}").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("../outside.json", at("root/link.json")).unwrap();
        let outside = format!("file://{}", at("outside.json"));
        let locations = [
            at("root/{{ .ResourceKind }}.json"),
            "https://named/{{ .ResourceKind }}.json".to_owned(),
        ];
        let locations = SchemaLocations::new(&locations, "1.31", false, Some(Arc::new(Anything))).unwrap();
        for (name, reference, want) in [
            ("a", "parts/fine.json", None),
            ("b", "parts/../parts/fine.json", None),
            ("c", "../outside.json", Some("it is not in ")),
            ("d", outside.as_str(), Some("it is not in ")),
            ("e", "link.json", Some("it is not in ")),
            ("f", "https://named/x.json", None),
            (
                "g",
                "https://other/x.json",
                Some("no --schema-location names its server"),
            ),
            (
                "h",
                "https://named@other/x.json",
                Some("no --schema-location names its server"),
            ),
        ] {
            std::fs::write(
                at(&format!("root/{name}.json")),
                format!(r#"{{"$ref": "{reference}"}}"#),
            )
            .unwrap();
            let found = match locations.find("a/v1", name, 0) {
                Found::File(_) => None,
                Found::Broken(message) => Some(message),
                Found::Embedded(_) | Found::Missing => panic!("{name} is found"),
            };
            let is_right = match (&found, want) {
                (Some(found), Some(want)) => found.contains(want),
                (found, want) => found.is_none() && want.is_none(),
            };
            assert!(is_right, "{reference}: {found:?}");
        }
        // Schemas of a server.
        for (kind, want) in [
            ("x.to.https:!!named!y.json", None),
            (
                "x.to.https:!!other!y.json",
                Some("no --schema-location names its server"),
            ),
            (
                "x.to.file:!!!etc!hostname",
                Some("a schema at a URL may not refer to files"),
            ),
        ] {
            let found = match locations.find("a/v1", kind, 1) {
                Found::File(_) => None,
                Found::Broken(message) => Some(message),
                Found::Embedded(_) | Found::Missing => panic!("{kind} is found"),
            };
            assert_eq!(found.is_some(), want.is_some(), "{kind}: {found:?}");
            assert!(found.unwrap_or_default().contains(want.unwrap_or_default()), "{kind}");
        }
        // The kind is the manifest's.
        assert!(matches!(
            locations.find("a/v1", "../outside", 0),
            Found::File(_) | Found::Missing
        ));
        let alone = SchemaLocations::new(&[at("root/{{ .ResourceKind }}.json")], "1.31", false, None).unwrap();
        assert!(matches!(alone.find("a/v1", "../outside", 0), Found::Missing));
    }
}
