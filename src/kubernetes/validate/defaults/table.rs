//! The two tables that say what the server does to the fields of a definition. Both name a definition by group, version and type
//! (`core.v1.Container`), without the version where all versions of the group are the same.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use foldhash::fast::RandomState;

use crate::text::packed::unpacked_text;

/// `defaults.txt`.
static DEFAULTS: LazyLock<String> =
    LazyLock::new(|| unpacked_text(include_bytes!(concat!(env!("OUT_DIR"), "/defaults.txt.gz"))));
/// `fields.txt`.
static FIELDS: LazyLock<String> =
    LazyLock::new(|| unpacked_text(include_bytes!(concat!(env!("OUT_DIR"), "/fields.txt.gz"))));

/// How a field is written as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// Always, also when it is zero.
    Always,
    /// Unless it is absent: a pointer, and a zero that somebody wrote stays.
    Kept,
    /// Unless it is zero.
    NonZero,
    /// A pointer that is written as null when it is absent.
    Null,
}

/// The default of a field: a line of `defaults.txt`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// The field, or a field of one of its fields (`spec.replicas`).
    pub(super) field: &'static str,
    /// The default as JSON; `-` when the field is dropped.
    pub(super) value: &'static str,
    conditions: &'static str,
}

impl Rule {
    fn read(line: &'static str) -> Option<Self> {
        let (field, rest) = line.split_once(' ')?;
        let (value, conditions) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(Self {
            field,
            value,
            conditions,
        })
    }

    /// What must hold: `type=A|B` (a field has one of these texts), `name` (a field is set), `!name` (it is not), `1.30` (since a version).
    pub(super) fn conditions(self) -> impl Iterator<Item = &'static str> {
        self.conditions.split_ascii_whitespace()
    }
}

/// The lines of a table, which begin with a blank, by the line above them that does not.
fn sections(text: &'static str) -> HashMap<&'static str, Vec<&'static str>, RandomState> {
    let mut sections: HashMap<_, Vec<_>, _> = HashMap::default();
    let mut section = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix(' ') {
            Some(line) => sections.entry(section).or_default().push(line),
            None => section = line,
        }
    }
    sections
}

/// Fields that are not written as expected, by group, and by version and type or only by type.
type Exceptions = HashMap<(&'static str, &'static str), &'static str, RandomState>;

fn exceptions(text: &'static str) -> Exceptions {
    let mut exceptions = Exceptions::default();
    let mut group = "";
    for line in text.lines() {
        match line.strip_prefix(' ').and_then(|line| line.split_once(' ')) {
            Some((definition, fields)) => drop(exceptions.insert((group, definition), fields)),
            None => group = line,
        }
    }
    exceptions
}

/// The name of a definition as the tables have it.
#[derive(Debug)]
pub(super) struct Name {
    /// Group, version and type: `core.v1.Container`.
    with_version: &'static str,
    /// Group and type: `core.Container`.
    pub(super) short: String,
    /// The fields that are not written as expected, with their signs.
    exceptions: &'static str,
}

impl Name {
    /// From `io.k8s.api.core.v1.Container`.
    pub(super) fn of(definition: &'static str) -> Self {
        static EXCEPTIONS: OnceLock<Exceptions> = OnceLock::new();
        let start = definition.rmatch_indices('.').nth(2).map_or(0, |(dot, _)| dot + 1);
        let with_version = definition.get(start..).unwrap_or(definition);
        let (group, rest) = with_version.split_once('.').unwrap_or((with_version, ""));
        let name = rest.rsplit_once('.').map_or(rest, |(_, name)| name);
        let fields = EXCEPTIONS.get_or_init(|| exceptions(&FIELDS));
        let found = fields.get(&(group, rest)).or_else(|| fields.get(&(group, name)));
        Self {
            with_version,
            exceptions: found.copied().unwrap_or_default(),
            short: format!("{group}.{name}"),
        }
    }

    /// How a field is written. A field that no line is about is [`Presence::Always`] if it is required or has one of the names that most
    /// definitions have by value, and the rest depends on whether it has fields of its own.
    pub(super) fn presence(&self, field: &str, is_required: bool, has_fields: bool) -> Presence {
        let words = self.exceptions.split_ascii_whitespace();
        let sign = words.filter_map(|word| word.strip_prefix(field)).find_map(|sign| {
            Some(match sign {
                "!" => Presence::Always,
                "?" => Presence::Kept,
                "~" => Presence::NonZero,
                "^" => Presence::Null,
                _ => return None,
            })
        });
        let is_value = has_fields && matches!(field, "metadata" | "spec" | "status" | "template");
        sign.unwrap_or(match (is_required || is_value, has_fields) {
            (true, _) => Presence::Always,
            (false, true) => Presence::Kept,
            (false, false) => Presence::NonZero,
        })
    }

    /// The defaults of the definition, those of its version first.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        static SECTIONS: OnceLock<HashMap<&'static str, Vec<&'static str>, RandomState>> = OnceLock::new();
        let defaults = SECTIONS.get_or_init(|| sections(&DEFAULTS));
        let found = [defaults.get(self.with_version), defaults.get(&*self.short)];
        found
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|line| Rule::read(line))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::super::catalog::Catalog;
    use super::super::super::schema::Schema;
    use super::*;
    use crate::kubernetes::version::EMBEDDED_MINORS;

    /// Definitions and their fields, as the tables name them, in all versions.
    fn known() -> BTreeSet<(String, &'static str)> {
        let mut known = BTreeSet::new();
        for minor in EMBEDDED_MINORS {
            let catalog = Catalog::find(&format!("1.{minor}")).expect("is embedded");
            for definition in catalog.names().filter_map(|name| catalog.definition(name)) {
                let Schema::Object(properties) = definition.schema else {
                    continue;
                };
                let name = Name::of(definition.name);
                for property in properties {
                    known.insert((name.short.clone(), property.name));
                    known.insert((name.with_version.to_owned(), property.name));
                }
            }
        }
        known
    }

    #[test]
    fn tables_are_about_fields_that_exist() {
        let known = known();
        let has = |definition: &str, field: &'static str| known.contains(&(definition.to_owned(), field));
        let first = |path: &'static str| path.split_once('.').map_or(path, |(first, _)| first);
        for ((group, definition), fields) in exceptions(&FIELDS).into_iter().collect::<BTreeMap<_, _>>() {
            for word in fields.split(' ') {
                let name = word.trim_end_matches(['!', '?', '~', '^']);
                assert!(
                    has(&format!("{group}.{definition}"), name),
                    "{group} {definition} {word}"
                );
                assert_eq!(word.len(), name.len() + 1, "{group} {definition} {word}");
            }
        }
        for (definition, lines) in sections(&DEFAULTS).into_iter().collect::<BTreeMap<_, _>>() {
            for line in lines {
                let rule = Rule::read(line).expect("a rule");
                let is_value = rule.value == "-" || serde_json::from_str::<serde_json::Value>(rule.value).is_ok();
                assert!(is_value && has(definition, first(rule.field)), "{definition} {line}");
                for condition in rule.conditions().filter(|condition| !condition.starts_with("1.")) {
                    let path = condition.trim_start_matches('!').split('=').next().expect("a path");
                    assert!(has(definition, first(path)), "{definition} {line}");
                }
            }
        }
    }

    #[test]
    fn fields_are_written_as_types_of_go_are() {
        let container = Name::of("io.k8s.api.core.v1.Container");
        assert_eq!(container.short, "core.Container");
        assert_eq!(container.presence("name", true, false), Presence::Always);
        assert_eq!(container.presence("resources", false, true), Presence::Always);
        assert_eq!(container.presence("restartPolicy", false, false), Presence::Kept);
        assert_eq!(container.presence("image", false, false), Presence::NonZero);
        assert_eq!(container.presence("livenessProbe", false, true), Presence::Kept);
        let path = Name::of("io.k8s.api.networking.v1.HTTPIngressPath");
        assert_eq!(path.presence("pathType", true, false), Presence::Null);
    }
}
