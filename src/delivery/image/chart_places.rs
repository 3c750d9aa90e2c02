//! Where one of a chart's values files names the images of its workloads, whatever the names of the values: the chart and the file in, the
//! places that its templates lead to out, and for each other image why it cannot be moved in this file.

use std::collections::{HashMap, HashSet};

use crate::check::explain::Given;
use crate::check::finding::{Location, Place as Origin};
use crate::engine::chart::{Chart, read_values};
use crate::engine::render::{Capabilities, Operation, Release, default_release_name};
use crate::engine::template::{Map, MapType};
use crate::text::edit::{Step, YamlPath};
use crate::text::source::SourceFile;
use crate::text::yaml::{self, Tree};

use super::chart_images::{ChartImagesError, ChartInput, chart_images};
use super::marked_values::Source;
use super::places::{ImagePlace, Place, Spelling, TagFit};
use super::reference::ImageReference;
use super::reference_parts::{Part, reference_parts};
use super::trace::{Piece, TracedImage};

/// An image that a chart's workloads have, and that an edit of the file does not move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftImage {
    /// The reference as it is rendered.
    pub reference: String,
    /// Why.
    pub reason: LeftReason,
}

/// Why an image is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftReason {
    /// Another file of the user's sets it.
    OtherFile {
        /// The path of the value.
        path: YamlPath,
        /// Where it is set.
        location: Location,
    },
    /// The values of a dependency set it.
    Dependency {
        /// The path of the value, among those of the chart.
        path: YamlPath,
        /// Where it is set.
        location: Location,
    },
    /// It is the version in a Chart.yaml.
    ChartYaml {
        /// Where it is.
        location: Location,
        /// Whether it is that of the chart itself, and not of a dependency.
        is_own: bool,
    },
    /// A template has it.
    Template(Location),
    /// A template makes it of values in a way that cannot be undone.
    Made(Vec<String>),
    /// It is pinned by a digest that is set elsewhere.
    Pinned {
        /// The path of the tag in this file.
        tag: YamlPath,
        /// The line of the tag.
        line: u32,
        /// Where the digest is, if it is not one value.
        place: String,
        /// The path of the digest, and where it is set, if it is a value.
        digest: Option<(YamlPath, Location)>,
    },
}

impl LeftReason {
    /// The file that has to be edited instead.
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::OtherFile { location, .. } | Self::ChartYaml { location, .. } => Some(location.file.path()),
            Self::Dependency { .. } | Self::Template(_) | Self::Made(_) | Self::Pinned { .. } => None,
        }
    }

    /// The path of a tag in this file that a digest elsewhere wins over.
    pub const fn pinned_tag(&self) -> Option<&YamlPath> {
        match self {
            Self::Pinned { tag, .. } => Some(tag),
            _ => None,
        }
    }

    /// Whether the tag is a version in a Chart.yaml.
    pub const fn is_version(&self) -> bool {
        matches!(self, Self::ChartYaml { .. })
    }

    /// The reason, with files as `shown` names them.
    pub fn sentence(&self, shown: &dyn Fn(&str) -> String) -> String {
        let at = |location: &Location| format!("{}:{}", shown(location.file.path()), location.position().line);
        match self {
            Self::OtherFile { path, location } => format!(
                "its tag is `{path}` of {}: name that file as well, or set `{path}` in this one",
                at(location)
            ),
            Self::Dependency { path, location } => format!(
                "its tag is that of a dependency's own values, {}: set `{path}` in a values file of the chart",
                at(location)
            ),
            Self::ChartYaml { location, is_own: true } => format!(
                "its tag is the version in {}: name that file to move it there, or set a tag in the values",
                at(location)
            ),
            Self::ChartYaml { location, .. } => format!(
                "its tag is the version of a dependency, {}: set a tag in the values, or update the dependency",
                at(location)
            ),
            Self::Template(location) => format!("its tag is written in a template, {}", at(location)),
            Self::Made(sources) => format!("a template makes its tag of {}", sources.join(" and ")),
            Self::Pinned {
                digest: Some((path, location)),
                ..
            } => format!(
                "it is pinned by a digest that is not in this file, but is `{path}` of {}: set `{path}` in this file too",
                at(location)
            ),
            Self::Pinned { place, .. } => {
                format!("it is pinned by a digest that is not in this file, but in {place}")
            }
        }
    }
}

/// The images of a chart as one of its files has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartPlaces {
    /// Those that an edit of the file moves.
    pub places: Vec<ImagePlace>,
    /// Those that it does not.
    pub left: Vec<LeftImage>,
}

impl ChartPlaces {
    /// The tags in the file that a digest elsewhere wins over.
    pub fn pinned_tags(&self) -> impl Iterator<Item = &YamlPath> {
        self.left.iter().filter_map(|left| left.reason.pinned_tag())
    }
}

/// The images that are wanted.
#[derive(Clone, Copy)]
pub struct WantedImages<'w> {
    /// Last parts of the names of their repositories; all are wanted if there are none.
    pub names: &'w [String],
    /// Whether the images of a repository are.
    pub has: &'w dyn Fn(&str) -> bool,
}

impl WantedImages<'_> {
    /// Whether a chart may have one of them: most have not, and need not be rendered. Values files that are used with `-f` do not count.
    pub fn may_be_in(&self, chart: &Chart) -> bool {
        let is_part = |name: &str| {
            let parts = ["templates/", "charts/", "files/"];
            parts.iter().any(|part| name.starts_with(part)) || ["values.yaml", "Chart.yaml"].contains(&name)
        };
        let files = || chart.raw.iter().filter(|file| is_part(&file.name));
        self.names.is_empty() || files().any(|file| self.may_be_named_in(&file.data)) || self.names_one(chart.name())
    }

    fn may_be_named_in(&self, text: &[u8]) -> bool {
        let mut names = self.names.iter();
        names.any(|name| memchr::memmem::find(text, name.as_bytes()).is_some())
    }

    fn names_one(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| wanted == name)
    }
}

/// The last part of a repository's name.
pub fn last_name(repository: &str) -> String {
    repository.rsplit('/').next().unwrap_or(repository).to_owned()
}

/// Where a file of a chart names the images that are wanted: values.yaml, a file that is used with `-f`, or Chart.yaml for its appVersion.
/// `file` is its path as the chart's own files have theirs. Nothing for files that are neither, such as templates.
///
/// # Errors
/// When the chart does not render with the file.
pub fn chart_places(
    chart: &Chart,
    file: &str,
    text: &[u8],
    wanted: WantedImages<'_>,
) -> Result<ChartPlaces, ChartImagesError> {
    let none = Ok(ChartPlaces::default());
    let own = |name: &str| chart.file_path(name);
    let is_chart_yaml = file == own("Chart.yaml");
    let is_inside = ["templates/", "charts/", "crds/"]
        .iter()
        .any(|name| file.starts_with(&own(name)));
    if is_inside || !(wanted.may_be_named_in(text) || wanted.may_be_in(chart)) {
        return none;
    }
    let (Ok(tree), Ok(values)) = (yaml::parse_all(text), read_values(text)) else {
        return none;
    };
    // An object, such as a HelmRelease, has values of its own.
    let has = |key: &str| tree.root().is_some_and(|root| tree.get(root, key).is_some());
    if has("apiVersion") && has("kind") {
        return none;
    }
    let (values, given) = if is_chart_yaml || file == own("values.yaml") {
        (Map::nil(MapType::Any), Given::default())
    } else {
        let given = Given {
            files: vec![SourceFile::new(file, text)],
            flags: Vec::new(),
        };
        (values, given)
    };
    let input = ChartInput {
        given: &given,
        values: &values,
        release: &Release {
            name: default_release_name().to_owned(),
            namespace: "default".to_owned(),
            operation: Operation::Install,
        },
        capabilities: &Capabilities::new(None, &[]),
    };
    let is_wanted = |text: &str| ImageReference::parse(text).is_ok_and(|image| (wanted.has)(&image.repository));
    let mut found = ChartPlaces::default();
    for image in chart_images(chart, input, &is_wanted)? {
        match place_in(&image, chart, file, &tree) {
            Ok(place) if found.places.contains(&place) => {}
            Ok(place) => found.places.push(place),
            Err(reason) => {
                let reference = image.rendered.text.clone();
                let left = LeftImage { reference, reason };
                if !found.left.contains(&left) {
                    found.left.push(left);
                }
            }
        }
    }
    Ok(found)
}

/// The place of a traced image in a file.
fn place_in(image: &TracedImage, chart: &Chart, file: &str, tree: &Tree<'_>) -> Result<ImagePlace, LeftReason> {
    let text = image.rendered.text.as_str();
    let parts = reference_parts(text);
    let range_of = |wanted: Part| {
        let found = parts.iter().find(|(part, _)| *part == wanted);
        found.map(|(_, range)| range.clone()).filter(|range| !range.is_empty())
    };
    let wanted = if range_of(Part::Tag).is_some() {
        Part::Tag
    } else {
        Part::Digest
    };
    let range = range_of(wanted).ok_or_else(|| LeftReason::Template(image.template.clone()))?;
    let piece = only_piece(image, wanted)?;
    let place = written_in(piece, chart, file, tree)?;
    let made = || LeftReason::Made(vec![named(piece)]);
    if !piece.is_verbatim {
        return Err(made());
    }
    let repository = range_of(Part::Registry).map_or(0, |range| range.start);
    let repository_end = range_of(Part::Repository).map_or(0, |range| range.end);
    let mut found = ImagePlace {
        document: 0,
        line: place.line,
        repository: text.get(repository..repository_end).unwrap_or_default().to_owned(),
        spelling: Spelling::Whole(place.clone()),
        fit: TagFit::default(),
    };
    let digest = range_of(Part::Digest).filter(|_| wanted == Part::Tag);
    if piece.range.start < range.start {
        let whole = ImageReference::parse(&place.text).map_err(|_| made())?;
        if whole.tag.is_none() && whole.digest.is_none() {
            return Err(made());
        }
        if digest.is_some() && whole.digest.is_none() {
            return Err(pinned(image, &place));
        }
        return Ok(found);
    }
    // The digest may be in the tag's value.
    let is_pinned_tag = digest.as_ref().is_some_and(|digest| piece.range.end > digest.start);
    let digest = match digest {
        Some(_) if !is_pinned_tag => {
            let pinned = |_| pinned(image, &place);
            Some(
                only_piece(image, Part::Digest)
                    .and_then(|piece| written_in(piece, chart, file, tree))
                    .map_err(pinned)?,
            )
        }
        _ => None,
    };
    let core = text.get(piece.range.clone()).unwrap_or_default();
    let (value_before, value_after) = place.text.split_once(core).ok_or_else(made)?;
    let (before, after) = (
        text.get(range.start..piece.range.start).unwrap_or_default(),
        text.get(piece.range.end..range.end).unwrap_or_default(),
    );
    found.fit = TagFit {
        tag_before: before.to_owned(),
        tag_after: after.to_owned(),
        value_before: value_before.to_owned(),
        value_after: value_after.to_owned(),
    };
    if is_pinned_tag && !found.fit.is_exact() {
        return Err(made());
    }
    found.spelling = match wanted {
        Part::Tag => Spelling::Apart {
            tag: Some(place),
            digest,
        },
        _ => Spelling::Apart {
            tag: None,
            digest: Some(place),
        },
    };
    Ok(found)
}

/// `tag` is the place of the image's tag.
fn pinned(image: &TracedImage, tag: &Place) -> LeftReason {
    let pieces: Vec<&Piece> = image.pieces_of(Part::Digest).collect();
    let digest = pieces.iter().find_map(|piece| match (&piece.source, &piece.place) {
        (Source::Value(path), Some(Origin::Named(location))) => Some((path.clone(), location.clone())),
        _ => None,
    });
    let places: Vec<String> = pieces.into_iter().map(named).collect();
    LeftReason::Pinned {
        tag: tag.path.clone(),
        line: tag.line,
        place: if places.is_empty() {
            image.template.to_string()
        } else {
            places.join(" and ")
        },
        digest,
    }
}

/// A piece as a reason names it.
fn named(piece: &Piece) -> String {
    match &piece.source {
        Source::Value(path) => format!("`{path}`"),
        Source::AppVersion(_) => "the chart's appVersion".to_owned(),
        Source::Version(_) => "the chart's version".to_owned(),
    }
}

/// The one piece that a part of a reference is made of.
fn only_piece(image: &TracedImage, part: Part) -> Result<&Piece, LeftReason> {
    let pieces: Vec<&Piece> = image.pieces_of(part).collect();
    let verbatim: Vec<&Piece> = pieces.iter().copied().filter(|piece| piece.is_verbatim).collect();
    // A text that `tpl` renders to another value counts for that.
    if let [piece] = verbatim.as_slice() {
        return Ok(piece);
    }
    match pieces.as_slice() {
        [] => Err(LeftReason::Template(image.template.clone())),
        [piece] => Ok(piece),
        several => Err(LeftReason::Made(several.iter().map(|piece| named(piece)).collect())),
    }
}

/// The scalar of the file that a piece is from.
fn written_in(piece: &Piece, chart: &Chart, file: &str, tree: &Tree<'_>) -> Result<Place, LeftReason> {
    let Some(Origin::Named(location)) = &piece.place else {
        return Err(LeftReason::Made(vec![named(piece)]));
    };
    let path = match &piece.source {
        Source::Value(path) => path.clone(),
        Source::AppVersion(scope) | Source::Version(scope) => {
            let is_own = scope.is_empty() && matches!(piece.source, Source::AppVersion(_));
            if !is_own || location.file.path() != file {
                let location = location.clone();
                return Err(LeftReason::ChartYaml { location, is_own });
            }
            YamlPath::default().key("appVersion")
        }
    };
    if location.file.path() != file {
        let location = location.clone();
        let is_users = chart.file_path("values.yaml") == location.file.path();
        return Err(if is_users {
            LeftReason::OtherFile { path, location }
        } else {
            LeftReason::Dependency { path, location }
        });
    }
    // A subchart's globals are those of its parents.
    let global = path.0.iter().rposition(|step| *step == Step::Key("global".to_owned()));
    let globals = global.map(|at| YamlPath(path.0.get(at..).unwrap_or_default().to_vec()));
    let place = [Some(path), globals].into_iter().flatten().find_map(|path| {
        let steps = super::trace::keys(&path);
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let node = tree.find(tree.root()?, &steps)?;
        Place::of(tree, node, path)
    });
    place.ok_or_else(|| LeftReason::Made(vec![named(piece)]))
}

/// A document, and the path of a value in it.
type At<'p> = (usize, &'p YamlPath);

fn at(place: &ImagePlace) -> Option<At<'_>> {
    Some((place.document, place.path()?))
}

/// The places that conventions find in a file, with those that templates lead to: these know better what a value is used for. `pinned` are
/// values that templates lead to and that cannot move.
pub fn with_traced(conventional: &[ImagePlace], traced: &[ImagePlace], pinned: &[YamlPath]) -> Vec<ImagePlace> {
    let mut by_path: HashMap<At<'_>, Vec<&ImagePlace>> = HashMap::new();
    for place in traced {
        if let Some(at) = at(place) {
            by_path.entry(at).or_default().push(place);
        }
    }
    let mut placed: HashSet<At<'_>> = HashSet::new();
    let mut places = Vec::new();
    for place in conventional {
        let found = at(place).and_then(|at| Some((at, by_path.get(&at)?)));
        match found {
            None if place.path().is_some_and(|path| pinned.contains(path)) => {}
            None => places.push(place.clone()),
            // The first has the place of all that are made of its value.
            Some((at, traced)) if placed.insert(at) => places.extend(traced.iter().map(|traced| {
                let is_same = traced.reference() == place.reference();
                if is_same { place.clone() } else { (*traced).clone() }
            })),
            Some(_) => {}
        }
    }
    let unplaced = traced
        .iter()
        .filter(|traced| at(traced).is_none_or(|at| !placed.contains(&at)));
    places.extend(unplaced.cloned());
    places
}
