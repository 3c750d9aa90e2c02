//! Chart.lock and requirements.lock.

use serde_json::Value as Json;

use super::compat::Compat;
use super::dependency::Dependency;
use super::go_decode::{DecodeError, Object, StructContext};
use super::metadata::{DEPENDENCY, decode_each};
use super::text_floats::Shape;

/// The contents of a lock file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    /// Digest over the dependencies of Chart.yaml and of the lock.
    pub digest: String,
    /// When it was made, as written.
    pub generated: String,
    /// The pinned dependencies.
    pub dependencies: Vec<Option<Dependency>>,
}

impl Lock {
    /// Where a lock file has texts; `generated` is a time.
    pub(super) const SHAPE: Shape =
        Shape::Struct(&[("digest", Shape::Text), ("dependencies", Shape::List(&DEPENDENCY))]);

    pub(super) fn from_json(document: &Json, compat: Compat) -> Result<Self, DecodeError> {
        let object = Object::root(document, &format!("{}.Lock", compat.go_package()))?;
        let context = StructContext::root("Lock");
        // A time that does not parse ends the decoding; a field of another type is reported after it.
        let generated = StructContext::time(object, "generated")?;
        Ok(Self {
            dependencies: decode_each(
                &context,
                object,
                ("dependencies", "Dependency", compat),
                Dependency::decode,
            )?,
            digest: context.string(object, "digest")?,
            generated,
        })
    }
}
