//! Sources parsed into one namespace of definitions.
//!
//! Follows `AddParseTree` and `associate` of Go's `text/template`: a later definition replaces an earlier one of the same
//! name unless the later is nothing but space and comments.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::compiler::Compiler;
use super::error::ParseError;
use super::function::FunctionLookup;
use super::text::Text;
use super::tree::{Definition, Unit};
use crate::text::compact_sort::sort_by;

/// Name of the template that Helm makes all others from; also the name of texts that `tpl` runs.
pub(super) const SET_NAME: &str = "gotpl";

/// Sources being compiled.
#[derive(Debug)]
pub struct TemplateSet {
    set: CompiledSet,
}

/// Compiled sources, shared by any number of renderings and threads.
#[derive(Debug, Clone)]
pub struct CompiledSet {
    pub(super) units: Vec<Arc<Unit>>,
    index: HashMap<Text, Place, RandomState>,
    pub(super) lookup: FunctionLookup,
}

/// One compiled source, for any set whose functions are those it was compiled with.
#[derive(Debug, Clone)]
pub struct CompiledSource(Arc<Unit>);

impl CompiledSource {
    /// Compiles a source.
    ///
    /// # Errors
    /// When it does not parse.
    pub fn compile(
        compiler: &mut Compiler,
        name: Text,
        source: Text,
        lookup: FunctionLookup,
    ) -> Result<Self, ParseError> {
        Ok(Self(Arc::new(compiler.compile(name, source, lookup)?)))
    }

    /// The name it was given.
    pub fn name(&self) -> &Text {
        &self.0.name
    }

    pub(super) fn unit(&self) -> &Unit {
        &self.0
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &Text {
        &self.0.source
    }
}

/// Which unit, and which of its definitions.
#[derive(Debug, Clone, Copy)]
struct Place {
    unit: usize,
    definition: usize,
}

/// A definition and the unit that contains it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) unit: Arc<Unit>,
    pub(super) definition: usize,
}

impl Found {
    pub(super) fn definition(&self) -> Option<&Definition> {
        self.unit.definitions.get(self.definition)
    }
}

/// A definition's name and the file it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionOrigin {
    /// Name of the definition; a file's own name for the file itself.
    pub name: Text,
    /// Name of the source.
    pub file: Text,
    /// Byte offset of the body in that source.
    pub offset: u32,
    /// Nothing but space and comments.
    pub is_empty: bool,
}

impl TemplateSet {
    /// An empty set whose templates may call the functions that `lookup` finds, and Go's built-in ones.
    pub fn new(lookup: FunctionLookup) -> Self {
        Self {
            set: CompiledSet {
                units: Vec::new(),
                index: HashMap::default(),
                lookup,
            },
        }
    }

    /// Compiles a source and adds its definitions; the source itself is one, by its name.
    ///
    /// # Errors
    /// When it does not parse.
    pub fn parse<N: Into<Text>, S: Into<Text>>(&mut self, name: N, source: S) -> Result<(), ParseError> {
        let (name, source) = (name.into(), source.into());
        let lookup = self.set.lookup;
        self.add(CompiledSource::compile(&mut Compiler::default(), name, source, lookup)?);
        Ok(())
    }

    /// Adds the definitions of a source.
    pub fn add(&mut self, source: CompiledSource) {
        let unit = source.0;
        let unit_index = self.set.units.len();
        for (definition_index, definition) in unit.definitions.iter().enumerate() {
            if definition.is_empty && self.set.index.contains_key(&definition.name) {
                continue;
            }
            let place = Place {
                unit: unit_index,
                definition: definition_index,
            };
            self.set.index.insert(definition.name.clone(), place);
        }
        self.set.units.push(unit);
    }

    /// The set, ready to run.
    pub fn finish(self) -> CompiledSet {
        self.set
    }
}

impl CompiledSet {
    pub(super) fn find(&self, name: &[u8]) -> Option<Found> {
        let place = self.index.get(name)?;
        Some(Found {
            unit: self.units.get(place.unit)?.clone(),
            definition: place.definition,
        })
    }

    /// Its sources, in the order in which they were added.
    pub fn sources(&self) -> impl Iterator<Item = CompiledSource> {
        self.units.iter().cloned().map(CompiledSource)
    }

    /// Every definition in force and where it came from, sorted by name.
    pub fn definitions(&self) -> Vec<DefinitionOrigin> {
        let mut origins: Vec<DefinitionOrigin> = Vec::with_capacity(self.index.len());
        for unit in &self.units {
            for definition in &unit.definitions {
                if let Some(found) = self.find(definition.name.as_bytes())
                    && Arc::ptr_eq(&found.unit, unit)
                {
                    origins.push(DefinitionOrigin {
                        name: definition.name.clone(),
                        file: unit.name.clone(),
                        offset: definition.position,
                        is_empty: definition.is_empty,
                    });
                }
            }
        }
        sort_by(&mut origins, |a, b| a.name.cmp(&b.name));
        origins
    }
}
