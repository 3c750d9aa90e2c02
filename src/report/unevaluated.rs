//! What every report says of the rules of definitions and of policies (CEL) that could not be evaluated, and so count as satisfied.

/// How many there are, in a sentence; nothing if there are none.
pub fn unevaluated_sentence(count: usize) -> Option<String> {
    let plural = match count {
        0 => return None,
        1 => "rule of a definition or a policy was not evaluated and counts",
        _ => "rules of definitions or policies were not evaluated and count",
    };
    Some(format!("{count} {plural} as satisfied"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree() {
        assert_eq!(unevaluated_sentence(0), None);
        let sentence = |count| unevaluated_sentence(count).unwrap();
        assert_eq!(
            sentence(1),
            "1 rule of a definition or a policy was not evaluated and counts as satisfied"
        );
        assert_eq!(
            sentence(20),
            "20 rules of definitions or policies were not evaluated and count as satisfied"
        );
    }
}
