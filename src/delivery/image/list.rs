//! Lists of images: those of a chart's objects, or those that a file names, in; one entry for each image and place out, with the workloads
//! that run it.

use crate::check::finding::{Location, Place as Origin};
use crate::text::source::Position;

use super::marked_values::Source;
use super::places::{ImagePlace, Place, Spelling};
use super::reference::ImageReference;
use super::reference_parts::Part;
use super::trace::{Piece, TracedImage};

/// Where a part of a reference is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WrittenAt {
    /// A value of a file.
    Value {
        /// Its path among the values of the top chart, or in the file.
        path: String,
        /// The file and the line, from 1; none for values that are in no file that is known.
        place: Option<(String, u32)>,
    },
    /// A value that a flag sets: `--set image.tag=…`.
    Flag(String),
    /// `appVersion` or `version` of a Chart.yaml.
    ChartYaml {
        /// The key.
        key: &'static str,
        /// The file and the line, from 1.
        place: Option<(String, u32)>,
    },
    /// The text of a template, at this file and line.
    Template(String, u32),
}

impl WrittenAt {
    /// The place in one line: `values.yaml:7`.
    pub fn name(&self) -> String {
        let at = |place: &(String, u32)| format!("{}:{}", place.0, place.1);
        match self {
            Self::Value { path, place } => place.as_ref().map_or_else(|| path.clone(), at),
            Self::ChartYaml { key, place } => {
                let place = place.as_ref().map_or_else(|| "Chart.yaml".to_owned(), at);
                format!("{place} ({key})")
            }
            Self::Flag(flag) => flag.clone(),
            Self::Template(file, line) => format!("{file}:{line} (template)"),
        }
    }
}

/// A part of an image, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedPart {
    /// Which part.
    pub part: Part,
    /// Its text.
    pub text: String,
    /// All that it is made of, in its order.
    pub written: Vec<WrittenAt>,
}

/// An image of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedImage {
    /// The repository, with the registry where one is named.
    pub repository: String,
    /// Its parts, in their order.
    pub parts: Vec<ListedPart>,
    /// The objects that run it: `Deployment/web`; none where nothing was rendered.
    pub workloads: Vec<String>,
}

impl ListedImage {
    /// The text of a part; empty without it.
    pub fn text(&self, wanted: Part) -> &str {
        let part = self.parts.iter().find(|part| part.part == wanted);
        part.map_or("", |part| part.text.as_str())
    }

    /// Where what changes with a new version is written: the tag, else the digest, else the repository.
    pub fn place(&self) -> String {
        let wanted = [Part::Tag, Part::Digest, Part::Repository];
        let part = wanted.into_iter().find_map(|wanted| {
            let part = self.parts.iter().find(|part| part.part == wanted)?;
            (!part.written.is_empty()).then_some(part)
        });
        let names = part
            .into_iter()
            .flat_map(|part| part.written.iter().map(WrittenAt::name));
        names.collect::<Vec<_>>().join(" + ")
    }
}

/// One entry for each image and its places, in the order in which they are rendered.
pub fn list_traced(images: &[TracedImage]) -> Vec<ListedImage> {
    let mut listed: Vec<ListedImage> = Vec::new();
    for image in images {
        let parts = parts_of(image);
        let name = |wanted: Part| image.part(wanted);
        let repository = match (name(Part::Registry), name(Part::Repository)) {
            (Some(registry), Some(repository)) => format!("{registry}/{repository}"),
            (_, repository) => repository.unwrap_or_default().to_owned(),
        };
        let workload = image.rendered.workload.clone();
        let known = listed
            .iter_mut()
            .find(|listed| listed.repository == repository && listed.parts == parts);
        match known {
            Some(known) if known.workloads.contains(&workload) => {}
            Some(known) => known.workloads.push(workload),
            None => listed.push(ListedImage {
                repository,
                parts,
                workloads: vec![workload],
            }),
        }
    }
    listed
}

fn parts_of(image: &TracedImage) -> Vec<ListedPart> {
    let all = [Part::Registry, Part::Repository, Part::Tag, Part::Digest];
    let parts = all.into_iter().filter_map(|part| {
        let text = image.part(part)?.to_owned();
        let mut written: Vec<WrittenAt> = image.pieces_of(part).map(written_at).collect();
        written.dedup();
        if written.is_empty() {
            let (file, line) = file_and_line(&image.template);
            written.push(WrittenAt::Template(file, line));
        }
        Some(ListedPart { part, text, written })
    });
    parts.collect()
}

fn file_and_line(location: &Location) -> (String, u32) {
    let Position { line, .. } = location.position();
    (location.file.path().to_owned(), line)
}

fn written_at(piece: &Piece) -> WrittenAt {
    let place = match &piece.place {
        Some(Origin::Flag(flag)) => return WrittenAt::Flag(flag.clone()),
        Some(Origin::Named(location) | Origin::Shown(location) | Origin::Rendered(location)) => {
            Some(file_and_line(location))
        }
        None => None,
    };
    match &piece.source {
        Source::Value(path) => WrittenAt::Value {
            path: path.to_string(),
            place,
        },
        Source::AppVersion(_) => WrittenAt::ChartYaml {
            key: "appVersion",
            place,
        },
        Source::Version(_) => WrittenAt::ChartYaml { key: "version", place },
    }
}

/// An image that a file names, as the conventions find it.
pub fn list_place(file: &str, place: &ImagePlace) -> ListedImage {
    let ImageReference { tag, digest, .. } = place.reference();
    let at = |part: &Place| {
        let mut path = part.path.clone();
        path.0
            .extend(part.inside.iter().flat_map(|inside| inside.0.iter().cloned()));
        WrittenAt::Value {
            path: path.to_string(),
            place: Some((file.to_owned(), part.line)),
        }
    };
    let (tag_at, digest_at): (Vec<WrittenAt>, Vec<WrittenAt>) = match &place.spelling {
        Spelling::Whole(whole) => (vec![at(whole)], vec![at(whole)]),
        // A digest may be in the tag.
        Spelling::Apart { tag, digest } => (
            tag.iter().map(at).collect(),
            digest.as_ref().or(tag.as_ref()).map(at).into_iter().collect(),
        ),
    };
    let mut parts = Vec::new();
    // An image without a tag has a place all the same: that of the tag's key.
    if tag.is_some() || digest.is_none() {
        parts.push(ListedPart {
            part: Part::Tag,
            text: tag.unwrap_or_default(),
            written: tag_at,
        });
    }
    if let Some(digest) = digest {
        parts.push(ListedPart {
            part: Part::Digest,
            text: digest,
            written: digest_at,
        });
    }
    ListedImage {
        repository: place.repository.clone(),
        parts,
        workloads: Vec::new(),
    }
}
