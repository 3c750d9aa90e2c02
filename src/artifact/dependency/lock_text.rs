//! The text of Chart.lock and requirements.lock: what is locked in, the bytes that Helm writes out.

use crate::engine::functions::go_time::{Time, Zone};
use crate::engine::functions::yaml_value::to_yaml;
use crate::engine::template::Value;

use super::declared::DeclaredList;

/// RFC 3339 with nanoseconds, as Go writes a time to JSON.
const TIME_LAYOUT: &[u8] = b"2006-01-02T15:04:05.999999999Z07:00";

/// The text of a lock: its digest, when it was made in nanoseconds since 1970, and what it locks.
pub fn lock_text(digest: &str, generated_nanos: i128, locked: &DeclaredList) -> String {
    let generated = Time::from_unix_nanos(generated_nanos, Zone::Utc).format(TIME_LAYOUT);
    let entries = locked.entries.iter().map(|entry| {
        let dependency = &entry.dependency;
        let fields = [
            ("name", Value::str(dependency.name.as_str())),
            ("repository", Value::str(entry.repository.as_str())),
        ];
        if dependency.version.is_empty() {
            return Value::map_of(fields);
        }
        let [name, repository] = fields;
        Value::map_of([name, repository, ("version", Value::str(dependency.version.as_str()))])
    });
    let lock = Value::map_of([
        ("dependencies", Value::list(entries.collect())),
        ("digest", Value::str(digest)),
        ("generated", Value::str(String::from_utf8_lossy(&generated).as_ref())),
    ]);
    // Texts always have a form in YAML.
    let text = to_yaml(&lock).map(|text| text.to_string()).unwrap_or_default();
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::declared::Declared;
    use super::*;
    use crate::engine::chart::Dependency;

    #[test]
    fn a_lock_is_written_as_helm_writes_it() {
        let entry = |name: &str, version: &str, repository: &str| Declared {
            dependency: Dependency {
                name: name.to_owned(),
                version: version.to_owned(),
                ..Dependency::default()
            },
            repository: repository.to_owned(),
            import_values: Vec::new(),
        };
        let locked = DeclaredList {
            entries: vec![
                entry("redis", "1.10", "https://charts.example.com"),
                entry("local", "~1", ""),
                entry("bare", "", "file://../bare"),
            ],
            is_present: true,
        };
        // As `helm dependency update` wrote it, with another time.
        let expected = "dependencies:\n- name: redis\n  repository: https://charts.example.com\n  version: \"1.10\"\n- name: local\n  \
                        repository: \"\"\n  version: ~1\n- name: bare\n  repository: file://../bare\ndigest: sha256:ab\n\
                        generated: \"2026-11-27T03:30:00.0015Z\"\n";
        let nanos = 1_795_750_200_001_500_000;
        assert_eq!(lock_text("sha256:ab", nanos, &locked), expected);
        let none = DeclaredList {
            entries: Vec::new(),
            is_present: true,
        };
        assert!(
            lock_text("x", 0, &none).starts_with("dependencies: []\ndigest: x\ngenerated: \"1970-01-01T00:00:00Z\"\n")
        );
    }
}
