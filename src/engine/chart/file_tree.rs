//! Charts in a tree of files that is not on this disk, such as a commit's: a directory of it in, the files that Helm would read from
//! that directory out, in Helm's order and without what `.helmignore` names.

use std::fmt;
use std::io;
use std::path::Path;

use super::archive::{MAX_ARCHIVE_SIZE, without_bom};
use super::directory::IGNORE_FILE;
use super::ignore_file::IgnoreRules;
use super::load::ChartFile;
use super::load_error::LoadError;
use crate::text::compact_sort::sort_by;
use crate::text::limits::{CHART_FILES, SETTINGS_BYTES};
use crate::text::source::WalkError;

/// Directories and files that are read without a disk. Paths are written as those of the disk are, and used by several threads at once.
pub trait FileTree: fmt::Debug + Send + Sync {
    /// The names of all files below a directory, relative to it with `/`, in any order. Links that lead out of the directory are among
    /// them.
    ///
    /// # Errors
    /// `NotFound` where there is no such directory.
    fn names(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// The content of files below a directory, in the order of their names; of `limit` bytes together at most.
    ///
    /// # Errors
    /// `NotFound` where one is missing, `FileTooLarge` beyond the limit, others for a link that leads out of the directory.
    fn read(&self, directory: &Path, names: &[String], limit: u64) -> io::Result<Vec<Vec<u8>>>;
}

/// The files of a chart's directory.
///
/// # Errors
/// When there is no chart, something cannot be read or is too large, or `.helmignore` does not parse.
pub fn read_tree(tree: &dyn FileTree, directory: &Path) -> Result<Vec<ChartFile>, LoadError> {
    let failed = |name: &str, source: io::Error| match source.kind() {
        io::ErrorKind::FileTooLarge => LoadError::TooLarge,
        _ => LoadError::Read {
            path: directory.join(name),
            source,
        },
    };
    let mut names = tree.names(directory).map_err(|source| failed("", source))?;
    if !names.iter().any(|name| name == "Chart.yaml") {
        return Err(LoadError::NoChart(directory.join("Chart.yaml").display().to_string()));
    }
    let mut ignored = String::new();
    if names.iter().any(|name| name == IGNORE_FILE) {
        let read = tree.read(directory, &[IGNORE_FILE.to_owned()], SETTINGS_BYTES);
        let text = read.map_err(|source| failed(IGNORE_FILE, source))?;
        ignored = String::from_utf8_lossy(&text.concat()).into_owned();
    }
    let rules = IgnoreRules::parse(&ignored)?;
    names.retain(|name| !is_ignored(&rules, name));
    if names.len() > CHART_FILES {
        return Err(WalkError::TooMany(directory.to_owned()).into());
    }
    // Names are sorted within each directory, as a walk finds them.
    sort_by(&mut names, |a, b| a.split('/').cmp(b.split('/')));
    let texts = tree
        .read(directory, &names, MAX_ARCHIVE_SIZE)
        .map_err(|source| failed("", source))?;
    let files = names.into_iter().zip(texts);
    Ok(files
        .map(|(name, text)| ChartFile::new(name, without_bom(&text)))
        .collect())
}

/// Whether a file, or a directory that it is in, is left out.
fn is_ignored(rules: &IgnoreRules, name: &str) -> bool {
    let above = name.match_indices('/').filter_map(|(at, _)| name.get(..at));
    rules.is_ignored(name, false) || above.into_iter().any(|directory| rules.is_ignored(directory, true))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::engine::chart::read_directory;

    /// Files by their whole path.
    #[derive(Debug)]
    struct Files(BTreeMap<String, Vec<u8>>);

    impl FileTree for Files {
        fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
            let above = format!("{}/", directory.display());
            let inside = self.0.keys().rev().filter_map(|name| name.strip_prefix(&above));
            Ok(inside.map(str::to_owned).collect())
        }

        fn read(&self, directory: &Path, names: &[String], limit: u64) -> io::Result<Vec<Vec<u8>>> {
            let read = |name: &String| self.0[&format!("{}/{name}", directory.display())].clone();
            let texts: Vec<Vec<u8>> = names.iter().map(read).collect();
            if texts.concat().len() as u64 > limit {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            Ok(texts)
        }
    }

    #[test]
    fn a_tree_has_the_files_that_its_directory_on_disk_has() {
        let directory = tempfile::tempdir().unwrap();
        let mut files = BTreeMap::new();
        for (name, text) in [
            ("Chart.yaml", "\u{feff}name: c"),
            (".helmignore", "secret/\n*.bak\n"),
            ("templates/b.yaml", "b"),
            ("templates/b/a.yaml", "ba"),
            ("templates/b-c.yaml", "bc"),
            ("templates/.hidden", "x"),
            ("secret/key", "x"),
            ("a.bak", "x"),
            ("values.yaml", "a: 1"),
        ] {
            let path = directory.path().join("web").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            files.insert(format!("web/{name}"), text.as_bytes().to_vec());
        }
        let shown = |files: Vec<ChartFile>| -> Vec<(String, Vec<u8>)> {
            files.into_iter().map(|file| (file.name, file.data.to_vec())).collect()
        };
        let on_disk = shown(read_directory(&directory.path().join("web")).unwrap());
        let tree = Files(files);
        assert_eq!(shown(read_tree(&tree, Path::new("web")).unwrap()), on_disk);
        assert_eq!(on_disk.len(), 6, "{on_disk:?}");
        assert!(matches!(
            read_tree(&tree, Path::new("shop")),
            Err(LoadError::NoChart(_))
        ));
    }
}
