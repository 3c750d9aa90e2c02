//! Go's `strconv.ParseBool`.

/// The boolean that a text spells; `None` for a text that Go refuses.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parse_bool;

    #[test]
    fn spellings() {
        for (text, expected) in [
            ("1", Some(true)),
            ("True", Some(true)),
            ("f", Some(false)),
            ("FALSE", Some(false)),
            ("tRUE", None),
            ("yes", None),
            ("", None),
            (" true", None),
        ] {
            assert_eq!(parse_bool(text), expected, "{text:?}");
        }
    }
}
