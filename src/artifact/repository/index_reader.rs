//! Reading an index: the versions of a chart, by the rules of Helm's `loadIndex` (`pkg/repo/v1/index.go`).
//!
//! In: the text of an index. Out: the entries of one chart, newest first; an entry that Helm skips with a warning is left out.
//! Only the part of the text that is about the chart is decoded, so a large index costs one pass over its lines.

use serde_json::Value as Json;

use crate::text::semver::sort_newest_first;

use super::index_error::{IndexError, check_count};
use super::index_layout::Layout;
use super::listed_entry::{ListedEntry, check_root, read_entry};

/// An index whose charts have been located. It keeps places only, so the same text is given to each call.
#[derive(Debug)]
pub struct IndexReader {
    layout: Layout,
}

impl IndexReader {
    /// Locates the charts. Their entries are not looked at.
    ///
    /// # Errors
    /// When the text is not an index.
    pub fn open(text: &[u8]) -> Result<Self, IndexError> {
        let layout = Layout::find(text)?;
        check_root(&layout.root)?;
        Ok(Self { layout })
    }

    /// The names of the charts in the order of the text.
    pub fn charts(&self) -> impl Iterator<Item = &str> {
        self.layout.charts.iter().map(|chart| chart.name.as_str())
    }

    /// A field of the index beside its charts: what a server says about itself.
    pub fn field(&self, name: &str) -> Option<&Json> {
        self.layout.root.get(name)
    }

    /// The versions of a chart, newest first; `None` if the index does not have the chart. `text` is the one that was opened.
    ///
    /// # Errors
    /// When an entry has a field of another type than Helm reads.
    pub fn versions(&self, text: &[u8], chart: &str) -> Result<Option<Vec<ListedEntry>>, IndexError> {
        match versions_in(&self.layout, text, chart) {
            // Read as a whole, the text gives the line of the fault, or shows that its lines mislead.
            Err(_) if self.layout.decoded.is_empty() => versions_in(&Layout::of_tree(text)?, text, chart),
            found => found,
        }
    }
}

fn versions_in(layout: &Layout, text: &[u8], chart: &str) -> Result<Option<Vec<ListedEntry>>, IndexError> {
    let Some(chart) = layout.chart(chart) else {
        return Ok(None);
    };
    check_count(chart.items.len(), &chart.name)?;
    let mut entries = Vec::with_capacity(chart.items.len());
    for item in chart.items.clone() {
        let value: &Json = &*layout.value(text, item)?;
        entries.extend(read_entry(&chart.name, value)?);
    }
    Ok(Some(sort_newest_first(entries, |entry: &ListedEntry| {
        entry.version.clone()
    })))
}

/// The versions of one chart, newest first; `None` if the index does not have the chart. For several charts of one index,
/// [`IndexReader`] locates them once.
///
/// # Errors
/// When the text is not an index, or one of the chart's entries has a field of another type than Helm reads.
pub fn index_versions(text: &[u8], chart: &str) -> Result<Option<Vec<ListedEntry>>, IndexError> {
    IndexReader::open(text)?.versions(text, chart)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::repository::index_lines::usual_layout;
    use crate::artifact::repository::index_tree::tree_layout;

    const ENTRY: &str = "  - apiVersion: v2\n    created: \"2026-01-02T03:04:05Z\"\n    description: 'it''s: # [x'\n    digest: sha256:aa\n    name: a\n    urls:\n    - a-1.0.0.tgz\n    version: 1.0.0\n";

    fn versions(text: &str, chart: &str) -> Result<Option<Vec<String>>, String> {
        match index_versions(text.as_bytes(), chart) {
            Ok(found) => Ok(found.map(|entries| entries.into_iter().map(|entry| entry.version).collect())),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The verdicts are those of `helm repo add` and `helm search repo -l` of 4.3 and 3.22.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of indexes")]
    fn an_index_is_read_as_helm_reads_it() {
        let usual = |entry: String| format!("apiVersion: v1\nentries:\n  a:\n{entry}");
        let changed = |from: &str, to: &str| usual(ENTRY.replace(from, to));
        let ok = |versions: &[&str]| Ok(Some(versions.iter().map(|version| (*version).to_owned()).collect()));
        let broken = |message: &str| Err(format!("index.yaml is broken: {message}"));
        let older = ENTRY.replace("1.0.0", "0.9.0");
        let newer = ENTRY.replace("1.0.0", "1.10.0");
        for (text, want) in [
            (usual(ENTRY.to_owned()), ok(&["1.0.0"])),
            (
                usual(format!("{older}{newer}{ENTRY}")),
                ok(&["1.10.0", "1.0.0", "0.9.0"]),
            ),
            (usual(ENTRY.to_owned()).replace('\n', "\r\n"), ok(&["1.0.0"])),
            (
                changed("    digest: sha256:aa\n", "    digest: 12\n    unknown: 1\n"),
                ok(&["1.0.0"]),
            ),
            (changed("version: 1.0.0", "version: latest"), ok(&[])),
            (changed("    version: 1.0.0\n", ""), ok(&[])),
            (changed("    name: a\n", ""), ok(&[])),
            (changed("    name: a\n", "    name: another\n"), ok(&["1.0.0"])),
            (changed("apiVersion: v2\n    created", "created"), ok(&["1.0.0"])),
            (
                changed("    name: a\n", "    name: a\n    maintainers:\n    - null\n"),
                ok(&[]),
            ),
            (
                changed(
                    "    name: a\n",
                    "    name: a\n    dependencies: [{name: x}, {name: x}]\n",
                ),
                ok(&["1.0.0"]),
            ),
            (usual("  - null\n".to_owned() + ENTRY), ok(&["1.0.0"])),
            (usual("  # none\n".to_owned()), broken("the entry of a is not a list")),
            (
                usual("  - x\n".to_owned()),
                broken("an entry of a: it is not a mapping"),
            ),
            (
                changed("version: 1.0.0", "version: 1.0"),
                broken("an entry of a: `version` has a number or a boolean where Helm reads a text"),
            ),
            (
                changed("\"2026-01-02T03:04:05Z\"", "yesterday"),
                broken(
                    "an entry of a: error unmarshaling JSON: while decoding JSON: parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"yesterday\" as \"2006\"",
                ),
            ),
            (
                changed("urls:\n    - a-1.0.0.tgz", "urls: x"),
                broken(
                    "an entry of a: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go struct field ChartVersion.urls of type []string",
                ),
            ),
            (
                usual(ENTRY.to_owned() + "    name: a\n"),
                broken("yaml: unmarshal errors:\n  line 12: key \"name\" already set in map"),
            ),
            (
                usual(format!("{ENTRY}  a:\n{ENTRY}")),
                broken("yaml: unmarshal errors:\n  line 13: key \"a\" already set in map"),
            ),
            (
                usual(ENTRY.to_owned()).replace("apiVersion: v1\n", ""),
                broken("it has no `apiVersion`; Helm writes `apiVersion: v1`"),
            ),
            (
                usual(ENTRY.to_owned()) + "generated: 1\n",
                broken("error unmarshaling JSON: while decoding JSON: Time.UnmarshalJSON: input is not a JSON string"),
            ),
            (
                "apiVersion: v1\nentries:\n".to_owned(),
                broken("it has no `entries`; a new index has `entries: {}`"),
            ),
            ("apiVersion: v1\nentries: {}\n".to_owned(), Ok(None)),
            (
                r#"{"apiVersion":"v1","entries":{"a":[{"name":"a","version":"1.0.0","urls":["x"]}]}}"#.to_owned(),
                ok(&["1.0.0"]),
            ),
            (
                "apiVersion: v1\nentries:\n  b:\n  - &x {name: b, version: 2.0.0}\n  a: [*x]\n".to_owned(),
                ok(&["2.0.0"]),
            ),
        ] {
            assert_eq!(versions(&text, "a"), want, "{text}");
        }
    }

    #[test]
    fn an_entry_has_its_digest_and_urls() {
        let text = format!("apiVersion: v1\nentries:\n  a:\n{ENTRY}generated: \"2026-01-02T03:04:05Z\"\n");
        let entries = index_versions(text.as_bytes(), "a").unwrap().unwrap();
        let [entry] = entries.as_slice() else {
            panic!("{entries:?}")
        };
        assert_eq!(entry.digest.as_deref(), Some("aa"));
        assert_eq!(entry.urls, ["a-1.0.0.tgz"]);
        assert_eq!(entry.created, "2026-01-02T03:04:05Z");
        assert_eq!(entry.description, "it's: # [x");
        let reader = IndexReader::open(text.as_bytes()).unwrap();
        assert_eq!(reader.charts().collect::<Vec<_>>(), ["a"]);
        assert_eq!(reader.versions(text.as_bytes(), "b").unwrap(), None);
    }

    /// Lines are used only where they show the same as the whole text.
    #[test]
    fn lines_and_the_tree_agree() {
        let usual = format!("apiVersion: v1\nentries:\n  a:\n{ENTRY}");
        let with = |field: &str| usual.clone() + field;
        for (text, is_usual) in [
            (usual.clone(), true),
            (
                with("  b: []\ngenerated: \"2026-01-02T03:04:05Z\" # now\n# end\n"),
                true,
            ),
            (
                with("    annotations:\n      x: |\n        - \"a\n       \n        [\n  b:\n  - name: c\n"),
                true,
            ),
            (
                with("    x: |-\n      a\n    y: >2\n        b\n\n  # of b\n  b:\n\n  - name: c\n    urls: []\n"),
                true,
            ),
            (
                with("    x: a\n      b\n  b:\n    - name: c\n      version: \"1 # x\" # y\n    -\n      name: d\n"),
                true,
            ),
            (usual.replace("\n  ", "\n    ").replace('\n', "\r\n"), true),
            (with("    x: \"a\n  b: c\"\n"), false),
            (with("    x: 'a\n  b:\n  - c'\n"), false),
            (with("    x: [a, {b: c}]\n    y : {a: []}\n  b :\n  - name: c\n"), true),
            (with("    x: [a,\n  b ]\n"), false),
            (with("    x: [\"]\",\n  b ]\n"), false),
            (with("    x: [a]]\n"), false),
            (with("    x: &y a\n    z: *y\n"), false),
            (with("    x: |+\n      a\n\n"), false),
            (with("    x: a # b: |\n"), true),
            (with("    x: a\n      b # c: |\n"), false),
            (with("  \"b\":\n  - name: c\n"), false),
            (with("  b: [{name: c}]\n"), false),
            (with("  'true':\n  - name: c\n"), false),
            (with("    - - x\n"), true),
            (with("    ? x\n    : y\n"), false),
            (format!("---\n{usual}"), false),
            ("{apiVersion: v1, entries: {a: []}}".to_owned(), false),
        ] {
            let lines = usual_layout(text.as_bytes());
            assert_eq!(lines.is_some(), is_usual, "{text}");
            let tree = tree_layout(text.as_bytes());
            if let (Some(lines), Ok(mut tree)) = (lines, tree) {
                tree.decoded.clear();
                tree.root = Json::Null;
                assert_eq!(lines, tree, "{text}");
            }
        }
    }
}
