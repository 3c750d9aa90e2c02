//! Slash-separated paths: `base`, `dir`, `clean`, `ext`, `isAbs` and their `os` twins (the same on Linux).
//!
//! Follows Go's `path` package.

use super::arguments::bytes;
use super::table::fixed;
use crate::engine::template::{Function, Parameter, Value};

use Parameter::Str;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("base", &[Str], |_, a| Ok(Value::str(base(bytes(a, 0))))),
    fixed("osBase", &[Str], |_, a| Ok(Value::str(base(bytes(a, 0))))),
    fixed("dir", &[Str], |_, a| Ok(Value::str(directory(bytes(a, 0))))),
    fixed("osDir", &[Str], |_, a| Ok(Value::str(directory(bytes(a, 0))))),
    fixed("clean", &[Str], |_, a| Ok(Value::str(clean(bytes(a, 0))))),
    fixed("osClean", &[Str], |_, a| Ok(Value::str(clean(bytes(a, 0))))),
    fixed("ext", &[Str], |_, a| Ok(Value::str(extension(bytes(a, 0))))),
    fixed("osExt", &[Str], |_, a| Ok(Value::str(extension(bytes(a, 0))))),
    fixed("isAbs", &[Str], |_, a| Ok(Value::Bool(bytes(a, 0).starts_with(b"/")))),
    fixed("osIsAbs", &[Str], |_, a| Ok(Value::Bool(bytes(a, 0).starts_with(b"/")))),
];

/// `path.Base`: the last element.
fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let mut trimmed = path;
    while let [head @ .., b'/'] = trimmed {
        trimmed = head;
    }
    let last = trimmed.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    if last.is_empty() { b"/" } else { last }
}

/// `path.Dir`: everything before the last element, cleaned.
fn directory(path: &[u8]) -> Vec<u8> {
    let end = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    clean(path.get(..end).unwrap_or_default())
}

/// `path.Clean`.
pub(super) fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut elements: Vec<&[u8]> = Vec::new();
    for element in path.split(|&byte| byte == b'/') {
        match element {
            b"" | b"." => {}
            b".." => match elements.last() {
                Some(&last) if last != b".." => {
                    elements.pop();
                }
                _ if rooted => {}
                _ => elements.push(element),
            },
            _ => elements.push(element),
        }
    }
    let joined = elements.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

/// `path.Ext`: from the last dot of the last element.
fn extension(path: &[u8]) -> &[u8] {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    match name.iter().rposition(|&byte| byte == b'.') {
        Some(dot) => name.get(dot..).unwrap_or_default(),
        None => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::{base, clean, directory, extension};

    #[test]
    fn paths() {
        for (path, expected) in [
            ("a//b/../c/.", ("a/c", ".", "a/b/../c", ".")),
            ("", (".", ".", ".", "")),
            ("/", ("/", "/", "/", "")),
            ("/../a", ("/a", "a", "/", "")),
            ("../x.tar.gz", ("../x.tar.gz", "x.tar.gz", "..", ".gz")),
        ] {
            let bytes = path.as_bytes();
            assert_eq!(clean(bytes), expected.0.as_bytes(), "{path}");
            assert_eq!(base(bytes), expected.1.as_bytes(), "{path}");
            assert_eq!(directory(bytes), clean(expected.2.as_bytes()), "{path}");
            assert_eq!(extension(bytes), expected.3.as_bytes(), "{path}");
        }
    }
}
