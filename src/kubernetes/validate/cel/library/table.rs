//! Which code a function is.

use super::super::budget::{Budget, Outcome};
use super::super::types::Type;
use super::super::value::Value;
use super::arguments::no_function;
use super::patterns::PatternCall;
use super::{
    addresses, amounts, arithmetic, conversions, dates, formatting, lists, named_formats, optionals, sets, texts, urls,
    versions,
};

/// The code of a function, which gets the function's name, its arguments and what they may take.
pub type Code = fn(&str, &[Value], &mut Budget) -> Outcome<Value>;

/// How a function is evaluated.
#[derive(Debug, Clone, Copy)]
pub enum Implementation {
    Code(Code),
    Pattern(PatternCall),
    /// Only a cluster knows the result.
    Unknown,
}

/// The code of an operator with one operand.
macro_rules! unary {
    ($function:path) => {
        |name, arguments, _| match arguments {
            [value] => $function(value),
            _ => Err(no_function(name, arguments)),
        }
    };
}

/// The code of an operator with two operands.
macro_rules! binary {
    ($function:path) => {
        |name, arguments, _| match arguments {
            [one, other] => $function(one, other),
            _ => Err(no_function(name, arguments)),
        }
    };
    ($function:path, counted) => {
        |name, arguments, budget| match arguments {
            [one, other] => $function(one, other, budget),
            _ => Err(no_function(name, arguments)),
        }
    };
}

/// The code of a comparison.
macro_rules! ordered {
    ($holds:expr) => {
        |name, arguments, budget| match arguments {
            [one, other] => arithmetic::ordered(name, one, other, $holds, budget),
            _ => Err(no_function(name, arguments)),
        }
    };
}

/// The functions that are not of a family.
const FUNCTIONS: [(&str, Code); 63] = [
    ("!_", unary!(arithmetic::not)),
    ("-_", unary!(arithmetic::negate)),
    ("@in", binary!(arithmetic::is_in, counted)),
    ("@sortByAssociatedKeys", lists::sort_by_keys),
    ("_%_", binary!(arithmetic::modulo)),
    ("_*_", binary!(arithmetic::multiply)),
    ("_+_", binary!(arithmetic::add, counted)),
    ("_-_", binary!(arithmetic::subtract)),
    ("_/_", binary!(arithmetic::divide)),
    ("_<=_", ordered!(std::cmp::Ordering::is_le)),
    ("_<_", ordered!(std::cmp::Ordering::is_lt)),
    ("_>=_", ordered!(std::cmp::Ordering::is_ge)),
    ("_>_", ordered!(std::cmp::Ordering::is_gt)),
    ("add", amounts::calculated),
    ("bool", conversions::bool),
    ("bytes", conversions::bytes),
    ("charAt", texts::char_at),
    ("cidr", addresses::cidr),
    ("compareTo", amounts::compared),
    ("containsCIDR", addresses::contains_network),
    ("containsIP", addresses::contains_ip),
    ("distinct", lists::distinct),
    ("double", conversions::double),
    ("duration", conversions::duration),
    ("dyn", conversions::any),
    ("flatten", lists::flatten),
    ("format", formatting::format),
    ("format.named", named_formats::named),
    ("hasValue", optionals::has_value),
    ("indexOf", lists::index_of),
    ("int", conversions::int),
    ("ip", addresses::ip),
    ("ip.isCanonical", addresses::is_canonical),
    ("isCIDR", addresses::is_cidr),
    ("isGreaterThan", amounts::compared),
    ("isIP", addresses::is_ip),
    ("isLessThan", amounts::compared),
    ("isQuantity", amounts::is_quantity),
    ("isSemver", versions::is_semver),
    ("isSorted", lists::is_sorted),
    ("isURL", urls::is_url),
    ("join", texts::join),
    ("lastIndexOf", lists::last_index_of),
    ("lists.range", lists::range),
    ("optional.none", optionals::none),
    ("optional.of", optionals::of),
    ("optional.ofNonZeroValue", optionals::of_non_zero),
    ("quantity", amounts::quantity),
    ("replace", texts::replace),
    ("reverse", lists::reverse),
    ("semver", versions::semver),
    ("size", texts::size),
    ("slice", lists::slice),
    ("sort", lists::sort),
    ("split", texts::split),
    ("string", conversions::string),
    ("strings.quote", texts::quote),
    ("sub", amounts::calculated),
    ("substring", texts::substring),
    ("timestamp", conversions::timestamp),
    ("type", conversions::type_of),
    ("uint", conversions::uint),
    ("url", urls::url),
];

/// How a function is evaluated; `first` is the type of its first argument, if that is certain. Nothing for one that is not a function.
pub fn implementation(name: &str, first: Option<&Type>) -> Option<Implementation> {
    let found = FUNCTIONS.binary_search_by(|(known, _)| known.cmp(&name)).ok();
    if let Some((_, code)) = found.and_then(|index| FUNCTIONS.get(index)) {
        return Some(Implementation::Code(*code));
    }
    let code: Code = match name {
        "matches" => return Some(Implementation::Pattern(PatternCall::Matches)),
        "find" => return Some(Implementation::Pattern(PatternCall::Find)),
        "findAll" => return Some(Implementation::Pattern(PatternCall::FindAll)),
        "contains" | "startsWith" | "endsWith" => texts::has,
        "lowerAscii" | "upperAscii" | "trim" => texts::changed,
        "max" | "min" => lists::extreme,
        "first" | "last" => lists::end,
        "sum" => match first {
            Some(Type::List(item)) => match **item {
                Type::Uint => lists::sum_uint,
                Type::Double => lists::sum_double,
                Type::Duration => lists::sum_duration,
                _ => lists::sum_int,
            },
            _ => lists::sum_int,
        },
        "sign" | "asApproximateFloat" | "isInteger" | "asInteger" => amounts::property,
        "major" | "minor" | "patch" => versions::number,
        "value" => optionals::value,
        "optional.unwrap" | "unwrapOpt" => optionals::unwrap,
        "validate" => named_formats::validate,
        "sets.contains" | "sets.equivalent" | "sets.intersects" => sets::relation,
        "getScheme" | "getHost" | "getHostname" | "getPort" | "getEscapedPath" | "getQuery" => urls::part,
        "prefixLength" | "masked" => addresses::of_network,
        "family"
        | "isUnspecified"
        | "isLoopback"
        | "isLinkLocalMulticast"
        | "isLinkLocalUnicast"
        | "isGlobalUnicast" => addresses::property,
        "allowed" | "check" | "error" | "errored" | "fieldSelector" | "group" | "labelSelector" | "name"
        | "namespace" | "path" | "reason" | "resource" | "serviceAccount" | "subresource" => {
            return Some(Implementation::Unknown);
        }
        name if name.starts_with("format.") => named_formats::constant,
        name if name.starts_with("get") => dates::part,
        _ => return None,
    };
    Some(Implementation::Code(code))
}

#[cfg(test)]
mod tests {
    use super::super::super::declarations::names;
    use super::*;

    #[test]
    fn every_function_of_the_server_has_code() {
        assert!(FUNCTIONS.is_sorted_by(|one, other| one.0 < other.0));
        // What the evaluation itself does, and names that no expression can call.
        let own = [
            "_&&_", "_||_", "_==_", "_!=_", "_?_:_", "_?._", "_[_]", "_[?_]", "or", "orValue", "in", "_in_",
        ];
        let inner = ["@not_strictly_false", "__not_strictly_false__", "cel.@mapInsert"];
        for name in names()
            .into_iter()
            .filter(|name| !own.contains(name) && !inner.contains(name))
        {
            assert!(implementation(name, None).is_some(), "{name}");
        }
    }
}
