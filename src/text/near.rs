//! The known word that was probably meant by an unknown one.

/// Longest word that is compared, in characters: the work grows with the square of the length.
const MAX_LENGTH: usize = 100;

/// The known word closest to `word`, if it is close enough to be a typing mistake: one letter in three may differ, three at
/// most, and no more than half of the longer word. Letters that differ in case only count as one mistake.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let length = word.chars().count();
    if length > MAX_LENGTH {
        return None;
    }
    let most = (length / 3).clamp(1, 3);
    let letters = letters_of(word);
    let close = known.into_iter().filter_map(|candidate| {
        if candidate == word || candidate.chars().count().abs_diff(length) > most {
            return None;
        }
        if word.eq_ignore_ascii_case(candidate) {
            return Some((1, candidate));
        }
        // Each mistake adds a letter, removes one, or both, so that most words need no comparison.
        if (letters ^ letters_of(candidate)).count_ones() as usize > 2 * most {
            return None;
        }
        let distance = strsim::osa_distance(word, candidate);
        let most = most.min(candidate.chars().count().max(length) / 2);
        (distance <= most).then_some((distance, candidate))
    });
    close.min().map(|(_, candidate)| candidate)
}

/// Which characters a word has, as bits; some characters share one.
fn letters_of(word: &str) -> u64 {
    word.chars().fold(0, |letters, c| letters | 1 << (u32::from(c) % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_longer_word_must_agree() {
        for (word, known, wanted) in [
            ("x", "y", None),
            ("é", "y", None),
            ("x", "xy", Some("xy")),
            ("xy", "x", Some("x")),
            ("y", "x1", None),
            ("ab", "cd", None),
            ("ab", "ac", Some("ac")),
            ("ab", "ba", Some("ba")),
            ("X", "x", Some("x")),
            ("", "x", None),
            ("abc", "abd", Some("abd")),
            ("abc", "xyc", None),
        ] {
            assert_eq!(nearest(word, [known]), wanted, "{word} {known}");
        }
    }

    #[test]
    fn typing_mistakes_are_found() {
        let known = ["replicaCount", "image", "imagePullSecrets", "tag"];
        for (word, wanted) in [
            ("replicaCuont", Some("replicaCount")),
            ("replicacount", Some("replicaCount")),
            ("imagePulSecrets", Some("imagePullSecrets")),
            ("tags", Some("tag")),
            ("port", None),
            ("image", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), wanted, "{word}");
        }
    }
}
