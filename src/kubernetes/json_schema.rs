//! Errors of `boon`, the JSON Schema library, in the words of `santhosh-tekuri/jsonschema` v6, which Helm and kubeconform use.

use boon::ErrorKind;
use serde_json::Value as Json;

/// One error in the words of `santhosh-tekuri/jsonschema` v6.
pub fn message(kind: &ErrorKind<'_, '_>) -> String {
    match kind {
        ErrorKind::Group | ErrorKind::Schema { .. } | ErrorKind::Reference { .. } => "validation failed".to_owned(),
        ErrorKind::ContentSchema => "'contentSchema' failed".to_owned(),
        ErrorKind::PropertyName { prop } => format!("invalid propertyName {}", quote(prop)),
        ErrorKind::RefCycle { url, kw_loc1, kw_loc2 } => {
            format!("both {kw_loc1} and {kw_loc2} resolve to {url:?} causing reference cycle")
        }
        ErrorKind::FalseSchema => "false schema".to_owned(),
        ErrorKind::Type { got, want } => {
            let want: Vec<String> = want.iter().map(|kind| kind.to_string()).collect();
            format!("got {got}, want {}", want.join(" or "))
        }
        ErrorKind::Enum { want } => enumeration(want),
        ErrorKind::Const { want } if want.is_array() || want.is_object() => "'const' failed".to_owned(),
        ErrorKind::Const { want } => format!("value must be {}", show(want)),
        ErrorKind::Format { got, want, err } => format!("{} is not valid {want}: {err}", show(got)),
        ErrorKind::Required { want } if want.len() == 1 => format!("missing property {}", join_quoted(want)),
        ErrorKind::Required { want } => format!("missing properties {}", join_quoted(want)),
        ErrorKind::Dependency { prop, missing } | ErrorKind::DependentRequired { prop, missing } => {
            format!(
                "properties {} required, if {} exists",
                join_quoted(missing),
                quote(prop)
            )
        }
        ErrorKind::AdditionalProperties { got } => {
            let mut names: Vec<&str> = got.iter().map(AsRef::as_ref).collect();
            names.sort_unstable();
            format!("additional properties {} not allowed", join_quoted(&names))
        }
        ErrorKind::Pattern { got, want } => format!("{} does not match pattern {}", quote(got), quote(want)),
        ErrorKind::ContentEncoding { want, err } => format!("value is not {} encoded: {err}", quote(want)),
        ErrorKind::ContentMediaType { want, err, .. } => format!("value is not of mediatype {}: {err}", quote(want)),
        ErrorKind::Not => "'not' failed".to_owned(),
        ErrorKind::AllOf => "'allOf' failed".to_owned(),
        ErrorKind::AnyOf => "'anyOf' failed".to_owned(),
        ErrorKind::OneOf(None) => "'oneOf' failed, none matched".to_owned(),
        ErrorKind::OneOf(Some((a, b))) => format!("'oneOf' failed, subschemas {a}, {b} matched"),
        counted => count_message(counted),
    }
}

/// The messages that compare numbers.
fn count_message(kind: &ErrorKind<'_, '_>) -> String {
    let counts = |name: &str, got: usize, want: usize| format!("{name}: got {}, want {}", group(got), group(want));
    let numbers = |name: &str, got: &serde_json::Number, want: &serde_json::Number| {
        format!("{name}: got {}, want {}", group_number(got), group_number(want))
    };
    match kind {
        ErrorKind::MinProperties { got, want } => counts("minProperties", *got, *want),
        ErrorKind::MaxProperties { got, want } => counts("maxProperties", *got, *want),
        ErrorKind::MinItems { got, want } => counts("minItems", *got, *want),
        ErrorKind::MaxItems { got, want } => counts("maxItems", *got, *want),
        ErrorKind::MinLength { got, want } => counts("minLength", *got, *want),
        ErrorKind::MaxLength { got, want } => counts("maxLength", *got, *want),
        ErrorKind::Minimum { got, want } => numbers("minimum", got, want),
        ErrorKind::Maximum { got, want } => numbers("maximum", got, want),
        ErrorKind::ExclusiveMinimum { got, want } => numbers("exclusiveMinimum", got, want),
        ErrorKind::ExclusiveMaximum { got, want } => numbers("exclusiveMaximum", got, want),
        ErrorKind::MultipleOf { got, want } => numbers("multipleOf", got, want),
        ErrorKind::Contains => "no items match contains schema".to_owned(),
        ErrorKind::MinContains { got, want } if got.is_empty() => {
            format!("min {want} items required to match contains schema, but none matched")
        }
        ErrorKind::MinContains { got, want } => {
            format!(
                "min {want} items required to match contains schema, but matched {} items at {}",
                got.len(),
                spaced(got)
            )
        }
        ErrorKind::MaxContains { got, want } => {
            format!(
                "max {want} items required to match contains schema, but matched {} items at {}",
                got.len(),
                spaced(got)
            )
        }
        ErrorKind::UniqueItems { got: [a, b] } => format!("items at {} and {} are equal", group(*a), group(*b)),
        ErrorKind::AdditionalItems { got } => format!("last {} additionalItem(s) not allowed", group(*got)),
        other => other.to_string(),
    }
}

fn enumeration(want: &[Json]) -> String {
    if want.iter().any(|item| item.is_array() || item.is_object()) {
        return "'enum' failed".to_owned();
    }
    let shown: Vec<String> = want.iter().map(show).collect();
    match shown.as_slice() {
        [only] => format!("value must be {only}"),
        several => format!("value must be one of {}", several.join(", ")),
    }
}

/// Go's `%q` with single quotes instead of double ones.
pub fn quote(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| match c {
            '\'' => vec!['\\', '\''],
            '"' => vec!['"'],
            c => c.escape_debug().collect(),
        })
        .collect();
    format!("'{escaped}'")
}

fn join_quoted(names: &[&str]) -> String {
    names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ")
}

fn show(value: &Json) -> String {
    match value {
        Json::String(text) => quote(text),
        Json::Null => "<nil>".to_owned(),
        other => other.to_string(),
    }
}

fn spaced(indices: &[usize]) -> String {
    indices.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Digits in groups of three, as Go's `x/text/message` prints numbers in English.
fn group(number: usize) -> String {
    group_digits(&number.to_string())
}

fn group_number(number: &serde_json::Number) -> String {
    let float = number.as_f64().unwrap_or_default();
    let text = float.to_string();
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{sign}{}.{fraction}", group_digits(whole)),
        None => format!("{sign}{}", group_digits(text)),
    }
}

fn group_digits(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
