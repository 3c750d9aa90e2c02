//! The versions of one chart in the text of an index.yaml, without reading the entries of the other charts.
//!
//! An index that Helm has written has one line for each chart, indented like the others. The lines of the wanted one are YAML by
//! themselves; whatever is written in another way is read as a whole.

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

/// The versions of a chart, in the order of the index; `None` if it does not have the chart.
///
/// # Errors
/// When the text is not an index.
pub(super) fn versions_in(text: &[u8], chart: &str) -> Result<Option<Vec<IndexedVersion>>, String> {
    match lines_of(text, chart) {
        Some(Lines::Absent) => return Ok(None),
        Some(Lines::Found(lines)) => {
            if let Ok(document) = yaml::json_from_bytes(lines)
                && let Some(entries) = document.get(chart)
            {
                return Ok(Some(versions(entries)));
            }
        }
        None => {}
    }
    let document = yaml::json_from_bytes(text).map_err(|error| error.to_string())?;
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

/// What the lines of an index say about a chart.
enum Lines<'t> {
    Absent,
    Found(&'t [u8]),
}

/// The lines of a chart's key and its value, in a text that is written as usual; `None` in any other.
fn lines_of<'t>(text: &'t [u8], chart: &str) -> Option<Lines<'t>> {
    let (mut has_version, mut has_entries) = (false, false);
    let mut keys_indent = None;
    let mut is_in_entries = false;
    let mut start = None;
    let mut found = None;
    let mut at = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let here = at;
        at += line.len();
        let content = line.trim_ascii();
        if content.is_empty() || content.starts_with(b"#") {
            continue;
        }
        let indent = line.iter().take_while(|&&byte| byte == b' ').count();
        if indent == 0 {
            if let (Some(from), None) = (start, found) {
                found = text.get(from..here);
            }
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
        let keys_indent = *keys_indent.get_or_insert(indent);
        if indent < keys_indent || content.starts_with(b"\t") {
            return None;
        }
        if indent > keys_indent || content.starts_with(b"-") {
            continue;
        }
        if let (Some(from), None) = (start, found) {
            found = text.get(from..here);
        }
        if plain_key(content)? == chart.as_bytes() {
            if start.is_some() {
                return None;
            }
            start = Some(here);
        }
    }
    if !has_version || !has_entries {
        return None;
    }
    match (start, found) {
        (None, _) => Some(Lines::Absent),
        (Some(from), None) => text.get(from..).map(Lines::Found),
        (Some(_), Some(lines)) => Some(Lines::Found(lines)),
    }
}

/// The key of a line that has nothing else; `None` for one that has, or that needs YAML's rules.
fn plain_key(content: &[u8]) -> Option<&[u8]> {
    let key = content.strip_suffix(b":")?;
    let inner = [b'"', b'\'']
        .iter()
        .find_map(|&quote| key.strip_prefix(&[quote])?.strip_suffix(&[quote]))
        .unwrap_or(key);
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    inner.iter().all(is_plain).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELM: &str = "apiVersion: v1\nentries:\n  a:\n  - version: 1.0.0\n    urls: [a.tgz]\n    digest: d\n  \"b\":\n  - version: 2.0.0\n    description: |\n      x\n\n      b:\n    urls:\n    - b-2.tgz\n    - other\n  - version: 1.0.0\n  - urls: [none]\n  c.d:\n    - version: 3.0.0\n      urls: []\ngenerated: now\n";

    /// `version digest url,url`, joined by `;`.
    fn shown(text: &str, chart: &str) -> Result<Option<String>, String> {
        let versions = versions_in(text.as_bytes(), chart)?;
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
        assert!(
            matches!(lines_of(HELM.as_bytes(), "b"), Some(Lines::Found(lines)) if lines.starts_with(b"  \"b\":\n"))
        );
        assert!(matches!(lines_of(HELM.as_bytes(), "x"), Some(Lines::Absent)));
    }
}
