//! The names of chart archives: `NAME-VERSION.tgz`, as `helm package` writes them, the test whether a name is one, and which charts
//! have a name that every store and system can keep.

use std::path::Path;

use super::metadata::Metadata;

/// The endings of archives that a user may name.
const ENDINGS: [&str; 2] = [".tgz", ".tar.gz"];

/// The file name of a chart's archive.
pub fn archive_name(metadata: &Metadata) -> String {
    format!("{}-{}.tgz", metadata.name, metadata.version)
}

/// Whether a path is that of a chart's archive by its name. Below `charts/` Helm unpacks only names that end in `.tgz`.
pub fn is_archive_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    ENDINGS
        .iter()
        .any(|ending| name.len() > ending.len() && name.ends_with(ending))
}

/// Whether a text is the name of a file in a directory, whatever the system: it leads nowhere else.
pub fn is_file_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && !text.contains(['/', '\\', ':']) && !text.contains(char::is_control)
}

/// A chart that cannot be published, although Helm packages it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a chart named `{0}` cannot be published: the name of its archive begins with `.` or has `\\` or `:`, which not every client can save"
)]
pub struct ArchiveNameError(String);

/// Refuses a chart whose archive does not have a name that every client can save, or one that listings of repositories leave out.
///
/// # Errors
/// When it has not.
pub fn check_archive_name(metadata: &Metadata) -> Result<(), ArchiveNameError> {
    let name = archive_name(metadata);
    if is_file_name(&name) && !name.starts_with('.') {
        Ok(())
    } else {
        Err(ArchiveNameError(metadata.name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_known_by_their_endings() {
        for (path, want) in [
            ("dist/web-1.0.0.tgz", true),
            ("web.tar.gz", true),
            ("web.gz", false),
            ("web.tgz.prov", false),
            (".tgz", false),
            ("web", false),
            ("web.tgz/values.yaml", false),
            ("webtgz", false),
            ("", false),
        ] {
            assert_eq!(is_archive_name(Path::new(path)), want, "{path}");
        }
    }

    #[test]
    fn an_archive_is_named_after_its_chart_and_version() {
        let metadata = Metadata {
            name: "web".to_owned(),
            version: "1.0.0+build.1".to_owned(),
            ..Metadata::default()
        };
        assert_eq!(archive_name(&metadata), "web-1.0.0+build.1.tgz");
    }
}
