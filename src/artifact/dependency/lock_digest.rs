//! The digest in a lock file: declared and locked dependencies in, `sha256:…` out.
//!
//! Follows Helm's `HashReq` and, for requirements.lock of Helm 2, `HashV2Req`: SHA-256 of the JSON that Go writes of the
//! structs, fields in their order, empty ones left out except `name` and `repository`.

use crate::engine::functions::json::to_go_json;
use crate::engine::template::Value;
use crate::text::sha256::sha256_hex;

use super::declared::{Declared, DeclaredList};

/// Helm's digest over what a chart declares, aliases of repositories replaced, and what its lock has.
pub fn lock_digest(declared: &DeclaredList, locked: &DeclaredList) -> String {
    let mut json = vec![b'['];
    push_list(&mut json, declared, |entry| &entry.repository);
    json.push(b',');
    push_list(&mut json, locked, |entry| &entry.repository);
    json.push(b']');
    digest(&json)
}

/// Helm 2's digest: over what the chart declares alone, as it is written.
pub fn helm2_digest(declared: &DeclaredList) -> String {
    let mut json = b"{\"dependencies\":".to_vec();
    push_list(&mut json, declared, |entry| &entry.dependency.repository);
    json.push(b'}');
    digest(&json)
}

fn digest(json: &[u8]) -> String {
    format!("sha256:{}", sha256_hex(json))
}

fn push_list(json: &mut Vec<u8>, list: &DeclaredList, repository: impl Fn(&Declared) -> &String) {
    if !list.is_present {
        json.extend_from_slice(b"null");
        return;
    }
    json.push(b'[');
    for (index, entry) in list.entries.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        push_entry(json, entry, repository(entry));
    }
    json.push(b']');
}

fn push_entry(json: &mut Vec<u8>, entry: &Declared, repository: &str) {
    let dependency = &entry.dependency;
    json.extend_from_slice(b"{\"name\":");
    push_text(json, &dependency.name);
    let mut push_field = |name: &str, value: &dyn Fn(&mut Vec<u8>)| {
        json.extend_from_slice(format!(",\"{name}\":").as_bytes());
        value(json);
    };
    if !dependency.version.is_empty() {
        push_field("version", &|json| push_text(json, &dependency.version));
    }
    push_field("repository", &|json| push_text(json, repository));
    if !dependency.condition.is_empty() {
        push_field("condition", &|json| push_text(json, &dependency.condition));
    }
    if !dependency.tags.is_empty() {
        push_field("tags", &|json| {
            let tags = dependency.tags.iter().map(|tag| Value::str(tag.as_str())).collect();
            json.extend(to_go_json(&Value::list(tags)).unwrap_or_default());
        });
    }
    if dependency.enabled {
        push_field("enabled", &|json| json.extend_from_slice(b"true"));
    }
    if !entry.import_values.is_empty() {
        push_field("import-values", &|json| json.extend_from_slice(&entry.import_values));
    }
    if !dependency.alias.is_empty() {
        push_field("alias", &|json| push_text(json, &dependency.alias));
    }
    json.push(b'}');
}

fn push_text(json: &mut Vec<u8>, text: &str) {
    // A text always has a form in JSON.
    json.extend(to_go_json(&Value::str(text)).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::Dependency;

    fn list(entries: &[(&str, &str, &str)]) -> DeclaredList {
        let entries = entries.iter().map(|(name, version, repository)| Declared {
            dependency: Dependency {
                name: (*name).to_owned(),
                version: (*version).to_owned(),
                repository: (*repository).to_owned(),
                ..Dependency::default()
            },
            repository: (*repository).to_owned(),
            import_values: Vec::new(),
        });
        DeclaredList {
            entries: entries.collect(),
            is_present: true,
        }
    }

    fn full() -> DeclaredList {
        let mut list = list(&[("a", ">=1.0 <2 & x", "@stable")]);
        let entry = &mut list.entries[0];
        "https://x.example.com/?a=1&b=<2>".clone_into(&mut entry.repository);
        entry.import_values = br#"["data",{"child":"c","parent":"p"}]"#.to_vec();
        entry.dependency.condition = "a.enabled,b".to_owned();
        entry.dependency.tags = vec!["front".to_owned(), "é\u{2028}".to_owned()];
        entry.dependency.enabled = true;
        entry.dependency.alias = "b".to_owned();
        list
    }

    /// The digests are those of a Go program with Helm's structs.
    #[test]
    fn digests_are_helms() {
        let none = DeclaredList::default();
        let locked = list(&[("a", "1.5.0", "https://x.example.com/?a=1&b=<2>")]);
        for (declared, locked, expected) in [
            (
                &full(),
                &locked,
                "sha256:d5c4712f1aa182e04e889779bdf9eee23ad4aa8743cc77ea929a7448149c47a6",
            ),
            (
                &list(&[]),
                &list(&[]),
                "sha256:643d5437104296e21d906ecb15b2c96ad278f20cfc4af53b12bb6069bd853726",
            ),
            (
                &none,
                &none,
                "sha256:95cb9b4f84ceff132cc7a875d8c192bf4997016a939ee64141c1fd628c0e8738",
            ),
            (
                &list(&[("a", "", "")]),
                &list(&[("a", "", "")]),
                "sha256:1ab8c15133f53956a3d7e9c72cb394f8ac1cd52daa1a8753cc2bd69104b22fba",
            ),
        ] {
            assert_eq!(lock_digest(declared, locked), expected);
        }
        assert_eq!(
            helm2_digest(&full()),
            "sha256:68a4ba85ec0367cf06f516b3a500d486ba8710b8dbba5608a9ae219a75ae8d97"
        );
    }
}
