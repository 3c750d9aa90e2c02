//! The function table: every entry of Helm 4.3's function map by name.
//!
//! In: a name. Out: the entry, or none when Helm has no such function. Follows `pkg/engine/funcs.go` of Helm and
//! `functions.go` of Sprig.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use crate::engine::template::{CallResult, Function, Host, Parameter, Value};

/// The families, one table each.
static FAMILIES: &[&[Function]] = &[
    super::strings::FUNCTIONS,
    super::words::FUNCTIONS,
    super::lists::FUNCTIONS,
    super::dicts::FUNCTIONS,
    super::defaults::FUNCTIONS,
    super::math::FUNCTIONS,
    super::conversions::FUNCTIONS,
    super::encoding::FUNCTIONS,
    super::json_functions::FUNCTIONS,
    super::yaml_functions::FUNCTIONS,
    super::control::FUNCTIONS,
    super::versions::FUNCTIONS,
    super::toml::functions::FUNCTIONS,
    super::urls::FUNCTIONS,
    super::dates::FUNCTIONS,
    super::durations::FUNCTIONS,
    super::patterns::functions::FUNCTIONS,
    super::paths::FUNCTIONS,
    super::crypto::certificates::FUNCTIONS,
    super::crypto::hashes::FUNCTIONS,
    super::crypto::keys::FUNCTIONS,
    super::crypto::passwords::FUNCTIONS,
    super::crypto::random::FUNCTIONS,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Function, RandomState>> = LazyLock::new(|| {
    FAMILIES
        .iter()
        .copied()
        .flatten()
        .map(|function| (function.name, function))
        .collect()
});

/// Finds a function of Helm's function map.
pub fn lookup(name: &str) -> Option<&'static Function> {
    BY_NAME.get(name).copied()
}

/// Functions that came with Helm 4, except those whose name begins with `duration` (Sprig's `durationRound` is old).
const SINCE_HELM_4: [&str; 3] = ["mustToYaml", "mustToToml", "mustToDuration"];

/// Finds a function of Helm 3's function map.
pub fn lookup_helm3(name: &str) -> Option<&'static Function> {
    let is_new = SINCE_HELM_4.contains(&name) || (name.starts_with("duration") && !SPRIG_DURATIONS.contains(&name));
    lookup(name).filter(|_| !is_new)
}

/// Sprig's own.
const SPRIG_DURATIONS: [&str; 2] = ["duration", "durationRound"];

/// The names of all functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().copied().flatten().map(|function| function.name)
}

/// Every function.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().copied().flatten()
}

/// Native code of a function.
pub(super) type Code = fn(&mut dyn Host, &[Value]) -> CallResult;

/// A function with a fixed number of parameters.
pub(super) const fn fixed(name: &'static str, parameters: &'static [Parameter], call: Code) -> Function {
    Function::new(name, parameters, false, call)
}

/// A function whose last parameter repeats.
pub(super) const fn variadic(name: &'static str, parameters: &'static [Parameter], call: Code) -> Function {
    Function::new(name, parameters, true, call)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{FAMILIES, all, lookup};
    use crate::engine::template::Growth;

    #[test]
    fn helm_has_233_functions() {
        assert_eq!(FAMILIES.iter().copied().flatten().count(), 233);
    }

    #[test]
    fn costs_and_growth_are_declared() {
        let slow: Vec<&str> = all()
            .filter(|function| function.is_slow_by_design())
            .map(|function| function.name)
            .collect();
        assert_eq!(slow.len(), 10, "{slow:?}");
        for (name, growth) in [
            ("toYaml", Growth::WrittenOut),
            ("join", Growth::Join),
            ("replace", Growth::Replace),
            ("mustRegexReplaceAllLiteral", Growth::ReplacePattern),
            ("wrapWith", Growth::Wrap),
            ("nindent", Growth::Indent),
            ("splitn", Growth::Split),
            ("concat", Growth::Items),
            ("include", Growth::None),
        ] {
            assert_eq!(
                lookup(name).map(|function| function.price.growth),
                Some(growth),
                "{name}"
            );
        }
        assert_eq!(
            all().filter(|function| function.price.growth != Growth::None).count(),
            44
        );
    }

    #[test]
    fn names_are_unique() {
        let mut seen = HashSet::new();
        for function in FAMILIES.iter().copied().flatten() {
            assert!(seen.insert(function.name), "{} is there twice", function.name);
        }
    }
}
