//! What `validate` reads: files, directories with manifests, standard input. A link in a directory that leads out of it is refused
//! unless the user allows such links: whoever may change the directory would have lines of any other file shown.

use std::path::{Path, PathBuf};

use regex::Regex;

use crate::check::run::is_chart;
use crate::config::FILE_NAME;
use crate::engine::chart::LinkPolicy;
use crate::kubernetes::validate::count_documents;
use crate::text::limits::{MANIFEST_BYTES, MANIFEST_DOCUMENTS};
use crate::text::source::{Links, Named, Visit, WalkError, WalkLimits, read_file_into, walk};

use super::command_error::CommandError;
use super::run_context::{RunContext, open_error};

/// Name of standard input.
pub(super) const STDIN: &str = "stdin";

/// What to do about a link that is refused.
pub(super) const ALLOW_LINKS: &str = "--allow-links follows such links";

/// What to read: a path still to be read, or a text at hand.
pub(super) enum Input {
    /// A file.
    Path(String, Named),
    /// A name and a text.
    Text(String, Vec<u8>),
    /// What is not read, and why.
    Refused(String, String),
}

impl Input {
    /// As the user knows it.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Path(path, _) | Self::Text(path, _) | Self::Refused(path, _) => path,
        }
    }
}

/// Reads an input, or says why it cannot be read.
pub(super) fn read_input(input: &Input, buffer: &mut Vec<u8>) -> Result<(), String> {
    read_whole(input, buffer)?;
    if count_documents(buffer) > MANIFEST_DOCUMENTS {
        buffer.clear();
        return Err(format!(
            "{}: it has more than {MANIFEST_DOCUMENTS} documents: split it into several files, and validate them in several runs",
            input.path()
        ));
    }
    Ok(())
}

fn read_whole(input: &Input, buffer: &mut Vec<u8>) -> Result<(), String> {
    match input {
        Input::Text(_, text) => {
            buffer.clear();
            buffer.extend_from_slice(text);
            Ok(())
        }
        Input::Path(path, named) => {
            let read = read_file_into(Path::new(path), *named, MANIFEST_BYTES, buffer);
            read.map_err(|error| {
                buffer.clear();
                open_error(path, &error)
            })
        }
        Input::Refused(_, reason) => {
            buffer.clear();
            Err(reason.clone())
        }
    }
}

/// The inputs that the arguments name; if they name none, standard input where something is piped into it, else the manifests of the
/// working directory that are neither hidden nor in a chart.
pub(super) fn inputs(
    context: RunContext,
    names: &[String],
    ignored: &[Regex],
    links: LinkPolicy,
) -> Result<Vec<Input>, CommandError> {
    let is_ignored = |path: &str| ignored.iter().any(|pattern| pattern.is_match(path));
    let mut inputs = Vec::new();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (names, scope) = if !names.is_empty() {
        (names, Scope::Everything)
    } else if context.has_piped_input() {
        (vec!["-"], Scope::Everything)
    } else {
        (vec!["."], Scope::OutsideCharts)
    };
    for name in names {
        if name == "-" {
            let text = context.read_stdin()?;
            if text.is_empty() {
                context.report(
                    "note: standard input is empty, so nothing is validated; `chartwright validate .` validates files",
                );
            }
            inputs.push(Input::Text(STDIN.to_owned(), text));
        } else if Path::new(name).is_dir() {
            let found = manifests(Path::new(name), links, scope)?;
            if found.files.is_empty() {
                return Err(no_manifests(name, found.charts));
            }
            if found.charts > 0 {
                context.report(&format!(
                    "note: charts that are passed over: {}; `chartwright lint` renders them and validates the result",
                    found.charts
                ));
            }
            // The user did not write the `.` that the paths begin with.
            let shown = |path: &Path| match path.strip_prefix(".") {
                Ok(below) if scope == Scope::OutsideCharts => below.display().to_string(),
                _ => path.display().to_string(),
            };
            let found = found.files.into_iter().map(|found| match found {
                Ok(path) => Input::Path(shown(&path), Named::ByInput),
                Err(outside) => Input::Refused(shown(&outside.path), outside.reason()),
            });
            inputs.extend(found.filter(|input| !is_ignored(input.path())));
        } else if !is_ignored(name) {
            inputs.push(Input::Path(name.to_owned(), Named::ByUser));
        }
    }
    Ok(inputs)
}

/// The error of a directory without manifests.
fn no_manifests(directory: &str, charts: usize) -> CommandError {
    let shown = CommandError::usage(format!("no manifest below {directory}"));
    if charts > 0 {
        shown.with_hint("charts are passed over: `chartwright lint` renders them and validates the result")
    } else {
        shown.with_hint("manifests are files named *.yaml, *.yml or *.json")
    }
}

/// The manifests of a path that a flag names, such as `--crd`.
pub(super) fn manifest_files(path: &Path, flag: &str, links: LinkPolicy) -> Result<Vec<PathBuf>, CommandError> {
    if path.is_dir() {
        let found = manifests(path, links, Scope::Everything)?;
        let found: Result<Vec<PathBuf>, OutsideLink> = found.files.into_iter().collect();
        return found.map_err(|outside| {
            let message = format!(
                "{flag} {}: {}: {}",
                path.display(),
                outside.path.display(),
                outside.sentence()
            );
            CommandError::could_not_run(message).with_hint(ALLOW_LINKS)
        });
    }
    // A pipe of the shell is one, too.
    if path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    let message = format!("{flag} {}: no such file or directory", path.display());
    Err(CommandError::usage(message))
}

/// A link to a manifest, or to a directory, that leads out of the directory it was found in.
struct OutsideLink {
    path: PathBuf,
    target: PathBuf,
}

impl OutsideLink {
    fn sentence(&self) -> String {
        format!(
            "the symbolic link leads out of the directory, to {}",
            self.target.display()
        )
    }

    fn reason(&self) -> String {
        format!("{}: it is not read; {ALLOW_LINKS}", self.sentence())
    }
}

/// Bounds of a search for manifests.
const LIMITS: WalkLimits = WalkLimits {
    depth: 64,
    entries: 1_000_000,
    links: Links::Followed,
};

/// Which files of a directory are manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// All that are named so.
    Everything,
    /// Those that are neither hidden nor in a chart, apart from our own settings: templates are not manifests yet.
    OutsideCharts,
}

/// The manifests of a directory.
#[derive(Default)]
struct Manifests {
    files: Vec<Result<PathBuf, OutsideLink>>,
    /// How many charts were passed over.
    charts: usize,
}

/// The manifests below a directory, in the order of their paths. Unreadable ones are skipped, as kubeconform does; but a part of
/// too many would pass for the whole.
fn manifests(directory: &Path, links: LinkPolicy, scope: Scope) -> Result<Manifests, CommandError> {
    let limits = WalkLimits {
        links: match links {
            LinkPolicy::StayInside => Links::Inside,
            LinkPolicy::Follow => Links::Followed,
        },
        ..LIMITS
    };
    let mut found = Manifests::default();
    if scope == Scope::OutsideCharts && is_chart(directory) {
        found.charts = 1;
        return Ok(found);
    }
    walk(directory, limits, &mut |entry| {
        if let Ok(entry) = &entry
            && scope == Scope::OutsideCharts
        {
            let name = entry.name.rsplit('/').next().unwrap_or_default();
            let is_of_chart = entry.file_type.is_dir() && is_chart(&entry.path);
            found.charts += usize::from(is_of_chart && !name.starts_with('.'));
            if is_of_chart || name.starts_with('.') || name == FILE_NAME {
                return Ok(Visit::PassOver);
            }
        }
        match entry {
            Ok(entry) if entry.file_type.is_file() && is_manifest(&entry.path) => found.files.push(Ok(entry.path)),
            Ok(_) => {}
            Err(error @ WalkError::TooMany(_)) => {
                return Err(
                    CommandError::could_not_run(error).with_hint("name the directories with manifests one by one")
                );
            }
            Err(WalkError::Outside {
                path,
                target,
                is_directory,
                ..
            }) if is_directory || is_manifest(&path) => {
                found.files.push(Err(OutsideLink { path, target }));
            }
            Err(_) => return Ok(Visit::PassOver),
        }
        Ok(Visit::Enter)
    })?;
    Ok(found)
}

/// Whether the name of a file is that of a manifest.
fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|wanted| extension.eq_ignore_ascii_case(wanted))
    })
}
