//! Everything that the dependencies of charts need, fetched and compared in memory before any file changes.
//!
//! In: chart directories and a source. Out: for each chart what is to be written, or why it cannot be. The charts share what they
//! need: each list of versions and each archive is fetched once, several at a time.

use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::artifact::remote::ChartSource;
use crate::engine::chart::LinkPolicy;
use crate::text::limits::{FILE_BYTES, SETTINGS_BYTES};
use crate::text::source::{Links, Named, Visit, WalkError, WalkLimits, read_file, walk};
use crate::text::threads::{map_in_parallel, map_with_state};

use super::chosen::{Chosen, Lists, Origin, Way, choose_all, locked_list, needed_list};
use super::declared::{ChartRequest, Declared, RepositoryNames};
use super::digest_file::{DIGEST_FILE_ENDING, DigestFile};
use super::error::DependencyError;
use super::fetch::{Fetched, fetch};
use super::lock_digest::{hex_sha256, lock_digest};
use super::lock_text::lock_text;
use super::supply::SuppliedDependencies;

/// Lists and archives that are fetched at the same time. They wait for servers more than they need a processor.
const FETCHED_AT_ONCE: usize = 8;

/// How dependencies are resolved.
#[derive(Clone, Copy)]
pub struct ResolveOptions<'o> {
    /// How versions are chosen.
    pub way: Way,
    /// The addresses of repositories that are named.
    pub names: RepositoryNames<'o>,
    /// Whether links may lead out of charts.
    pub links: LinkPolicy,
    /// Whether a build lists the digests that are not listed yet.
    pub record_digests: bool,
    /// The time in nanoseconds since 1970, for the lock.
    pub now_nanos: i128,
    /// Called with the archives that are done and all of them.
    pub progress: &'o (dyn Fn(usize, usize) + Sync),
}

impl std::fmt::Debug for ResolveOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResolveOptions")
            .field("way", &self.way)
            .field("links", &self.links)
            .field("record_digests", &self.record_digests)
            .finish_non_exhaustive()
    }
}

/// What is done about a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavedState {
    /// Its archive is written to `charts/`.
    Written,
    /// The same archive is in `charts/` already.
    Unchanged,
    /// It is a directory in `charts/`, and stays.
    Unpacked,
}

/// A dependency of a prepared chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its name.
    pub name: String,
    /// Its version; that of an unpacked chart as it is declared.
    pub version: String,
    /// What is done.
    pub state: SavedState,
    /// Its archive; none for a directory.
    pub fetched: Option<Fetched>,
}

/// A chart whose dependencies are ready to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedChart {
    /// Its directory.
    pub directory: PathBuf,
    /// Its dependencies, in the order of the file that declares them.
    pub saved: Vec<Saved>,
    /// What a user should know.
    pub notes: Vec<String>,
    /// Files beside Chart.yaml that change: their names and new contents.
    pub files: Vec<(String, String)>,
    /// Whether the chart declares dependencies. Nothing is placed or deleted otherwise.
    pub has_dependencies: bool,
}

/// The dependencies of several charts, in their order; each chart, or every reason why it is not ready.
pub fn prepare(
    directories: &[PathBuf],
    source: &dyn ChartSource,
    options: &ResolveOptions<'_>,
) -> Vec<Result<PreparedChart, Vec<DependencyError>>> {
    let requests = map_in_parallel(directories, |directory| Resolving::read(directory, options));
    let ready = || requests.iter().flatten();
    let needed = distinct(ready().flat_map(Resolving::needed_lists));
    let lists = map_with_state(
        &needed,
        Some(FETCHED_AT_ONCE),
        || (),
        |(), (repository, chart)| source.versions(repository, chart),
    );
    let lists: Lists = needed.into_iter().zip(lists).collect();
    let chosen: Vec<Result<Vec<Chosen>, Vec<DependencyError>>> = requests
        .iter()
        .map(|request| match request {
            Ok(resolving) => resolving.choose(options, &lists),
            Err(_) => Ok(Vec::new()),
        })
        .collect();
    let wanted = requests.iter().zip(&chosen).flat_map(|(request, chosen)| {
        let here = request.as_ref().ok().map(|request| &request.present);
        let chosen = chosen.iter().flatten();
        chosen.filter(move |chosen| here.is_none_or(|here| !here.contains_key(*chosen)))
    });
    let wanted = distinct(wanted.cloned());
    let supply = SuppliedDependencies::new(source, options.names);
    let (done, total) = (AtomicUsize::new(0), wanted.len());
    let fetched = map_with_state(
        &wanted,
        Some(FETCHED_AT_ONCE),
        || (),
        |(), chosen| {
            let fetched = fetch(chosen, source, options.links, &supply).map(Box::new);
            (options.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            fetched
        },
    );
    let mut archives: Archives = HashMap::new();
    for (chosen, fetched) in wanted.into_iter().zip(fetched) {
        match fetched {
            Ok(fetched) => drop(archives.insert(chosen, Ok(*fetched))),
            Err(error) => drop(archives.insert(chosen, Err(Some(error)))),
        }
    }
    let finished = requests.into_iter().zip(chosen).map(|(request, chosen)| {
        let request = request.map_err(|error| vec![error])?;
        request.finish(&chosen?, &mut archives, options)
    });
    finished.collect()
}

/// Archives by what was asked for. Each error is reported once, for the first chart that needs the archive.
type Archives = HashMap<Chosen, Result<Option<Fetched>, Option<DependencyError>>>;

fn distinct<T: Hash + Eq + Clone>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = std::collections::HashSet::new();
    items.filter(|item| seen.insert(item.clone())).collect()
}

/// A chart whose dependencies are being resolved.
struct Resolving {
    request: ChartRequest,
    way: Way,
    digests: Option<DigestFile>,
    /// What the lock names and `charts/` has, by the listed digest: nothing has to be fetched for it.
    present: HashMap<Chosen, Fetched>,
}

impl Resolving {
    fn read(directory: &Path, options: &ResolveOptions<'_>) -> Result<Self, DependencyError> {
        let request = ChartRequest::read(directory, options.links, options.names)?;
        let way = request.way(options.way);
        if way == Way::Build {
            request.check_lock()?;
        }
        let digests = read_digests(&request)?;
        let mut resolving = Self {
            request,
            way,
            digests,
            present: HashMap::new(),
        };
        if way == Way::Build {
            resolving.find_present()?;
        }
        Ok(resolving)
    }

    /// Finds the archives in `charts/` that have the digests that are listed for what the lock names.
    fn find_present(&mut self) -> Result<(), DependencyError> {
        let Some(digests) = self.digests.as_ref() else {
            return Ok(());
        };
        let mut listed: HashMap<&str, Chosen> = HashMap::new();
        for entry in self.request.entries(self.way) {
            let (name, version) = (&entry.dependency.name, &entry.dependency.version);
            if let Some(digest) = digests.get(name, version, &entry.repository) {
                let chosen = Chosen {
                    name: name.clone(),
                    version: version.clone(),
                    listed: version.clone(),
                    origin: Origin::Repository(entry.repository.clone()),
                };
                listed.insert(digest, chosen);
            }
        }
        if listed.is_empty() {
            return Ok(());
        }
        for (file_name, path) in files_in(&self.request.directory.join("charts"))? {
            let Ok(archive) = read_file(&path, Named::ByInput, FILE_BYTES) else {
                continue;
            };
            let digest = hex_sha256(&archive);
            if let Some(chosen) = listed.get(digest.as_str()).filter(|_| file_name.ends_with(".tgz")) {
                let fetched = Fetched {
                    url: format!("charts/{file_name}"),
                    file_name,
                    archive: archive.into(),
                    digest,
                    found: chosen.version.clone(),
                };
                self.present.insert(chosen.clone(), fetched);
            }
        }
        Ok(())
    }

    /// The dependency that is present for an entry of the lock.
    fn known(&self, entry: &Declared) -> Option<Chosen> {
        let is_it = |chosen: &&Chosen| {
            chosen.name == entry.dependency.name
                && chosen.version == entry.dependency.version
                && matches!(&chosen.origin, Origin::Repository(address) if *address == entry.repository)
        };
        self.present.keys().find(is_it).cloned()
    }

    fn needed_lists(&self) -> impl Iterator<Item = (String, String)> {
        let entries = self.request.entries(self.way).iter();
        entries
            .filter(|entry| self.known(entry).is_none())
            .filter_map(|entry| needed_list(entry, self.way))
    }

    fn choose(&self, options: &ResolveOptions<'_>, lists: &Lists) -> Result<Vec<Chosen>, Vec<DependencyError>> {
        choose_all(&self.request, self.way, options.links, lists, &|entry| self.known(entry))
    }

    fn finish(
        mut self,
        chosen: &[Chosen],
        archives: &mut Archives,
        options: &ResolveOptions<'_>,
    ) -> Result<PreparedChart, Vec<DependencyError>> {
        let (mut saved, mut notes, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        for one in chosen {
            let fetched = match (self.present.get(one), archives.get_mut(one)) {
                (Some(present), _) => Some(present.clone()),
                (None, Some(Ok(fetched))) => fetched.clone(),
                (None, Some(Err(error))) => {
                    errors.extend(error.take());
                    continue;
                }
                (None, None) => None,
            };
            if let Some(fetched) = &fetched {
                if let Err(error) = self.compare(one, fetched, &mut notes) {
                    errors.push(error);
                    continue;
                }
            }
            let state = self.state(fetched.as_ref());
            saved.push(Saved {
                name: one.name.clone(),
                version: one.version.clone(),
                state,
                fetched,
            });
        }
        errors.extend(same_names(&saved));
        if !errors.is_empty() || saved.len() < chosen.len() {
            return Err(errors);
        }
        let files = self.files(chosen, &saved, options);
        Ok(PreparedChart {
            directory: self.request.directory,
            saved,
            notes,
            files,
            has_dependencies: self.way == Way::Build || self.request.list.is_present,
        })
    }

    /// Compares an archive with what is listed and locked.
    fn compare(&self, chosen: &Chosen, fetched: &Fetched, notes: &mut Vec<String>) -> Result<(), DependencyError> {
        if let Some(digests) = &self.digests {
            check_digest(&self.request, digests, chosen, fetched)?;
        }
        if fetched.found != chosen.version && matches!(chosen.origin, Origin::Repository(_)) {
            notes.push(format!(
                "{} is listed as version {} and contains version {}",
                fetched.url, chosen.version, fetched.found
            ));
        }
        let unpacked = self.request.directory.join("charts").join(&chosen.name);
        if unpacked.is_dir() {
            notes.push(format!(
                "charts/{} is a directory beside {}: Helm loads both; delete one of them",
                chosen.name, fetched.file_name
            ));
        }
        Ok(())
    }

    fn state(&self, fetched: Option<&Fetched>) -> SavedState {
        let Some(fetched) = fetched else {
            return SavedState::Unpacked;
        };
        let path = self.request.directory.join("charts").join(&fetched.file_name);
        match read_file(&path, Named::ByInput, FILE_BYTES) {
            Ok(there) if *there == *fetched.archive => SavedState::Unchanged,
            _ => SavedState::Written,
        }
    }

    /// The lock and the digests, where they change.
    fn files(&mut self, chosen: &[Chosen], saved: &[Saved], options: &ResolveOptions<'_>) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let lock_name = self.request.lock_name();
        let is_update = self.way == Way::Update;
        if is_update && self.request.list.is_present {
            let locked = locked_list(&self.request.list, chosen);
            let digest = lock_digest(&self.request.list, &locked);
            // Helm leaves a lock with the same digest alone, and with it the time in it.
            if self.request.lock.as_ref().is_none_or(|lock| lock.digest != digest) {
                files.push((lock_name.to_owned(), lock_text(&digest, options.now_nanos, &locked)));
            }
        }
        let before = self.digests.take();
        if !is_update && !options.record_digests {
            return files;
        }
        let mut digests = match &before {
            Some(before) if !is_update => before.clone(),
            _ => DigestFile::default(),
        };
        for (chosen, saved) in chosen.iter().zip(saved) {
            if let (Origin::Repository(repository), Some(fetched)) = (&chosen.origin, &saved.fetched) {
                digests.insert(&chosen.name, &chosen.version, repository, &fetched.digest);
            }
        }
        let is_needed = before.is_some() || !digests.is_empty();
        if is_needed && before.as_ref() != Some(&digests) {
            files.push((format!("{lock_name}{DIGEST_FILE_ENDING}"), digests.text()));
        }
        files
    }
}

/// The digests beside the lock of a chart.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn read_digests(request: &ChartRequest) -> Result<Option<DigestFile>, DependencyError> {
    let name = format!("{}{DIGEST_FILE_ENDING}", request.lock_name());
    let path = request.directory.join(&name);
    match read_file(&path, Named::ByInput, SETTINGS_BYTES) {
        Ok(text) => DigestFile::parse(&String::from_utf8_lossy(&text))
            .map(Some)
            .map_err(|line| DependencyError::DigestFile { file: name, line }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DependencyError::File { path, source }),
    }
}

/// Compares an archive with the digest that is listed for its version.
///
/// # Errors
/// When it has another one.
pub fn check_digest(
    request: &ChartRequest,
    digests: &DigestFile,
    chosen: &Chosen,
    fetched: &Fetched,
) -> Result<(), DependencyError> {
    let Origin::Repository(repository) = &chosen.origin else {
        return Ok(());
    };
    match digests.get(&chosen.name, &chosen.version, repository) {
        Some(listed) if listed != fetched.digest => Err(DependencyError::Digest {
            name: chosen.name.clone(),
            version: chosen.version.clone(),
            url: fetched.url.clone(),
            file: format!("{}{DIGEST_FILE_ENDING}", request.lock_name()),
            listed: format!("sha256:{listed}"),
            found: format!("sha256:{}", fetched.digest),
        }),
        _ => Ok(()),
    }
}

/// Archives of one name with different contents.
fn same_names(saved: &[Saved]) -> Vec<DependencyError> {
    let mut seen: HashMap<&str, &Fetched> = HashMap::new();
    let mut errors = Vec::new();
    for fetched in saved.iter().filter_map(|saved| saved.fetched.as_ref()) {
        let earlier = *seen.entry(&fetched.file_name).or_insert(fetched);
        if earlier.digest != fetched.digest {
            errors.push(DependencyError::SameName {
                file_name: fetched.file_name.clone(),
                first: earlier.url.clone(),
                second: fetched.url.clone(),
            });
        }
    }
    errors
}

/// The entries of `charts/` that are not directories, by name, with their paths. None where it does not exist.
///
/// # Errors
/// When it cannot be read.
pub fn files_in(charts: &Path) -> Result<Vec<(String, PathBuf)>, DependencyError> {
    if !charts.exists() {
        return Ok(Vec::new());
    }
    let limits = WalkLimits {
        depth: 1,
        entries: crate::text::limits::CHART_FILES,
        links: Links::Followed,
    };
    let mut files = Vec::new();
    walk(charts, limits, &mut |entry| match entry {
        Ok(entry) => {
            if !entry.file_type.is_dir() {
                files.push((entry.name, entry.path));
            }
            Ok(Visit::PassOver)
        }
        // A link that leads nowhere is not an archive.
        Err(WalkError::Link { .. } | WalkError::Loop(_)) => Ok(Visit::PassOver),
        Err(WalkError::Read { path, source }) => Err(DependencyError::File { path, source }),
        Err(error) => Err(DependencyError::File {
            path: charts.to_owned(),
            source: io::Error::other(error.to_string()),
        }),
    })?;
    Ok(files)
}
