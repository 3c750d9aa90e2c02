//! The drafts of JSON Schema: where each has schemas in schemas, what it calls an identifier, and its schema of schemas.

use std::sync::OnceLock;

use super::compile::{Compiler, NoLoader};
use super::location::split;
use super::node::Node;
use super::schema::{Arena, Id};

/// A version of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Draft {
    /// Draft 4.
    V4,
    /// Draft 6.
    V6,
    /// Draft 7.
    V7,
    /// Draft 2019-09.
    V2019,
    /// Draft 2020-12.
    V2020,
}

/// The drafts, their URLs, and where a text names them.
const DRAFTS: [(Draft, &str); 5] = [
    (Draft::V4, "http://json-schema.org/draft-04/schema"),
    (Draft::V6, "http://json-schema.org/draft-06/schema"),
    (Draft::V7, "http://json-schema.org/draft-07/schema"),
    (Draft::V2019, "https://json-schema.org/draft/2019-09/schema"),
    (Draft::V2020, "https://json-schema.org/draft/2020-12/schema"),
];

/// The documents of `json-schema.org`, by their path.
const DOCUMENTS: [(&str, &str); 19] = [
    (
        "draft-04/schema",
        include_str!("../../../schemas/metaschemas/draft-04-schema.json"),
    ),
    (
        "draft-06/schema",
        include_str!("../../../schemas/metaschemas/draft-06-schema.json"),
    ),
    (
        "draft-07/schema",
        include_str!("../../../schemas/metaschemas/draft-07-schema.json"),
    ),
    (
        "draft/2019-09/schema",
        include_str!("../../../schemas/metaschemas/2019-09-schema.json"),
    ),
    (
        "draft/2019-09/meta/core",
        include_str!("../../../schemas/metaschemas/2019-09-meta-core.json"),
    ),
    (
        "draft/2019-09/meta/applicator",
        include_str!("../../../schemas/metaschemas/2019-09-meta-applicator.json"),
    ),
    (
        "draft/2019-09/meta/validation",
        include_str!("../../../schemas/metaschemas/2019-09-meta-validation.json"),
    ),
    (
        "draft/2019-09/meta/meta-data",
        include_str!("../../../schemas/metaschemas/2019-09-meta-meta-data.json"),
    ),
    (
        "draft/2019-09/meta/format",
        include_str!("../../../schemas/metaschemas/2019-09-meta-format.json"),
    ),
    (
        "draft/2019-09/meta/content",
        include_str!("../../../schemas/metaschemas/2019-09-meta-content.json"),
    ),
    (
        "draft/2020-12/schema",
        include_str!("../../../schemas/metaschemas/2020-12-schema.json"),
    ),
    (
        "draft/2020-12/meta/core",
        include_str!("../../../schemas/metaschemas/2020-12-meta-core.json"),
    ),
    (
        "draft/2020-12/meta/applicator",
        include_str!("../../../schemas/metaschemas/2020-12-meta-applicator.json"),
    ),
    (
        "draft/2020-12/meta/unevaluated",
        include_str!("../../../schemas/metaschemas/2020-12-meta-unevaluated.json"),
    ),
    (
        "draft/2020-12/meta/validation",
        include_str!("../../../schemas/metaschemas/2020-12-meta-validation.json"),
    ),
    (
        "draft/2020-12/meta/meta-data",
        include_str!("../../../schemas/metaschemas/2020-12-meta-meta-data.json"),
    ),
    (
        "draft/2020-12/meta/format-annotation",
        include_str!("../../../schemas/metaschemas/2020-12-meta-format-annotation.json"),
    ),
    (
        "draft/2020-12/meta/format-assertion",
        include_str!("../../../schemas/metaschemas/2020-12-meta-format-assertion.json"),
    ),
    (
        "draft/2020-12/meta/content",
        include_str!("../../../schemas/metaschemas/2020-12-meta-content.json"),
    ),
];

/// How a keyword contains schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// It is a schema.
    One,
    /// It is a list of schemas.
    List,
    /// It is a map with schemas as values.
    Map,
}

/// The keywords that contain schemas, with the first draft that has them.
const SUBSCHEMAS: [(&str, Holds, Draft); 23] = [
    ("definitions", Holds::Map, Draft::V4),
    ("not", Holds::One, Draft::V4),
    ("allOf", Holds::List, Draft::V4),
    ("anyOf", Holds::List, Draft::V4),
    ("oneOf", Holds::List, Draft::V4),
    ("properties", Holds::Map, Draft::V4),
    ("additionalProperties", Holds::One, Draft::V4),
    ("patternProperties", Holds::Map, Draft::V4),
    ("items", Holds::One, Draft::V4),
    ("items", Holds::List, Draft::V4),
    ("additionalItems", Holds::One, Draft::V4),
    ("dependencies", Holds::Map, Draft::V4),
    ("propertyNames", Holds::One, Draft::V6),
    ("contains", Holds::One, Draft::V6),
    ("if", Holds::One, Draft::V7),
    ("then", Holds::One, Draft::V7),
    ("else", Holds::One, Draft::V7),
    ("$defs", Holds::Map, Draft::V2019),
    ("dependentSchemas", Holds::Map, Draft::V2019),
    ("unevaluatedProperties", Holds::One, Draft::V2019),
    ("unevaluatedItems", Holds::One, Draft::V2019),
    ("contentSchema", Holds::One, Draft::V2019),
    ("prefixItems", Holds::List, Draft::V2020),
];

impl Draft {
    /// The draft that a value of `$schema` names.
    pub(super) fn named(url: &str) -> Option<Self> {
        let (url, fragment) = split(url);
        if !fragment.is_empty() {
            return None;
        }
        let place = without_scheme(url);
        if place == "json-schema.org/schema" {
            return Some(Self::V2020);
        }
        let known = DRAFTS.iter().find(|(_, url)| without_scheme(url) == place);
        known.map(|(draft, _)| *draft)
    }

    /// The keywords that contain schemas.
    pub(super) fn subschemas(self) -> impl Iterator<Item = (&'static str, Holds)> {
        let known = SUBSCHEMAS.iter().filter(move |(_, _, since)| *since <= self);
        known.map(|(keyword, holds, _)| (*keyword, *holds))
    }

    /// The keyword of identifiers.
    pub(super) const fn id_keyword(self) -> &'static str {
        match self {
            Self::V4 => "id",
            _ => "$id",
        }
    }

    /// The identifier of a schema without its fragment; empty when it has none.
    pub(super) fn id_of(self, schema: &Node) -> &str {
        if self < Self::V2019 && schema.get("$ref").is_some() {
            // Nothing counts beside a reference.
            return "";
        }
        schema
            .get(self.id_keyword())
            .and_then(Node::as_text)
            .map_or("", |id| split(id).0)
    }

    /// The names of the vocabularies.
    pub(super) const fn vocabularies(self) -> &'static [&'static str] {
        match self {
            Self::V2019 => &["core", "applicator", "validation", "meta-data", "format", "content"],
            Self::V2020 => &[
                "core",
                "applicator",
                "unevaluated",
                "validation",
                "meta-data",
                "format-annotation",
                "format-assertion",
                "content",
            ],
            _ => &[],
        }
    }

    /// The vocabularies of a schema whose schema of schemas does not list any.
    pub(super) const fn default_vocabularies(self) -> &'static [&'static str] {
        match self {
            Self::V2019 => &["core", "applicator", "validation"],
            Self::V2020 => &["core", "applicator", "unevaluated", "validation"],
            _ => &[],
        }
    }

    /// What the URL of a vocabulary begins with.
    pub(super) const fn vocabulary_prefix(self) -> &'static str {
        match self {
            Self::V2019 => "https://json-schema.org/draft/2019-09/vocab/",
            Self::V2020 => "https://json-schema.org/draft/2020-12/vocab/",
            _ => "",
        }
    }
}

fn without_scheme(url: &str) -> &str {
    url.strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))
        .unwrap_or(url)
}

/// Whether a URL is one of `json-schema.org`, whose documents count as valid.
pub(super) fn is_official(url: &str) -> bool {
    official_path(url).is_some()
}

fn official_path(url: &str) -> Option<&str> {
    url.strip_prefix("http://json-schema.org/")
        .or_else(|| url.strip_prefix("https://json-schema.org/"))
}

/// The document of `json-schema.org` at a URL.
pub(super) fn official_document(url: &str) -> Option<Node> {
    let path = match official_path(url)? {
        "schema" => "draft/2020-12/schema",
        path => path,
    };
    let (_, text) = DOCUMENTS.iter().find(|(known, _)| *known == path)?;
    Node::parse(text.as_bytes()).ok()
}

/// The compiled schemas of schemas.
#[derive(Debug)]
pub(super) struct Metaschemas {
    pub(super) arena: Arena,
    drafts: Vec<(Draft, Id)>,
    vocabularies: Vec<(Draft, &'static str, Id)>,
}

impl Metaschemas {
    /// Compiled on first use.
    pub(super) fn all() -> &'static Self {
        static ALL: OnceLock<Metaschemas> = OnceLock::new();
        ALL.get_or_init(Self::compile)
    }

    fn compile() -> Self {
        let mut compiler = Compiler::for_metaschemas(&NoLoader);
        let mut drafts = Vec::new();
        let mut vocabularies = Vec::new();
        for (draft, url) in DRAFTS {
            drafts.extend(compiler.compile(url).ok().map(|id| (draft, id)));
            let directory = url.strip_suffix("schema").unwrap_or(url);
            for name in draft.vocabularies() {
                let compiled = compiler.compile(&format!("{directory}meta/{name}"));
                vocabularies.extend(compiled.ok().map(|id| (draft, *name, id)));
            }
        }
        Self {
            arena: compiler.into_arena(),
            drafts,
            vocabularies,
        }
    }

    pub(super) fn of(&self, draft: Draft) -> Option<Id> {
        self.drafts.iter().find(|(known, _)| *known == draft).map(|(_, id)| *id)
    }

    pub(super) fn vocabulary(&self, draft: Draft, name: &str) -> Option<Id> {
        let known = self
            .vocabularies
            .iter()
            .find(|(of, known, _)| *of == draft && *known == name);
        known.map(|(_, _, id)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_of_schemas_compiles() {
        let all = Metaschemas::all();
        assert_eq!(all.drafts.len(), DRAFTS.len());
        let names: usize = DRAFTS.iter().map(|(draft, _)| draft.vocabularies().len()).sum();
        assert_eq!(all.vocabularies.len(), names);
    }

    #[test]
    fn drafts_are_named_with_and_without_an_empty_fragment() {
        for (url, want) in [
            ("http://json-schema.org/draft-07/schema#", Some(Draft::V7)),
            ("https://json-schema.org/draft-04/schema", Some(Draft::V4)),
            ("https://json-schema.org/schema", Some(Draft::V2020)),
            ("http://json-schema.org/draft-07/schema#/a", None),
            ("http://json-schema.org/draft-03/schema", None),
        ] {
            assert_eq!(Draft::named(url), want, "{url}");
        }
    }
}
