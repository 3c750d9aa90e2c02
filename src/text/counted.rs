//! Numbers with the noun that they count.

/// `1 error`, `2 errors`: for nouns whose plural ends in `s`.
pub fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        more => format!("{more} {noun}s"),
    }
}
