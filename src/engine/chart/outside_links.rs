//! The links of a chart that lead out of its directory.
//!
//! In: a chart's directory. Out: the links whose targets are elsewhere, at any level, without reading what they lead to.
//! Helm follows them and logs a line, so `template` does too; what checks or publishes a chart refuses them: whoever may
//! change a chart could otherwise publish any file that the pipeline can read.

use std::fmt;
use std::path::{Path, PathBuf};

use super::directory::{IGNORE_FILE, LIMITS, read_ignore_rules};
use super::load_error::LoadError;
use crate::text::source::{Links, Visit, WalkError, WalkLimits, is_inside, walk};

/// What is read by its name, whether or not `.helmignore` names it as well.
const READ_BY_NAME: [&str; 8] = [
    "Chart.yaml",
    "Chart.lock",
    "charts",
    "crds",
    "requirements.yaml",
    "templates",
    "values.schema.json",
    "values.yaml",
];

/// Whether links out of a chart are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkPolicy {
    /// They are an error.
    #[default]
    StayInside,
    /// As Helm does.
    Follow,
}

/// A link out of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideLink {
    /// Its name inside the chart.
    pub name: String,
    /// Where it leads, as it is written.
    pub target: PathBuf,
}

impl fmt::Display for OutsideLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the symbolic link leads out of the chart, to {}",
            self.target.display()
        )
    }
}

/// The links out of a chart, by name. The chart's directory may itself be a link.
///
/// # Errors
/// When `.helmignore` or a directory cannot be read, or there are too many files.
pub fn outside_links(chart: &Path) -> Result<Vec<OutsideLink>, LoadError> {
    // It says which names count, so it comes first.
    let ignore_file = chart.join(IGNORE_FILE);
    if ignore_file.is_symlink() && is_inside(chart, &ignore_file).is_ok_and(|inside| !inside) {
        return Ok(vec![OutsideLink {
            name: IGNORE_FILE.to_owned(),
            target: ignore_file.read_link().unwrap_or_default(),
        }]);
    }
    let rules = read_ignore_rules(chart)?;
    let limits = WalkLimits {
        links: Links::Inside,
        ..LIMITS
    };
    let counts = |name: &str, is_directory: bool| {
        let first = name.split('/').next().unwrap_or(name);
        READ_BY_NAME.contains(&first) || !rules.is_ignored(name, is_directory)
    };
    let mut found = Vec::new();
    walk(chart, limits, &mut |entry| -> Result<Visit, LoadError> {
        match entry {
            Ok(entry) if counts(&entry.name, entry.file_type.is_dir()) => Ok(Visit::Enter),
            Ok(_) => Ok(Visit::PassOver),
            Err(WalkError::Outside {
                name,
                target,
                is_directory,
                ..
            }) => {
                if counts(&name, is_directory) {
                    found.push(OutsideLink { name, target });
                }
                Ok(Visit::PassOver)
            }
            // Loading the chart says so in Helm's words.
            Err(WalkError::Link { .. } | WalkError::Loop(_) | WalkError::TooDeep(_)) => Ok(Visit::PassOver),
            Err(error) => Err(error.into()),
        }
    })?;
    Ok(found)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_out_of_a_chart_are_found_at_every_level() {
        let all = tempfile::tempdir().unwrap();
        let chart = all.path().join("chart");
        for name in ["chart/templates", "chart/charts/sub/templates", "chart/notes", "dep"] {
            std::fs::create_dir_all(all.path().join(name)).unwrap();
        }
        std::fs::write(all.path().join("secret"), "x").unwrap();
        std::fs::write(chart.join("here"), "x").unwrap();
        std::fs::write(chart.join(".helmignore"), "notes/\nvalues.yaml\n*.bak\n").unwrap();
        for (name, target) in [
            ("notes.txt", "../secret"),
            ("templates/a.yaml", "../../secret"),
            ("charts/dep", "../../dep"),
            ("charts/sub/templates/b.yaml", "../../../../secret"),
            ("fine", "here"),
            ("broken", "../nowhere"),
            ("notes/ignored", "../../secret"),
            ("x.bak", "../secret"),
            // Lint reads it by its name.
            ("values.yaml", "../secret"),
        ] {
            symlink(target, chart.join(name)).unwrap();
        }
        let names = |chart: &Path| -> Vec<String> {
            let found = outside_links(chart).unwrap().into_iter();
            found
                .map(|link| format!("{} {}", link.name, link.target.display()))
                .collect()
        };
        let want = [
            "charts/dep ../../dep",
            "charts/sub/templates/b.yaml ../../../../secret",
            "notes.txt ../secret",
            "templates/a.yaml ../../secret",
            "values.yaml ../secret",
        ];
        assert_eq!(names(&chart), want);
        symlink("chart", all.path().join("named")).unwrap();
        assert_eq!(names(&all.path().join("named")), want);
        std::fs::remove_file(chart.join(".helmignore")).unwrap();
        symlink("../secret", chart.join(".helmignore")).unwrap();
        assert_eq!(names(&chart), [".helmignore ../secret"]);
    }
}
