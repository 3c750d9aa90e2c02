//! Go's `unicode` package: categories and simple case mappings, by the Unicode version of Go 1.26 (15.0.0).
//!
//! In: a character. Out: Go's answer. Rust's own answers differ: its Unicode version is newer, `is_alphabetic` includes
//! vowel signs and Roman numerals, `is_uppercase` and `is_lowercase` circled letters.

use super::unicode_tables::{DIGITS, LETTERS, PRINTABLE, PUNCTUATION};

/// Whether a character lies in a category, given where the category begins and ends.
fn is_within(bounds: &[u32], c: char) -> bool {
    let code = u32::from(c);
    !bounds.partition_point(|&bound| bound <= code).is_multiple_of(2)
}

/// `strconv.IsPrint` and `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    is_within(&PRINTABLE, c)
}

/// `unicode.IsLetter`.
pub fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    is_within(&LETTERS, c)
}

/// `unicode.IsDigit`: decimal digits.
pub fn is_digit(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    is_within(&DIGITS, c)
}

/// `unicode.IsNumber`: digits, fractions, Roman numerals.
pub fn is_number(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    c.is_numeric() && is_print(c)
}

/// `unicode.IsPunct`: unlike Rust's ASCII punctuation without `$+<=>^`, the back quote, `|` and `~`, which are symbols.
pub fn is_punctuation(c: char) -> bool {
    is_within(&PUNCTUATION, c)
}

/// `unicode.IsUpper`.
pub fn is_upper(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_uppercase();
    }
    // Beyond Go's category Rust has Roman numerals and circled letters.
    c.is_uppercase() && is_letter(c)
}

/// `unicode.IsLower`.
pub fn is_lower(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_lowercase();
    }
    // U+0295 lost its case after Unicode 15.
    c.is_lowercase() && is_letter(c) && !is_modifier(c) || c == '\u{295}'
}

/// Letters that Rust calls lower case and that have no case in Go: superscripts and the like (`Other_Lowercase`).
const fn is_modifier(c: char) -> bool {
    matches!(c, '\u{aa}' | '\u{ba}' | '\u{2b0}'..='\u{2b8}' | '\u{2c0}'..='\u{2c1}' | '\u{2e0}'..='\u{2e4}' | '\u{37a}'
        | '\u{10fc}' | '\u{1d2c}'..='\u{1d6a}' | '\u{1d78}' | '\u{1d9b}'..='\u{1dbf}' | '\u{2071}' | '\u{207f}'
        | '\u{2090}'..='\u{209c}' | '\u{2c7c}'..='\u{2c7d}' | '\u{a69c}'..='\u{a69d}' | '\u{a770}'
        | '\u{a7f2}'..='\u{a7f4}' | '\u{a7f8}'..='\u{a7f9}' | '\u{ab5c}'..='\u{ab5f}' | '\u{ab69}' | '\u{10780}'
        | '\u{10783}'..='\u{10785}' | '\u{10787}'..='\u{107b0}' | '\u{107b2}'..='\u{107ba}'
        | '\u{1e030}'..='\u{1e06d}')
}

/// `unicode.IsTitle`.
pub const fn is_title(c: char) -> bool {
    matches!(
        c,
        '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}' | '\u{1f88}'..='\u{1f8f}' | '\u{1f98}'..='\u{1f9f}'
            | '\u{1fa8}'..='\u{1faf}' | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}'
    )
}

/// `unicode.ToUpper`.
pub fn to_upper(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => known(c, upper),
        // Letters with an iota below have a single upper case letter that full mapping does not use.
        _ => match c {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => offset(c, 8),
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => offset(c, 9),
            _ => c,
        },
    }
}

/// `unicode.ToLower`.
pub fn to_lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    known(c, c.to_lowercase().next().unwrap_or(c))
}

/// `unicode.ToTitle`.
pub fn to_title(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10ff}' => c,
        _ => to_upper(c),
    }
}

/// A case mapping, if Go's Unicode version has both letters.
fn known(c: char, mapped: char) -> char {
    if c != mapped && !(is_print(c) && is_print(mapped)) {
        return c;
    }
    mapped
}

fn offset(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function's name, itself, and the checksum of Go's answers.
    type Case<T> = (&'static str, fn(char) -> T, u64);

    const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

    fn fnv(hash: u64, bytes: &[u8]) -> u64 {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        bytes.iter().fold(hash, step)
    }

    /// FNV-1a of Go 1.26's answers for all characters, each a byte 0 or 1.
    #[test]
    fn categories_are_gos() {
        let cases: [Case<bool>; 8] = [
            ("print", is_print, 0x23cf_2c1e_d413_9389),
            ("letter", is_letter, 0x5b08_a90b_2475_cbc5),
            ("digit", is_digit, 0x3873_7694_27cc_346d),
            ("number", is_number, 0x5831_35dd_edb7_19ca),
            ("upper", is_upper, 0xd721_61f1_09a4_8dc8),
            ("lower", is_lower, 0x89b2_a41f_0421_baf8),
            ("title", is_title, 0xe5c2_807c_98cb_7a38),
            ("punctuation", is_punctuation, 0x3aec_1528_5907_4453),
        ];
        for (name, category, expected) in cases {
            let hash = ('\0'..=char::MAX).fold(FNV_START, |hash, c| fnv(hash, &[u8::from(category(c))]));
            assert_eq!(hash, expected, "{name}");
        }
    }

    /// FNV-1a of the UTF-8 of all characters as Go 1.26 maps them.
    #[test]
    fn mappings_are_gos() {
        let cases: [Case<char>; 3] = [
            ("upper", to_upper, 0x201c_3126_ccb9_1e26),
            ("lower", to_lower, 0xa96a_6928_f1dc_99fd),
            ("title", to_title, 0x90f2_189f_add7_5b80),
        ];
        for (name, map, expected) in cases {
            let mapped = |c: char| map(c).encode_utf8(&mut [0; 4]).as_bytes().to_vec();
            let hash = ('\0'..=char::MAX).fold(FNV_START, |hash, c| fnv(hash, &mapped(c)));
            assert_eq!(hash, expected, "{name}");
        }
    }
}
