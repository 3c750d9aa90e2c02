//! One Kubernetes version: from group, version and kind to a definition.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash as _, Hasher as _};
use std::sync::OnceLock;

use foldhash::fast::RandomState;

use crate::kubernetes::version::{SupportedVersion, VersionError};

use super::bundle::{Reader, bundle};
use super::rules::{Check, checks_of};
use super::schema::Schema;

/// The kinds and definitions of one Kubernetes version. Definitions are decoded when first used.
#[derive(Debug)]
pub struct Catalog {
    minor: u8,
    /// Definitions by name, with the checks that go beyond them.
    names: HashMap<u32, Named, RandomState>,
    /// Name of the definition by group, version and kind.
    kinds: HashMap<(&'static str, &'static str, &'static str), u32, RandomState>,
    decoded: Vec<OnceLock<Option<Schema>>>,
    /// Names of the definitions of "a CRD schema or a shorter form", and of the CRD schema itself.
    schemas: Vec<u32>,
    json_schema: Option<u32>,
    /// Name of the definition of metadata.
    object_meta: Option<u32>,
}

/// The definition of the schemas in CRDs. The definitions that also allow a shorter form have longer names.
const CRD_SCHEMA: &str = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/// The definition of the metadata of every object.
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// The data of one name.
#[derive(Debug)]
struct Named {
    /// Index of the definition; other names may have the same one.
    definition: u32,
    checks: OnceLock<&'static [Check]>,
    /// Hash of the definition and of all it refers to.
    signature: OnceLock<u64>,
}

/// A definition, and the checks of the API server that go beyond it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Definition<'c> {
    pub(super) name: &'static str,
    pub(super) schema: &'c Schema,
    pub(super) checks: &'static [Check],
}

impl Catalog {
    /// The schemas of a version as [`SupportedVersion::parse`] reads it: `1.31`, `v1.31.4`, `latest`.
    ///
    /// # Errors
    /// For a text that is not a version, and for a version whose schemas are not in the binary.
    pub fn find(version: &str) -> Result<Self, VersionError> {
        Self::of(&SupportedVersion::parse(version)?)
    }

    /// The schemas of a version.
    ///
    /// # Errors
    /// When the schemas are not in the binary.
    pub fn of(version: &SupportedVersion) -> Result<Self, VersionError> {
        Self::load(version.minor).ok_or_else(|| VersionError::NotEmbedded(version.text.clone()))
    }

    fn load(minor: u8) -> Option<Self> {
        let bundle = bundle();
        let version = bundle.versions.iter().find(|version| version.minor == minor)?;
        let mut reader = Reader::new(version.body);
        let names = (0..reader.number()?)
            .map(|_| {
                let name = reader.number()?;
                let named = Named {
                    definition: reader.number()?,
                    checks: OnceLock::new(),
                    signature: OnceLock::new(),
                };
                Some((name, named))
            })
            .collect::<Option<HashMap<_, _, RandomState>>>()?;
        let text = |reader: &mut Reader| bundle.strings.get(reader.number()? as usize).copied();
        let kinds = (0..reader.number()?)
            .map(|_| {
                let key = (text(&mut reader)?, text(&mut reader)?, text(&mut reader)?);
                Some((key, reader.number()?))
            })
            .collect::<Option<HashMap<_, _, RandomState>>>()?;
        let decoded = bundle.definitions.iter().map(|_| OnceLock::new()).collect();
        let index = |wanted: &str| {
            let at = bundle.strings.iter().position(|&name| name == wanted);
            at.and_then(|at| u32::try_from(at).ok())
        };
        let named = |wanted: &str| index(&format!("{CRD_SCHEMA}{wanted}"));
        Some(Self {
            minor,
            names,
            kinds,
            decoded,
            schemas: ["OrArray", "OrBool", "OrStringArray"]
                .into_iter()
                .filter_map(named)
                .collect(),
            json_schema: named(""),
            object_meta: index(OBJECT_META),
        })
    }

    /// The minor version.
    pub const fn minor(&self) -> u8 {
        self.minor
    }

    /// The names of all definitions, in no order.
    pub(super) fn names(&self) -> impl Iterator<Item = u32> {
        self.names.keys().copied()
    }

    /// Group, version, kind and the name of the definition of all kinds, in no order.
    pub(super) fn kinds(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str, u32)> {
        let kinds = self.kinds.iter();
        kinds.map(|((group, version, kind), name)| (*group, *version, *kind, *name))
    }

    /// The definition of a kind.
    pub(super) fn root(&self, api_version: &str, kind: &str) -> Option<Definition<'_>> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.definition(*self.kinds.get(&(group, version, kind))?)
    }

    /// The definition of the metadata of every object.
    pub(super) fn object_meta(&self) -> Option<Definition<'_>> {
        self.definition(self.object_meta?)
    }

    /// The name of the CRD schema where a definition also allows a shorter form (a boolean, a list of schemas), which the
    /// OpenAPI document does not describe; any other name unchanged.
    pub(super) fn json_schema_of(&self, name: u32) -> u32 {
        self.json_schema
            .filter(|_| self.schemas.contains(&name))
            .unwrap_or(name)
    }

    /// A value that two versions share when a kind has the same definitions in both, including all it refers to.
    pub(super) fn signature(&self, api_version: &str, kind: &str) -> Option<u64> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let root = *self.kinds.get(&(group, version, kind))?;
        let named = self.names.get(&root)?;
        Some(*named.signature.get_or_init(|| {
            let mut seen = BTreeSet::from([root]);
            let mut pending = vec![root];
            while let Some(name) = pending.pop() {
                let Some(definition) = self.definition(name) else {
                    continue;
                };
                let mut schemas = vec![definition.schema];
                while let Some(schema) = schemas.pop() {
                    match schema {
                        Schema::Reference(name) if seen.insert(*name) => pending.push(*name),
                        Schema::Array(inner) | Schema::Map(inner) => schemas.push(inner),
                        Schema::Object(properties) => {
                            schemas.extend(properties.iter().map(|property| &property.schema));
                        }
                        _ => {}
                    }
                }
            }
            let mut hasher = DefaultHasher::new();
            for name in seen {
                (name, self.names.get(&name).map(|named| named.definition)).hash(&mut hasher);
            }
            hasher.finish()
        }))
    }

    /// The definition with a name.
    pub(super) fn definition(&self, name: u32) -> Option<Definition<'_>> {
        let named = self.names.get(&name)?;
        let index = named.definition as usize;
        let cell = self.decoded.get(index)?;
        let schema = cell.get_or_init(|| {
            let bundle = bundle();
            let mut reader = Reader::new(bundle.definitions.get(index)?);
            Schema::decode(&mut reader, &bundle.strings)
        });
        let name = bundle().strings.get(name as usize).copied().unwrap_or_default();
        let checks = named.checks.get_or_init(|| checks_of(name));
        Some(Definition {
            name,
            schema: schema.as_ref()?,
            checks,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::version::EMBEDDED_MINORS;

    #[test]
    fn every_version_that_is_offered_has_schemas() {
        for minor in EMBEDDED_MINORS {
            assert_eq!(Catalog::find(&format!("v1.{minor}.4")).unwrap().minor(), minor);
        }
        assert_eq!(Catalog::find("latest").unwrap().minor(), *EMBEDDED_MINORS.end());
        assert!(Catalog::find("1.31x").is_err());
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
        /// The names of all definitions.
        pub(in crate::kubernetes::validate) fn definition_names(&self) -> BTreeSet<u32> {
            self.names.keys().copied().collect()
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        for minor in EMBEDDED_MINORS {
            let catalog = Catalog::load(minor).expect("is embedded");
            for name in catalog.definition_names() {
                let mut pending = vec![catalog.definition(name).expect("decodes").schema];
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
