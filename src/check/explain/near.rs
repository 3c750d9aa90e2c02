//! Words that were probably meant.

/// The candidate closest to `word`, when it is close enough to be a slip of the fingers.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let most = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word && candidate.chars().count().abs_diff(word.chars().count()) <= most)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edits from one word to the other: insertions, deletions, replacements and exchanged neighbours. Case counts half.
fn distance(a: &str, b: &str) -> usize {
    if a.eq_ignore_ascii_case(b) {
        return 1;
    }
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (row, &from) in a.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &to) in b.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, column) + usize::from(from != to))
                .min(at(&last, column + 1) + 1)
                .min(at(&current, column) + 1);
            let is_exchange = row > 0 && column > 0 && a.get(row - 1) == Some(&to) && b.get(column - 1) == Some(&from);
            if is_exchange {
                best = best.min(at(&before_last, column - 1) + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found() {
        let known = ["replicaCount", "image", "imagePullSecrets", "tag"];
        for (word, wanted) in [
            ("replicaCuont", Some("replicaCount")),
            ("replicacount", Some("replicaCount")),
            ("imagePulSecrets", Some("imagePullSecrets")),
            ("tags", Some("tag")),
            ("port", None),
            ("image", None),
        ] {
            assert_eq!(nearest(word, known), wanted, "{word}");
        }
    }
}
