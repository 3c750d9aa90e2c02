//! What a configuration may do, by who named it.
//!
//! In: chartwright.yaml, found in a directory or above it, or named by the user. Out: its settings, with paths that may be used. A file that
//! was found is part of what is checked: whoever opens a pull request may write it. So all its paths stay below its directory
//! once links are followed, it may not allow links out of charts, and it is itself no link to elsewhere. A file that the user
//! names (`--config`) may name any path.

use std::io;
use std::path::{Path, PathBuf};

use super::ct_file::{is_ct_file, parse_ct};
use super::file::{Config, ConfigError, FILE_NAME};
use super::nearest::{real, settings_directory, settings_file, settings_files};
use super::repositories::named_repositories;
use crate::artifact::remote::{NamedRepositories, PublishTarget};
use crate::check::run::{ValuesRoot, find_charts};
use crate::delivery::environment::ChartEnvironment;
use crate::engine::chart::LinkPolicy;
use crate::pipeline::chart_metadata;
use crate::text::compact_sort::sort;
use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Named, WalkError, read_file, read_inside, would_be_inside};

const ADVICE: &str =
    "a file that is found may only name what is below its directory; the user can name it with --config";

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ReadConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file that was found is a link out of its directory.
    #[error("{}: the symbolic link leads out of the directory, to {}: name it with --config", path.display(), target.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// Where it leads, as it is written.
        target: PathBuf,
    },
    /// The file does not say what it should.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Why the charts that settings mean are not known.
#[derive(Debug, thiserror::Error)]
pub enum ChartsError {
    /// The settings say what they may not.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A directory cannot be read.
    #[error(transparent)]
    Walk(#[from] WalkError),
}

/// Settings, and where they come from.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What they say.
    pub config: Config,
    /// What relative paths are relative to.
    base: PathBuf,
    /// What the command is about: the base, or a directory below it.
    directory: PathBuf,
    /// The file, with its text; none for the defaults.
    file: Option<(PathBuf, Vec<u8>)>,
    /// Whether the user named the file.
    is_named: bool,
}

/// The charts that settings mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCharts {
    /// Their directories.
    pub charts: Vec<PathBuf>,
    /// How many are left out because they are deprecated.
    pub left_out: usize,
}

impl FoundCharts {
    /// Whether there is no chart at all.
    pub const fn are_none(&self) -> bool {
        self.charts.is_empty() && self.left_out == 0
    }
}

impl Settings {
    /// The directory that relative paths are relative to.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// The settings in the file that the user named, or those that count for a directory.
    ///
    /// # Errors
    /// Those of [`Settings::named`] and [`Settings::found_for`].
    pub fn read(named: Option<&Path>, directory: &Path) -> Result<Self, ReadConfigError> {
        match named {
            Some(path) => Self::named(path, directory),
            None => Self::found_for(directory),
        }
    }

    /// The settings in a file that the user named, for the charts below `base`.
    ///
    /// # Errors
    /// When it cannot be read or does not say what it should.
    pub fn named(path: &Path, base: &Path) -> Result<Self, ReadConfigError> {
        let text = read_file(path, Named::ByUser, SETTINGS_BYTES).map_err(|source| ReadConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            config: if is_ct_file(path, &text) {
                parse_ct(&text, path)?
            } else {
                Config::parse(&text, path)?
            },
            base: base.to_owned(),
            directory: base.to_owned(),
            file: Some((path.to_owned(), text)),
            is_named: true,
        })
    }

    /// The settings that count for a directory: those in its chartwright.yaml, else in its ct.yaml, else in those of the nearest directory
    /// above it in its repository of git that has one, or the defaults.
    ///
    /// # Errors
    /// When it cannot be read, does not say what it should, or says what a file that was found may not say.
    pub fn found_for(directory: &Path) -> Result<Self, ReadConfigError> {
        let base = settings_directory(directory);
        let Some(path) = settings_file(&base) else {
            return Ok(Self::defaults(base, directory));
        };
        let unreadable = |source| ReadConfigError::Read {
            path: path.clone(),
            source,
        };
        let Some(text) = read_inside(&base, &path, SETTINGS_BYTES).map_err(unreadable)? else {
            let target = path.read_link().unwrap_or_default();
            return Err(ReadConfigError::Link { path, target });
        };
        Self::of_text(base, directory, path, text)
    }

    /// The same of a directory in a commit of the repository whose top is `top`. `read` gives a file of it, if there is one.
    ///
    /// # Errors
    /// When a file cannot be read, does not say what it should, or says what a file that was found may not say.
    pub fn found_by(
        directory: &Path,
        top: &Path,
        read: &dyn Fn(&Path) -> io::Result<Option<Vec<u8>>>,
    ) -> Result<Self, ReadConfigError> {
        for place in directory.ancestors().take_while(|place| place.starts_with(top)) {
            for path in settings_files(place) {
                match read(&path) {
                    Ok(Some(text)) => return Self::of_text(place.to_owned(), directory, path, text),
                    Ok(None) => {}
                    Err(source) => return Err(ReadConfigError::Read { path, source }),
                }
            }
        }
        Ok(Self::defaults(directory.to_owned(), directory))
    }

    fn defaults(base: PathBuf, directory: &Path) -> Self {
        Self {
            config: Config::default(),
            base,
            directory: directory.to_owned(),
            file: None,
            is_named: false,
        }
    }

    /// The settings of a file that was found for a directory.
    fn of_text(base: PathBuf, directory: &Path, path: PathBuf, text: Vec<u8>) -> Result<Self, ReadConfigError> {
        let settings = Self {
            config: if path.ends_with(FILE_NAME) {
                Config::parse(&text, &path)?
            } else {
                parse_ct(&text, &path)?
            },
            base,
            directory: directory.to_owned(),
            file: Some((path, text)),
            is_named: false,
        };
        if settings.config.allow_links {
            let message = "links out of charts are only allowed by a file that the user names with --config";
            return Err(settings.error(&["allowLinks"], message.to_owned()).into());
        }
        Ok(settings)
    }

    /// The file that was found; none for one that the user named, and for the defaults.
    pub fn found_file(&self) -> Option<&Path> {
        let file = self.file.as_ref().filter(|_| !self.is_named);
        file.map(|(path, _)| path.as_path())
    }

    /// Whether the settings are of the very directory that the command is about, so that it is about all of their charts.
    pub fn are_of_the_directory(&self) -> bool {
        self.base == self.directory
    }

    /// The charts that the settings mean, at or below the directory that the command is about, by path.
    ///
    /// # Errors
    /// When a directory cannot be read, or is not below that of a file that was found.
    pub fn charts(&self) -> Result<FoundCharts, ChartsError> {
        let mut charts = Vec::new();
        for root in self.chart_roots()? {
            let Some(searched) = self.searched(&root) else { continue };
            let found = find_charts(&searched, &self.config.exclude)?;
            charts.extend(found.into_iter().filter(|chart| self.means_chart(&root, chart)));
        }
        sort(&mut charts);
        charts.dedup();
        let all = charts.len();
        if self.leave_out_deprecated() {
            let is_deprecated = |chart: &Path| chart_metadata(chart, self.links()).is_some_and(|it| it.deprecated);
            charts.retain(|chart| !is_deprecated(chart));
        }
        Ok(FoundCharts {
            left_out: all - charts.len(),
            charts,
        })
    }

    /// Whether they leave out deprecated charts.
    pub fn leave_out_deprecated(&self) -> bool {
        self.config.ct.as_ref().is_some_and(|ct| ct.exclude_deprecated)
    }

    /// Whether a chart at this path would be among them.
    pub fn mean_chart(&self, chart: &Path) -> bool {
        let roots = self.chart_roots().unwrap_or_default();
        roots.iter().any(|root| {
            let searched = self.searched(root);
            searched.is_some_and(|searched| real(chart).starts_with(real(&searched))) && self.means_chart(root, chart)
        })
    }

    /// The part of a root that is searched, as the directory is spelled: what of it is at or below the directory. What the user names is
    /// searched, even if it is a directory that the settings leave out of others.
    fn searched(&self, root: &Path) -> Option<PathBuf> {
        if self.are_of_the_directory() {
            return Some(root.to_owned());
        }
        let (root, directory) = (real(root), real(&self.directory));
        if directory.starts_with(&root) {
            return Some(self.directory.clone());
        }
        let below = root.strip_prefix(&directory).ok()?;
        Some(self.directory.join(below))
    }

    /// Whether a chart that was found below one of the roots is meant: chart-testing's directories have charts as their own subdirectories,
    /// and nowhere else.
    fn means_chart(&self, root: &Path, chart: &Path) -> bool {
        let is_in_root = || real(chart).parent() == Some(real(root).as_path());
        self.config.ct.is_none() || chart == root || chart.parent() == Some(root) || is_in_root()
    }

    /// The directories below which charts are looked for.
    fn chart_roots(&self) -> Result<Vec<PathBuf>, ConfigError> {
        let key = self.config.ct.as_ref().map_or("charts", |ct| ct.roots_key);
        let roots = self.config.charts.iter().enumerate().map(|(index, root)| {
            if root.as_os_str() == "." {
                return Ok(self.base.clone());
            }
            let (path, key) = (self.base.join(root), [key, &index.to_string()]);
            self.check(&path, &key)?;
            if path.is_dir() {
                Ok(path)
            } else {
                Err(self.error(&key, format!("there is no directory {}", path.display())))
            }
        });
        roots.collect()
    }

    /// Checks that the globs of values files stay where they may for each of the charts.
    ///
    /// # Errors
    /// When one is not below the directory of a file that was found.
    pub fn check_values(&self, charts: &[PathBuf]) -> Result<(), ConfigError> {
        for (index, glob) in self.config.values.iter().enumerate() {
            let directory = glob.rsplit_once('/').map_or("", |(directory, _)| directory);
            // `/x.yaml` is in the root of the file system.
            let directory = if glob.starts_with('/') && directory.is_empty() {
                "/"
            } else {
                directory
            };
            for chart in charts.iter().filter(|_| !directory.is_empty()) {
                self.check(&chart.join(directory), &["values", &index.to_string()])?;
            }
        }
        Ok(())
    }

    /// Where the policies of the cluster are.
    ///
    /// # Errors
    /// When one is not below the directory of a file that was found.
    pub fn policies(&self) -> Result<Vec<PathBuf>, ConfigError> {
        let policies = self.config.policies.iter().enumerate().map(|(index, path)| {
            let path = self.base.join(path);
            self.check(&path, &["policies", &index.to_string()])?;
            Ok(path)
        });
        policies.collect()
    }

    /// The repositories to publish to; `here` is the working directory.
    ///
    /// # Errors
    /// When one is not an address, or a directory that is not below that of a file that was found.
    pub fn repositories(&self, here: &Path) -> Result<NamedRepositories, ConfigError> {
        let base = here.join(&self.base);
        let entry_error = |path: &[String], message: String| {
            let path = path.iter().map(String::as_str);
            let path: Vec<&str> = std::iter::once("repositories").chain(path).collect();
            self.error(&path, message)
        };
        let mut repositories = named_repositories(&self.config.repositories, &base)
            .map_err(|wrong| entry_error(&wrong.path, wrong.message))?;
        for (number, entry) in self.config.repositories.iter().enumerate() {
            self.check_address(&entry.url, &["repositories", &number.to_string(), "url"])?;
        }
        if let Some(url) = &self.config.repository {
            self.check_address(url, &["repository"])?;
            let target = PublishTarget::parse(url, &base);
            let target = target.map_err(|error| self.error(&["repository"], error.to_string()))?;
            repositories.unnamed = Some(target);
        }
        Ok(repositories)
    }

    /// The environments of application charts at or below the directory that the command is about, or that the file of that very
    /// directory names.
    ///
    /// # Errors
    /// When the chart or a values file of one is not below the directory of a file that was found.
    pub fn environments(&self) -> Result<Vec<ChartEnvironment>, ConfigError> {
        let environments = self.config.environments.iter().enumerate().map(|(number, entry)| {
            let number = number.to_string();
            let chart = self.base.join(&entry.chart);
            if !self.are_of_the_directory() && !real(&chart).starts_with(real(&self.directory)) {
                return Ok(None);
            }
            if !entry.chart.as_os_str().is_empty() {
                self.check(&chart, &["environments", &number, "chart"])?;
            }
            for (index, file) in entry.values_files().iter().enumerate() {
                let key = ["environments", &number, "values", &index.to_string()];
                self.check(&chart.join(file), &key)?;
            }
            for (index, file) in entry.verify.iter().enumerate() {
                self.check(
                    &chart.join(file),
                    &["environments", &number, "verify", &index.to_string()],
                )?;
            }
            entry.below(&self.base).map(Some).map_err(|(path, message)| {
                let path = path.iter().map(String::as_str);
                let key: Vec<&str> = ["environments", &number].into_iter().chain(path).collect();
                self.error(&key, message)
            })
        });
        environments.filter_map(Result::transpose).collect()
    }

    /// Checks the address of a repository, which may be a directory.
    fn check_address(&self, url: &str, key: &[&str]) -> Result<(), ConfigError> {
        match url.strip_prefix("file://") {
            Some(directory) => self.check(&self.base.join(directory), key),
            None => Ok(()),
        }
    }

    /// Where the values files that the globs name may be.
    pub fn values_root(&self) -> ValuesRoot {
        if self.config.values == Config::default().values {
            ValuesRoot::Chart
        } else if !self.is_named {
            ValuesRoot::Directory(self.base.clone())
        } else {
            ValuesRoot::Anywhere
        }
    }

    /// Whether links may lead out of charts.
    pub const fn links(&self) -> LinkPolicy {
        if self.config.allow_links {
            LinkPolicy::Follow
        } else {
            LinkPolicy::StayInside
        }
    }

    /// Checks that a path which the setting at `key` names is below the directory of a file that was found.
    fn check(&self, path: &Path, key: &[&str]) -> Result<(), ConfigError> {
        if self.is_named || would_be_inside(&self.base, path).unwrap_or(false) {
            return Ok(());
        }
        let (path, base) = (path.display(), self.base.display());
        Err(self.error(key, format!("{path} leads out of {base}: {ADVICE}")))
    }

    fn error(&self, key: &[&str], message: String) -> ConfigError {
        let (path, text) = match &self.file {
            Some((path, text)) => (path.as_path(), text.as_slice()),
            None => (self.base.as_path(), &[][..]),
        };
        Config::error_at(text, path, key, message)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A directory `in` with a chart and this configuration, beside a directory `out`.
    fn directory(text: &str) -> tempfile::TempDir {
        let all = tempfile::tempdir().unwrap();
        for name in ["in/chart/sub", "in/new/one", "in/values", "out"] {
            std::fs::create_dir_all(all.path().join(name)).unwrap();
        }
        symlink("../out", all.path().join("in/link")).unwrap();
        symlink("../../out", all.path().join("in/chart/link")).unwrap();
        std::fs::write(all.path().join("in/chartwright.yaml"), text).unwrap();
        all
    }

    /// The place and the beginning of what is wrong, if something is.
    fn refusal(settings: &Result<Settings, ReadConfigError>, chart: &Path) -> Option<String> {
        let settings = match settings {
            Ok(settings) => settings,
            Err(ReadConfigError::Config(error)) => return Some(error.to_string()),
            Err(error) => panic!("{error}"),
        };
        let found = settings
            .repositories(Path::new("/"))
            .and_then(|_| settings.environments())
            .and_then(|_| settings.chart_roots())
            .and_then(|_| settings.check_values(&[chart.to_owned()]));
        found.err().map(|error| error.to_string())
    }

    #[test]
    fn paths_of_a_file_that_was_found_stay_below_its_directory() {
        for (text, place) in [
            ("charts: [chart, ., new/one]", None),
            ("charts: [chart, ../in/chart]", None),
            ("charts: [chart, ../out]", Some("1:17")),
            ("charts: [link]", Some("1:10")),
            ("charts: [/etc]", Some("1:10")),
            ("charts: [link/../../out]", Some("1:10")),
            ("values: [x.yaml, ../values/*.yaml, sub/*.yaml]", None),
            ("strict: true\nvalues:\n- x.yaml\n- ../../out/*.yaml", Some("4:3")),
            ("values: [link/*.yaml]", Some("1:10")),
            ("values: [/etc/*.yaml]", Some("1:10")),
            ("values: [/*.yaml]", Some("1:10")),
            ("repository: file://repo/new", None),
            ("repository: s3://bucket/prefix", None),
            ("repository: file://../out", Some("1:13")),
            ("repository: file:///tmp/anywhere", Some("1:13")),
            ("repository: file://link", Some("1:13")),
            ("repository: file://link/new", Some("1:13")),
            (
                "repositories: [{name: a, url: file://repo/new}, {name: b, url: s3://b}]",
                None,
            ),
            (
                "repositories:\n- name: a\n  url: file://repo\n- name: b\n  url: file://../out",
                Some("5:8"),
            ),
            ("repositories: [{name: a, url: 'file:///tmp/anywhere'}]", Some("1:31")),
            ("repositories: [{name: a, url: file://link}]", Some("1:31")),
            ("environments: [{name: a, chart: chart, values: [x.yaml]}]", None),
            ("environments: [{name: a, chart: ../out}]", Some("1:33")),
            (
                "environments: [{name: a, chart: chart, values: [x.yaml, link/x.yaml]}]",
                Some("1:57"),
            ),
            ("allowLinks: false", None),
            ("failOn: error\nallowLinks: true", Some("2:13")),
        ] {
            let all = directory(text);
            let (inside, chart) = (all.path().join("in"), all.path().join("in/chart"));
            let file = inside.join("chartwright.yaml");
            let found = refusal(&Settings::found_for(&inside), &chart);
            match place {
                None => assert_eq!(found, None, "{text}"),
                Some(place) => {
                    let want = format!("{}:{place}: ", file.display());
                    assert!(
                        found.as_ref().is_some_and(|found| found.starts_with(&want)),
                        "{text}: {found:?}"
                    );
                }
            }
            // The same file, named by the user, may say all of it.
            let named = refusal(&Settings::named(&file, &inside), &chart);
            let is_fine = named.as_ref().is_none_or(|said| said.contains("there is no directory"));
            assert!(is_fine, "{text}: {named:?}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_place_in_files_that_are_found_and_named() {
        let all = directory("failOn: error\ncharts: [chart, chrat]\nrepository: ftp://host/x\n");
        let (inside, file) = (all.path().join("in"), all.path().join("in/chartwright.yaml"));
        for settings in [Settings::found_for(&inside), Settings::named(&file, &inside)] {
            let settings = settings.unwrap();
            let missing = inside.join("chrat");
            let want = format!("{}:2:17: there is no directory {}", file.display(), missing.display());
            assert_eq!(settings.charts().unwrap_err().to_string(), want);
            let error = settings.repositories(Path::new("/")).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{}:3:13: ", file.display())), "{error}");
        }
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        let error = Settings::found_for(&inside).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("cannot read {}: ", file.display())),
            "{error}"
        );
    }

    #[test]
    fn a_configuration_that_leads_elsewhere_is_not_read() {
        let all = directory("");
        let (inside, file) = (all.path().join("in"), all.path().join("in/chartwright.yaml"));
        std::fs::write(all.path().join("out/secret"), "word: x\n").unwrap();
        for (target, want) in [
            (
                "../out/secret",
                "the symbolic link leads out of the directory, to ../out/secret: name it with --config",
            ),
            (
                "/dev/null",
                "the symbolic link leads out of the directory, to /dev/null: name it with --config",
            ),
            ("gone", "cannot read"),
        ] {
            std::fs::remove_file(&file).unwrap();
            symlink(target, &file).unwrap();
            let error = Settings::found_for(&inside).unwrap_err().to_string();
            assert!(error.contains(want) && !error.contains("word"), "{error}");
        }
        // A link that stays inside is as good as the file.
        std::fs::remove_file(&file).unwrap();
        std::fs::write(inside.join("other.yaml"), "failOn: info\n").unwrap();
        symlink("other.yaml", &file).unwrap();
        assert!(Settings::found_for(&inside).is_ok());
        std::fs::remove_file(&file).unwrap();
        assert_eq!(Settings::found_for(&inside).unwrap().config, Config::default());
    }
}
