//! What comments and annotations of other tools say of images: Flux's image policies, Renovate's annotations, and the aliases of Argo CD
//! Image Updater.
//!
//! Flux's image automation writes `# {"$imagepolicy": "namespace:name"}` behind a whole reference, with `:tag`, `:name` or `:digest` at the
//! end behind a part of one. Renovate's custom managers have `# renovate: datasource=docker depName=…` on the line above a version.
//! The updater has `argocd-image-updater.argoproj.io/image-list: alias=repository:constraint` and `….alias.helm.image-tag: path`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::places::{ImagePlace, Place, Spelling, TagFit};
use super::reference::ImageReference;
use crate::text::edit::{Step, YamlPath};
use crate::text::limits::SEARCHED_LEVELS;
use crate::text::yaml::{NodeId, NodeKind, Tree};

/// The key of Flux's markers.
const POLICY: &str = "$imagepolicy";
/// What Renovate's annotations begin with.
const RENOVATE: &str = "renovate:";
/// What the annotations of the updater begin with.
const UPDATER: &str = "argocd-image-updater.argoproj.io/";

/// The images that comments of a file point out, except those of `known`.
pub(super) fn marked_places(tree: &Tree<'_>, known: &[ImagePlace]) -> Vec<ImagePlace> {
    let source = tree.source();
    let comments = tree
        .comments()
        .iter()
        .filter_map(|span| Some((span.start, source.get(span.range())?)));
    let comments: Vec<(u32, &str)> = comments
        .filter(|(_, text)| text.contains(POLICY) || text.contains(RENOVATE))
        .collect();
    if comments.is_empty() {
        return Vec::new();
    }
    let mut scalars = Scalars {
        tree,
        by_line: BTreeMap::new(),
    };
    for (number, document) in tree.documents().iter().enumerate() {
        scalars.add(document.root, &YamlPath::default(), number);
    }
    let mut policies: BTreeMap<(usize, String), Vec<Policy>> = BTreeMap::new();
    let mut found = Vec::new();
    for (offset, text) in comments {
        let line = line_of(source, offset as usize);
        if let Some((policy, part)) = policy_of(text) {
            let Some((document, place)) = scalars.by_line.get(&line) else {
                continue;
            };
            if part.is_empty() {
                found.extend(whole(*document, place));
            } else {
                set_part(policies.entry((*document, policy)).or_default(), &part, place);
            }
        } else if let Some(repository) = renovated(text)
            && let Some((document, place)) = scalars.by_line.get(&(line + 1))
        {
            let spelling = Spelling::Apart {
                tag: Some(place.clone()),
                digest: None,
            };
            found.push(image(*document, repository, spelling));
        }
    }
    for ((document, _), groups) in policies {
        // A name that is marked once is that of all tags of its policy.
        let mut name = None;
        for parts in groups {
            name = parts.name.clone().or(name);
            found.extend(name.as_ref().and_then(|name| parts.image(document, &name.text)));
        }
    }
    found.retain(|place| {
        known
            .iter()
            .all(|known| known.document != place.document || known.path() != place.path())
    });
    found
}

fn image(document: usize, repository: String, spelling: Spelling) -> ImagePlace {
    let mut place = ImagePlace {
        document,
        line: 0,
        repository,
        spelling,
        fit: TagFit::default(),
    };
    place.line = place.moving().map_or(0, |moving| moving.line);
    place
}

/// The 1-based line of a byte.
fn line_of(source: &str, offset: usize) -> u32 {
    let before = source.as_bytes().get(..offset).unwrap_or_default();
    let breaks = memchr::memchr_iter(b'\n', before).count();
    u32::try_from(breaks).unwrap_or(u32::MAX - 1) + 1
}

/// The scalar values of a file, by the line on which they are; none where several share one.
struct Scalars<'t> {
    tree: &'t Tree<'t>,
    by_line: BTreeMap<u32, (usize, Place)>,
}

impl Scalars<'_> {
    fn add(&mut self, node: NodeId, path: &YamlPath, document: usize) {
        if path.0.len() > SEARCHED_LEVELS {
            return;
        }
        match self.tree.kind(node) {
            NodeKind::Mapping => {
                for (key, value) in self.tree.pairs(node) {
                    self.add(value, &path.key(self.tree.text(self.tree.target(key))), document);
                }
            }
            NodeKind::Sequence => {
                for (index, item) in self.tree.children(node).enumerate() {
                    self.add(item, &path.child(Step::Index(index)), document);
                }
            }
            NodeKind::Scalar(_) => {
                if let Some(place) = Place::of(self.tree, node, path.clone()) {
                    self.by_line.insert(place.line, (document, place));
                }
            }
            NodeKind::Alias => {}
        }
    }
}

/// `namespace:name` and the part of a marker of Flux.
fn policy_of(comment: &str) -> Option<(String, String)> {
    let json = comment.get(comment.find('{')?..)?;
    let json: Json = serde_json::from_str(json.trim_end()).ok()?;
    let policy = json.get(POLICY)?.as_str()?;
    let mut parts = policy.splitn(3, ':');
    let (namespace, name) = (parts.next()?, parts.next()?);
    Some((
        format!("{namespace}:{name}"),
        parts.next().unwrap_or_default().to_owned(),
    ))
}

/// The parts of one image that the markers of a policy point at.
#[derive(Default)]
struct Policy {
    name: Option<Place>,
    tag: Option<Place>,
    digest: Option<Place>,
}

/// Adds a part to the last image of a policy, or to another one if that has it.
fn set_part(groups: &mut Vec<Policy>, part: &str, place: &Place) {
    let slot = |policy: &mut Policy| -> Option<Option<Place>> {
        let slot = match part {
            "name" => &mut policy.name,
            "tag" => &mut policy.tag,
            "digest" => &mut policy.digest,
            _ => return Some(None),
        };
        slot.is_none().then(|| slot.replace(place.clone()))
    };
    if groups.last_mut().and_then(slot).is_none() {
        let mut policy = Policy::default();
        slot(&mut policy);
        groups.push(policy);
    }
}

impl Policy {
    fn image(&self, document: usize, repository: &str) -> Option<ImagePlace> {
        let (tag, digest) = (self.tag.clone(), self.digest.clone());
        let is_image = ImageReference::is_repository(repository) && (tag.is_some() || digest.is_some());
        is_image.then(|| image(document, repository.to_owned(), Spelling::Apart { tag, digest }))
    }
}

/// A whole reference that a marker is behind.
fn whole(document: usize, place: &Place) -> Option<ImagePlace> {
    let reference = ImageReference::parse(&place.text).ok()?;
    let is_versioned = reference.tag.is_some() || reference.digest.is_some();
    is_versioned.then(|| image(document, reference.repository, Spelling::Whole(place.clone())))
}

/// The repository of an annotation of Renovate that is about an image.
fn renovated(comment: &str) -> Option<String> {
    let (_, fields) = comment.split_once(RENOVATE)?;
    let field = |name: &str| {
        let mut fields = fields.split_whitespace().filter_map(|field| field.split_once('='));
        fields.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let repository = match (field("datasource"), field("image")) {
        (Some("docker"), _) => field("packageName")
            .or_else(|| field("lookupName"))
            .or_else(|| field("depName"))?,
        (None, Some(image)) => image,
        _ => return None,
    };
    ImageReference::is_repository(repository).then(|| repository.to_owned())
}

/// An image that the updater of Argo CD moves in an Application.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UpdaterAlias {
    /// The repository that its list has.
    pub(super) repository: String,
    /// The parameter with the repository.
    pub(super) name_parameter: String,
    /// The parameter with the tag.
    pub(super) tag_parameter: String,
}

/// The images of the updater's annotations, in any document of a file.
pub(super) fn updater_aliases(tree: &Tree<'_>) -> Vec<UpdaterAlias> {
    let mut found = Vec::new();
    for document in tree.documents() {
        let Some(annotations) = tree.find(document.root, &["metadata", "annotations"]) else {
            continue;
        };
        let text = |key: &str| {
            let value = tree.get(annotations, &format!("{UPDATER}{key}"))?;
            Some(tree.text(tree.target(value)).trim().to_owned()).filter(|text| !text.is_empty())
        };
        let list = text("image-list").unwrap_or_default();
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (alias, image) = entry.split_once('=').unwrap_or(("", entry));
            // What follows the name is a constraint, such as `~1.2`.
            let slash = image.rfind('/').map_or(0, |at| at + 1);
            let end = image
                .get(slash..)
                .and_then(|name| name.find(':'))
                .map_or(image.len(), |at| slash + at);
            let parameter =
                |key: &str, usual: &str| text(&format!("{alias}.helm.{key}")).unwrap_or_else(|| usual.to_owned());
            found.push(UpdaterAlias {
                repository: image.get(..end).unwrap_or(image).to_owned(),
                name_parameter: parameter("image-name", "image.name"),
                tag_parameter: parameter("image-tag", "image.tag"),
            });
        }
    }
    found
}
