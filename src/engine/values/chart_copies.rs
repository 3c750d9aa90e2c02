//! What the copies of subcharts that aliases make have together: charts, files, bytes of files, bytes of values. Aliases
//! at each of several levels multiply, so a few charts can become millions. Helm has no such limits.

use crate::engine::chart::{Chart, Dependency};
use crate::text::limits::{CHART_COPIES, CHART_FILES, FILE_BYTES, VALUES_BYTES};

/// Aliases make more copies of subcharts than any chart needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the copies of subcharts that aliases make, those of {dependency:?} in {parent:?} included, have more than {CHART_COPIES} charts, \
     {CHART_FILES} files, {FILE_BYTES} bytes or {VALUES_BYTES} bytes of values: remove aliases from charts that are \
     themselves dependencies under several aliases"
)]
pub struct TooManyCopies {
    /// The alias at which the limit was reached, or the name where a dependency has none.
    pub dependency: String,
    /// The chart that has the dependency.
    pub parent: String,
}

/// What the copies have so far, those of their own subcharts included.
#[derive(Debug, Default)]
pub(super) struct ChartCopies {
    charts: usize,
    files: usize,
    bytes: u64,
    values: usize,
}

impl ChartCopies {
    /// Counts a copy. Its subcharts are counted as they are; copies that their aliases make are counted later.
    ///
    /// # Errors
    /// When the copies exceed a limit.
    pub(super) fn add(&mut self, copy: &Chart, dependency: &Dependency, parent: &str) -> Result<(), TooManyCopies> {
        self.count(copy);
        let is_exceeded = self.charts > CHART_COPIES
            || self.files > CHART_FILES
            || self.bytes > FILE_BYTES
            || self.values > VALUES_BYTES;
        if is_exceeded {
            let Dependency { name, alias, .. } = dependency;
            return Err(TooManyCopies {
                dependency: if alias.is_empty() { name } else { alias }.clone(),
                parent: parent.to_owned(),
            });
        }
        Ok(())
    }

    fn count(&mut self, chart: &Chart) {
        self.charts += 1;
        for file in chart.raw.iter().filter(|file| !file.name.starts_with("charts/")) {
            self.files += 1;
            self.bytes += file.data.len() as u64;
            if file.name == "values.yaml" {
                self.values += file.data.len();
            }
        }
        for subchart in &chart.dependencies {
            self.count(subchart);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::engine::chart::{ChartFile, load_files};
    use crate::engine::template::{Map, MapType};
    use crate::engine::values::{DependenciesError, process_dependencies};

    /// Charts in each other, each a dependency of the one above it under several aliases; the last has the files.
    fn nested(levels: usize, aliases: usize, last: &[(&str, usize)]) -> Chart {
        let mut files = Vec::new();
        let mut directory = String::new();
        for level in 0..levels {
            let mut text = format!("apiVersion: v2\nname: l{level}\nversion: 0.1.0\ndependencies:\n");
            for alias in 0..aliases {
                if level + 1 < levels {
                    writeln!(text, "- {{name: l{}, version: 0.1.0, alias: a{alias}}}", level + 1).unwrap();
                }
            }
            files.push(ChartFile::new(format!("{directory}Chart.yaml"), text.into_bytes()));
            if level + 1 < levels {
                write!(directory, "charts/l{}/", level + 1).unwrap();
            }
        }
        for (name, size) in last {
            files.push(ChartFile::new(format!("{directory}{name}"), vec![b'#'; *size]));
        }
        load_files(files).unwrap()
    }

    #[test]
    fn copies_that_aliases_make_are_limited() {
        let many: Vec<String> = (0..1000).map(|number| format!("templates/{number}")).collect();
        let many: Vec<(&str, usize)> = many.iter().map(|name| (name.as_str(), 1)).collect();
        let half = VALUES_BYTES / 2;
        for (case, levels, aliases, last, is_allowed) in [
            ("no aliases", 3, 1, &[][..], true),
            ("one alias a level", 20, 1, &[("values.yaml", half)], true),
            ("many on one level", 2, 1000, &[], true),
            ("some on each level", 5, 5, &[("templates/t", 1)], true),
            ("charts", 9, 5, &[], false),
            ("charts of many levels", 30, 2, &[], false),
            ("files", 2, 55, &many, false),
            ("fewer files", 2, 45, &many, true),
            ("bytes", 2, 15, &[("x", 8 << 20)], false),
            ("fewer bytes", 2, 10, &[("x", 8 << 20)], true),
            ("values", 2, 4, &[("values.yaml", half)], false),
            ("fewer values", 2, 3, &[("values.yaml", half)], true),
        ] {
            let mut chart = nested(levels, aliases, last);
            let processed = process_dependencies(&mut chart, &Map::nil(MapType::Any), &mut Vec::new());
            match processed {
                Ok(()) => assert!(is_allowed, "{case}"),
                Err(DependenciesError::Copies(error)) => {
                    assert!(!is_allowed, "{case}: {error}");
                    assert!(
                        error.dependency.starts_with('a') && error.parent.starts_with(['l', 'a']),
                        "{case}: {error}"
                    );
                }
                Err(error) => panic!("{case}: {error}"),
            }
        }
    }
}
