//! From a document to compiled schemas. Follows `compiler.go` and `objcompiler.go` of the library.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::text::go::pattern::size;
use crate::text::go::quote::quote;
use crate::text::limits::{SCHEMA_PARTS, SCHEMA_PATTERN_PARTS};
use crate::text::ordered::CollectOrdered as _;

use super::documents::{Dialect, Document, Loaded, Loader};
use super::draft::Draft;
use super::formats::{FormatCheck, format_check};
use super::location::{Place, escape_step, join, split_fragment};
use super::node::Node;
use super::number::Decimal;
use super::patterns::Pattern;
use super::schema::{Additional, Arena, Dependency, Format, Id, Items, Schema, type_bit};
use super::validate::{Meta, validate};

/// Loads nothing.
#[derive(Debug)]
pub struct NoLoader;

impl Loader for NoLoader {
    fn load(&self, _: &str) -> Result<Option<Node>, String> {
        Err("no URLLoader set".to_owned())
    }
}

/// Compiles schemas.
pub(super) struct Compiler<'l> {
    arena: Arena,
    ids: HashMap<Place, Id>,
    /// Schemas in the order in which they were found.
    queue: Vec<(Place, Id)>,
    compiled: usize,
    documents: HashMap<String, Arc<Document>>,
    loaded: Loaded<'l>,
    default_draft: Draft,
    asserts_formats: bool,
    formats: Vec<(&'static str, FormatCheck)>,
    /// How large all patterns together are.
    pattern_parts: u64,
}

impl<'l> Compiler<'l> {
    pub(super) fn new(loader: &'l dyn Loader, default_draft: Draft) -> Self {
        Self {
            arena: Arena::new(false),
            ids: HashMap::new(),
            queue: Vec::new(),
            compiled: 0,
            documents: HashMap::new(),
            loaded: Loaded::new(loader),
            default_draft,
            asserts_formats: false,
            formats: Vec::new(),
            pattern_parts: 0,
        }
    }

    /// A compiler of schemas of schemas, whose formats are checked.
    pub(super) fn for_metaschemas(loader: &'l dyn Loader) -> Self {
        Self {
            arena: Arena::new(true),
            asserts_formats: true,
            ..Self::new(loader, Draft::V2020)
        }
    }

    pub(super) fn add_format(&mut self, name: &'static str, check: FormatCheck) {
        self.formats.push((name, check));
    }

    pub(super) fn add_document(&mut self, url: &str, document: Node) {
        self.loaded.add(url, document);
    }

    pub(super) fn into_arena(self) -> Arena {
        self.arena
    }

    /// Compiles the schema at a URL and all it refers to.
    pub(super) fn compile(&mut self, url: &str) -> Result<Id, String> {
        let (url, fragment) = split_fragment(url)?;
        let document = self
            .document(url)?
            .ok_or_else(|| format!("failing loading {}: it is not checked", quote(url.as_bytes())))?;
        let id = self.enqueue(document.place_of(&fragment)?);
        while let Some((place, id)) = self.queue.get(self.compiled).cloned() {
            let document = self
                .subschema(&place)?
                .ok_or_else(|| format!("failing loading {}: it is not checked", quote(place.url.as_bytes())))?;
            let schema = place.find(&document.node)?;
            let compiled = self.compile_value(schema, &place, id, &document)?;
            if let Some(slot) = self.arena.get_mut(id) {
                *slot = compiled;
            }
            self.compiled += 1;
            if self.queue.len() > SCHEMA_PARTS {
                return Err(format!(
                    "the schema {} and those it refers to exceed the limit of {SCHEMA_PARTS} schemas",
                    quote(url.as_bytes())
                ));
            }
        }
        Ok(id)
    }

    fn document(&mut self, url: &str) -> Result<Option<Arc<Document>>, String> {
        if let Some(known) = self.documents.get(url) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(node) = self.loaded.load(url)? else {
            return Ok(None);
        };
        let document = self.loaded.document(url, &node, self.default_draft, &mut self.arena)?;
        if !self.loaded.is_trusted(url) {
            self.check(&document, "")?;
        }
        Ok(Some(self.keep(document)))
    }

    fn keep(&mut self, document: Document) -> Arc<Document> {
        let document = Arc::new(document);
        self.documents.insert(document.url.clone(), Arc::clone(&document));
        document
    }

    /// The document of a place, searched and checked there.
    fn subschema(&mut self, place: &Place) -> Result<Option<Arc<Document>>, String> {
        let Some(document) = self.document(&place.url)? else {
            return Ok(None);
        };
        let Some(document) = self.loaded.subschema(&document, &place.pointer, &mut self.arena)? else {
            return Ok(Some(document));
        };
        self.check(&document, &place.pointer)?;
        Ok(Some(self.keep(document)))
    }

    /// Validates a part of a document against its schema of schemas.
    fn check(&self, document: &Document, pointer: &str) -> Result<(), String> {
        let place = Place::new(&document.url, pointer);
        let schema = document
            .resource(pointer)
            .and_then(|resource| resource.dialect.schema());
        let Some(schema) = schema else {
            return Ok(());
        };
        let meta = Meta {
            schema,
            resources: &document.resources,
        };
        validate(&self.arena, schema, place.find(&document.node)?, Some(meta)).map_err(|error| {
            let at = quote(place.text().as_bytes());
            format!("{at} is not valid against metaschema: {error}")
        })
    }

    fn enqueue(&mut self, place: Place) -> Id {
        if let Some(id) = self.ids.get(&place) {
            return *id;
        }
        let id = self.arena.add(place.text(), self.default_draft);
        self.ids.insert(place.clone(), id);
        self.queue.push((place, id));
        id
    }

    fn compile_value(&mut self, node: &Node, place: &Place, id: Id, document: &Document) -> Result<Schema, String> {
        let resource = document.resource(&place.pointer).ok_or_else(|| place.text())?;
        let draft = resource.dialect.draft;
        let mut schema = Schema::new(place.text(), draft, id);
        schema.resource = self.enqueue(Place::new(&place.url, resource.pointer.clone()));
        if draft >= Draft::V2020 && schema.resource == id {
            for (anchor, pointer) in &resource.anchors {
                if resource.dynamic_anchors.contains(anchor) {
                    let id = self.enqueue(Place::new(&place.url, pointer.clone()));
                    schema.dynamic_anchors.insert(anchor.clone(), id);
                }
            }
        }
        match node {
            Node::Bool(value) => schema.boolean = Some(*value),
            Node::Map(keywords) if keywords.is_empty() => schema.boolean = Some(true),
            Node::Map(keywords) => ObjectCompiler {
                compiler: self,
                keywords,
                place,
                document,
                dialect: &resource.dialect,
                base: &resource.id,
            }
            .compile(&mut schema)?,
            _ => {}
        }
        schema.all_properties_evaluated = schema.additional_properties.is_some();
        if draft < Draft::V2020 {
            schema.all_items_evaluated = schema.additional_items.is_some();
            match &schema.items {
                Some(Items::Each(_)) => schema.all_items_evaluated = true,
                Some(Items::List(items)) => schema.items_evaluated = items.len(),
                None => {}
            }
        } else {
            schema.all_items_evaluated = schema.items_2020.is_some();
            schema.items_evaluated = schema.prefix_items.len();
        }
        Ok(schema)
    }
}

/// Compiles a schema that is a map.
struct ObjectCompiler<'c, 'l> {
    compiler: &'c mut Compiler<'l>,
    keywords: &'c BTreeMap<String, Node>,
    place: &'c Place,
    document: &'c Document,
    dialect: &'c Dialect,
    /// The URL that references start from.
    base: &'c str,
}

impl ObjectCompiler<'_, '_> {
    fn compile(&mut self, s: &mut Schema) -> Result<(), String> {
        s.reference = self.reference("$ref")?;
        if s.draft < Draft::V2019 && s.reference.is_some() {
            // Nothing counts beside a reference. The library still reads what came with later drafts.
            return self.later(s);
        }
        if self.dialect.has_vocabulary("applicator") {
            self.applicators(s)?;
        }
        if self.dialect.has_vocabulary("validation") {
            self.validations(s)?;
        }
        if self.asserts_format(s.draft)
            && let Some(name) = self.text("format")
        {
            let own = self.compiler.formats.iter().find(|(known, _)| *known == name);
            let check = own.map(|(_, check)| *check).or_else(|| format_check(name));
            s.format = match name {
                "regex" => Some(Format::Regex),
                name => check.map(|check| Format::Named(name.to_owned(), check)),
            };
        }
        self.later(s)
    }

    /// The keywords that came after draft 4.
    fn later(&mut self, s: &mut Schema) -> Result<(), String> {
        let has_applicators = self.dialect.has_vocabulary("applicator");
        let has_validations = self.dialect.has_vocabulary("validation");
        if s.draft >= Draft::V6 {
            if has_applicators {
                s.contains = self.schema("contains");
                s.property_names = self.schema("propertyNames");
            }
            if has_validations {
                s.constant = self.keywords.get("const").cloned();
            }
        }
        if s.draft >= Draft::V7 && has_applicators {
            s.condition = self.schema("if");
            if s.condition.is_some() {
                let known = self.boolean("if");
                if known != Some(false) {
                    s.then = self.schema("then");
                }
                if known != Some(true) {
                    s.otherwise = self.schema("else");
                }
            }
        }
        if s.draft >= Draft::V2019 {
            self.draft_2019(s, has_applicators, has_validations)?;
        }
        if s.draft >= Draft::V2020 {
            self.draft_2020(s, has_applicators)?;
        }
        Ok(())
    }

    fn draft_2019(&mut self, s: &mut Schema, has_applicators: bool, has_validations: bool) -> Result<(), String> {
        s.recursive_reference = self.reference("$recursiveRef")?;
        s.recursive_anchor = self.boolean("$recursiveAnchor") == Some(true);
        if has_validations {
            if s.contains.is_some() {
                s.min_contains = self.count("minContains");
                s.max_contains = self.count("maxContains");
            }
            for (name, wanted) in self.map("dependentRequired").into_iter().flatten() {
                if let Node::List(names) = wanted {
                    s.dependent_required.insert(name.clone(), texts(names));
                }
            }
        }
        if has_applicators {
            s.dependent_schemas = self.schemas_by_name("dependentSchemas");
        }
        let vocabulary = if s.draft == Draft::V2019 {
            "applicator"
        } else {
            "unevaluated"
        };
        if self.dialect.has_vocabulary(vocabulary) {
            s.unevaluated_items = self.schema("unevaluatedItems");
            s.unevaluated_properties = self.schema("unevaluatedProperties");
        }
        Ok(())
    }

    fn draft_2020(&mut self, s: &mut Schema, has_applicators: bool) -> Result<(), String> {
        if let Some(target) = self.reference("$dynamicRef")? {
            let (_, fragment) = split_fragment(self.text("$dynamicRef").unwrap_or_default())?;
            let anchor = (!fragment.is_empty() && !fragment.starts_with('/')).then_some(fragment);
            s.dynamic_reference = Some((target, anchor));
        }
        s.dynamic_anchor = self.text("$dynamicAnchor").map(str::to_owned);
        if has_applicators {
            s.prefix_items = self.schema_list("prefixItems");
            s.items_2020 = self.schema("items");
        }
        Ok(())
    }

    fn applicators(&mut self, s: &mut Schema) -> Result<(), String> {
        s.all_of = self.schema_list("allOf");
        s.any_of = self.schema_list("anyOf");
        s.one_of = self.schema_list("oneOf");
        s.not = self.schema("not");
        if s.draft < Draft::V2020 {
            if matches!(self.keywords.get("items"), Some(Node::List(_))) {
                s.items = Some(Items::List(self.schema_list("items")));
                s.additional_items = self.additional("additionalItems");
            } else {
                s.items = self.schema("items").map(Items::Each);
            }
        }
        s.properties = self.schemas_by_name("properties");
        for (source, id) in self.schemas_by_name("patternProperties") {
            let pattern = self.pattern("patternProperties", &source)?;
            s.pattern_properties.push((pattern, id));
        }
        s.additional_properties = self.additional("additionalProperties");
        for (name, wanted) in self.map("dependencies").into_iter().flatten() {
            let dependency = match wanted {
                Node::List(names) => Dependency::Properties(texts(names)),
                _ => Dependency::Schema(self.below(&format!("dependencies/{}", escape_step(name)))),
            };
            s.dependencies.insert(name.clone(), dependency);
        }
        Ok(())
    }

    fn validations(&mut self, s: &mut Schema) -> Result<(), String> {
        s.types = match self.keywords.get("type") {
            Some(Node::Text(name)) => type_bit(name),
            Some(Node::List(names)) => texts(names).iter().fold(0, |bits, name| bits | type_bit(name)),
            _ => 0,
        };
        if let Some(Node::List(values)) = self.keywords.get("enum") {
            s.enumeration = Some(values.clone());
        }
        s.multiple_of = self.number("multipleOf");
        s.maximum = self.number("maximum");
        s.exclusive_maximum = match self.boolean("exclusiveMaximum") {
            Some(true) => s.maximum.take(),
            _ => self.number("exclusiveMaximum"),
        };
        s.minimum = self.number("minimum");
        s.exclusive_minimum = match self.boolean("exclusiveMinimum") {
            Some(true) => s.minimum.take(),
            _ => self.number("exclusiveMinimum"),
        };
        s.min_length = self.count("minLength");
        s.max_length = self.count("maxLength");
        if let Some(source) = self.text("pattern") {
            s.pattern = Some(self.pattern("pattern", source)?);
        }
        s.min_items = self.count("minItems");
        s.max_items = self.count("maxItems");
        s.unique_items = self.boolean("uniqueItems") == Some(true);
        s.max_properties = self.count("maxProperties");
        s.min_properties = self.count("minProperties");
        if let Some(Node::List(names)) = self.keywords.get("required") {
            s.required = texts(names);
        }
        Ok(())
    }

    fn asserts_format(&self, draft: Draft) -> bool {
        self.compiler.asserts_formats
            || match draft {
                Draft::V2019 => self.dialect.has_vocabulary("format"),
                Draft::V2020 => self.dialect.has_vocabulary("format-assertion"),
                _ => true,
            }
    }

    fn pattern(&mut self, keyword: &str, source: &str) -> Result<Pattern, String> {
        let at = self.place.keyword_text(keyword);
        let refused = |error: String| {
            let (source, at) = (quote(source.as_bytes()), quote(at.as_bytes()));
            format!("invalid regex {source} at {at}: {error}")
        };
        let parts = self
            .compiler
            .pattern_parts
            .saturating_add(size(source).unwrap_or_default());
        if parts > SCHEMA_PATTERN_PARTS {
            return Err(refused(format!(
                "the patterns of the schema, repetitions written out, exceed the limit of {SCHEMA_PATTERN_PARTS} parts"
            )));
        }
        self.compiler.pattern_parts = parts;
        Pattern::compile(source).map_err(refused)
    }

    /// The schema that a keyword refers to; none if it is not to be checked.
    fn reference(&mut self, keyword: &str) -> Result<Option<Id>, String> {
        let Some(reference) = self.text(keyword) else {
            return Ok(None);
        };
        let (url, fragment) = join(self.base, reference)?;
        if let Some(place) = self.document.resolve(&url, &fragment)? {
            return Ok(Some(self.compiler.enqueue(place)));
        }
        let Some(document) = self.compiler.document(&url)? else {
            return Ok(None);
        };
        let place = document.place_of(&fragment)?;
        Ok(Some(self.compiler.enqueue(place)))
    }

    /// The schema at a pointer below this one.
    fn below(&mut self, steps: &str) -> Id {
        let pointer = format!("{}/{steps}", self.place.pointer);
        self.compiler.enqueue(Place::new(&self.place.url, pointer))
    }

    fn schema(&mut self, keyword: &str) -> Option<Id> {
        self.keywords.contains_key(keyword).then(|| self.below(keyword))
    }

    fn schema_list(&mut self, keyword: &str) -> Vec<Id> {
        match self.keywords.get(keyword) {
            Some(Node::List(items)) => (0..items.len())
                .map(|index| self.below(&format!("{keyword}/{index}")))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn schemas_by_name(&mut self, keyword: &str) -> BTreeMap<String, Id> {
        let entries = self.map(keyword).into_iter().flatten();
        entries
            .map(|(name, _)| {
                let id = self.below(&format!("{keyword}/{}", escape_step(name)));
                (name.clone(), id)
            })
            .collect_map()
    }

    fn additional(&mut self, keyword: &str) -> Option<Additional> {
        match self.boolean(keyword) {
            Some(allowed) => Some(Additional::Allowed(allowed)),
            None => self.schema(keyword).map(Additional::Schema),
        }
    }

    fn boolean(&self, keyword: &str) -> Option<bool> {
        match self.keywords.get(keyword) {
            Some(Node::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    fn number(&self, keyword: &str) -> Option<Decimal> {
        match self.keywords.get(keyword) {
            Some(Node::Number(text)) => Decimal::parse(text),
            _ => None,
        }
    }

    fn count(&self, keyword: &str) -> Option<i64> {
        self.number(keyword)?.as_count()
    }
}

impl<'c> ObjectCompiler<'c, '_> {
    fn map(&self, keyword: &str) -> Option<&'c BTreeMap<String, Node>> {
        self.keywords.get(keyword).and_then(Node::as_map)
    }

    fn text(&self, keyword: &str) -> Option<&'c str> {
        self.keywords.get(keyword).and_then(Node::as_text)
    }
}

/// The texts in a list.
fn texts(nodes: &[Node]) -> Vec<String> {
    nodes.iter().filter_map(Node::as_text).map(str::to_owned).collect()
}
