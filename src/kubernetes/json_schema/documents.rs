//! The documents of a compilation: the resources in each (parts with an identifier), and the anchors of those.
//!
//! Follows `root.go`, `roots.go` and `loader.go` of the library.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::text::go::quote::quote;
use crate::text::go::url::parse;

use super::draft::{Draft, Holds, Metaschemas, is_official, official_document};
use super::location::{Place, escape_step, join, split, split_fragment};
use super::node::Node;
use super::schema::{Arena, Id};

/// Reads documents that a schema refers to.
pub trait Loader {
    /// The document at an absolute URL without fragment; none if what refers to it is not to be checked.
    ///
    /// # Errors
    /// When there is no such document.
    fn load(&self, url: &str) -> Result<Option<Node>, String>;

    /// Whether a document that was loaded is known to be a schema, so that this is not checked.
    fn is_trusted(&self, _url: &str) -> bool {
        false
    }
}

/// What a part of a document is written in.
#[derive(Debug, Clone)]
pub(super) struct Dialect {
    pub(super) draft: Draft,
    /// Those that the schema of schemas lists; none means the draft's own.
    vocabularies: Option<Vec<String>>,
    /// The schema of schemas for those.
    schema: Option<Id>,
}

impl Dialect {
    pub(super) const fn of(draft: Draft) -> Self {
        Self {
            draft,
            vocabularies: None,
            schema: None,
        }
    }

    fn new(draft: Draft, vocabularies: Option<Vec<String>>, arena: &mut Arena) -> Self {
        let schema = vocabularies
            .as_ref()
            .map(|names| vocabulary_schema(draft, names, arena));
        Self {
            draft,
            vocabularies,
            schema,
        }
    }

    pub(super) fn has_vocabulary(&self, name: &str) -> bool {
        if name == "core" || self.draft < Draft::V2019 {
            return true;
        }
        match &self.vocabularies {
            Some(names) => names.iter().any(|known| known == name),
            None => self.draft.default_vocabularies().contains(&name),
        }
    }

    /// The schema of schemas.
    pub(super) fn schema(&self) -> Option<Id> {
        self.schema.or_else(|| Metaschemas::all().of(self.draft))
    }
}

/// A schema of schemas for some vocabularies.
fn vocabulary_schema(draft: Draft, names: &[String], arena: &mut Arena) -> Id {
    let id = arena.add("urn:mem:metaschema".to_owned(), draft);
    if let Some(schema) = arena.get_mut(id) {
        let known = names
            .iter()
            .filter_map(|name| Metaschemas::all().vocabulary(draft, name));
        schema.all_of = known.collect();
        if draft >= Draft::V2020 {
            schema.dynamic_anchor = Some("meta".to_owned());
            schema.dynamic_anchors.insert("meta".to_owned(), id);
        }
    }
    id
}

/// A part of a document with an identifier of its own, or the whole.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub(super) pointer: String,
    /// The URL.
    pub(super) id: String,
    pub(super) dialect: Dialect,
    /// The pointers of its anchors.
    pub(super) anchors: BTreeMap<String, String>,
    pub(super) dynamic_anchors: Vec<String>,
}

/// The resources of a document by their pointer.
pub(super) type Resources = BTreeMap<String, Resource>;

/// A document and what was found in it.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) url: String,
    pub(super) node: Arc<Node>,
    pub(super) resources: Resources,
    /// Pointers of schemas that have been searched.
    processed: BTreeSet<String>,
}

impl Document {
    /// The resource that contains a pointer.
    pub(super) fn resource(&self, pointer: &str) -> Option<&Resource> {
        let mut pointer = pointer;
        loop {
            if let Some(resource) = self.resources.get(pointer) {
                return Some(resource);
            }
            match pointer.rfind('/').and_then(|slash| pointer.get(..slash)) {
                Some(outer) => pointer = outer,
                None => return self.resources.get(""),
            }
        }
    }

    /// The place of a fragment of the whole document.
    pub(super) fn place_of(&self, fragment: &str) -> Result<Place, String> {
        let whole = self.resources.get("").ok_or_else(|| self.url.clone())?;
        self.place_in(fragment, whole)
    }

    fn place_in(&self, fragment: &str, resource: &Resource) -> Result<Place, String> {
        if fragment.is_empty() || fragment.starts_with('/') {
            return Ok(Place::new(&self.url, format!("{}{fragment}", resource.pointer)));
        }
        match resource.anchors.get(fragment) {
            Some(pointer) => Ok(Place::new(&self.url, pointer.clone())),
            None => Err(format!(
                "anchor in {} not found in schema {}",
                quote(Place::new(&resource.id, fragment).text().as_bytes()),
                quote(self.url.as_bytes())
            )),
        }
    }

    /// The place in this document that a URL with a fragment means; none if it is in another document.
    pub(super) fn resolve(&self, url: &str, fragment: &str) -> Result<Option<Place>, String> {
        let resource = if url == self.url {
            self.resources.get("")
        } else {
            self.resources.values().find(|resource| resource.id == url)
        };
        resource.map(|resource| self.place_in(fragment, resource)).transpose()
    }

    fn collect_anchors(&mut self, schema: &Node, pointer: &str, resource: &str) -> Result<(), String> {
        let url = self.url.clone();
        let Some(resource) = self.resources.get_mut(resource) else {
            return Ok(());
        };
        let draft = resource.dialect.draft;
        let mut add = |anchor: &str| match resource.anchors.get(anchor) {
            Some(known) if known == pointer => Ok(()),
            Some(known) => Err(format!(
                "duplicate anchor {} in {} at {} and {}",
                quote(anchor.as_bytes()),
                quote(url.as_bytes()),
                quote(known.as_bytes()),
                quote(pointer.as_bytes())
            )),
            None => {
                resource.anchors.insert(anchor.to_owned(), pointer.to_owned());
                Ok(())
            }
        };
        let text = |keyword: &str| schema.get(keyword).and_then(Node::as_text);
        if draft < Draft::V2019 {
            if schema.get("$ref").is_none()
                && let Some(id) = text(draft.id_keyword())
            {
                let at = Place::new(&url, pointer).text();
                let (_, fragment) =
                    split_fragment(id).map_err(|_| format!("error in parsing anchor at {}", quote(at.as_bytes())))?;
                if !fragment.is_empty() && !fragment.starts_with('/') {
                    add(&fragment)?;
                }
            }
            return Ok(());
        }
        if let Some(anchor) = text("$anchor") {
            add(anchor)?;
        }
        if draft >= Draft::V2020
            && let Some(anchor) = text("$dynamicAnchor")
        {
            add(anchor)?;
            resource.dynamic_anchors.push(anchor.to_owned());
        }
        Ok(())
    }
}

/// Documents as they were loaded.
pub(super) struct Loaded<'l> {
    loader: &'l dyn Loader,
    documents: HashMap<String, Option<Arc<Node>>>,
}

impl<'l> Loaded<'l> {
    pub(super) fn new(loader: &'l dyn Loader) -> Self {
        Self {
            loader,
            documents: HashMap::new(),
        }
    }

    /// Whether a document is known to be a schema.
    pub(super) fn is_trusted(&self, url: &str) -> bool {
        is_official(url) || self.loader.is_trusted(url)
    }

    pub(super) fn add(&mut self, url: &str, document: Node) {
        self.documents.insert(url.to_owned(), Some(Arc::new(document)));
    }

    /// The document at a URL; none if it is not to be checked.
    pub(super) fn load(&mut self, url: &str) -> Result<Option<Arc<Node>>, String> {
        if let Some(known) = self.documents.get(url) {
            return Ok(known.clone());
        }
        let document = match official_document(url) {
            Some(document) => Some(document),
            None => self
                .loader
                .load(url)
                .map_err(|error| format!("failing loading {}: {error}", quote(url.as_bytes())))?,
        };
        let document = document.map(Arc::new);
        self.documents.insert(url.to_owned(), document.clone());
        Ok(document)
    }

    /// The draft of a schema, which its `$schema` names, or that of a schema of schemas of the author's own.
    fn draft_of(&mut self, place: &Place, schema: &Node, fallback: Draft) -> Result<Draft, String> {
        let mut seen: Vec<String> = Vec::new();
        let mut place = place.clone();
        let mut schema = Arc::new(schema.clone());
        loop {
            let Some(named) = schema.get("$schema").and_then(Node::as_text) else {
                return Ok(fallback);
            };
            if let Some(draft) = Draft::named(named) {
                return Ok(draft);
            }
            let (url, _) = split(named);
            let url = url.to_owned();
            parse(url.as_bytes())
                .map_err(|error| format!("invalid $schema in {}: {error}", quote(place.text().as_bytes())))?;
            if place.pointer.is_empty() && place.url == url {
                return Err(format!("draft {} is not supported", quote(url.as_bytes())));
            }
            if seen.contains(&url) {
                return Err(format!("cycle in resolving $schema in {}", quote(url.as_bytes())));
            }
            let Some(document) = self.load(&url)? else {
                return Ok(fallback);
            };
            place = Place::new(&url, "");
            schema = document;
            seen.push(url);
        }
    }

    /// The vocabularies that a schema of schemas of the author's own wants.
    fn vocabularies_of(&mut self, schema: &Node, draft: Draft) -> Result<Option<Vec<String>>, String> {
        let Some(named) = schema.get("$schema").and_then(Node::as_text) else {
            return Ok(None);
        };
        if Draft::named(named).is_some() || draft < Draft::V2019 {
            return Ok(None);
        }
        let (url, _) = split(named);
        let document = self.load(url)?;
        let wanted = document
            .as_deref()
            .and_then(|node| node.get("$vocabulary")?.as_map().cloned());
        let Some(wanted) = wanted else {
            return Ok(None);
        };
        let mut names: Vec<String> = Vec::new();
        for (vocabulary, is_required) in wanted {
            if is_required != Node::Bool(true) {
                continue;
            }
            let name = vocabulary.strip_prefix(draft.vocabulary_prefix());
            match name.filter(|name| draft.vocabularies().contains(name)) {
                Some(name) => names.push(name.to_owned()),
                None => {
                    return Err(format!(
                        "unsupported vocabulary {} in {}",
                        quote(vocabulary.as_bytes()),
                        quote(url.as_bytes())
                    ));
                }
            }
        }
        if !names.iter().any(|name| name == "core") {
            names.push("core".to_owned());
        }
        Ok(Some(names))
    }

    /// Searches a new document.
    pub(super) fn document(
        &mut self,
        url: &str,
        node: &Arc<Node>,
        draft: Draft,
        arena: &mut Arena,
    ) -> Result<Document, String> {
        let mut document = Document {
            url: url.to_owned(),
            node: Arc::clone(node),
            resources: Resources::new(),
            processed: BTreeSet::new(),
        };
        self.collect(&mut document, node, url, "", &Dialect::of(draft), arena)?;
        Ok(document)
    }

    /// Searches a part of a document that a reference leads to, unless that has been done.
    pub(super) fn subschema(
        &mut self,
        document: &Document,
        pointer: &str,
        arena: &mut Arena,
    ) -> Result<Option<Document>, String> {
        if document.processed.contains(pointer) {
            return Ok(None);
        }
        let mut document = document.clone();
        let node = Arc::clone(&document.node);
        let schema = Place::new(&document.url, pointer).find(&node)?;
        let (base, dialect) = match document.resource(pointer) {
            Some(resource) => (resource.id.clone(), resource.dialect.clone()),
            None => (document.url.clone(), Dialect::of(Draft::V2020)),
        };
        self.collect(&mut document, schema, &base, pointer, &dialect, arena)?;
        if !document.resources.contains_key(pointer) {
            let resource = document.resource(pointer).map(|resource| resource.pointer.clone());
            document.collect_anchors(schema, pointer, &resource.unwrap_or_default())?;
        }
        Ok(Some(document))
    }

    /// Finds resources and anchors in a schema and in the schemas it contains.
    fn collect(
        &mut self,
        document: &mut Document,
        schema: &Node,
        base: &str,
        pointer: &str,
        fallback: &Dialect,
        arena: &mut Arena,
    ) -> Result<(), String> {
        if document.processed.contains(pointer) {
            return Ok(());
        }
        self.collect_new(document, schema, base, pointer, fallback, arena)?;
        document.processed.insert(pointer.to_owned());
        Ok(())
    }

    fn collect_new(
        &mut self,
        document: &mut Document,
        schema: &Node,
        base: &str,
        pointer: &str,
        fallback: &Dialect,
        arena: &mut Arena,
    ) -> Result<(), String> {
        let resource = |id: &str, dialect: Dialect| Resource {
            pointer: pointer.to_owned(),
            id: id.to_owned(),
            dialect,
            anchors: BTreeMap::new(),
            dynamic_anchors: Vec::new(),
        };
        if schema.as_map().is_none() {
            if pointer.is_empty() {
                document
                    .resources
                    .insert(String::new(), resource(base, fallback.clone()));
            }
            return Ok(());
        }
        let place = Place::new(&document.url, pointer);
        let mut names_draft = schema.get("$schema").is_some_and(|named| named.as_text().is_some());
        let mut draft = self.draft_of(&place, schema, fallback.draft)?;
        let mut id = draft.id_of(schema);
        if id.is_empty() && !pointer.is_empty() {
            // `$schema` counts only beside an identifier.
            draft = fallback.draft;
            names_draft = false;
            id = draft.id_of(schema);
        }
        let base = if id.is_empty() {
            base.to_owned()
        } else {
            let at = place.text();
            join(base, id)
                .map_err(|_| format!("error in parsing id at {}", quote(at.as_bytes())))?
                .0
        };
        if !id.is_empty() || pointer.is_empty() {
            let known = document.resources.values().find(|resource| resource.id == base);
            match known {
                Some(known) if known.pointer != pointer => {
                    return Err(format!(
                        "duplicate id {} in {} at {} and {}",
                        quote(base.as_bytes()),
                        quote(document.url.as_bytes()),
                        quote(pointer.as_bytes()),
                        quote(known.pointer.as_bytes())
                    ));
                }
                Some(_) => {}
                None => {
                    let dialect = if names_draft {
                        Dialect::new(draft, self.vocabularies_of(schema, draft)?, arena)
                    } else {
                        fallback.clone()
                    };
                    document.resources.insert(pointer.to_owned(), resource(&base, dialect));
                }
            }
        }
        let own = document.resources.values().find(|resource| resource.id == base);
        let (own, dialect) = match own {
            Some(resource) => (resource.pointer.clone(), resource.dialect.clone()),
            None => (String::new(), fallback.clone()),
        };
        document.collect_anchors(schema, pointer, &own)?;
        self.collect_inner(document, schema, draft, &base, pointer, &dialect, arena)
    }

    /// The same for the schemas in a schema.
    #[expect(clippy::too_many_arguments, reason = "the state of one recursion")]
    fn collect_inner(
        &mut self,
        document: &mut Document,
        schema: &Node,
        draft: Draft,
        base: &str,
        pointer: &str,
        dialect: &Dialect,
        arena: &mut Arena,
    ) -> Result<(), String> {
        for (keyword, holds) in draft.subschemas() {
            let Some(value) = schema.get(keyword) else {
                continue;
            };
            let at = format!("{pointer}/{keyword}");
            match (holds, value) {
                (Holds::One, value) => self.collect(document, value, base, &at, dialect, arena)?,
                (Holds::List, Node::List(items)) => {
                    for (index, item) in items.iter().enumerate() {
                        self.collect(document, item, base, &format!("{at}/{index}"), dialect, arena)?;
                    }
                }
                (Holds::Map, Node::Map(entries)) => {
                    for (key, value) in entries {
                        let at = format!("{at}/{}", escape_step(key));
                        self.collect(document, value, base, &at, dialect, arena)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
