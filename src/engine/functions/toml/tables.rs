//! The tables of a TOML document while it is read: which keys there are, and which were only implied.
//!
//! Follows the second half of `parse.go`, with its refusals.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::key_text;
use crate::engine::template::{Dict, List, ListType, Text, Value};
use crate::text::ordered::CollectOrdered as _;

type Table = BTreeMap<Vec<u8>, Node>;

/// The value of a key.
#[derive(Debug)]
enum Node {
    Table(Table),
    /// An array of tables, made by `[[key]]` or of inline tables being read.
    Tables(Vec<Table>),
    Value(Value),
}

/// All tables.
#[derive(Debug, Default)]
pub(super) struct Tables {
    root: Table,
    implicit: HashSet<Vec<u8>>,
    /// Keys by text: whether they were last known to have an array.
    arrays: HashMap<Vec<u8>, bool>,
}

/// A key by its parts.
pub(super) type Path = Vec<Vec<u8>>;

fn text_of(path: &[Vec<u8>]) -> Vec<u8> {
    key_text(path.iter().map(Vec::as_slice))
}

fn shown(path: &[Vec<u8>]) -> String {
    String::from_utf8_lossy(&text_of(path)).into_owned()
}

impl Tables {
    /// Notes whether a key has an array.
    pub(super) fn set_array(&mut self, path: &[Vec<u8>], is_array: bool) {
        self.arrays.insert(text_of(path), is_array);
    }

    /// Notes that a key's table was only implied.
    pub(super) fn imply(&mut self, path: &[Vec<u8>]) {
        self.implicit.insert(text_of(path));
    }

    /// Opens the table of a key, a new one of an array of tables when `array`.
    pub(super) fn open(&mut self, path: &[Vec<u8>], array: bool) -> Result<(), String> {
        let Some((last, parents)) = path.split_last() else {
            return Ok(());
        };
        let mut table = &mut self.root;
        for (depth, part) in parents.iter().enumerate() {
            let here = path.get(..=depth).unwrap_or_default();
            if !table.contains_key(part) {
                self.implicit.insert(text_of(here));
            }
            let node = table.entry(part.clone()).or_insert_with(|| Node::Table(Table::new()));
            table = inner(node).ok_or_else(|| format!("Key '{}' was already created as a hash.", shown(here)))?;
        }
        if !array {
            return self.set_node(path, Node::Table(Table::new()));
        }
        let node = table.entry(last.clone()).or_insert_with(|| Node::Tables(Vec::new()));
        match node {
            Node::Tables(tables) => {
                tables.push(Table::new());
                Ok(())
            }
            _ => Err(format!(
                "Key '{}' was already created and cannot be used as an array.",
                shown(path)
            )),
        }
    }

    /// Sets a key that must be new, or only implied.
    pub(super) fn set(&mut self, path: &[Vec<u8>], value: Value) -> Result<(), String> {
        self.set_node(path, Node::Value(value))
    }

    fn set_node(&mut self, path: &[Vec<u8>], node: Node) -> Result<(), String> {
        let Some((last, parents)) = path.split_last() else {
            return Ok(());
        };
        let mut table = &mut self.root;
        for (depth, part) in parents.iter().enumerate() {
            let here = path.get(..=depth).unwrap_or_default();
            let found = table.get_mut(part).and_then(inner);
            table = found.ok_or_else(|| format!("Key '{}' has already been defined.", shown(here)))?;
        }
        if !table.contains_key(last) {
            table.insert(last.clone(), node);
            return Ok(());
        }
        let text = text_of(path);
        let is_array = self.arrays.get(&text) == Some(&true);
        if !self.implicit.remove(&text) {
            return Err(format!("Key '{}' has already been defined.", shown(path)));
        }
        if is_array {
            table.insert(last.clone(), node);
        }
        Ok(())
    }

    /// The document as a value.
    pub(super) fn into_value(self) -> Value {
        table_value(self.root)
    }
}

/// The table that entries below a key go to.
fn inner(node: &mut Node) -> Option<&mut Table> {
    match node {
        Node::Table(table) => Some(table),
        Node::Tables(tables) => tables.last_mut(),
        Node::Value(_) => None,
    }
}

fn table_value(table: Table) -> Value {
    let entries: Dict = table
        .into_iter()
        .map(|(key, node)| {
            let value = match node {
                Node::Table(table) => table_value(table),
                Node::Tables(tables) => Value::List(List::typed(
                    ListType::Named("[]map[string]interface {}"),
                    tables.into_iter().map(table_value).collect(),
                )),
                Node::Value(value) => value,
            };
            (Text::from(key), value)
        })
        .collect_map();
    Value::map(entries)
}
