//! Files to the images that they name, each with what is newer: one list of tags for each repository, asked for side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::chart_dependencies::{DependencyPlace, newer_dependencies};
use super::tag_source::{TagSource, why_stays};
use crate::delivery::bump::{BumpError, MovedImage, TargetError, place_changes};
use crate::delivery::image::{ImagePlace, ImageReference, Spelling, image_places, same_repository, with_traced};
use crate::delivery::track::{Choice, Choosing, Step, Tag, Track, step};
use crate::text::compact_sort::sort_by_key;
use crate::text::edit::{Change, Edit, EditError, YamlPath, apply_edits};
use crate::text::ordered::CollectOrdered as _;
use crate::text::threads::map_with_state;
use crate::text::yaml;

/// Repositories, and tags of one, that are asked for at once.
pub(super) const REQUESTS: usize = 8;
/// Most tags of a repository whose times are asked for: each takes two or three requests.
const TIMES: usize = 2_000;

/// A file that names images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolledFile {
    /// Its path as the user knows it.
    pub path: String,
    /// Its content.
    pub text: Vec<u8>,
    /// The places of images that the templates of its chart lead to.
    pub traced: Vec<ImagePlace>,
    /// Tags that a digest in another file wins over, so that they stay.
    pub pinned: Vec<YamlPath>,
    /// Digests that win over the tag in another file that is looked at, with the place of that.
    pub pinning: Vec<(YamlPath, String)>,
    /// The charts that it depends on, where it is the metadata of one.
    pub dependencies: Vec<DependencyPlace>,
}

impl PolledFile {
    /// The place of a tag in another file that is pinned by the digest of an image of this one.
    fn pinned_elsewhere(&self, place: &ImagePlace) -> Option<&str> {
        let Spelling::Apart {
            digest: Some(digest), ..
        } = &place.spelling
        else {
            return None;
        };
        let found = self.pinning.iter().find(|(path, _)| *path == digest.path);
        found.map(|(_, tag)| tag.as_str())
    }
}

/// What is known of an image that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Nothing is newer under the track.
    Current,
    /// This is newer.
    Newer {
        /// The tag, with a digest where the file has one.
        image: ImageReference,
        /// How large the step is, between versions.
        step: Option<Step>,
        /// The edits of the file; none where they are refused.
        changes: Vec<Change>,
        /// Why the file cannot be edited.
        refusal: Option<EditError>,
    },
    /// Nothing is compared, for this reason: the file names no tag, or one that is not a version.
    Skipped(String),
    /// It cannot be found out, for this reason.
    Failed(String),
}

/// An image that a file names, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolledImage {
    /// The file's number.
    pub file: usize,
    /// The line, from 1.
    pub line: u32,
    /// What the file names.
    pub image: ImageReference,
    /// Whether it is a chart: its repository, with its name behind a slash, and its version.
    pub is_chart: bool,
    /// What is known of it.
    pub status: Status,
}

/// The images of all files, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Polled {
    /// The images.
    pub images: Vec<PolledImage>,
    /// Images that charts have and that stay, each a sentence with the reason.
    pub left: Vec<String>,
}

impl Polled {
    /// The edits of one file.
    pub fn changes_of(&self, file: usize) -> Vec<Change> {
        let images = self.images.iter().filter(|image| image.file == file);
        let changes = images.flat_map(|image| match &image.status {
            Status::Newer { changes, .. } => changes.as_slice(),
            _ => &[],
        });
        changes.cloned().collect()
    }

    /// The images that the edits move; `files` are the names of the files.
    pub fn moved(&self, files: &[String]) -> Vec<MovedImage> {
        let moved = self.images.iter().filter_map(|image| match &image.status {
            Status::Newer {
                image: new, changes, ..
            } if !changes.is_empty() => Some(MovedImage {
                file: files.get(image.file)?.clone(),
                old: image.image.clone(),
                new: new.clone(),
            }),
            _ => None,
        });
        moved.collect()
    }

    /// How many images have something newer.
    pub fn updates(&self) -> usize {
        self.count(|status| matches!(status, Status::Newer { .. }))
    }

    /// Those that something newer exists for, and that cannot be edited for a reason.
    pub fn refusals(&self) -> impl Iterator<Item = (&PolledImage, &EditError)> {
        self.images.iter().filter_map(|image| match &image.status {
            Status::Newer { refusal, .. } => refusal.as_ref().map(|refusal| (image, refusal)),
            _ => None,
        })
    }

    /// How many could not be looked up.
    pub fn failures(&self) -> usize {
        self.count(|status| matches!(status, Status::Failed(_)))
    }

    fn count(&self, is_counted: impl Fn(&Status) -> bool) -> usize {
        self.images.iter().filter(|image| is_counted(&image.status)).count()
    }
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// The repositories that are looked at; all if there are none.
    pub repositories: &'w [String],
    /// What may be chosen.
    pub choosing: &'w Choosing,
    /// Whether values may change that aliases of their file refer to.
    pub through_anchors: bool,
}

/// Looks for newer tags of the images that files name, or of those whose repository is wanted if there are some.
///
/// # Errors
/// When a file is not YAML, or none names an image that is wanted. That a registry does not answer is the status of its images.
pub fn find_updates(files: &[PolledFile], wanted: Wanted<'_>, source: &dyn TagSource) -> Result<Polled, BumpError> {
    let Wanted {
        repositories, choosing, ..
    } = wanted;
    let mut named: Vec<(usize, ImagePlace)> = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let tree = yaml::parse_all(&file.text).map_err(|source| BumpError::Yaml {
            path: file.path.clone(),
            source,
        })?;
        let places = with_traced(&image_places(&tree), &file.traced, &file.pinned);
        named.extend(places.into_iter().map(|place| (number, place)));
    }
    let is_wanted =
        |repository: &str| repositories.is_empty() || repositories.iter().any(|one| same_repository(one, repository));
    named.retain(|(_, place)| is_wanted(&place.repository) && source.has(&place.repository));
    let is_named = |repository: &str| {
        named
            .iter()
            .any(|(_, place)| same_repository(repository, &place.repository))
    };
    if let Some(missing) = repositories.iter().find(|one| !is_named(one)) {
        let files: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        return Err(BumpError::ImageNotFound {
            repository: missing.clone(),
            files: files.join(", "),
            left: Vec::new(),
        });
    }
    let tags = tags_of(&named, choosing, source);
    let images = named.iter().map(|(file, place)| PolledImage {
        file: *file,
        line: place.line,
        image: place.reference(),
        is_chart: false,
        status: files.get(*file).map_or_else(
            || Status::Skipped("no file".to_owned()),
            |file| status(file, place, &tags, wanted, source),
        ),
    });
    let mut images: Vec<PolledImage> = images.collect();
    images.extend(newer_dependencies(files, wanted, source));
    sort_by_key(&mut images, |image| image.file);
    Ok(Polled {
        images,
        left: Vec::new(),
    })
}

/// The tags of each repository, or why they are not known.
type Tags = BTreeMap<(String, String), Result<Vec<Tag>, String>>;

fn tags_of(named: &[(usize, ImagePlace)], choosing: &Choosing, source: &dyn TagSource) -> Tags {
    // Each repository as a file names it, with the tags that files have of it.
    let mut repositories: BTreeMap<(String, String), (&str, BTreeSet<String>)> = BTreeMap::new();
    for (_, place) in named {
        if let Some(tag) = place.reference().tag {
            let key = ImageReference::location(&place.repository);
            let (_, current) = repositories
                .entry(key)
                .or_insert_with(|| (&place.repository, BTreeSet::new()));
            current.insert(tag);
        }
    }
    let repositories: Vec<_> = repositories.into_iter().collect();
    let found = map_with_state(
        &repositories,
        Some(REQUESTS),
        || (),
        |(), (_, (repository, current))| listed_tags(repository, current, choosing, source),
    );
    let keys = repositories.into_iter().map(|(key, _)| key);
    keys.zip(found).collect_map()
}

/// The tags of a repository among which one is chosen; `current` are those that files have.
///
/// # Errors
/// Why they cannot be listed.
pub fn listed_tags(
    repository: &str,
    current: &BTreeSet<String>,
    choosing: &Choosing,
    source: &dyn TagSource,
) -> Result<Vec<Tag>, String> {
    let names = source.tags(repository)?;
    if !matches!(choosing.track, Track::Newest) {
        let tags = names.into_iter().map(|name| Tag { name, created: None });
        return Ok(tags.collect());
    }
    let names: Vec<String> = names.into_iter().filter(|name| choosing.looks_at(name)).collect();
    if names.len() > TIMES {
        let count = names.len();
        return Err(format!(
            "{count} tags, which are more than {TIMES}: choose some of them with --filter to ask when they were made"
        ));
    }
    let created = map_with_state(
        &names,
        Some(REQUESTS),
        || (),
        |(), name| source.image(repository, name).map(|image| image.created),
    );
    let tags = names.into_iter().zip(created);
    let tags = tags.map(|(name, created)| {
        let created = created?;
        Ok(Tag { name, created })
    });
    let mut tags: Vec<Tag> = tags.collect::<Result<_, String>>()?;
    // Where only new tags are listed, the age of the one that is there counts all the same.
    for name in current {
        if tags.iter().all(|tag| tag.name != *name)
            && choosing.looks_at(name)
            && let Ok(image) = source.image(repository, name)
        {
            tags.push(Tag {
                name: name.clone(),
                created: image.created,
            });
        }
    }
    Ok(tags)
}

fn status(file: &PolledFile, place: &ImagePlace, tags: &Tags, wanted: Wanted<'_>, source: &dyn TagSource) -> Status {
    let image = place.reference();
    let Some(current) = &image.tag else {
        return Status::Skipped("no tag".to_owned());
    };
    let tags = match tags.get(&ImageReference::location(&place.repository)) {
        Some(Ok(tags)) => tags,
        Some(Err(reason)) => return Status::Failed(reason.clone()),
        None => return Status::Skipped("no tag".to_owned()),
    };
    let tag = match wanted.choosing.choose(current, tags) {
        Choice::Move(tag) => tag,
        Choice::Stay => return stays(current, tags, wanted.choosing, source),
        Choice::NotAVersion => return Status::Skipped(format!("`{current}` is not a version")),
    };
    if let Some(tag) = file.pinned_elsewhere(place) {
        let reason = format!("its digest also pins the tag in {tag}, which would stay: set the digest there too");
        return Status::Skipped(reason);
    }
    let newer = newer(place, &image, tag, source);
    newer.map_or_else(Status::Failed, |newer| refusable(newer, file, wanted.through_anchors))
}

/// What is known of an image that nothing is chosen for.
pub(super) fn stays(current: &str, tags: &[Tag], choosing: &Choosing, source: &dyn TagSource) -> Status {
    why_stays(current, tags, choosing, source).map_or(Status::Current, Status::Skipped)
}

/// What is newer without its edits, and why they are refused, if they are: one image must not keep the others where they are.
pub(super) fn refusable(newer: Status, file: &PolledFile, through_anchors: bool) -> Status {
    let Status::Newer {
        image, step, changes, ..
    } = newer
    else {
        return newer;
    };
    let edits = changes.iter().cloned().map(|change| Edit {
        through_anchors,
        ..Edit::from(change)
    });
    let refusal = apply_edits(&file.text, &edits.collect::<Vec<_>>()).err();
    Status::Newer {
        image,
        step,
        changes: if refusal.is_none() { changes } else { Vec::new() },
        refusal,
    }
}

fn newer(place: &ImagePlace, image: &ImageReference, tag: &str, source: &dyn TagSource) -> Result<Status, String> {
    // A digest wins over the tag, so it moves with it.
    let is_pinned = image.digest.is_some();
    let digest = is_pinned.then(|| {
        let image = source.image(&place.repository, tag)?;
        image.digest.ok_or_else(|| format!("the digest of {tag} is not known"))
    });
    let next = ImageReference {
        repository: image.repository.clone(),
        tag: Some(tag.to_owned()),
        digest: digest.transpose()?,
    };
    let changes = place_changes(place, &next).map_err(|error: TargetError| error.to_string())?;
    let step = image.tag.as_deref().and_then(|current| step(current, tag));
    Ok(Status::Newer {
        image: next,
        step,
        changes,
        refusal: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::poll::{ImageOrigin, SourceImage};
    use crate::text::edit::apply_changes;

    /// A registry with tags; one that is named `down` does not answer.
    struct Registry(&'static [(&'static str, &'static [&'static str])]);

    impl TagSource for Registry {
        fn chart_versions(&self, _: &str, _: &str) -> Result<Vec<String>, String> {
            Ok(Vec::new())
        }

        fn tags(&self, repository: &str) -> Result<Vec<String>, String> {
            let found = self.0.iter().find(|(name, _)| same_repository(name, repository));
            let (_, tags) = found.ok_or("404 Not Found")?;
            Ok(tags.iter().map(|tag| (*tag).to_owned()).collect())
        }

        fn image(&self, repository: &str, tag: &str) -> Result<SourceImage, String> {
            let tags = self.tags(repository)?;
            let at = tags.iter().position(|known| known == tag).ok_or("no such tag")?;
            Ok(SourceImage {
                digest: Some(format!("sha256:{at:064}")),
                created: i128::try_from(at).ok(),
                origin: ImageOrigin::default(),
            })
        }
    }

    const REGISTRY: Registry = Registry(&[
        ("acme/app", &["1.0.0", "1.0.1", "1.2.0", "2.0.0", "latest"]),
        ("ghcr.io/acme/side", &["main-3842bd0", "main-9842bd1"]),
    ]);

    fn polled(text: &str, track: &str) -> (Vec<String>, String) {
        let files = [PolledFile {
            path: "values.yaml".to_owned(),
            text: text.as_bytes().to_vec(),
            traced: Vec::new(),
            pinned: Vec::new(),
            pinning: Vec::new(),
            dependencies: Vec::new(),
        }];
        let choosing = Choosing::of(Track::parse(track).expect(track));
        let wanted = Wanted {
            repositories: &[],
            choosing: &choosing,
            through_anchors: false,
        };
        let polled = find_updates(&files, wanted, &REGISTRY).expect(text);
        let said = polled.images.iter().map(|image| {
            let status = match &image.status {
                Status::Current => "current".to_owned(),
                Status::Newer { image, .. } => image.to_string(),
                Status::Skipped(reason) | Status::Failed(reason) => reason.clone(),
            };
            format!("{}: {status}", image.line)
        });
        let (edited, _) = apply_changes(text.as_bytes(), &polled.changes_of(0)).expect("can be edited");
        (said.collect(), String::from_utf8(edited).expect("is text"))
    }

    #[test]
    fn each_image_moves_from_where_it_is() {
        let values = "web:\n  image: {repository: acme/app, tag: 1.0.0}\nold:\n  image: acme/app:2.0.0\nother:\n  image: docker.io/acme/app:1.0.1 # pinned\n";
        let (said, edited) = polled(values, "MinorVersion");
        assert_eq!(said, ["2: acme/app:1.2.0", "4: current", "6: docker.io/acme/app:1.2.0"]);
        let expected = values.replace("tag: 1.0.0", "tag: 1.2.0").replace("1.0.1", "1.2.0");
        assert_eq!(edited, expected);
    }

    #[test]
    fn digests_move_with_tags() {
        let old = format!("sha256:{}", "a".repeat(64));
        let (said, edited) = polled(
            &format!("image: {{repository: acme/app, tag: 1.0.0, digest: '{old}'}}\n"),
            "PatchLevel",
        );
        assert_eq!(said, [format!("1: acme/app:1.0.1@sha256:{:064}", 1)]);
        assert_eq!(
            edited,
            format!(
                "image: {{repository: acme/app, tag: 1.0.1, digest: 'sha256:{:064}'}}\n",
                1
            )
        );
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        for (values, track, said) in [
            (
                "image: ghcr.io/acme/side:main-3842bd0",
                "Newest",
                "1: ghcr.io/acme/side:main-9842bd1",
            ),
            (
                "image: ghcr.io/acme/side:main-3842bd0",
                "PatchLevel",
                "1: `main-3842bd0` is not a version",
            ),
            ("image: {repository: acme/app, tag: ''}", "PatchLevel", "1: no tag"),
            ("image: acme/gone:1.0.0", "PatchLevel", "1: 404 Not Found"),
        ] {
            assert_eq!(polled(values, track).0, [said], "{values} {track}");
        }
    }
}
