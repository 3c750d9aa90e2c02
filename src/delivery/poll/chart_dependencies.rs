//! Versions of the charts that a chart depends on, as Chart.yaml has them, and as its lock does where Chart.yaml has a range.
//!
//! In: a file, and the metadata beside it. Out: each dependency of a repository, with the version that it moves to. The lock's digest is not
//! looked at here: a plan lets it follow.

use std::collections::BTreeMap;
use std::path::Path;

use super::find_updates::{PolledFile, PolledImage, REQUESTS, Status, Wanted, refusable, stays};
use super::tag_source::TagSource;
use crate::artifact::dependency::{CHART_METADATA, is_exact, is_lock_in_sync};
use crate::delivery::bump::ReadFile;
use crate::delivery::image::ImageReference;
use crate::delivery::track::{Choice, Choosing, Tag, step};
use crate::engine::chart::ChartFile;
use crate::text::compact_sort::sort;
use crate::text::edit::{Change, NewValue, Step, YamlPath};
use crate::text::ordered::CollectOrdered as _;
use crate::text::redact::redact_url;
use crate::text::semver::{Constraint, Version};
use crate::text::threads::map_with_state;
use crate::text::yaml::{self, NodeKind};

/// A dependency of a chart repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependencyPlace {
    /// The address of the repository.
    pub repository: String,
    /// The name of the chart.
    pub name: String,
    /// Its version in the file.
    pub version: String,
    /// The versions that are declared, where the file is a lock.
    pub range: Option<String>,
    /// The line of the version, from 1.
    pub line: u32,
    /// The version's place.
    pub path: YamlPath,
}

impl DependencyPlace {
    fn at(&self, version: &str) -> ImageReference {
        ImageReference {
            // It is shown: without a user, a password and a query.
            repository: format!("{}/{}", redact_url(&self.repository).trim_end_matches('/'), self.name),
            tag: Some(version.to_owned()),
            digest: None,
        }
    }
}

/// The dependencies whose versions stand in the file at `location`: exact ones in Chart.yaml; in its lock, if that is in sync, those for
/// which Chart.yaml has a range.
pub(super) fn dependency_places(location: &Path, text: &[u8], read: ReadFile<'_>) -> Vec<DependencyPlace> {
    let name = location.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let places = || places(text).unwrap_or_default();
    if CHART_METADATA.iter().any(|(chart, _)| name == *chart) {
        let mut exact = places();
        exact.retain(|place| is_exact(&place.version));
        return exact;
    }
    let Some((chart, _)) = CHART_METADATA.iter().find(|(_, lock)| name == *lock) else {
        return Vec::new();
    };
    let names = CHART_METADATA.iter().flat_map(|(chart, lock)| [chart, lock]);
    let beside = names.filter_map(|name| {
        Some(ChartFile::new(
            (*name).to_owned(),
            read(&location.with_file_name(name)).ok()?,
        ))
    });
    let files: Vec<ChartFile> = beside.collect();
    let declared = files.iter().find(|file| file.name == *chart);
    let Some(declared) = declared.filter(|_| is_lock_in_sync(&files)) else {
        return Vec::new();
    };
    let declared = self::places(&declared.data).unwrap_or_default();
    let mut locked = places();
    locked.retain_mut(|place| {
        let range = declared
            .iter()
            .find(|other| other.path == place.path && other.name == place.name);
        place.range = range
            .map(|range| range.version.clone())
            .filter(|range| !is_exact(range));
        place.range.is_some()
    });
    locked
}

/// Why dependencies that the metadata of charts declare are not looked at, each a sentence: ranges whose lock is not one of the files or
/// cannot be edited, and names of repositories.
pub(super) fn left_dependencies(
    files: &[PolledFile],
    working_directory: &Path,
    read: ReadFile<'_>,
    source: &dyn TagSource,
) -> Vec<String> {
    let location = |file: &PolledFile| working_directory.join(&file.path);
    let polled: Vec<_> = files.iter().map(location).collect();
    let mut sentences = Vec::new();
    for (file, location) in files.iter().zip(&polled) {
        let name = location.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some((_, lock)) = CHART_METADATA.iter().find(|(chart, _)| name == *chart) else {
            continue;
        };
        let beside = location.with_file_name(lock);
        let locked = read(&beside).ok();
        let places = all_places(&file.text).unwrap_or_default();
        for place in places
            .iter()
            .filter(|place| source.has_chart(&place.repository, &place.name))
        {
            let at = format!("{} in {}:{}", place.name, file.path, place.line);
            if is_alias(&place.repository) {
                sentences.push(format!(
                    "{at} is not looked up: `{}` is a name of a repository",
                    place.repository
                ));
            }
            if !is_remote(&place.repository) || is_exact(&place.version) {
                continue;
            }
            let range = &place.version;
            let reason = match &locked {
                None => format!("there is no {lock}: run `chartwright dependency update`"),
                Some(text) if dependency_places(&beside, text, read).is_empty() => {
                    format!("{lock} is not in sync with it: run `chartwright dependency update`")
                }
                Some(_) if !polled.contains(&beside) => {
                    format!("the version is in {lock}, which is not one of the files")
                }
                Some(_) => continue,
            };
            sentences.push(format!("{at} stays: it is a range, `{range}`, and {reason}"));
        }
    }
    sentences
}

fn is_alias(repository: &str) -> bool {
    repository.starts_with('@') || repository.starts_with("alias:")
}

fn is_remote(repository: &str) -> bool {
    repository.contains("://") && !repository.starts_with("file://")
}

/// The dependencies of a file that are charts of a repository with an address.
fn places(text: &[u8]) -> Option<Vec<DependencyPlace>> {
    let mut places = all_places(text)?;
    places.retain(|place| is_remote(&place.repository));
    Some(places)
}

/// The dependencies of a file.
fn all_places(text: &[u8]) -> Option<Vec<DependencyPlace>> {
    let tree = yaml::parse_all(text).ok()?;
    let [document] = tree.documents() else { return None };
    let list = tree.target(tree.get(document.root, "dependencies")?);
    if tree.kind(list) != NodeKind::Sequence {
        return None;
    }
    let path = YamlPath::default().key("dependencies");
    let found = tree.children(list).enumerate().filter_map(|(index, entry)| {
        let entry = tree.target(entry);
        let field = |key: &str| Some(tree.target(tree.get(entry, key)?));
        let text = |key: &str| Some(tree.text(field(key)?).to_owned());
        Some(DependencyPlace {
            repository: text("repository")?,
            name: text("name")?,
            version: text("version")?,
            range: None,
            line: tree.line(field("version")?),
            path: path.child(Step::Index(index)).key("version"),
        })
    });
    Some(found.collect())
}

/// What is newer than the dependencies of files. The tracks are those of images; among charts, the highest version is the newest.
pub(super) fn newer_dependencies(files: &[PolledFile], wanted: Wanted<'_>, source: &dyn TagSource) -> Vec<PolledImage> {
    let places = files.iter().enumerate();
    let places = places.flat_map(|(number, file)| file.dependencies.iter().map(move |place| (number, file, place)));
    let places: Vec<_> = places
        .filter(|(_, _, place)| wanted.repositories.is_empty() && source.has_chart(&place.repository, &place.name))
        .collect();
    let mut charts: Vec<(&str, &str)> = places
        .iter()
        .map(|(_, _, place)| (place.repository.as_str(), place.name.as_str()))
        .collect();
    sort(&mut charts);
    charts.dedup();
    let listed = map_with_state(
        &charts,
        Some(REQUESTS),
        || (),
        |(), (repository, name)| source.chart_versions(repository, name),
    );
    let versions: BTreeMap<(&str, &str), Result<Vec<String>, String>> =
        charts.iter().copied().zip(listed).collect_map();
    let polled = places.iter().filter_map(|(number, file, place)| {
        let status = match versions.get(&(place.repository.as_str(), place.name.as_str()))? {
            Ok(versions) => refusable(
                newer(place, versions, wanted.choosing, source),
                file,
                wanted.through_anchors,
            ),
            Err(reason) => Status::Failed(reason.clone()),
        };
        Some(PolledImage {
            file: *number,
            line: place.line,
            image: place.at(&place.version),
            is_chart: true,
            status,
        })
    });
    polled.collect()
}

fn newer(place: &DependencyPlace, versions: &[String], choosing: &Choosing, source: &dyn TagSource) -> Status {
    let choosing = choosing.among_charts();
    let range = place.range.as_deref().map(Constraint::parse);
    let is_in_range = |version: &&String| match &range {
        None => true,
        Some(Ok(range)) => Version::parse(version).is_ok_and(|version| range.check(&version)),
        Some(Err(_)) => false,
    };
    let tags = versions.iter().filter(is_in_range);
    let tags: Vec<Tag> = tags
        .map(|name| Tag {
            name: name.clone(),
            created: None,
        })
        .collect();
    match choosing.choose(&place.version, &tags) {
        Choice::Move(version) => Status::Newer {
            image: place.at(version),
            step: step(&place.version, version),
            changes: vec![Change {
                document: None,
                path: place.path.clone(),
                value: NewValue::Text(version.to_owned()),
            }],
            refusal: None,
        },
        Choice::Stay => stays(&place.version, &tags, &choosing, source),
        Choice::NotAVersion => Status::Skipped(format!("`{}` is not a version", place.version)),
    }
}
