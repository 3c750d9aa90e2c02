//! One Kubernetes version: from group, version and kind to a definition.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::bundle::{Reader, bundle};
use super::schema::Schema;

/// A Kubernetes version whose schemas are not in the binary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no schemas of Kubernetes `{given}` in this binary: it has 1.{oldest} to 1.{newest}")]
pub struct VersionError {
    given: String,
    oldest: u8,
    newest: u8,
}

/// The kinds and definitions of one Kubernetes version. Definitions are decoded when first met.
#[derive(Debug)]
pub struct Catalog {
    minor: u8,
    /// Definition by name.
    names: HashMap<u32, u32>,
    /// Name of the definition by group, version and kind.
    kinds: HashMap<(&'static str, &'static str, &'static str), u32>,
    decoded: Vec<OnceLock<Option<Schema>>>,
}

/// The minor versions that are embedded, oldest first.
pub fn embedded_versions() -> Vec<u8> {
    bundle().versions.iter().map(|version| version.minor).collect()
}

impl Catalog {
    /// The schemas of a version: `1.31`, `v1.31.4`, or `latest` (also `master`) for the newest.
    pub fn find(version: &str) -> Result<Self, VersionError> {
        let versions = embedded_versions();
        let (oldest, newest) = (
            versions.first().copied().unwrap_or(0),
            versions.last().copied().unwrap_or(0),
        );
        let error = || VersionError {
            given: version.to_owned(),
            oldest,
            newest,
        };
        let minor = match version {
            "latest" | "master" => newest,
            text => {
                let mut numbers = text.strip_prefix('v').unwrap_or(text).split('.');
                let major = numbers.next().ok_or_else(error)?;
                let minor = numbers.next().ok_or_else(error)?;
                if major != "1" {
                    return Err(error());
                }
                minor.parse().map_err(|_| error())?
            }
        };
        Self::load(minor).ok_or_else(error)
    }

    fn load(minor: u8) -> Option<Self> {
        let bundle = bundle();
        let version = bundle.versions.iter().find(|version| version.minor == minor)?;
        let mut reader = Reader::new(version.body);
        let names = (0..reader.number()?)
            .map(|_| Some((reader.number()?, reader.number()?)))
            .collect::<Option<HashMap<_, _>>>()?;
        let text = |reader: &mut Reader| bundle.strings.get(reader.number()? as usize).copied();
        let kinds = (0..reader.number()?)
            .map(|_| {
                let key = (text(&mut reader)?, text(&mut reader)?, text(&mut reader)?);
                Some((key, reader.number()?))
            })
            .collect::<Option<HashMap<_, _>>>()?;
        let decoded = bundle.definitions.iter().map(|_| OnceLock::new()).collect();
        Some(Self {
            minor,
            names,
            kinds,
            decoded,
        })
    }

    /// The minor version.
    pub const fn minor(&self) -> u8 {
        self.minor
    }

    /// The definition of a kind.
    pub(super) fn root(&self, api_version: &str, kind: &str) -> Option<&Schema> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.definition(*self.kinds.get(&(group, version, kind))?)
    }

    /// The definition with a name.
    pub(super) fn definition(&self, name: u32) -> Option<&Schema> {
        let index = *self.names.get(&name)? as usize;
        let cell = self.decoded.get(index)?;
        cell.get_or_init(|| {
            let bundle = bundle();
            let mut reader = Reader::new(bundle.definitions.get(index)?);
            Schema::decode(&mut reader, &bundle.strings)
        })
        .as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_every_spelling() {
        for (text, minor) in [
            ("1.31", 31),
            ("v1.25.7", 25),
            ("1.35.0", 35),
            ("latest", 37),
            ("master", 37),
        ] {
            assert_eq!(Catalog::find(text).unwrap().minor(), minor, "{text}");
        }
        for text in ["1.24", "2.0", "x", "1", "1.99"] {
            let error = Catalog::find(text).unwrap_err().to_string();
            assert!(error.contains("it has 1.25 to 1.37"), "{error}");
        }
    }

    #[test]
    fn kinds_come_and_go_with_versions() {
        assert!(Catalog::find("1.25").unwrap().root("apps/v1", "Deployment").is_some());
        assert!(
            Catalog::find("1.25")
                .unwrap()
                .root("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema")
                .is_some()
        );
        assert!(
            Catalog::find("1.30")
                .unwrap()
                .root("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema")
                .is_none()
        );
        assert!(Catalog::find("1.30").unwrap().root("apps/v1", "deployment").is_none());
    }

    impl Catalog {
        fn decoded_names(&self) -> std::collections::BTreeSet<u32> {
            self.names.keys().copied().collect()
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        for minor in embedded_versions() {
            let catalog = Catalog::load(minor).unwrap();
            let names: std::collections::BTreeSet<u32> = catalog.decoded_names();
            for name in names {
                let mut pending = vec![catalog.definition(name).expect("decodes")];
                while let Some(schema) = pending.pop() {
                    match schema {
                        Schema::Reference(name) => assert!(catalog.definition(*name).is_some(), "1.{minor}"),
                        Schema::Array(inner) | Schema::Map(inner) => pending.push(inner),
                        Schema::Object(properties) => {
                            pending.extend(properties.iter().map(|property| &property.schema));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}
