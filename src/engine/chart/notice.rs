//! What Helm writes to its log while it loads and renders a chart, at the levels that it shows.
//!
//! In: what happened. Out: the line on standard error, as Helm 4 (`slog`'s text format) or Helm 3 (Go's `log` with the
//! file and line of its source) writes it.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::compat::Compat;
use crate::engine::template::Tolerated;
use crate::text::go::quote::quote;
use crate::text::go::unicode::is_print;

/// Something that a user should know and that does not keep a chart from being rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The chart is marked as deprecated.
    Deprecated,
    /// A file of the chart is a link.
    Link {
        /// The link, from the root of the file system.
        path: PathBuf,
        /// Where it leads.
        resolved: PathBuf,
    },
    /// requirements.yaml in a chart that is not of apiVersion v1.
    Requirements,
    /// requirements.lock in such a chart.
    RequirementsLock,
    /// Values that do not fit together.
    Values(ValuesNotice),
    /// A tag of a dependency is not a boolean.
    Tag {
        /// The tag.
        tag: String,
        /// Name of the dependency.
        chart: String,
    },
    /// A condition of a dependency leads to something other than a boolean.
    Condition {
        /// The path.
        path: String,
        /// Name of the dependency.
        chart: String,
    },
    /// An entry of `import-values` names no table of the subchart's `exports`.
    MissingExport {
        /// The part of the path that is not a table.
        key: String,
    },
    /// The `child` of an entry of `import-values` is not a table.
    MissingTable {
        /// Name of the dependency.
        chart: String,
        /// The part of the path that is not a table.
        key: String,
    },
    /// A document has hook events that Helm does not know, and is dropped.
    UnknownHooks(String),
    /// `required` or `fail` in `helm lint`.
    Tolerated(Tolerated),
    /// Dependencies do not fit the values, which Helm 4 also logs.
    NotProcessed(String),
    /// A URL that a values.schema.json refers to and that was not fetched, so that this part is not checked.
    UncheckedSchema(String),
}

/// Values that do not fit together, in Helm's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuesNotice {
    /// The text.
    pub text: String,
    /// The line of Helm 3's coalesce.go that writes it.
    pub line: u32,
}

impl Notice {
    /// The line on standard error.
    pub fn line(&self, compat: Compat) -> String {
        match compat {
            Compat::Helm4 => self.helm4(),
            Compat::Helm3 => self.helm3(),
        }
    }

    fn helm4(&self) -> String {
        match self {
            Self::Deprecated => record("WARN", "this chart is deprecated", &[]),
            Self::Link { path, resolved } => {
                let (path, resolved) = (path.display().to_string(), resolved.display().to_string());
                let message = "found symbolic link in path. Contents of linked file included and used";
                record("INFO", message, &[("path", &path), ("resolved", &resolved)])
            }
            Self::Requirements => record("INFO", REQUIREMENTS, &[]),
            Self::RequirementsLock => record("INFO", REQUIREMENTS_LOCK, &[]),
            Self::Values(values) => record("INFO", &values.text, &[]),
            Self::Tag { tag, chart } => record("WARN", NO_BOOLEAN, &[("tag", tag), ("chart", chart)]),
            Self::Condition { path, chart } => record("WARN", NO_BOOLEAN, &[("path", path), ("chart", chart)]),
            Self::MissingExport { key } => record("WARN", "ImportValues missing table", &[("error", &no_table(key))]),
            Self::MissingTable { chart, key } => {
                let attributes = [("chart", chart.as_str()), ("error", &no_table(key))];
                record("WARN", "ImportValues missing table from chart", &attributes)
            }
            Self::UnknownHooks(events) => record("INFO", "skipping unknown hooks", &[("hookTypes", events)]),
            Self::Tolerated(Tolerated::Null(message)) => {
                record("WARN", "missing required value", &[("message", message)])
            }
            Self::Tolerated(Tolerated::Empty(message)) => {
                record("WARN", "missing required values", &[("message", message)])
            }
            Self::Tolerated(Tolerated::Fail(message)) => record("INFO", "funcMap fail", &[("message", message)]),
            Self::NotProcessed(error) => record("ERROR", DEPENDENCIES_FAILED, &[("error", error)]),
            Self::UncheckedSchema(url) => record("WARN", &unchecked_schema(url), &[]),
        }
    }

    fn helm3(&self) -> String {
        match self {
            Self::Deprecated => "WARNING: This chart is deprecated".to_owned(),
            Self::Link { path, resolved } => format!(
                "walk.go:75: found symbolic link in path: {} resolves to {}. Contents of linked file included and used",
                path.display(),
                resolved.display()
            ),
            Self::Requirements => format!("load.go:120: {REQUIREMENTS}"),
            Self::RequirementsLock => format!("load.go:138: {REQUIREMENTS_LOCK}"),
            Self::Values(ValuesNotice { text, line }) => format!("coalesce.go:{line}: {text}"),
            Self::Tag { tag, chart } => {
                format!("dependencies.go:95: Warning: Tag '{tag}' for chart {chart} returned non-bool value")
            }
            Self::Condition { path, chart } => {
                format!(
                    "dependencies.go:64: Warning: Condition path '{path}' for chart {chart} returned non-bool value"
                )
            }
            Self::MissingExport { key } => {
                format!(
                    "dependencies.go:287: Warning: ImportValues missing table: {}",
                    no_table(key)
                )
            }
            Self::MissingTable { chart, key } => format!(
                "dependencies.go:270: Warning: ImportValues missing table from chart {chart}: {}",
                no_table(key)
            ),
            Self::UnknownHooks(events) => {
                format!(
                    "manifest_sorter.go:199: info: skipping unknown hook: {}",
                    quote(events.as_bytes())
                )
            }
            Self::Tolerated(Tolerated::Null(message)) => {
                format!("engine.go:206: [INFO] Missing required value: {message}")
            }
            Self::Tolerated(Tolerated::Empty(message)) => {
                format!("engine.go:214: [INFO] Missing required value: {message}")
            }
            Self::Tolerated(Tolerated::Fail(message)) => format!("engine.go:227: [INFO] Fail: {message}"),
            Self::NotProcessed(error) => format!("{DEPENDENCIES_FAILED}: {error}"),
            Self::UncheckedSchema(url) => format!("WARNING: {}", unchecked_schema(url)),
        }
    }
}

fn unchecked_schema(url: &str) -> String {
    format!("values.schema.json: {url} is not fetched, so the values it describes are not checked")
}

const DEPENDENCIES_FAILED: &str = "chart dependencies processing failed";
const NO_BOOLEAN: &str = "returned non-bool value";
const REQUIREMENTS: &str = "Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend \
     migrating dependencies to Chart.yaml.";
const REQUIREMENTS_LOCK: &str = "Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". We \
     recommend migrating to Chart.lock.";

fn no_table(key: &str) -> String {
    format!("{} is not a table", quote(key.as_bytes()))
}

/// A line of `slog`'s text handler.
fn record(level: &str, message: &str, attributes: &[(&str, &str)]) -> String {
    let mut line = format!("level={level}");
    for (key, value) in [("msg", message)].iter().chain(attributes) {
        let _ = write!(line, " {key}=");
        if needs_quotes(value) {
            line.push_str(&quote(value.as_bytes()));
        } else {
            line.push_str(value);
        }
    }
    line
}

fn needs_quotes(text: &str) -> bool {
    let needs = |c: char| match c {
        ' ' | '=' | '"' | '\0'..='\x1F' => true,
        '\x7F' => false,
        '\u{FFFD}' => true,
        c => c.is_whitespace() || !is_print(c),
    };
    text.is_empty() || text.chars().any(needs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_quote_what_slog_quotes() {
        for (value, written) in [
            ("a", "a"),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("a=b", "\"a=b\""),
            ("a\\b", "a\\b"),
            ("a\\b\"", "\"a\\\\b\\\"\""),
            ("é\u{a0}", "\"é\\u00a0\""),
            ("é", "é"),
        ] {
            assert_eq!(
                record("INFO", "m", &[("k", value)]),
                format!("level=INFO msg=m k={written}")
            );
        }
    }
}
