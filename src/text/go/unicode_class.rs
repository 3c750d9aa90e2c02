//! The classes `\p{…}` of Go's `regexp` to those of the `regex` crate.
//!
//! In: the name between the braces. Out: a class with the same members, or nothing for a name that Go does not know. Go
//! (`unicodeTable` in `regexp/syntax/parse.go`) knows fewer names than the crate, and spells them more freely.

use super::unicode_names::{CATEGORIES, SCRIPTS};

/// The characters of Go 1.26's Unicode version, which is older than that of the `regex` crate.
const KNOWN_TO_GO: &str = "\\p{Age=15.0}";

/// The class of a name between the braces of `\\p{…}`, or of all other characters; none for a name that Go does not know.
pub(super) fn unicode_class(name: &str, is_negative: bool) -> Option<String> {
    let name = canonical_name(name);
    let negation = |is_negative: bool| if is_negative { "^" } else { "" };
    let (no, not_no) = (negation(is_negative), negation(!is_negative));
    let unassigned = format!("\\p{{gc=Cn}}[^{KNOWN_TO_GO}]");
    let category = || {
        let at = CATEGORIES.binary_search_by_key(&&*name, |(known, _)| known).ok()?;
        CATEGORIES.get(at).map(|(_, category)| *category)
    };
    match &*name {
        "Any" => return Some(format!("[{no}\\x00-\\x{{10FFFF}}]")),
        "Ascii" => return Some(format!("[{no}\\x00-\\x7F]")),
        "Assigned" => return Some(format!("[{not_no}{unassigned}]")),
        _ => {}
    }
    match category() {
        Some("Cn") => Some(format!("[{no}{unassigned}]")),
        Some("C") => Some(format!("[{no}\\p{{gc=C}}[^{KNOWN_TO_GO}]]")),
        // Surrogates, which no text contains, and for which the `regex` crate has no name.
        Some("Cs") => Some(format!("[{not_no}\\x00-\\x{{10FFFF}}]")),
        // The one character whose category has changed since Go's version of Unicode.
        Some("Mn") => Some(format!("[{no}\\p{{gc=Mn}}\\x{{1171E}}&&{KNOWN_TO_GO}]")),
        Some("Mc") => Some(format!("[{no}\\p{{gc=Mc}}&&{KNOWN_TO_GO}--\\x{{1171E}}]")),
        Some(category) => Some(format!("[{no}\\p{{gc={category}}}&&{KNOWN_TO_GO}]")),
        None => {
            SCRIPTS.binary_search(&&*name).ok()?;
            Some(format!("[{no}\\p{{sc={name}}}&&{KNOWN_TO_GO}]"))
        }
    }
}

/// A name as Go looks it up: an upper-case letter and lower-case ones, without `_`, `-` and blanks.
fn canonical_name(name: &str) -> String {
    let mut canonical = name.replace(['_', '-', ' '], "").to_ascii_lowercase();
    if let Some(first) = canonical.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    canonical
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use regex_syntax::hir::{Class, HirKind};

    use super::super::regexp::translate;
    use super::*;

    #[test]
    fn unicode_names_are_looked_up_as_in_go() {
        for (name, members, others) in [
            ("L", "aé", "1"),
            ("l", "aé", "1"),
            ("Lu", "A", "a"),
            ("LU", "A", "a"),
            ("^l u", "a", "A"),
            ("lc", "aAǅ", "ª1"),
            ("Letter", "a", "1"),
            ("uppercase-letter", "A", "a"),
            ("UPPERCASE_LETTER", "A", "a"),
            ("punct", "!", "a"),
            ("Sc", "$€", "a"),
            ("Cf", "\u{ad}", "a"),
            ("Cn", "\u{378}", "a"),
            ("Other", "\u{378}\n", "a"),
            ("Surrogate", "", "a\u{ffff}"),
            ("Latin", "aé", "α"),
            ("latin", "aé", "α"),
            ("_La-T i_N", "aé", "α"),
            ("^Latin", "α1", "a"),
            ("greek", "α", "a"),
            ("any", "a\n", ""),
            ("as cii", "a\n", "é"),
            ("assigned", "a", "\u{378}\u{1c89}"),
        ] {
            for (letter, is_member) in [('p', true), ('P', false)] {
                let pattern = format!("\\{letter}{{{name}}}");
                let translated = translate(pattern.as_bytes()).expect(&pattern);
                let regex = regex::Regex::new(&translated.pattern).expect(&pattern);
                for (texts, expected) in [(members, is_member), (others, !is_member)] {
                    for text in texts.chars() {
                        assert_eq!(regex.is_match(&text.to_string()), expected, "{pattern} {text:?}");
                    }
                }
            }
        }
        // Names that the `regex` crate or older versions of Go accept, but Go 1.26 refuses.
        for name in [
            "",
            "^",
            "^^L",
            " ^L",
            "{L",
            "_",
            "IsLatin",
            "isl",
            "Latn",
            "Old_Italic",
            "OldItalic",
            "SignWriting",
            "sc=Latin",
            "gc=L",
            "Alphabetic",
            "Age=15.0",
            "Garay",
            "latin1",
            "Zinh",
            "Qaai",
            "graph",
            "é",
        ] {
            let pattern = format!("\\p{{{name}}}");
            let error = translate(pattern.as_bytes()).expect_err(&pattern);
            assert!(error.contains("invalid character class range"), "{pattern}: {error}");
        }
        for names in [CATEGORIES.map(|(name, _)| name).as_slice(), &SCRIPTS] {
            assert!(names.is_sorted());
            for name in names {
                let translated = translate(format!("\\p{{{name}}}").as_bytes()).expect(name);
                regex::Regex::new(&translated.pattern).expect(name);
            }
        }
    }

    #[test]
    fn classes_have_gos_members() {
        let mut ranges = String::new();
        for name in CATEGORIES.iter().map(|(name, _)| name).chain(&SCRIPTS) {
            let translated = translate(format!("[\\x00\\x01\\p{{{name}}}]").as_bytes()).unwrap();
            let parsed = regex_syntax::parse(&translated.pattern).unwrap();
            let HirKind::Class(Class::Unicode(class)) = parsed.kind() else {
                panic!("{name}: {parsed:?}");
            };
            write!(ranges, "{name}:").unwrap();
            for range in class.ranges() {
                write!(ranges, " {:x}-{:x}", u32::from(range.start()), u32::from(range.end())).unwrap();
            }
            ranges.push('\n');
        }
        let checksum = ranges.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        assert_eq!(format!("{checksum:x}"), "53bd52b58238270d");
    }
}
