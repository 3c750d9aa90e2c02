//! Files that sops encrypted: a message authentication code covers all of their values, so a value that is changed without sops
//! makes the file unreadable (`MAC mismatch`).

use crate::text::yaml::{self, NodeId, NodeKind, Tree};

/// How far an edit is sops' business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SopsFile {
    /// Not at all.
    No,
    /// Its code covers the encrypted values only (`mac_only_encrypted`): plain ones may change.
    EncryptedValues,
    /// Its code covers every value.
    AllValues,
}

/// Whether one of the documents has the map that sops adds, with a code in it.
pub(super) fn sops_file(tree: &Tree<'_>) -> SopsFile {
    let maps = tree
        .documents()
        .iter()
        .filter_map(|document| tree.get(document.root, "sops"))
        .filter(|&map| tree.get(map, "mac").is_some());
    maps.map(|map| match tree.get(map, "mac_only_encrypted") {
        Some(only) if tree.text(tree.target(only)) == "true" => SopsFile::EncryptedValues,
        _ => SopsFile::AllValues,
    })
    .max_by_key(|found| *found == SopsFile::AllValues)
    .unwrap_or(SopsFile::No)
}

/// Whether a text is a file that sops encrypted.
pub fn is_sops_file(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"sops").is_some()
        && yaml::parse_all(text).is_ok_and(|tree| sops_file(&tree) != SopsFile::No)
}

/// Whether a scalar is a value that sops encrypted.
pub(super) fn is_encrypted(tree: &Tree<'_>, id: NodeId) -> bool {
    let text = tree.text(id);
    matches!(tree.kind(id), NodeKind::Scalar(_)) && text.starts_with("ENC[") && text.ends_with(']')
}
