//! Go's replacement templates: `$1`, `${name}`, `$$`.
//!
//! Follows `Regexp.Expand`: a name is as long as letters, digits and underscores go, so `$1x` is the group named `1x`.

use super::super::strings::first_character;
use crate::text::go::unicode::{is_digit, is_letter};

/// Appends `template` to `out` with the groups that `group` and `named` give.
pub(super) fn expand<'m>(
    out: &mut Vec<u8>,
    template: &[u8],
    group: impl Fn(usize) -> Option<&'m [u8]>,
    named: impl Fn(&str) -> Option<&'m [u8]>,
) {
    let mut rest = template;
    while let Some(dollar) = memchr::memchr(b'$', rest) {
        out.extend_from_slice(rest.get(..dollar).unwrap_or_default());
        rest = rest.get(dollar + 1..).unwrap_or_default();
        if let [b'$', tail @ ..] = rest {
            out.push(b'$');
            rest = tail;
            continue;
        }
        let Some((name, tail)) = reference(rest) else {
            out.push(b'$');
            continue;
        };
        rest = tail;
        let text = match number(name) {
            Some(index) => group(index),
            None => named(name),
        };
        out.extend_from_slice(text.unwrap_or_default());
    }
    out.extend_from_slice(rest);
}

/// The name after a dollar sign and what follows it.
fn reference(text: &[u8]) -> Option<(&str, &[u8])> {
    let (body, in_braces) = match text {
        [b'{', body @ ..] => (body, true),
        _ => (text, false),
    };
    let mut length = 0;
    while let Some((character, size)) = body.get(length..).and_then(first_character) {
        let belongs = is_letter(character) || is_digit(character) || character == '_';
        if !belongs {
            break;
        }
        length += size;
    }
    let (name, tail) = body.split_at_checked(length)?;
    let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty())?;
    match (in_braces, tail) {
        (false, _) => Some((name, tail)),
        (true, [b'}', tail @ ..]) => Some((name, tail)),
        (true, _) => None,
    }
}

/// A name that is a group's number: digits without a leading zero.
fn number(name: &str) -> Option<usize> {
    let plain = name.bytes().all(|byte| byte.is_ascii_digit()) && name.len() <= 9;
    let leading_zero = name.len() > 1 && name.starts_with('0');
    (plain && !leading_zero).then(|| name.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn templates() {
        for (template, expected) in [
            ("$1-${2}", "one-two"),
            ("$1W", ""),
            ("${1}W", "oneW"),
            ("$$1", "$1"),
            ("$name.", "NAME."),
            ("a$", "a$"),
            ("${1", "${1"),
            ("$-", "$-"),
            ("$01", ""),
        ] {
            let mut out = Vec::new();
            let group = |index: usize| [&b"all"[..], b"one", b"two"].get(index).copied();
            let named = |name: &str| (name == "name").then_some(&b"NAME"[..]);
            expand(&mut out, template.as_bytes(), group, named);
            assert_eq!(String::from_utf8_lossy(&out), expected, "{template}");
        }
    }
}
