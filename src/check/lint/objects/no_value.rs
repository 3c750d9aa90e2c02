//! `no-value`: a value that is missing, printed all the same.

/// Byte of a line at which a nil is printed, unless printf complains about it. (`<no value>` is removed by Helm.)
pub(super) fn find(line: &str) -> Option<usize> {
    line.match_indices("<nil>")
        .map(|(at, _)| at)
        .find(|&at| !line.get(..at).unwrap_or_default().ends_with('('))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn printed_nils_are_found() {
        for (line, is_found) in [
            ("a: <nil>", true),
            ("a: x<nil>y", true),
            ("a: %!s(<nil>)", false),
            ("a: nil", false),
        ] {
            assert_eq!(find(line).is_some(), is_found, "{line}");
        }
    }
}
