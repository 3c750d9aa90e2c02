//! One chart on its way from what it declares to what is written: what is in `charts/` already, the versions, and the lock and the
//! digests that come of them.

use std::collections::HashMap;
use std::path::Path;

use crate::text::limits::FILE_BYTES;
use crate::text::sha256::sha256_hex;
use crate::text::source::{Named, read_file};

use super::charts_directory::{files_in, is_loaded};
use super::chosen::{Chosen, Lists, Origin, Way, choose_all, locked_list, needed_list};
use super::declared::{ChartRequest, Declared};
use super::digest_file::{DIGEST_FILE_ENDING, DigestFile};
use super::error::DependencyError;
use super::fetch::Fetched;
use super::lock_digest::lock_digest;
use super::lock_text::lock_text;
use super::prepared::{PreparedChart, ResolveOptions, Saved, SavedState};
use super::recorded::{check_digest, is_recorded, read_digests};

/// Archives by what was asked for. Each error is reported once, for the first chart that needs the archive.
pub type Archives = HashMap<Chosen, Result<Option<Fetched>, Option<DependencyError>>>;

/// A chart whose dependencies are being resolved.
pub struct Resolving {
    request: ChartRequest,
    way: Way,
    digests: Option<DigestFile>,
    /// What the lock names and `charts/` has, by the listed digest: nothing has to be fetched for it.
    present: HashMap<Chosen, Fetched>,
}

impl Resolving {
    /// Reads a chart and its lock, which must be of what it declares if the versions come from it.
    pub fn read(directory: &Path, options: &ResolveOptions<'_>) -> Result<Self, DependencyError> {
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

    /// What `charts/` has already.
    pub const fn present(&self) -> &HashMap<Chosen, Fetched> {
        &self.present
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
            let digest = sha256_hex(&archive);
            if let Some(chosen) = listed.get(digest.as_str()).filter(|_| is_loaded(&file_name)) {
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

    /// The repositories and charts whose versions are needed.
    pub fn needed_lists(&self) -> impl Iterator<Item = (String, String)> {
        let entries = self.request.entries(self.way).iter();
        entries
            .filter(|entry| self.known(entry).is_none())
            .filter_map(|entry| needed_list(entry, self.way))
    }

    /// The versions of the dependencies, in their order.
    pub fn choose(&self, options: &ResolveOptions<'_>, lists: &Lists) -> Result<Vec<Chosen>, Vec<DependencyError>> {
        choose_all(&self.request, self.way, options.links, lists, &|entry| {
            self.known(entry)
        })
    }

    /// Compares the archives with what is recorded, and says what is to be written.
    pub fn finish(
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
                    if let Some(error) = error.take() {
                        error.join(&mut errors);
                    }
                    continue;
                }
                (None, None) => None,
            };
            if let Some(fetched) = &fetched
                && let Err(error) = self.compare(one, fetched, &mut notes)
            {
                errors.push(error);
                continue;
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
            if self.way == Way::Build && !is_recorded(digests, chosen) {
                notes.push(format!(
                    "{} {} is not in {}{DIGEST_FILE_ENDING}, so its content was not compared; --record-digests adds it",
                    chosen.name,
                    chosen.version,
                    self.request.lock_name()
                ));
            }
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
