//! Paths as reports show them: relative to the root of the repository, however the user spelt them.

use std::path::{Component, Path, PathBuf};

/// The directories that paths in reports are relative to: the first one that contains a path is used.
#[derive(Debug, Clone, Default)]
pub struct ReportRoot {
    working_directory: PathBuf,
    roots: Vec<PathBuf>,
}

impl ReportRoot {
    /// With the working directory, an absolute path, as the only root.
    pub fn new(working_directory: PathBuf) -> Self {
        Self {
            roots: vec![working_directory.clone()],
            working_directory,
        }
    }

    /// Paths below `root` are relative to it rather than to the roots that are known already. Relative roots start at the
    /// working directory.
    #[must_use]
    pub fn prefer(mut self, root: &Path) -> Self {
        let root = self.absolute(root);
        // Where a root is a link, paths may be spelt with its target.
        let target = root.canonicalize().ok().filter(|target| *target != root);
        self.roots.splice(0..0, std::iter::once(root).chain(target));
        self
    }

    /// Prefers the work tree of git that contains `path`, if one does.
    #[must_use]
    pub fn prefer_repository_of(self, path: &Path) -> Self {
        let absolute = self.absolute(path);
        match work_tree_around(&absolute) {
            Some(root) => self.prefer(root),
            None => self,
        }
    }

    /// The path in reports, with `/` between its parts; absolute if no root contains it. The root itself is `.`.
    pub fn shown(&self, path: &Path) -> String {
        let absolute = self.absolute(path);
        let relative = self.roots.iter().find_map(|root| absolute.strip_prefix(root).ok());
        let shown = relative.unwrap_or(&absolute);
        let parts: Vec<String> = shown
            .components()
            .map(|part| match part {
                Component::RootDir => String::new(),
                part => part.as_os_str().to_string_lossy().into_owned(),
            })
            .collect();
        match parts.as_slice() {
            [] => ".".to_owned(),
            [only] if only.is_empty() => "/".to_owned(),
            parts => parts.join("/"),
        }
    }

    /// The absolute path without `.` and `..`, links not followed.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        let mut absolute = PathBuf::new();
        for part in self.working_directory.join(path).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    absolute.pop();
                }
                part => absolute.push(part),
            }
        }
        absolute
    }
}

/// The work tree of git that has an absolute path, without running git.
pub fn work_tree_around(path: &Path) -> Option<&Path> {
    path.ancestors().find(|above| above.join(".git").exists())
}

/// A path below a directory of a report: `directory` is `.` for the root.
pub fn join_shown(directory: &str, name: &str) -> String {
    match directory {
        "." | "" => name.to_owned(),
        archive if archive.ends_with('!') => format!("{archive}{name}"),
        directory => format!("{}/{name}", directory.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_the_root_however_they_are_spelt() {
        let root = ReportRoot::new(PathBuf::from("/w/repo/charts")).prefer(Path::new("/w/repo"));
        for (path, want) in [
            (".", "charts"),
            ("./", "charts"),
            ("..", "."),
            ("web", "charts/web"),
            ("./web/", "charts/web"),
            ("web/../api/Chart.yaml", "charts/api/Chart.yaml"),
            ("/w/repo/charts/web", "charts/web"),
            ("../other", "other"),
            ("../../outside/web", "/w/outside/web"),
            ("/elsewhere", "/elsewhere"),
        ] {
            assert_eq!(root.shown(Path::new(path)), want, "{path}");
        }
        let alone = ReportRoot::new(PathBuf::from("/w/web"));
        assert_eq!(alone.shown(Path::new(".")), ".");
        assert_eq!(join_shown(".", "Chart.yaml"), "Chart.yaml");
        assert_eq!(join_shown("charts/web", "Chart.yaml"), "charts/web/Chart.yaml");
        assert_eq!(join_shown("x-1.0.0.tgz!", "Chart.yaml"), "x-1.0.0.tgz!Chart.yaml");
    }

    #[test]
    fn the_work_tree_of_a_path_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::create_dir(directory.path().join(".git")).unwrap();
        let root = ReportRoot::new(inner.clone()).prefer_repository_of(Path::new("."));
        assert_eq!(root.shown(Path::new("x.yaml")), "a/b/x.yaml");
        let elsewhere = ReportRoot::new(PathBuf::from("/")).prefer_repository_of(&inner);
        assert_eq!(elsewhere.shown(&inner.join("x.yaml")), "a/b/x.yaml");
    }

    #[test]
    fn the_root_and_what_is_outside_have_names() {
        let root = ReportRoot::new(PathBuf::from("/w/repo"));
        assert_eq!(root.shown(Path::new("/")), "/");
        assert_eq!(root.shown(Path::new("/w")), "/w");
        assert_eq!(root.shown(Path::new("/w/repository/x")), "/w/repository/x");
        let relative = ReportRoot::new(PathBuf::from("/w/repo/charts")).prefer(Path::new(".."));
        assert_eq!(relative.shown(Path::new("web")), "charts/web");
        for (directory, name, want) in [("", "a", "a"), ("charts/", "a", "charts/a"), ("/", "a", "/a")] {
            assert_eq!(join_shown(directory, name), want);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_root_that_is_a_link_holds_paths_in_both_spellings() {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().canonicalize().unwrap().join("real");
        std::fs::create_dir(&real).unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let root = ReportRoot::new(PathBuf::from("/elsewhere")).prefer(&link);
        assert_eq!(root.shown(&link.join("web")), "web");
        assert_eq!(root.shown(&real.join("web")), "web");
        // What is preferred last comes first, and the others stay.
        let root = root.prefer(&real.join("web"));
        assert_eq!(root.shown(&real.join("web/x")), "x");
        assert_eq!(root.shown(&real.join("api/x")), "api/x");
        assert_eq!(root.shown(Path::new("/elsewhere/x")), "x");
    }
}
