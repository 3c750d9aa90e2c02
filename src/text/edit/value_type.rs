//! What a new value is meant to be: text, or a number, boolean or null that is written as given. `--set` decides as Helm's
//! (`pkg/strvals/parser.go`, `typedVal`) where there is no number whose spelling could be followed.

use crate::text::yaml::{Scalar, resolve_plain};

use super::operation::{NewNode, NewValue};

/// What a scalar must read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// This text, and nothing but text to every reader.
    Text(String),
    /// A number, boolean or null, written like this.
    Literal(String),
}

/// A value that is to be added, its types decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Planned {
    Scalar(Wanted),
    Mapping(Vec<(String, Self)>),
    Sequence(Vec<Self>),
}

impl Wanted {
    /// The text as it is shown.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Literal(text) => text,
        }
    }

    /// Whether a scalar that was read, and is written as `text`, is this.
    pub(super) fn is(&self, scalar: &Scalar<'_>, text: &str) -> bool {
        match (self, scalar) {
            (Self::Text(wanted), Scalar::Str(read)) => read == wanted,
            (Self::Text(_), _) | (Self::Literal(_), Scalar::Str(_) | Scalar::Timestamp(_)) => false,
            (Self::Literal(wanted), _) => wanted == text,
        }
    }
}

/// The meaning of a new value in place of `old`, written as `old_text`; `None` where nothing was.
pub(super) fn wanted(value: &NewValue, old: Option<(&Scalar<'_>, &str)>) -> Wanted {
    let NewValue::Typed(text) = value else {
        return Wanted::Text(value.text().to_owned());
    };
    let is_literal = match old {
        Some((Scalar::Str(_) | Scalar::Timestamp(_), _)) => false,
        Some((Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_), old_text)) => {
            is_helms_literal(text) || (is_number(text) && keeps_its_digits(text, old_text))
        }
        Some((Scalar::Null | Scalar::Bool(_), _)) | None => is_helms_literal(text),
    };
    if is_literal {
        Wanted::Literal(text.clone())
    } else {
        Wanted::Text(text.clone())
    }
}

/// The meaning of all values of a node that is added.
pub(super) fn planned(node: &NewNode) -> Planned {
    match node {
        NewNode::Scalar(value) => Planned::Scalar(wanted(value, None)),
        NewNode::Literal(text) => Planned::Scalar(Wanted::Literal(text.clone())),
        NewNode::Mapping(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (key.clone(), planned(value)));
            Planned::Mapping(pairs.collect())
        }
        NewNode::Sequence(items) => Planned::Sequence(items.iter().map(planned).collect()),
    }
}

/// What Helm's `--set` does not read as text: three words, and whole numbers of 64 bits without leading zeros.
fn is_helms_literal(text: &str) -> bool {
    let is_whole_number = || {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let has_one_spelling = digits == "0" || !digits.starts_with('0');
        has_one_spelling
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(resolve_plain(text), Scalar::Int(_) | Scalar::Uint(_))
    };
    matches!(text, "true" | "false" | "null") || is_whole_number()
}

/// Whether a text reads as a finite number.
fn is_number(text: &str) -> bool {
    match resolve_plain(text) {
        Scalar::Int(_) | Scalar::Uint(_) => true,
        Scalar::Float(value) => value.is_finite(),
        _ => false,
    }
}

/// Whether a number may be written as one: `1.10` in place of `1.9` is a version, which as a number would be 1.1. In place of
/// `1.50` it is a number, since there the zero did not count either.
fn keeps_its_digits(new: &str, old: &str) -> bool {
    let ends_with_zero = |text: &str| text.contains('.') && text.ends_with('0');
    !ends_with_zero(new) || ends_with_zero(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_means_what_helm_means_and_numbers_stay_numbers() {
        for (old, new, is_literal) in [
            ("0644", "0755", true),
            ("0x1F", "0x20", true),
            ("1_000", "2_000", true),
            ("1e3", "2e3", true),
            ("1.50", "2.50", true),
            ("1.9", "1.10", false),
            ("1.9", "2.0", false),
            ("1.9", "1.95", true),
            ("2", "18446744073709551615", true),
            ("2", "null", true),
            ("2", "yes", false),
            ("2", ".inf", false),
            ("2", "2024-01-01", false),
            ("2", "1:30", false),
            ("true", "false", true),
            ("true", "False", false),
            ("true", "on", false),
            ("true", "3", true),
            ("true", "007", false),
            ("~", "1.5", false),
            ("~", "-5", true),
            ("~", "-", false),
            ("~", "", false),
            ("text", "3", false),
            ("2024-01-01", "3", false),
        ] {
            let scalar = resolve_plain(old);
            let found = wanted(&NewValue::Typed(new.to_owned()), Some((&scalar, old)));
            assert_eq!(matches!(found, Wanted::Literal(_)), is_literal, "{old} -> {new}");
            assert_eq!(
                wanted(&NewValue::Text(new.to_owned()), Some((&scalar, old))),
                Wanted::Text(new.to_owned())
            );
        }
        for (new, is_literal) in [
            ("true", true),
            ("0", true),
            ("-0", true),
            ("00", false),
            ("0.5", false),
            ("n", false),
        ] {
            let found = wanted(&NewValue::Typed(new.to_owned()), None);
            assert_eq!(matches!(found, Wanted::Literal(_)), is_literal, "{new}");
        }
    }
}
