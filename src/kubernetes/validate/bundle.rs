//! The embedded definitions of all Kubernetes versions, made by `cargo xtask schemas`.
//!
//! Layout (numbers are varints, seven bits per byte, lowest first): `CWKS2\n`; a count and the strings, each with its
//! length; a count and the definitions, each with its length, the same one once for all versions; a count and the
//! versions: one byte for the minor version, the length of the rest, then a count and pairs of name and definition, and
//! a count and quadruples of group, version, kind and definition name. Schemas are described in [`super::schema`].

use std::sync::OnceLock;

static BYTES: &[u8] = include_bytes!("../../../schemas/kubernetes.bin");

/// The parts of the bundle, not decoded.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    pub(super) strings: Vec<&'static str>,
    pub(super) definitions: Vec<&'static [u8]>,
    pub(super) versions: Vec<VersionPart>,
}

/// One version.
#[derive(Debug, Clone, Copy)]
pub(super) struct VersionPart {
    pub(super) minor: u8,
    pub(super) body: &'static [u8],
}

/// The bundle, parsed on first use. A test checks that it is intact; parts that cannot be read are left out.
pub(super) fn bundle() -> &'static Bundle {
    static BUNDLE: OnceLock<Bundle> = OnceLock::new();
    BUNDLE.get_or_init(|| parse(BYTES).unwrap_or_default())
}

/// Names of all definitions of all versions, such as `io.k8s.api.core.v1.Container`.
pub(super) fn definition_names() -> impl Iterator<Item = &'static str> {
    bundle()
        .strings
        .iter()
        .copied()
        .filter(|name| name.starts_with("io.k8s."))
}

fn parse(bytes: &'static [u8]) -> Option<Bundle> {
    let mut reader = Reader::new(bytes.strip_prefix(b"CWKS2\n")?);
    let strings = (0..reader.number()?)
        .map(|_| {
            let length = reader.number()?;
            std::str::from_utf8(reader.bytes(length)?).ok()
        })
        .collect::<Option<Vec<_>>>()?;
    let definitions = (0..reader.number()?)
        .map(|_| {
            let length = reader.number()?;
            reader.bytes(length)
        })
        .collect::<Option<Vec<_>>>()?;
    let versions = (0..reader.number()?)
        .map(|_| {
            let minor = reader.byte()?;
            let length = reader.number()?;
            Some(VersionPart {
                minor,
                body: reader.bytes(length)?,
            })
        })
        .collect::<Option<Vec<_>>>()?;
    reader.is_at_end().then_some(Bundle {
        strings,
        definitions,
        versions,
    })
}

/// Reads numbers and bytes in sequence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    rest: &'static [u8],
}

impl Reader {
    pub(super) const fn new(bytes: &'static [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        let mut number = 0u32;
        for shift in (0..32).step_by(7) {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7F).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn bytes(&mut self, length: u32) -> Option<&'static [u8]> {
        let (first, rest) = self.rest.split_at_checked(length as usize)?;
        self.rest = rest;
        Some(first)
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::version::EMBEDDED_MINORS;

    #[test]
    fn the_embedded_bundle_is_whole() {
        let bundle = parse(BYTES).expect("the bundle parses");
        let minors: Vec<u8> = bundle.versions.iter().map(|version| version.minor).collect();
        assert_eq!(minors, EMBEDDED_MINORS.collect::<Vec<u8>>());
        for definition in &bundle.definitions {
            let mut reader = Reader::new(definition);
            assert!(super::super::schema::Schema::decode(&mut reader, &bundle.strings).is_some());
            assert!(reader.is_at_end());
        }
    }
}
