//! Go's `fs.PathError`: `open values.yaml: no such file or directory`.

use std::io::{Error, ErrorKind};
use std::path::Path;

/// An error of the operating system about a path, in Go's words: operation, path, reason.
pub fn path_error(operation: &str, path: impl AsRef<Path>, error: &Error) -> String {
    format!("{operation} {}: {}", path.as_ref().display(), reason(error))
}

/// Only the reason, without Rust's `(os error 2)`.
fn reason(error: &Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file or directory".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "is a directory".to_owned(),
        ErrorKind::NotADirectory => "not a directory".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_gos_words() {
        for (kind, expected) in [
            (ErrorKind::NotFound, "open a/b: no such file or directory"),
            (ErrorKind::PermissionDenied, "open a/b: permission denied"),
            (ErrorKind::IsADirectory, "open a/b: is a directory"),
            (ErrorKind::NotADirectory, "open a/b: not a directory"),
        ] {
            assert_eq!(path_error("open", "a/b", &Error::from(kind)), expected);
        }
    }
}
