//! Ids of rules as users write them in comments, annotations and configuration, and the parts that rules have.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::text::near::nearest;
use crate::text::ordered::CollectOrdered as _;
use crate::text::rule::{RULES, Rule, kebab_case};

use super::bundle::definition_names;

/// An id that no rule has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown rule `{id}`{}", .suggestion.as_ref().map(|known| format!(", did you mean `{known}`?")).unwrap_or_default())]
pub struct UnknownRule {
    /// The id.
    pub id: String,
    /// A similar one that exists.
    pub suggestion: Option<String>,
}

/// The parts that rules may have.
static PARTS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let names = definition_names();
    names
        .map(|name| kebab_case(name.rsplit('.').next().unwrap_or(name)))
        .collect_set()
});

/// Checks that an id names a rule, a part of a rule (`range/service-port`), or all of them (`*`).
///
/// # Errors
/// When it names none of these; the error has the closest one that exists.
pub fn check_rule_id(id: &str) -> Result<(), UnknownRule> {
    let unknown = |suggestion: Option<String>| UnknownRule {
        id: id.to_owned(),
        suggestion,
    };
    if id == "*" || Rule::find(id).is_some() {
        return Ok(());
    }
    let Some((name, part)) = id.split_once('/') else {
        let near = nearest(id, RULES.iter().map(|row| row.id));
        return Err(unknown(near.map(str::to_owned)));
    };
    let Some(rule) = Rule::find(name) else {
        let near = nearest(name, RULES.iter().map(|row| row.id));
        return Err(unknown(near.map(|near| format!("{near}/{part}"))));
    };
    if !rule.has_parts() {
        return Err(unknown(Some(name.to_owned())));
    }
    if PARTS.contains(part) {
        return Ok(());
    }
    let near = nearest(part, PARTS.iter().map(String::as_str));
    Err(unknown(near.map(|near| format!("{name}/{near}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_known_or_refused_with_the_nearest() {
        for id in [
            "*",
            "type",
            "plain-secret",
            "range",
            "range/service-port",
            "forbidden/pod-spec",
        ] {
            assert_eq!(check_rule_id(id), Ok(()), "{id}");
        }
        for (id, want) in [
            ("image-tags", "unknown rule `image-tags`, did you mean `image-tag`?"),
            ("nonsense", "unknown rule `nonsense`"),
            ("", "unknown rule ``"),
            ("type/container", "unknown rule `type/container`, did you mean `type`?"),
            (
                "rang/service-port",
                "unknown rule `rang/service-port`, did you mean `range/service-port`?",
            ),
            (
                "range/servic-port",
                "unknown rule `range/servic-port`, did you mean `range/service-port`?",
            ),
        ] {
            assert_eq!(
                check_rule_id(id).map_err(|error| error.to_string()),
                Err(want.to_owned())
            );
        }
    }
}
