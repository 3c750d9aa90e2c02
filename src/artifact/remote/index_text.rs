//! The versions of a chart in the text of an index.yaml, without reading the entries of the other charts.
//!
//! An index that Helm has written has one line for each chart, indented like the others, so one pass finds where each is. The lines of
//! the wanted one are YAML by themselves; whatever is written in another way is read as a whole.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value as Json;

use crate::text::yaml;

/// A version of a chart as the index lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexedVersion {
    /// The version.
    pub(super) version: String,
    /// The digest as it is written; empty if there is none.
    pub(super) digest: String,
    /// Addresses of the archive, as they are written.
    pub(super) urls: Vec<String>,
}

/// The text of an index, and where in it each chart is.
pub(super) struct IndexText {
    text: Vec<u8>,
    /// The lines of each chart; `None` where they have to be found by reading all of the text.
    places: Option<HashMap<String, Range<usize>>>,
}

impl IndexText {
    /// An index; whether it is one is known when a chart is looked for.
    pub(super) fn new(text: Vec<u8>) -> Self {
        let places = places(&text);
        Self { text, places }
    }

    /// The versions of a chart, in the order of the index; `None` if it does not have the chart.
    ///
    /// # Errors
    /// When the text is not an index.
    pub(super) fn versions(&self, chart: &str) -> Result<Option<Vec<IndexedVersion>>, String> {
        if let Some(places) = &self.places {
            let Some(place) = places.get(chart) else {
                return Ok(None);
            };
            let lines = self.text.get(place.clone()).unwrap_or_default();
            if let Ok(document) = yaml::json_from_bytes(lines)
                && let Some(entries) = document.get(chart)
            {
                return Ok(Some(versions(entries)));
            }
        }
        let document = yaml::json_from_bytes(&self.text).map_err(|error| error.to_string())?;
        if document
            .get("apiVersion")
            .and_then(Json::as_str)
            .is_none_or(str::is_empty)
        {
            return Err("it does not say its `apiVersion`".to_owned());
        }
        let entries = document.get("entries").and_then(|entries| entries.get(chart));
        Ok(entries.map(versions))
    }
}

/// The entries with a version; Helm leaves out the others.
fn versions(entries: &Json) -> Vec<IndexedVersion> {
    let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |entry: &Json, field: &str| entry.get(field).and_then(Json::as_str).unwrap_or_default().to_owned();
    let listed = entries.iter().map(|entry| {
        let urls = entry.get("urls").and_then(Json::as_array);
        IndexedVersion {
            version: text(entry, "version"),
            digest: text(entry, "digest"),
            urls: urls
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect(),
        }
    });
    listed.filter(|listed| !listed.version.is_empty()).collect()
}

/// The lines of each chart's key and its value, in a text that is written as usual; `None` in any other.
fn places(text: &[u8]) -> Option<HashMap<String, Range<usize>>> {
    let (mut has_version, mut has_entries, mut is_in_entries) = (false, false, false);
    let mut keys_indent = None;
    let mut places = HashMap::new();
    let mut open: Option<(String, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let here = at;
        at += line.len();
        let indent = line.iter().take_while(|&&byte| byte == b' ').count();
        if is_in_entries && keys_indent.is_some_and(|keys| indent > keys) {
            continue;
        }
        let content = line.trim_ascii();
        if content.is_empty() || content.starts_with(b"#") {
            continue;
        }
        if indent == 0 {
            close(&mut places, open.take(), here)?;
            if content.starts_with(b"---") || content.starts_with(b"{") || content.starts_with(b"-") {
                return None;
            }
            has_version |= content.starts_with(b"apiVersion:") && content.len() > b"apiVersion:".len();
            is_in_entries = content == b"entries:";
            has_entries |= is_in_entries;
            continue;
        }
        if !is_in_entries {
            continue;
        }
        if indent < *keys_indent.get_or_insert(indent) || content.starts_with(b"\t") {
            return None;
        }
        if !content.starts_with(b"-") {
            close(&mut places, open.take(), here)?;
            open = Some((plain_key(content)?.to_owned(), here));
        }
    }
    close(&mut places, open, at)?;
    (has_version && has_entries).then_some(places)
}

/// Ends the lines of a chart; `None` where there are others of the same name.
fn close(places: &mut HashMap<String, Range<usize>>, open: Option<(String, usize)>, end: usize) -> Option<()> {
    match open {
        Some((chart, start)) => places.insert(chart, start..end).is_none().then_some(()),
        None => Some(()),
    }
}

/// The key of a line that has nothing else; `None` for one that has, or that needs YAML's rules.
fn plain_key(content: &[u8]) -> Option<&str> {
    let key = content.strip_suffix(b":")?;
    let inner = [b'"', b'\'']
        .iter()
        .find_map(|&quote| key.strip_prefix(&[quote])?.strip_suffix(&[quote]))
        .unwrap_or(key);
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    str::from_utf8(inner)
        .ok()
        .filter(|key| key.bytes().all(|byte| is_plain(&byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELM: &str = "apiVersion: v1\nentries:\n  a:\n  - version: 1.0.0\n    urls: [a.tgz]\n    digest: d\n  \"b\":\n  - version: 2.0.0\n    description: |\n      x\n\n      b:\n    urls:\n    - b-2.tgz\n    - other\n  - version: 1.0.0\n  - urls: [none]\n  c.d:\n    - version: 3.0.0\n      urls: []\ngenerated: now\n";

    /// `version digest url,url`, joined by `;`.
    fn shown(text: &str, chart: &str) -> Result<Option<String>, String> {
        let versions = IndexText::new(text.as_bytes().to_vec()).versions(chart)?;
        Ok(versions.map(|versions| {
            let lines = versions
                .iter()
                .map(|one| format!("{} {} {}", one.version, one.digest, one.urls.join(",")));
            lines.collect::<Vec<_>>().join(";")
        }))
    }

    #[test]
    fn a_chart_is_found_however_the_index_is_written() {
        let json =
            r#"{"apiVersion": "v1", "entries": {"a": [{"version": "1.0.0", "digest": "d", "urls": ["a.tgz"]}]}}"#;
        let alias = "apiVersion: v1\nx: &u [a.tgz]\nentries:\n  a:\n  - {version: 1.0.0, digest: d, urls: *u}\n";
        let reversed = "entries:\n    a:\n    - {version: 1.0.0, digest: d, urls: [a.tgz]}\napiVersion: v1\n";
        let flow = "apiVersion: v1\nentries: {a: [{version: 1.0.0, digest: d, urls: [a.tgz]}]}\n";
        for text in [
            HELM,
            json,
            alias,
            reversed,
            flow,
            &format!("---\n{HELM}"),
            &HELM.replace('\n', "\r\n"),
        ] {
            assert_eq!(shown(text, "a"), Ok(Some("1.0.0 d a.tgz".to_owned())), "{text}");
            assert_eq!(shown(text, "none"), Ok(None), "{text}");
        }
        assert_eq!(shown(HELM, "b"), Ok(Some("2.0.0  b-2.tgz,other;1.0.0  ".to_owned())));
        assert_eq!(shown(HELM, "c.d"), Ok(Some("3.0.0  ".to_owned())));
    }

    #[test]
    fn what_is_not_an_index_is_refused() {
        for text in ["", "<html>Sign in</html>", "entries: {}", "a: [", "- apiVersion: v1"] {
            assert!(shown(text, "a").is_err(), "{text}");
        }
    }

    #[test]
    fn lines_are_enough_for_what_helm_writes() {
        let found = places(HELM.as_bytes()).unwrap();
        let mut names: Vec<&str> = found.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c.d"]);
        let lines = &HELM.as_bytes()[found["b"].clone()];
        assert!(lines.starts_with(b"  \"b\":\n") && lines.ends_with(b"  - urls: [none]\n"));
        assert!(places(HELM.replace("  c.d:", "  a:").as_bytes()).is_none());
    }
}
