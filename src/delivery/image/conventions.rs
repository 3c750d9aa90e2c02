//! Where a values file, or another YAML file, names images, whatever they are.
//!
//! In: the tree of a file. Out: for each image the paths of its repository, tag and digest, and what they hold. Covers the spellings
//! of charts in use: `repository` beside `tag`, `image: repository:tag`, `image` or `repo` beside `tag` or `version`, `registry`,
//! `prefix`, `hub` and `org` before the name, `webImageRepository` beside `webImageTag`, and digests under keys of their own. What the
//! keys of other kinds of files mean is in `forms.rs`, what comments say in `markers.rs`.

use std::collections::HashSet;

use super::forms::Form;
use super::markers::marked_places;
use super::places::{ImagePlace, Place, Spelling, TagFit, scalar};
use super::reference::ImageReference;
use crate::text::edit::{Step, YamlPath};
use crate::text::limits::{EDITS, SEARCHED_LEVELS};
use crate::text::yaml::{KeyIndex, NodeId, NodeKind, Tree};

/// The images that a file names, in the order of the file: down to [`SEARCHED_LEVELS`], and one more than [`EDITS`] at most.
pub fn image_places(tree: &Tree<'_>) -> Vec<ImagePlace> {
    places_of(tree, true)
}

/// The images of a text inside a file, in which no other text is looked at.
pub(super) fn inner_places(tree: &Tree<'_>) -> Vec<ImagePlace> {
    places_of(tree, false)
}

fn places_of(tree: &Tree<'_>, is_outer: bool) -> Vec<ImagePlace> {
    let mut search = Search {
        tree,
        keys: KeyIndex::new(tree),
        document: 0,
        form: Form::default(),
        path: YamlPath::default(),
        registry: String::new(),
        known: HashSet::new(),
        is_outer,
        has_merges: memchr::memmem::find(tree.source().as_bytes(), MERGE_KEY.as_bytes()).is_some(),
        found: Vec::new(),
    };
    for (number, document) in tree.documents().iter().enumerate() {
        search.document = number;
        search.form = Form::of(tree, document.root);
        search.walk(document.root);
    }
    search.found.extend(marked_places(tree, &search.found));
    search.found
}

/// Merges the keys of another mapping: YAML 1.1, which Helm and Kubernetes follow.
const MERGE_KEY: &str = "<<";
/// Most mappings that one merges.
const BASES: usize = 16;
/// Before the images of actions.
const DOCKER_SCHEME: &str = "docker://";
/// Keys that name a repository by themselves.
pub(super) const REPOSITORY_KEYS: [&str; 6] = ["repository", "repo", "image", "name", "imageName", "imageRepository"];
/// Ends of keys that name a repository: what is before them begins the key of the tag.
const REPOSITORY_ENDS: [&str; 4] = ["Repository", "Name", "Repo", ""];

/// A search in the documents of a file.
pub(super) struct Search<'t> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) keys: KeyIndex<'t>,
    document: usize,
    /// What the document is.
    pub(super) form: Form,
    /// Where the search is.
    pub(super) path: YamlPath,
    /// The registry of images that name none: `global.imageRegistry` of the values around.
    registry: String,
    /// Mappings and scalars whose meaning the form of the document says.
    pub(super) known: HashSet<NodeId>,
    /// Whether texts are looked into.
    pub(super) is_outer: bool,
    /// Whether any mapping may merge another: few files have one.
    has_merges: bool,
    found: Vec<ImagePlace>,
}

impl Search<'_> {
    fn walk(&mut self, node: NodeId) {
        if self.path.0.len() >= SEARCHED_LEVELS || self.found.len() > EDITS {
            return;
        }
        match self.tree.kind(node) {
            NodeKind::Mapping => {
                let outer_registry = self
                    .global_registry(node)
                    .map(|own| std::mem::replace(&mut self.registry, own));
                self.by_form(node);
                if !self.known.contains(&node) {
                    self.merged(node);
                }
                let pairs: Vec<_> = self.tree.pairs(node).collect();
                for (key, value) in pairs {
                    let name = self.tree.text(key);
                    let is_apart = !self.known.contains(&node) && self.apart(node, name);
                    self.path.0.push(Step::Key(name.to_owned()));
                    if !is_apart {
                        self.whole(value);
                    }
                    self.walk(value);
                    self.path.0.pop();
                }
                if let Some(registry) = outer_registry {
                    self.registry = registry;
                }
            }
            NodeKind::Sequence => {
                let items: Vec<_> = self.tree.children(node).collect();
                for (index, item) in items.into_iter().enumerate() {
                    self.path.0.push(Step::Index(index));
                    self.whole(item);
                    self.walk(item);
                    self.path.0.pop();
                }
            }
            NodeKind::Scalar(_) | NodeKind::Alias => {}
        }
    }

    /// The text of a scalar, as [`scalar`] reads it.
    fn text(&self, node: NodeId) -> Option<&str> {
        scalar(self.tree, node).map(|(text, _)| text)
    }

    /// The text of a scalar below a node; empty if it is not there. What a mapping merges (`<<`) counts where its own keys do not.
    pub(super) fn below(&self, node: NodeId, key: &str) -> &str {
        let own = self.keys.get(node, key);
        let value = own.or_else(|| self.bases(node).into_iter().find_map(|base| self.keys.get(base, key)));
        value.and_then(|value| self.text(value)).unwrap_or_default()
    }

    /// The mappings that a mapping merges, in the order in which they count.
    fn bases(&self, node: NodeId) -> Vec<NodeId> {
        if !self.has_merges {
            return Vec::new();
        }
        let merged = self.keys.get(node, MERGE_KEY);
        let Some(merged) = merged.map(|merged| self.tree.target(merged)) else {
            return Vec::new();
        };
        match self.tree.kind(merged) {
            NodeKind::Mapping => vec![merged],
            NodeKind::Sequence => {
                let items = self
                    .tree
                    .children(merged)
                    .take(BASES)
                    .map(|item| self.tree.target(item));
                items
                    .filter(|item| self.tree.kind(*item) == NodeKind::Mapping)
                    .collect()
            }
            NodeKind::Scalar(_) | NodeKind::Alias => Vec::new(),
        }
    }

    /// The images whose repository a mapping merges, and whose tag it sets itself.
    fn merged(&mut self, node: NodeId) {
        for base in self.bases(node) {
            let pairs: Vec<_> = self.tree.pairs(base).collect();
            for (key, _) in pairs {
                let name = self.tree.text(key);
                if self.keys.get(node, name).is_none() {
                    self.apart(node, name);
                }
            }
        }
    }

    /// The first of several keys that a mapping has, with a scalar.
    fn first(&self, node: NodeId, keys: &[String]) -> Option<Place> {
        keys.iter()
            .find_map(|key| Place::of(self.tree, self.keys.get(node, key)?, self.path.key(key)))
    }

    /// Takes a key for a repository if its tag or digest is beside it; says whether it is one.
    fn apart(&mut self, node: NodeId, key: &str) -> bool {
        let name = self.below(node, key);
        if name.is_empty() || !ImageReference::is_repository(name) || self.is_other_name(node, key) {
            return false;
        }
        let (tags, digests) = version_keys(key);
        let (tag, digest) = (self.first(node, &tags), self.first(node, &digests));
        if tag.is_none() && digest.is_none() {
            return false;
        }
        let repository = self.with_registry(node, name);
        self.add(repository, Spelling::Apart { tag, digest });
        true
    }

    /// Whether a key is the `name` of something whose image another key names: `{name: sidecar, image: acme/sidecar, tag: 1.0.0}`.
    fn is_other_name(&self, node: NodeId, key: &str) -> bool {
        let is_named_by = |other: &&str| *other != key && ImageReference::is_repository(self.below(node, other));
        key == "name" && REPOSITORY_KEYS.iter().any(is_named_by)
    }

    /// Adds an image that has a place.
    pub(super) fn add(&mut self, repository: String, spelling: Spelling) {
        let mut place = ImagePlace {
            document: self.document,
            line: 0,
            repository,
            spelling,
            fit: TagFit::default(),
        };
        place.line = place.moving().map_or(0, |moving| moving.line);
        self.found.push(place);
    }

    /// `global.imageRegistry` of values.
    fn global_registry(&self, node: NodeId) -> Option<String> {
        let global = self.keys.get(node, "global")?;
        let registry = self.below(global, "imageRegistry");
        (!registry.is_empty()).then(|| registry.trim_end_matches('/').to_owned())
    }

    /// A repository after what is written beside it: `prefix` as it is, `registry` or `hub`, and `org` with slashes.
    fn with_registry(&self, node: NodeId, name: &str) -> String {
        let text = |key: &str| self.below(node, key).trim_end_matches('/');
        let organization = [text("org"), text("organization")]
            .into_iter()
            .find(|text| !text.is_empty());
        let host = [text("registry"), text("hub")]
            .into_iter()
            .find(|text| !text.is_empty());
        let parts = [host, organization, Some(name)];
        let joined = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
        let joined = format!("{}{joined}", self.below(node, "prefix"));
        let names_registry = joined
            .split_once('/')
            .is_some_and(|(first, _)| ImageReference::is_host(first));
        if self.registry.is_empty() || names_registry {
            joined
        } else {
            format!("{}/{joined}", self.registry)
        }
    }

    /// A scalar with the whole reference, under a key with `image` in its name.
    fn whole(&mut self, node: NodeId) {
        if names_image(&self.path) && !self.known.contains(&node) {
            self.reference(node, self.path.clone());
        }
    }

    /// A scalar that is a whole reference, with a tag or a digest; after `docker://` or a name and `=`, if that is there.
    pub(super) fn reference(&mut self, node: NodeId, path: YamlPath) {
        let Some(mut place) = Place::of(self.tree, node, path) else {
            return;
        };
        let start = match place.text.split_once('=') {
            Some((name, _)) => name.len() + 1,
            None if place.text.starts_with(DOCKER_SCHEME) => DOCKER_SCHEME.len(),
            None => 0,
        };
        let (before, text) = place.text.split_at(start);
        (place.before, place.text) = (before.to_owned(), text.to_owned());
        // A digest alone reads like a repository `sha256` with a tag.
        let reference = ImageReference::parse(&place.text).ok();
        let Some(reference) = reference.filter(|_| !ImageReference::is_digest(&place.text)) else {
            return;
        };
        if (reference.tag.is_none() && reference.digest.is_none()) || is_address(&reference) {
            return;
        }
        self.add(reference.repository, Spelling::Whole(place));
    }
}

/// Whether a reference reads like the address of a server, such as `registry.example.com:5000`, or like two numbers: an image has a path
/// after its host, and a word for a name.
fn is_address(reference: &ImageReference) -> bool {
    let name = reference.repository.as_str();
    let is_port = |tag: &String| tag.parse::<u16>().is_ok();
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    let is_host = !name.contains('/') && ImageReference::is_host(name);
    is_number || (is_host && reference.tag.as_ref().is_some_and(is_port))
}

/// The keys that may hold the tag and the digest of the repository under `key`, the likeliest first.
pub(super) fn version_keys(key: &str) -> (Vec<String>, Vec<String>) {
    let owned = |keys: &[&str]| keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>();
    let (mut tags, mut digests) = (Vec::new(), Vec::new());
    if REPOSITORY_KEYS.contains(&key) {
        tags = owned(&["tag", "imageTag"]);
        // A name with a version is a chart or a program; a repository with a version is an image.
        if key != "name" {
            tags.push("version".to_owned());
        }
        digests = owned(&["digest", "sha", "imageDigest", "imageSha"]);
    }
    let stems = REPOSITORY_ENDS.iter().filter_map(|end| key.strip_suffix(end));
    for stem in stems.filter(|stem| !stem.is_empty()) {
        tags.extend(["Tag", "ImageTag"].map(|end| format!("{stem}{end}")));
        digests.extend(["Digest", "Sha"].map(|end| format!("{stem}{end}")));
    }
    (tags, digests)
}

/// Ends of keys that hold the address of a server, which may be written like an image: `registry:5000`.
const SERVER_ENDS: [&str; 5] = ["registry", "proxy", "mirror", "host", "server"];

/// Whether the last key of a path has `image` in its name, and is not that of a server.
fn names_image(path: &YamlPath) -> bool {
    let key = path.0.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key),
        Step::Index(_) | Step::Item { .. } => None,
    });
    key.is_some_and(|key| {
        let key = key.to_ascii_lowercase();
        key.contains("image") && !SERVER_ENDS.iter().any(|end| key.ends_with(end))
    })
}
