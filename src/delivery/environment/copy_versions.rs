//! The versions that one environment runs, copied into the files of another: exactly the tags and digests of images and the versions of
//! charts, and nothing else. The same for an environment of an earlier commit, which is a rollback.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::declared_place::{own_file, path_of_environment, path_of_release};
use super::model::{Deploys, Environment, Release, SetValue};
use super::running::{ImageKey, Running, RunningImage};
use crate::delivery::bump::{BumpError, BumpRequest, MovedImage, Raise, ReadFile, SourceFile};
use crate::delivery::image::{ImageReference, last_name};
use crate::delivery::track::compare;
use crate::text::compact_sort::sort;
use crate::text::edit::{Edit, NewNode, NewValue, Operation, Step, YamlPath};
use crate::text::ordered::CollectOrdered as _;

/// How versions are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct Copying {
    /// Whether a file may be edited that both environments use.
    pub may_be_shared: bool,
    /// Whether a version may go down.
    pub allows_downgrade: bool,
    /// Whether both are the same environment, at different times.
    pub is_same_environment: bool,
    /// Whether values may change that aliases of their file refer to.
    pub through_anchors: bool,
}

/// A version that is not copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// It is older than the version that it would replace.
    #[error("{what}: {new} is older than {old}, which {environment} runs")]
    Downgrade {
        /// The image or chart.
        what: String,
        /// What would be written.
        new: String,
        /// The version that it would replace.
        old: String,
        /// The environment.
        environment: String,
    },
    /// The file that would be edited belongs to both environments.
    #[error("{}: it is a file of {from} too, so `{key}` would change there as well", file.display())]
    SharedFile {
        /// The file.
        file: PathBuf,
        /// The other environment.
        from: String,
        /// The value.
        key: String,
    },
    /// The environment has no file of its own.
    #[error("{environment} has no values file of its own for `{key}`")]
    NoFile {
        /// The environment.
        environment: String,
        /// The value.
        key: String,
    },
    /// The value is a list or a mapping.
    #[error("`{0}` is not a single value")]
    NotScalar(String),
    /// Only one of the two pins the image.
    #[error("{image}: {environment} pins it by a digest in `{key}`, and {from} does not")]
    Pinned {
        /// The image.
        image: String,
        /// The environment that pins it.
        environment: String,
        /// The value.
        key: String,
        /// The other environment.
        from: String,
    },
}

impl CopyError {
    /// What to do about it; empty where the error says it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Downgrade { .. } => "give --allow-downgrade to do it",
            Self::SharedFile { .. } => "give --shared to change both environments",
            Self::NoFile { .. } | Self::NotScalar(_) | Self::Pinned { .. } => "",
        }
    }
}

/// What changes in a Chart.yaml when a file of its chart does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CopiedChartUpdate {
    /// How the version is raised.
    pub version: Option<Raise>,
    /// The repository of the image whose tag is the appVersion.
    pub app_version_from: Option<String>,
}

/// What is copied: edits by file, and what they move.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CopiedVersions {
    /// The edits of each file.
    pub edits: BTreeMap<PathBuf, Vec<Edit>>,
    /// The images that move.
    pub moved: Vec<MovedImage>,
    /// Images and charts that stay, each a sentence with the reason.
    pub left: Vec<String>,
    /// The values that the other environment must have afterwards.
    pub wanted: Vec<WantedValue>,
}

/// A value that an environment must have after the edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedValue {
    /// The environment.
    pub environment: String,
    /// The release.
    pub release: String,
    /// The path of the value.
    pub path: Vec<String>,
    /// Its text.
    pub text: String,
}

impl CopiedVersions {
    /// Adds others.
    pub fn extend(&mut self, mut other: Self) {
        for (file, edits) in other.edits {
            let known = self.edits.entry(file).or_default();
            for edit in edits {
                if !known.contains(&edit) {
                    known.push(edit);
                }
            }
        }
        self.moved.append(&mut other.moved);
        self.left.append(&mut other.left);
        self.wanted.append(&mut other.wanted);
    }

    /// Sets the version of a release's chart, in the file that declares the release.
    pub(super) fn set_chart_version(&mut self, environment: &Environment, release: &Release, version: &str) {
        let Some(file) = &release.file else { return };
        let path = path_of_release(environment, release).key("chart").key("version");
        let edit = Edit::new(path, Operation::Set(NewValue::Text(version.to_owned())));
        self.edits.entry(file.clone()).or_default().push(edit);
    }

    /// The environments and releases that get new values.
    pub(super) fn releases(&self) -> BTreeSet<(&str, &str)> {
        let wanted = self.wanted.iter();
        wanted
            .map(|value| (value.environment.as_str(), value.release.as_str()))
            .collect_set()
    }

    /// The values that a release gets.
    pub(super) fn wanted_of<'w>(
        &'w self,
        environment: &'w str,
        release: &'w str,
    ) -> impl Iterator<Item = &'w WantedValue> {
        let is_of = move |value: &&WantedValue| value.environment == environment && value.release == release;
        self.wanted.iter().filter(is_of)
    }
}

/// Copies the versions of a release into another environment.
///
/// # Errors
/// When one would go down, or would change the other environment as well.
pub fn copy_versions(
    from: &Running<'_>,
    to: &Running<'_>,
    copying: Copying,
    copied: &mut CopiedVersions,
) -> Result<(), CopyError> {
    let pair = Pair { from, to, copying };
    for image in &from.images {
        let found = to.images.iter().find(|other| is_same(image, other));
        match found {
            Some(target) => pair.copy_image(image, target, copied)?,
            None => copied.left.push(format!(
                "{} of {} is not in {}",
                image.image.repository, from.environment.name.text, to.environment.name.text
            )),
        }
    }
    pair.copy_chart(copied)
}

/// The request of the edits, with the files as they are.
///
/// # Errors
/// When a file cannot be read.
pub fn copy_request(
    (copied, copying): (&CopiedVersions, Copying),
    chart_update: &CopiedChartUpdate,
    working_directory: &Path,
    read: ReadFile<'_>,
) -> Result<BumpRequest, BumpError> {
    let files = copied.edits.iter().map(|(file, edits)| {
        let path = working_directory.join(file);
        let text = read(&path).map_err(|source| BumpError::Read { path, source })?;
        Ok(SourceFile {
            path: file.display().to_string(),
            text,
            edits: edits.clone(),
        })
    });
    Ok(BumpRequest {
        files: files.collect::<Result<_, BumpError>>()?,
        edits: Vec::new(),
        images: Vec::new(),
        through_anchors: copying.through_anchors,
        chart: None,
        moved: copied.moved.clone(),
        chart_version: chart_update.version,
        app_version_from: chart_update.app_version_from.clone(),
        working_directory: working_directory.to_owned(),
    })
}

/// The keys whose values differ between two environments besides the versions of images.
pub fn other_differences(from: &Running<'_>, to: &Running<'_>) -> Vec<String> {
    let is_version = |path: &Vec<String>| {
        let images = from.images.iter().chain(&to.images);
        images.flat_map(|image| &image.keys).any(|key| key.path == *path)
    };
    let text = |running: &Running<'_>, path: &Vec<String>| running.values.get(path).map(|leaf| leaf.text.clone());
    let mut paths: Vec<&Vec<String>> = from.values.keys().chain(to.values.keys()).collect();
    sort(&mut paths);
    paths.dedup();
    let differing = paths
        .into_iter()
        .filter(|path| !is_version(path) && text(from, path) != text(to, path));
    differing.map(|path| dotted(path)).collect()
}

/// Whether two images are the same one: the same values name them, or repositories with the same last part.
fn is_same(one: &RunningImage, other: &RunningImage) -> bool {
    if one.keys.is_empty() || other.keys.is_empty() {
        return last_name(&one.image.repository) == last_name(&other.image.repository);
    }
    one.keys.first().map(|key| &key.path) == other.keys.first().map(|key| &key.path)
}

/// A path of keys as `--set` has it.
pub fn dotted(path: &[String]) -> String {
    yaml_path(path).to_string()
}

fn yaml_path(path: &[String]) -> YamlPath {
    YamlPath(path.iter().map(|key| Step::Key(key.clone())).collect())
}

/// Where a value is written.
struct Target {
    file: PathBuf,
    edit: Edit,
}

struct Pair<'p, 'e> {
    from: &'p Running<'e>,
    to: &'p Running<'e>,
    copying: Copying,
}

impl Pair<'_, '_> {
    fn copy_image(
        &self,
        image: &RunningImage,
        target: &RunningImage,
        copied: &mut CopiedVersions,
    ) -> Result<(), CopyError> {
        let name = || image.image.repository.clone();
        let environment = || self.to.environment.name.text.clone();
        if image.image.tag == target.image.tag && image.image.digest == target.image.digest {
            return Ok(());
        }
        let (old, new) = (target.image.tag.as_deref(), image.image.tag.as_deref());
        self.check_order(&name(), old.unwrap_or_default(), new.unwrap_or_default())?;
        if let Some(pinned) = target.keys.iter().find(|key| self.pins(target, key))
            && image.image.digest.is_none()
        {
            return Err(CopyError::Pinned {
                image: name(),
                environment: environment(),
                key: dotted(&pinned.path),
                from: self.from.environment.name.text.clone(),
            });
        }
        let mut file = None;
        for key in &image.keys {
            if let Some(written) = self.copy_key(key, copied)? {
                file = Some(written);
            }
        }
        match file {
            Some(file) => copied.moved.push(MovedImage {
                file: file.display().to_string(),
                old: target.image.clone(),
                new: ImageReference {
                    repository: target.image.repository.clone(),
                    ..image.image.clone()
                },
            }),
            None => copied.left.push(format!(
                "{}: its version is not a value of {}, but in {}",
                name(),
                self.from.environment.name.text,
                image.place
            )),
        }
        Ok(())
    }

    /// Whether a value is the digest that the image has.
    fn pins(&self, image: &RunningImage, key: &ImageKey) -> bool {
        let text = self.to.values.get(&key.path).map(|leaf| leaf.text.as_str());
        !key.is_whole && image.image.digest.is_some() && text.is_some_and(|text| text.starts_with("sha256:"))
    }

    fn check_order(&self, what: &str, old: &str, new: &str) -> Result<(), CopyError> {
        let is_older = compare(new, old).is_some_and(std::cmp::Ordering::is_lt);
        if is_older && !self.copying.allows_downgrade {
            return Err(CopyError::Downgrade {
                what: what.to_owned(),
                new: new.to_owned(),
                old: old.to_owned(),
                environment: self.to.environment.name.text.clone(),
            });
        }
        Ok(())
    }

    /// Copies one value, if the other environment has another one. Gives the file that is edited.
    fn copy_key(&self, key: &ImageKey, copied: &mut CopiedVersions) -> Result<Option<PathBuf>, CopyError> {
        let shown = || dotted(&key.path);
        let Some(new) = self.from.values.get(&key.path) else {
            return Ok(None);
        };
        if !new.is_scalar {
            return Err(CopyError::NotScalar(shown()));
        }
        let old = self.to.values.get(&key.path);
        if old.is_some_and(|old| !old.is_scalar && !old.is_null) {
            return Err(CopyError::NotScalar(shown()));
        }
        let text = match old {
            Some(old) if key.is_whole => with_version_of(&old.text, &new.text),
            _ => new.text.clone(),
        };
        if old.is_some_and(|old| old.text == text) {
            return Ok(None);
        }
        copied.wanted.push(WantedValue {
            environment: self.to.environment.name.text.clone(),
            release: self.to.release.name.text.clone(),
            path: key.path.clone(),
            text: text.clone(),
        });
        let Target { file, edit } = self.target(&key.path, text)?;
        let edits = copied.edits.entry(file.clone()).or_default();
        if !edits.contains(&edit) {
            edits.push(edit);
        }
        Ok(Some(file))
    }

    /// Where the value that wins is written, or where one that wins can be added.
    fn target(&self, path: &[String], text: String) -> Result<Target, CopyError> {
        let key = path.join(".");
        let (environment, release) = (self.to.environment, self.to.release);
        let set = |file: PathBuf, path: YamlPath, creates: bool, text: String| Target {
            file,
            edit: Edit {
                creates,
                ..Edit::new(path, Operation::Set(NewValue::Text(text)))
            },
        };
        let entry = |list: YamlPath| {
            let item = Step::Item {
                key: "key".to_owned(),
                value: key.clone(),
            };
            list.child(item).key("value")
        };
        let has = |values: &[SetValue]| values.iter().any(|value| value.key == key);
        if has(&release.values)
            && let Some(file) = &release.file
        {
            self.check_shared(file, &key)?;
            let list = path_of_release(environment, release).key("values");
            return Ok(set(file.clone(), entry(list), false, text));
        }
        if has(&environment.default_values) && !release.skips_defaults {
            let list = path_of_environment(environment).key("defaultValues");
            return Ok(set(own_file(environment).to_owned(), entry(list), false, text));
        }
        let own = || release.values_files.iter().rev().filter(|file| !self.is_shared(file));
        let has_key = |file: &&PathBuf| {
            let layer = self.to.layers.iter().find(|layer| layer.path == **file);
            layer.is_some_and(|layer| layer.leaves.contains_key(path))
        };
        if let Some(file) = own().find(has_key) {
            return Ok(set(file.clone(), yaml_path(path), false, text));
        }
        if let Some(file) = own().next() {
            return Ok(set(file.clone(), yaml_path(path), true, text));
        }
        let Some(file) = &release.file else {
            return match release.values_files.last() {
                Some(file) => self
                    .check_shared(file, &key)
                    .map(|()| set(file.clone(), yaml_path(path), true, text)),
                None => Err(CopyError::NoFile {
                    environment: environment.name.text.clone(),
                    key,
                }),
            };
        };
        self.check_shared(file, &key)?;
        let list = path_of_release(environment, release).key("values");
        let scalar = |text: &str| NewNode::Scalar(NewValue::Text(text.to_owned()));
        let pair = vec![("key".to_owned(), scalar(&key)), ("value".to_owned(), scalar(&text))];
        Ok(Target {
            file: file.clone(),
            edit: Edit {
                creates: true,
                ..Edit::new(list, Operation::Append(NewNode::Mapping(pair)))
            },
        })
    }

    fn copy_chart(&self, copied: &mut CopiedVersions) -> Result<(), CopyError> {
        let (
            Deploys::Chart {
                reference,
                version: new,
            },
            Deploys::Chart {
                reference: other,
                version: old,
            },
        ) = (&self.from.release.deploys, &self.to.release.deploys)
        else {
            return Ok(());
        };
        if last_name(reference) != last_name(other) || new.text == old.text {
            return Ok(());
        }
        self.check_order(reference, &old.text, &new.text)?;
        if let Some(file) = &self.to.release.file {
            self.check_shared(file, "chart.version")?;
        }
        copied.set_chart_version(self.to.environment, self.to.release, &new.text);
        Ok(())
    }

    /// Whether the other environment uses a file as well.
    fn is_shared(&self, file: &Path) -> bool {
        // Of the file that declares both, only what is the environment's own is edited.
        let others = self.from.release.values_files.iter().chain(&self.from.release.file);
        !self.copying.is_same_environment
            && file != own_file(self.to.environment)
            && others.into_iter().any(|other| other == file)
    }

    fn check_shared(&self, file: &Path, key: &str) -> Result<(), CopyError> {
        if !self.is_shared(file) || self.copying.may_be_shared {
            return Ok(());
        }
        Err(CopyError::SharedFile {
            file: file.to_owned(),
            from: self.from.environment.name.text.clone(),
            key: key.to_owned(),
        })
    }
}

/// A reference with the tag and digest of another one: environments may have their own registries.
fn with_version_of(old: &str, new: &str) -> String {
    let (Ok(old), Ok(new)) = (ImageReference::parse(old), ImageReference::parse(new)) else {
        return new.to_owned();
    };
    ImageReference {
        repository: old.repository,
        ..new
    }
    .to_string()
}
