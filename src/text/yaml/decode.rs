//! Tree to value with the meaning sigs.k8s.io/yaml v1.6 gives it: the result of go-yaml v2 `decode.go`, as JSON.
//!
//! Keys become strings, merge keys are resolved, the last of two equal keys wins, aliases are copied. go-yaml's limits
//! hold: documents that are mostly aliases are refused, as are values deeper than [`MAX_DEPTH`] (JSON's own limit in Go
//! is 10,000; ours is what fits on a small stack).

use std::borrow::Cow;
use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::error::{DuplicateKey, YamlError};
use super::go_syntax::{GoSyntax, Shown, key_syntax};
use super::resolve::{MERGE_TAG, Scalar, resolve_plain, resolve_tagged, special_float_text};
use super::tree::{NodeId, NodeKind, Tree};
use crate::text::go::float_format::format_shortest_32;
use crate::text::limits::DECODED_NODES;

/// Deepest nesting of a value.
pub const MAX_DEPTH: usize = 500;

/// Makes values of some type.
pub trait Builder {
    /// Any value.
    type Value;
    /// A mapping while it is being filled.
    type Map;
    /// A null.
    fn null(&mut self) -> Self::Value;
    /// A boolean.
    fn bool(&mut self, value: bool) -> Self::Value;
    /// A number that fits 64 bits with sign.
    fn int(&mut self, value: i64) -> Self::Value;
    /// A number above those.
    fn uint(&mut self, value: u64) -> Self::Value;
    /// Another number; `None` refuses it (JSON has no infinities).
    fn float(&mut self, value: f64) -> Option<Self::Value>;
    /// Text.
    fn string(&mut self, text: Cow<'_, str>) -> Self::Value;
    /// A list.
    fn sequence(&mut self, items: Vec<Self::Value>) -> Self::Value;
    /// Begins a mapping.
    fn map(&mut self, pairs: usize) -> Self::Map;
    /// Adds an entry, replacing one with the same key. `scalar` is the key before it became a string.
    fn insert(&mut self, map: &mut Self::Map, key: Cow<'_, str>, scalar: &Scalar<'_>, value: Self::Value);
    /// Ends a mapping.
    fn end_map(&mut self, map: Self::Map) -> Self::Value;
    /// Whether a text below a key is left out.
    fn skips(&self, _key: &str) -> bool {
        false
    }
    /// Whether keys that JSON cannot have are let through to `insert`, with an empty name.
    fn accepts_any_key(&self) -> bool {
        false
    }
}

/// How to treat a key that is written twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// The last wins, as in Helm.
    LastWins,
    /// They are an error, as in `UnmarshalStrict`.
    Refused,
}

/// Decodes the node `id`.
///
/// # Errors
/// If a value cannot be represented, a key is refused or written twice (if that matters), or aliases or depth exceed
/// their limits.
pub fn decode<B: Builder>(
    tree: &Tree<'_>,
    id: NodeId,
    builder: &mut B,
    duplicates: Duplicates,
) -> Result<B::Value, YamlError> {
    match Decoder::new(tree, builder, duplicates).run(id) {
        Err(Stop::Unrepresentable) => {}
        Ok(value) => return Ok(value),
        Err(Stop::Refused(error)) => return Err(error),
    }
    // Something that JSON cannot express was found. It matters only if no later key replaced it, and which of several
    // errors comes first depends on order: decode again with a builder that keeps everything.
    match Decoder::new(tree, &mut GoSyntax, duplicates).run(id) {
        Ok(Shown {
            refusal: Some(refusal), ..
        }) => return Err(YamlError::NotJson(refusal.message)),
        Err(Stop::Refused(error)) => return Err(error),
        Ok(_) | Err(Stop::Unrepresentable) => {}
    }
    let mut decoder = Decoder::new(tree, builder, duplicates);
    decoder.is_lenient = true;
    match decoder.run(id) {
        Ok(value) => Ok(value),
        Err(Stop::Refused(error)) => Err(error),
        Err(Stop::Unrepresentable) => Err(YamlError::NotJson("json: unsupported value: +Inf".to_owned())),
    }
}

pub(super) enum Stop {
    Refused(YamlError),
    Unrepresentable,
}

impl From<YamlError> for Stop {
    fn from(error: YamlError) -> Self {
        Self::Refused(error)
    }
}

struct Decoder<'t, 'a, 'b, B: Builder> {
    tree: &'t Tree<'a>,
    builder: &'b mut B,
    is_strict: bool,
    /// Whether values that JSON cannot express may become null, since they are known to be overwritten.
    is_lenient: bool,
    duplicates: Vec<DuplicateKey>,
    /// Aliases being followed.
    following: Vec<NodeId>,
    depth: usize,
    decoded: u64,
    decoded_in_alias: u64,
}

/// A mapping being filled, with its keys in strict decoding.
struct Filling<M> {
    map: M,
    keys: HashSet<String, RandomState>,
}

impl<'t, 'a, 'b, B: Builder> Decoder<'t, 'a, 'b, B> {
    fn new(tree: &'t Tree<'a>, builder: &'b mut B, duplicates: Duplicates) -> Self {
        Self {
            tree,
            builder,
            is_strict: duplicates == Duplicates::Refused,
            is_lenient: false,
            duplicates: Vec::new(),
            following: Vec::new(),
            depth: 0,
            // go-yaml counts the document as well.
            decoded: 1,
            decoded_in_alias: 0,
        }
    }

    fn run(mut self, id: NodeId) -> Result<B::Value, Stop> {
        let value = self.value(id)?;
        if self.duplicates.is_empty() {
            return Ok(value);
        }
        Err(Stop::Refused(YamlError::DuplicateKeys(self.duplicates)))
    }

    fn refuse<T>(&self, id: NodeId, problem: impl Into<String>) -> Result<T, Stop> {
        let offset = self.tree.span(id).start;
        Err(Stop::Refused(YamlError::Content {
            offset,
            problem: problem.into(),
        }))
    }

    /// Counts one step, and enforces go-yaml's limit on how many of them aliases may cause.
    fn count(&mut self, id: NodeId) -> Result<(), Stop> {
        self.decoded += 1;
        if self.decoded > DECODED_NODES {
            return self.refuse(id, format!("the text has more than {DECODED_NODES} values"));
        }
        if !self.following.is_empty() {
            self.decoded_in_alias += 1;
            #[expect(clippy::cast_precision_loss, reason = "a ratio; Go computes it the same way")]
            let (in_alias, all) = (self.decoded_in_alias as f64, self.decoded as f64);
            if self.decoded_in_alias > 100 && self.decoded > 1000 && in_alias / all > allowed_alias_ratio(all) {
                return self.refuse(id, "document contains excessive aliasing");
            }
        }
        Ok(())
    }

    fn value(&mut self, id: NodeId) -> Result<B::Value, Stop> {
        self.count(id)?;
        match self.tree.kind(id) {
            NodeKind::Scalar(_) => {
                let scalar = self.tree.scalar(id)?;
                self.scalar(scalar)
            }
            NodeKind::Sequence => {
                self.enter(id)?;
                let mut items = Vec::with_capacity(self.tree.len(id));
                let tree = self.tree;
                for child in tree.children(id) {
                    items.push(self.value(child)?);
                }
                self.depth -= 1;
                Ok(self.builder.sequence(items))
            }
            NodeKind::Mapping => {
                let map = self.builder.map(self.tree.len(id));
                let mut filling = Filling {
                    map,
                    keys: HashSet::default(),
                };
                self.fill(id, &mut filling)?;
                Ok(self.builder.end_map(filling.map))
            }
            NodeKind::Alias => {
                self.follow(id)?;
                let value = self.value(self.tree.target(id))?;
                self.following.pop();
                Ok(value)
            }
        }
    }

    fn enter(&mut self, id: NodeId) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.refuse(id, "exceeded max depth");
        }
        Ok(())
    }

    fn follow(&mut self, alias: NodeId) -> Result<(), Stop> {
        if self.following.contains(&alias) {
            return self.refuse(
                alias,
                format!("anchor '{}' value contains itself", self.tree.text(alias)),
            );
        }
        if self.following.len() >= MAX_DEPTH {
            return self.refuse(alias, "exceeded max depth");
        }
        self.following.push(alias);
        Ok(())
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<B::Value, Stop> {
        Ok(match scalar {
            Scalar::Null => self.builder.null(),
            Scalar::Bool(value) => self.builder.bool(value),
            Scalar::Int(value) => self.builder.int(value),
            Scalar::Uint(value) => self.builder.uint(value),
            Scalar::Float(value) => match self.builder.float(value) {
                Some(value) => value,
                None if self.is_lenient => self.builder.null(),
                None => return Err(Stop::Unrepresentable),
            },
            Scalar::Str(text) => self.builder.string(text),
            Scalar::Timestamp(text) => self.builder.string(Cow::Borrowed(text)),
        })
    }

    /// Adds the pairs of a mapping, in order: also those of a merged one.
    fn fill(&mut self, id: NodeId, filling: &mut Filling<B::Map>) -> Result<(), Stop> {
        self.enter(id)?;
        let tree = self.tree;
        for (key, value) in tree.pairs(id) {
            if tree.is_merge_key(key) {
                self.merge(value, filling)?;
                continue;
            }
            let scalar = self.key(key)?;
            let text = match key_text(&scalar) {
                Some(text) => text,
                None if self.is_lenient || self.builder.accepts_any_key() => Cow::Borrowed(""),
                None => return Err(Stop::Unrepresentable),
            };
            if self.builder.skips(&text) && matches!(tree.kind(value), NodeKind::Scalar(_)) {
                continue;
            }
            let built = self.value(value)?;
            if self.is_strict && !filling.keys.insert(key_syntax(&scalar)) {
                let key_offset = tree.span(key).start;
                let line = tree.line(value);
                self.duplicates.push(DuplicateKey {
                    key: key_syntax(&scalar),
                    line,
                    offset: key_offset,
                });
                continue;
            }
            self.builder.insert(&mut filling.map, text, &scalar, built);
        }
        self.depth -= 1;
        Ok(())
    }

    /// The scalar that a key is; collections are refused with their value in the message.
    fn key(&mut self, id: NodeId) -> Result<Scalar<'t>, Stop> {
        self.count(id)?;
        let target = self.tree.target(id);
        let is_alias = target != id;
        if is_alias {
            self.follow(id)?;
        }
        if let NodeKind::Scalar(_) = self.tree.kind(target) {
            if is_alias {
                self.count(target)?;
                self.following.pop();
            }
            return Ok(self.tree.scalar(target)?);
        }
        // Decoding ends here in any case, so the counts of aliases and depth can be passed on.
        let mut builder = GoSyntax;
        let mut decoder = Decoder::new(self.tree, &mut builder, Duplicates::LastWins);
        decoder.following = std::mem::take(&mut self.following);
        decoder.depth = self.depth;
        (decoder.decoded, decoder.decoded_in_alias) = (self.decoded, self.decoded_in_alias);
        let shown = decoder.run(target)?;
        self.refuse(id, format!("invalid map key: {}", shown.text))
    }

    fn merge(&mut self, id: NodeId, filling: &mut Filling<B::Map>) -> Result<(), Stop> {
        let tree = self.tree;
        match tree.kind(id) {
            NodeKind::Mapping | NodeKind::Alias => self.merge_one(id, filling),
            NodeKind::Sequence => {
                // Backwards: earlier mappings take precedence.
                let parts: Vec<NodeId> = tree.children(id).collect();
                parts
                    .into_iter()
                    .rev()
                    .try_for_each(|part| self.merge_one(part, filling))
            }
            NodeKind::Scalar(_) => self.refuse_merge(id),
        }
    }

    fn merge_one(&mut self, id: NodeId, filling: &mut Filling<B::Map>) -> Result<(), Stop> {
        let target = self.tree.target(id);
        if self.tree.kind(target) != NodeKind::Mapping {
            return self.refuse_merge(id);
        }
        self.count(id)?;
        if target == id {
            return self.fill(id, filling);
        }
        self.follow(id)?;
        self.count(target)?;
        self.fill(target, filling)?;
        self.following.pop();
        Ok(())
    }

    fn refuse_merge(&self, id: NodeId) -> Result<(), Stop> {
        self.refuse(id, "map merge requires map or sequence of maps as the value")
    }
}

/// How much of the work may come from aliases: 99% of small documents, 10% of very large ones.
fn allowed_alias_ratio(decoded: f64) -> f64 {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    if decoded <= LOW {
        0.99
    } else if decoded >= HIGH {
        0.10
    } else {
        0.99 - 0.89 * ((decoded - LOW) / (HIGH - LOW))
    }
}

/// A key as a JSON object has it; `None` for nulls and numbers above 63 bits, which sigs.k8s.io/yaml refuses.
fn key_text<'t>(key: &Scalar<'t>) -> Option<Cow<'t, str>> {
    Some(match key {
        Scalar::Null | Scalar::Uint(_) => return None,
        Scalar::Bool(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
        Scalar::Int(value) => Cow::Owned(value.to_string()),
        Scalar::Float(value) => match special_float_text(in_32_bits(*value)) {
            Some(word) => Cow::Borrowed(word),
            None => Cow::Owned(format_shortest_32(*value)),
        },
        Scalar::Str(text) => text.clone(),
        Scalar::Timestamp(text) => Cow::Borrowed(text),
    })
}

#[expect(clippy::cast_possible_truncation, reason = "Go rounds to 32 bits here")]
fn in_32_bits(value: f64) -> f64 {
    f64::from(value as f32)
}

impl Tree<'_> {
    /// A scalar with its type; refused if its tag and text do not match. Not for collections and aliases.
    ///
    /// # Errors
    /// When tag and text do not match.
    pub fn scalar(&self, id: NodeId) -> Result<Scalar<'_>, YamlError> {
        if let Some(text) = self.known_text(id) {
            return Ok(Scalar::Str(Cow::Borrowed(text)));
        }
        let text = self.text(id);
        if let Some(is_implicit) = self.is_implicit_without_tag(id) {
            return Ok(if is_implicit {
                resolve_plain(text)
            } else {
                Scalar::Str(Cow::Borrowed(text))
            });
        }
        let tag = self.tag(id);
        if tag.is_empty() && !self.is_implicit(id) {
            return Ok(Scalar::Str(Cow::Borrowed(text)));
        }
        let offset = self.span(id).start;
        resolve_tagged(tag, text).map_err(|problem| YamlError::Content { offset, problem })
    }

    /// Whether a scalar is null.
    pub fn is_null(&self, id: NodeId) -> bool {
        !self.is_known_text(id)
            && matches!(self.kind(id), NodeKind::Scalar(_))
            && matches!(self.scalar(id), Ok(Scalar::Null))
    }

    /// The text of a key without anchor, tag and other meaning: not `yes`, not `1`, not `<<`.
    pub fn plain_key(&self, id: NodeId) -> Option<&str> {
        if let Some(text) = self.known_text(id) {
            return Some(text);
        }
        let is_implicit = self.is_implicit_without_tag(id)?;
        let text = self.text(id);
        let is_text = matches!(self.kind(id), NodeKind::Scalar(_))
            && (!is_implicit || (text != "<<" && matches!(resolve_plain(text), Scalar::Str(_))));
        is_text.then_some(text)
    }

    /// Whether a key is `<<`, which takes over the pairs of its value.
    pub fn is_merge_key(&self, id: NodeId) -> bool {
        self.is_text(id, "<<") && (self.is_implicit(id) || self.tag(id) == MERGE_TAG)
    }
}
