//! `printf-error`: what printf prints for an argument that does not fit its verb.

/// Byte of a line at which printf complains: `%!s(int=1)`, `%!d(MISSING)`, `%!(EXTRA …)`.
pub(super) fn find(line: &str) -> Option<usize> {
    line.match_indices("%!").map(|(at, _)| at).find(|&at| {
        let rest = line.get(at + 2..).unwrap_or_default();
        let mut characters = rest.chars();
        match characters.next() {
            Some('(') => rest.starts_with("(EXTRA ") || rest.starts_with("(NOVERB"),
            Some(verb) if verb.is_ascii_alphabetic() => {
                let inner = characters.as_str().strip_prefix('(').unwrap_or_default();
                let kind: String = inner.chars().take_while(|c| *c != '=' && *c != ')').collect();
                ["<nil>", "MISSING", "string", "int", "int64", "float64", "bool"].contains(&kind.as_str())
                    || kind.starts_with("map[")
                    || kind.starts_with("[]")
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn complaints_of_printf_are_found() {
        for (line, is_found) in [
            ("a: x-%!s(<nil>)", true),
            ("b: %!d(string=a)", true),
            ("c: %!(EXTRA int=1)", true),
            ("d: %!(NOVERB)", true),
            ("e: %!s(MISSING)", true),
            ("b: 100%!", false),
            ("c: %!important", false),
            ("d: %!s(other)", false),
            ("e: %!5(int=1)", false),
            ("f: %!s(map[a:1])", true),
            ("g: %!s([]string=[a])", true),
            ("h: %!d", false),
        ] {
            assert_eq!(find(line).is_some(), is_found, "{line}");
        }
    }
}
