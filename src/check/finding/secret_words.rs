//! Words without which a text has no secret that is called one: most texts, and most lines of the others, need not be read.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// Words of keys that name secrets, and of lines that have some.
const KEY_WORDS: [&str; 14] = [
    "secret",
    "pass",
    "token",
    "key",
    "auth",
    "credential",
    "pwd",
    "jwt",
    "connectionstring",
    // Commands that secrets are passed to, and what stands before one in a header.
    "bearer",
    "curl",
    "mariadb",
    "mysql",
    "redis-cli",
];
/// Texts up to this length are looked through without a regular expression, which takes longer to begin.
const SHORT: usize = 64;

/// Those of [`KEY_WORDS`] that begin with a letter.
const fn key_words(letter: u8) -> &'static [&'static str] {
    match letter.to_ascii_lowercase() {
        b'a' => &["auth"],
        b'b' => &["bearer"],
        b'c' => &["credential", "connectionstring", "curl"],
        b'j' => &["jwt"],
        b'k' => &["key"],
        b'm' => &["mariadb", "mysql"],
        b'p' => &["pass", "pwd"],
        b'r' => &["redis-cli"],
        b's' => &["secret"],
        b't' => &["token"],
        _ => &[],
    }
}

/// Whether any word of a text is part of a key that names a secret, or an address has a user: most texts need not be read.
pub fn may_hold_secret(text: &[u8]) -> bool {
    if text.len() <= SHORT {
        let has = |at: usize, word: &str| {
            text.get(at..at + word.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
        };
        let mut letters = text.iter().enumerate();
        let has_word = letters.any(|(at, letter)| key_words(*letter).iter().any(|word| has(at, word)));
        return has_word || memchr::memmem::find(text, b"://").is_some() && text.contains(&b'@');
    }
    WORDS.as_ref().is_none_or(|words| words.is_match(text))
}

/// Where such words begin in a text, in order.
pub(super) fn places_of_words(text: &str) -> Vec<usize> {
    match &*WORDS {
        Some(words) => words.find_iter(text.as_bytes()).map(|found| found.start()).collect(),
        None => (0..text.len()).collect(),
    }
}

static WORDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("(?i-u){}|://[^/\\s@]*@", KEY_WORDS.join("|"))).ok());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_texts_have_the_same_words() {
        for word in KEY_WORDS {
            for text in [
                word.to_owned(),
                format!("a{}", word.to_uppercase()),
                format!("{word}-x"),
            ] {
                assert!(may_hold_secret(text.as_bytes()), "{text}");
                assert!(
                    may_hold_secret(format!("{text}{}", " ".repeat(SHORT)).as_bytes()),
                    "{text}"
                );
            }
            let cut = word.get(..word.len() - 1).unwrap();
            assert!(
                !may_hold_secret(cut.as_bytes()) && !may_hold_secret(format!("{cut}{}", " ".repeat(SHORT)).as_bytes())
            );
        }
        let by_letter = (b'a'..=b'z').flat_map(|letter| key_words(letter).iter().map(move |word| (letter, *word)));
        let (letters, mut words): (Vec<u8>, Vec<&str>) = by_letter.unzip();
        assert!(
            letters
                .iter()
                .zip(&words)
                .all(|(letter, word)| word.as_bytes().first() == Some(letter))
        );
        words.sort_unstable();
        let mut all = KEY_WORDS.to_vec();
        all.sort_unstable();
        assert_eq!(words, all);
        assert!(!may_hold_secret(b"") && !may_hold_secret("m\u{e9}tadonn\u{e9}es".as_bytes()));
    }
}
