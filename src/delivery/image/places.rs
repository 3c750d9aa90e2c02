//! An image that a file names: the places of its repository, tag and digest, and what they hold.

use super::reference::ImageReference;
use crate::text::edit::YamlPath;
use crate::text::yaml::{NodeId, NodeKind, Scalar, ScalarStyle, Tree};

/// A scalar and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its path.
    pub path: YamlPath,
    /// Its text; empty for null.
    pub text: String,
    /// What is before the text in the scalar, such as `docker://`.
    pub before: String,
    /// The path of the value in the scalar, where that is YAML itself.
    pub inside: Option<YamlPath>,
    /// The line breaks after the text that belong to the value: a block scalar (`|`) has one.
    pub ending: String,
    /// The line, from 1, on which it is written: that of the anchor where an alias stands for it.
    pub line: u32,
}

impl Place {
    /// A scalar, or the one that an alias stands for; nothing for maps and lists.
    pub fn of(tree: &Tree<'_>, node: NodeId, path: YamlPath) -> Option<Self> {
        let (text, ending) = scalar(tree, node)?;
        Some(Self {
            path,
            text: text.to_owned(),
            before: String::new(),
            inside: None,
            ending: ending.to_owned(),
            line: tree.line(tree.target(node)),
        })
    }
}

/// The text of a scalar, which is empty for null, and the line breaks at the end of a block scalar with one line; nothing for maps and
/// lists. Aliases are followed.
pub(super) fn scalar<'t>(tree: &'t Tree<'_>, node: NodeId) -> Option<(&'t str, &'t str)> {
    let node = tree.target(node);
    let NodeKind::Scalar(style) = tree.kind(node) else {
        return None;
    };
    if matches!(tree.scalar(node), Ok(Scalar::Null)) {
        return Some(("", ""));
    }
    let text = tree.text(node);
    if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
        return Some((text, ""));
    }
    Some(
        text.split_at_checked(text.trim_end_matches('\n').len())
            .unwrap_or((text, "")),
    )
}

/// How an image is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spelling {
    /// The whole reference in one scalar.
    Whole(Place),
    /// A tag, a digest or both under keys of their own, beside the repository.
    Apart {
        /// The tag, where the file has its key.
        tag: Option<Place>,
        /// The digest, where the file has its key.
        digest: Option<Place>,
    },
}

/// An image that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePlace {
    /// The document, from 0.
    pub document: usize,
    /// The line, from 1, of what changes when the image moves: the tag, else the digest.
    pub line: u32,
    /// The repository as the file names it, with the registry where that is beside it.
    pub repository: String,
    /// How it is written.
    pub spelling: Spelling,
    /// What makes the tag of the value, where that is not the tag itself.
    pub fit: TagFit,
}

/// How a template makes a tag of a value: what it adds, such as `-alpine`, and what it leaves out, such as a `v`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagFit {
    /// What the tag has before the text of the value.
    pub tag_before: String,
    /// What it has after it.
    pub tag_after: String,
    /// What the value has before the text that is in the tag.
    pub value_before: String,
    /// What it has after it.
    pub value_after: String,
}

impl TagFit {
    /// Whether the value is the tag.
    pub fn is_exact(&self) -> bool {
        *self == Self::default()
    }

    /// The tag of a value.
    pub fn tag(&self, value: &str) -> String {
        let text = value.strip_prefix(self.value_before.as_str()).unwrap_or(value);
        let text = text.strip_suffix(self.value_after.as_str()).unwrap_or(text);
        format!("{}{text}{}", self.tag_before, self.tag_after)
    }

    /// The value that a tag is made of; none where the tag lacks what the template adds.
    pub fn value(&self, tag: &str) -> Option<String> {
        let text = tag.strip_prefix(self.tag_before.as_str())?;
        let text = text.strip_suffix(self.tag_after.as_str())?;
        Some(format!("{}{text}{}", self.value_before, self.value_after))
    }
}

impl ImagePlace {
    /// What changes when the image moves: the whole reference, the tag, or else the digest.
    pub fn moving(&self) -> Option<&Place> {
        match &self.spelling {
            Spelling::Whole(place) => Some(place),
            Spelling::Apart { tag, digest } => tag.as_ref().or(digest.as_ref()),
        }
    }

    /// The path of that.
    pub fn path(&self) -> Option<&YamlPath> {
        self.moving().map(|place| &place.path)
    }

    /// What the file says: repository, tag and digest.
    pub fn reference(&self) -> ImageReference {
        let (tag, digest) = match &self.spelling {
            Spelling::Whole(place) => {
                let whole = ImageReference::parse(&place.text).ok();
                whole.map_or((None, None), |whole| (whole.tag, whole.digest))
            }
            Spelling::Apart { tag, digest } => {
                let text = |place: &Option<Place>| place.as_ref().map(|place| place.text.clone());
                let (tag, digest) = (text(tag), text(digest).filter(|digest| !digest.is_empty()));
                match tag.as_deref().and_then(|tag| tag.split_once('@')) {
                    Some((tag, pinned)) => (Some(tag.to_owned()), Some(pinned.to_owned())),
                    None => (tag, digest),
                }
            }
        };
        let tag = tag.filter(|tag| !tag.is_empty());
        ImageReference {
            repository: self.repository.clone(),
            tag: tag.map(|tag| self.fit.tag(&tag)),
            digest,
        }
    }
}
