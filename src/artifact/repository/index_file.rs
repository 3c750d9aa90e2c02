//! index.yaml: what a repository offers, to an [`Index`] to which entries are added and from which they are removed, and its new
//! text. What is already in it stays, byte for byte.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde_json::Value as Json;

use super::index_edit::{ChartChange, Kept, OldEntry, edited};
use super::index_entry::IndexEntry;
use super::index_error::{IndexError, broken, check_count};
use super::index_layout::{ChartPlace, Layout};
use super::listed_entry::{ListedEntry, check_root, read_entry};

/// An index without entries.
const EMPTY: &str = "apiVersion: v1\nentries: {}\n";

/// An index that has been read, and the changes to it. It needs little more memory than its text if that is in the usual style.
#[derive(Debug)]
pub struct Index {
    text: Vec<u8>,
    layout: Layout,
    /// The version of each entry; empty for one that has none.
    versions: Vec<Box<str>>,
    changes: BTreeMap<String, ChartChange>,
    is_changed: bool,
    /// Whether `+` is encoded in new URLs.
    encodes_plus: bool,
}

impl Default for Index {
    /// One without entries.
    fn default() -> Self {
        let text = EMPTY.as_bytes().to_vec();
        let layout = Layout::of_empty(&text);
        Self {
            text,
            layout,
            versions: Vec::new(),
            changes: BTreeMap::new(),
            is_changed: false,
            encodes_plus: false,
        }
    }
}

impl Index {
    /// Reads an index that is to be changed: anything lost in reading would be deleted in writing. So an index that was
    /// truncated, or damaged by merging two versions, is refused, as Helm refuses it.
    ///
    /// # Errors
    /// When the text is not an index.
    pub fn read(text: Vec<u8>) -> Result<Self, IndexError> {
        let mut layout = Layout::find(&text)?;
        let versions = match check(&text, &layout) {
            // Read as a whole, the text gives the line of the fault, or shows that its lines mislead.
            Err(_) if layout.decoded.is_empty() => {
                layout = Layout::of_tree(&text)?;
                check(&text, &layout)?
            }
            checked => checked?,
        };
        Ok(Self {
            text,
            layout,
            versions,
            changes: BTreeMap::new(),
            is_changed: false,
            encodes_plus: false,
        })
    }

    /// The index of a store, which may take `+` for a space.
    pub(super) const fn of_store(mut self, takes_plus_for_space: bool) -> Self {
        self.encodes_plus = takes_plus_for_space;
        self
    }

    fn entry(&self, entry: &IndexEntry) -> IndexEntry {
        if self.encodes_plus {
            entry.without_plus()
        } else {
            entry.clone()
        }
    }

    /// The names of the charts, those of changes included.
    pub fn charts(&self) -> Vec<String> {
        let mut names: Vec<String> = self.layout.charts.iter().map(|chart| chart.name.clone()).collect();
        let new = self.changes.keys().filter(|name| self.layout.chart(name).is_none());
        names.extend(new.cloned());
        names
    }

    /// How many entries a chart has, whether or not Helm reads them.
    pub(super) fn count(&self, name: &str) -> usize {
        self.items(name).len()
    }

    /// The entries of a chart that Helm reads, in the order of the text. Changes are not in them.
    ///
    /// # Errors
    /// When an entry cannot be read.
    pub fn versions(&self, name: &str) -> Result<Vec<ListedEntry>, IndexError> {
        check_count(self.count(name), name)?;
        let mut entries = Vec::new();
        for item in self.items(name) {
            entries.extend(read_entry(name, &*self.layout.value(&self.text, item)?)?);
        }
        Ok(entries)
    }

    /// The digest that the index has for a version of a chart, without the name of the algorithm, and where its archive is.
    /// Empty where the index does not say.
    ///
    /// # Errors
    /// When an entry of the chart cannot be read.
    pub fn digest(&self, name: &str, version: &str) -> Result<Option<(String, Vec<String>)>, IndexError> {
        let change = self.changes.get(name);
        if let Some(added) = change.and_then(|change| change.added.iter().find(|entry| entry.version == version)) {
            return Ok(Some((added.digest.clone(), Vec::new())));
        }
        for (number, item) in self.items(name).enumerate() {
            let is_removed = change
                .and_then(|change| change.entries.get(number))
                .is_some_and(|entry| !entry.stays);
            if is_removed || self.version(item) != version {
                continue;
            }
            if let Some(entry) = read_entry(name, &*self.layout.value(&self.text, item)?)? {
                return Ok(Some((entry.digest.unwrap_or_default(), entry.urls)));
            }
        }
        Ok(None)
    }

    /// Adds an entry; false if the index already has it, with the same digest.
    ///
    /// # Errors
    /// When it has the version with another digest.
    pub fn add(&mut self, entry: &IndexEntry) -> Result<bool, IndexError> {
        if let Some((found, _)) = self.digest(&entry.name, &entry.version)? {
            if found == entry.digest {
                return Ok(false);
            }
            return Err(IndexError::Exists {
                name: entry.name.clone(),
                version: entry.version.clone(),
                found,
                new: entry.digest.clone(),
            });
        }
        let entry = self.entry(entry);
        self.change(&entry.name).added.push(entry);
        self.is_changed = true;
        Ok(true)
    }

    /// Adds an entry in place of one of the same version.
    pub fn replace(&mut self, entry: &IndexEntry) {
        self.remove(&entry.name, &entry.version);
        let entry = self.entry(entry);
        self.change(&entry.name).added.push(entry);
        self.is_changed = true;
    }

    /// Removes the entries of a version of a chart; false if there are none.
    pub fn remove(&mut self, name: &str, version: &str) -> bool {
        let change = self.change(name);
        let mut is_removed = false;
        for entry in &mut change.entries {
            if entry.stays && entry.version == version {
                entry.stays = false;
                is_removed = true;
            }
        }
        let before = change.added.len();
        change.added.retain(|entry| entry.version != version);
        is_removed |= change.added.len() != before;
        self.is_changed |= is_removed;
        is_removed
    }

    /// Whether an entry was added or removed.
    pub const fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// The text of the index. `generated` is an RFC 3339 time. The text has been read again, and has what it had before apart
    /// from the changes.
    ///
    /// # Errors
    /// When an entry cannot be printed, or the index is written in a way in which it cannot be changed.
    pub fn print(self, generated: &str) -> Result<Vec<u8>, IndexError> {
        let changes = self.changes.into_iter().filter(|(_, change)| change.is_change());
        let changes: Vec<(String, ChartChange)> = changes.collect();
        let new = edited(&self.text, &self.layout, &changes, generated)?;
        let read = Layout::find(&new)?;
        let is_same = has_only_changes((&self.text, &self.layout), (&new, &read), &changes)?;
        if is_same {
            Ok(new)
        } else {
            Err(broken(
                "it is written in a way in which entries cannot be added or removed; make it anew with `repo index`",
            ))
        }
    }

    fn items(&self, name: &str) -> Range<usize> {
        self.layout
            .chart(name)
            .map(|chart| chart.items.clone())
            .unwrap_or_default()
    }

    fn change(&mut self, name: &str) -> &mut ChartChange {
        if !self.changes.contains_key(name) {
            let entries = self.items(name).map(|item| OldEntry {
                version: self.version(item).to_owned(),
                stays: true,
            });
            let change = ChartChange {
                entries: entries.collect(),
                added: Vec::new(),
            };
            self.changes.insert(name.to_owned(), change);
        }
        self.changes.entry(name.to_owned()).or_default()
    }

    fn version(&self, item: usize) -> &str {
        self.versions.get(item).map_or("", |version| version)
    }
}

/// Reads every entry once; gives their versions.
fn check(text: &[u8], layout: &Layout) -> Result<Vec<Box<str>>, IndexError> {
    check_root(&layout.root)?;
    let mut versions = Vec::with_capacity(layout.items.len());
    for chart in &layout.charts {
        for item in chart.items.clone() {
            let value = layout.value(text, item)?;
            read_entry(&chart.name, &value)?;
            versions.push(value.get("version").and_then(Json::as_str).unwrap_or_default().into());
        }
    }
    Ok(versions)
}

/// An index and its places.
type Read<'t> = (&'t [u8], &'t Layout);

/// Whether an index is another one with changes, and nothing else.
fn has_only_changes(old: Read<'_>, new: Read<'_>, changes: &[(String, ChartChange)]) -> Result<bool, IndexError> {
    let changed: HashMap<&str, &ChartChange> = changes.iter().map(|(name, change)| (name.as_str(), change)).collect();
    let known: HashMap<&str, &ChartPlace> = old.1.charts.iter().map(|chart| (chart.name.as_str(), chart)).collect();
    let (mut found, mut others) = (0, 0);
    for chart in &new.1.charts {
        let known = known.get(chart.name.as_str()).copied();
        let is_same = match (changed.get(chart.name.as_str()), known) {
            (Some(change), known) => {
                found += 1;
                is_changed_chart((old, known), (new, chart), change)?
            }
            (None, Some(known)) => {
                others += 1;
                is_same_chart((old, known), (new, chart))?
            }
            (None, None) => false,
        };
        if !is_same {
            return Ok(false);
        }
    }
    let wanted = changes.iter().filter(|(_, change)| !change.is_empty()).count();
    let unchanged = known.keys().filter(|name| !changed.contains_key(*name)).count();
    Ok(others == unchanged && found == wanted && fields(&old.1.root) == fields(&new.1.root))
}

fn is_same_chart(
    (old, other): (Read<'_>, &ChartPlace),
    (new, chart): (Read<'_>, &ChartPlace),
) -> Result<bool, IndexError> {
    if other.items.len() != chart.items.len() {
        return Ok(false);
    }
    if other.span.of(old.0) == chart.span.of(new.0) {
        return Ok(true);
    }
    for (other, item) in other.items.clone().zip(chart.items.clone()) {
        if !is_same_entry((old, other), (new, item))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Compared by meaning where the text is not the same.
fn is_same_entry((old, other): (Read<'_>, usize), (new, item): (Read<'_>, usize)) -> Result<bool, IndexError> {
    let span = |layout: &Layout, item: usize| layout.items.get(item).copied().unwrap_or_default();
    Ok(span(old.1, other).of(old.0) == span(new.1, item).of(new.0)
        || old.1.value(old.0, other)? == new.1.value(new.0, item)?)
}

fn is_changed_chart(
    (old, other): (Read<'_>, Option<&ChartPlace>),
    (new, chart): (Read<'_>, &ChartPlace),
    change: &ChartChange,
) -> Result<bool, IndexError> {
    let order = change.order();
    let first = other.map_or(0, |chart| chart.items.start);
    if order.len() != chart.items.len() {
        return Ok(false);
    }
    for (item, kept) in chart.items.clone().zip(order) {
        let is_same = match kept {
            Kept::Old(number) => is_same_entry((old, first + number), (new, item))?,
            Kept::New(entry) => new.1.value(new.0, item)?.as_object() == Some(&entry.fields),
        };
        if !is_same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The fields of an index that a change leaves alone.
fn fields(root: &Json) -> Json {
    let mut root = root.clone();
    if let Some(fields) = root.as_object_mut() {
        fields.remove("generated");
    }
    root
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::chart::Metadata;
    use crate::text::yaml;

    const NOW: &str = "2026-01-02T03:04:05Z";

    fn entry(name: &str, version: &str, digest: &str) -> IndexEntry {
        let metadata = Metadata {
            name: name.to_owned(),
            version: version.to_owned(),
            api_version: "v2".to_owned(),
            ..Metadata::default()
        };
        IndexEntry::new(&metadata, &format!("{name}-{version}.tgz"), digest, NOW)
    }

    fn merged(index: Option<&str>, entries: &[IndexEntry]) -> Result<String, IndexError> {
        let mut index = index.map_or_else(|| Ok(Index::default()), |text| Index::read(text.as_bytes().to_vec()))?;
        for entry in entries {
            index.add(entry)?;
        }
        if !index.is_changed() {
            return Ok("unchanged".to_owned());
        }
        Ok(String::from_utf8(index.print(NOW)?).unwrap())
    }

    #[test]
    fn a_new_index_is_what_helm_writes() {
        assert_eq!(
            merged(None, &[entry("a", "1.0.0", "aa")]).unwrap(),
            "apiVersion: v1\nentries:\n  a:\n  - apiVersion: v2\n    created: \"2026-01-02T03:04:05Z\"\n    digest: aa\n    \
             name: a\n    urls:\n    - a-1.0.0.tgz\n    version: 1.0.0\ngenerated: \"2026-01-02T03:04:05Z\"\n"
        );
    }

    #[test]
    fn newest_comes_first_and_foreign_entries_stay() {
        let index = "apiVersion: v1\nx: foreign\nentries:\n  a:\n  - {name: a, version: 1.9.0, digest: aa, custom: {z: 1}}\n  b: [{name: b, version: 0.1.0}]\n";
        let text = merged(Some(index), &[entry("a", "1.10.0", "bb")]).unwrap();
        let json = yaml::json_from_bytes(text.as_bytes()).unwrap();
        assert_eq!(json.pointer("/entries/a/0/version"), Some(&json!("1.10.0")));
        assert_eq!(json.pointer("/entries/a/1/custom/z"), Some(&json!(1)));
        assert_eq!(json.pointer("/entries/b/0/version"), Some(&json!("0.1.0")));
        assert_eq!(json.get("x"), Some(&json!("foreign")));
    }

    #[test]
    fn a_version_keeps_its_content() {
        let index = merged(None, &[entry("a", "1.0.0", "aa")]).unwrap();
        assert_eq!(merged(Some(&index), &[entry("a", "1.0.0", "aa")]).unwrap(), "unchanged");
        let error = merged(Some(&index), &[entry("a", "1.0.0", "bb")]).unwrap_err();
        assert!(matches!(error, IndexError::Exists { .. }));
        let prefixed = index.replace("digest: aa", "digest: sha256:aa");
        assert_eq!(
            merged(Some(&prefixed), &[entry("a", "1.0.0", "aa")]).unwrap(),
            "unchanged"
        );
        for (index, reason) in [
            ("- 1\n", "it is not a mapping"),
            ("entries: []\n", "`entries` is not a mapping"),
            ("entries: {a: {}}\n", "the entry of a is not a list"),
            ("", "it is empty"),
            ("# nothing\n", "it is empty"),
            ("apiVersion: v1\n", "it has no `entries`; a new index has `entries: {}`"),
            (
                "apiVersion: v1\nentries:",
                "it has no `entries`; a new index has `entries: {}`",
            ),
            (
                "entries: {b: [], c:",
                "yaml: line 1: did not find expected node content",
            ),
            ("entries:\n  b: []\n  c:", "the entry of c is not a list"),
            ("entries: {}\n---\nentries: {}\n", "it has 2 documents"),
            (
                "entries:\n  b: []\n  b: []\n",
                "yaml: unmarshal errors:\n  line 3: key \"b\" already set in map",
            ),
        ] {
            let error = merged(Some(index), &[entry("a", "1.0.0", "aa")]).unwrap_err();
            assert_eq!(error.to_string(), format!("index.yaml is broken: {reason}"));
        }
    }
}
