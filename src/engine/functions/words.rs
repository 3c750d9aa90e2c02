//! Letters and words: case, titles, camel and snake case, initials.
//!
//! Follows Go's `strings` and `unicode` (simple case mappings, one character to one), huandu's `xstrings` and
//! Masterminds' `goutils`. `nospace` and `initials` treat each byte as a character, as `goutils` does.

use super::arguments::{bytes, string};
use super::strings::first_character;
use super::table::fixed;
use crate::engine::template::{CallResult, Function, Host, Parameter, Value};
use crate::text::go::unicode::{
    is_letter, is_lower, is_number, is_punctuation, is_title, is_upper, to_lower, to_title, to_upper,
};

use Parameter::Str;

/// Steps that a kibibyte counts as.
const CASE_COST: u64 = 256;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("upper", &[Str], |_, a| Ok(map_characters(a, to_upper))).costing_by_size(CASE_COST),
    fixed("lower", &[Str], |_, a| Ok(map_characters(a, to_lower))).costing_by_size(CASE_COST),
    fixed("title", &[Str], title).costing_by_size(CASE_COST),
    fixed("untitle", &[Str], uncapitalize).costing_by_size(CASE_COST),
    fixed("swapcase", &[Str], swap_case).costing_by_size(CASE_COST),
    fixed("nospace", &[Str], remove_spaces).costing_by_size(CASE_COST),
    fixed("initials", &[Str], initials).costing_by_size(CASE_COST),
    fixed("camelcase", &[Str], |_, a| Ok(Value::str(camel(&string(a, 0))))).costing_by_size(CASE_COST),
    fixed("snakecase", &[Str], |_, a| {
        Ok(Value::str(separated(&string(a, 0), '_')))
    })
    .costing_by_size(CASE_COST),
    fixed("kebabcase", &[Str], |_, a| {
        Ok(Value::str(separated(&string(a, 0), '-')))
    })
    .costing_by_size(CASE_COST),
];

/// `strings.Map`; bytes that are not UTF-8 become U+FFFD unless nothing else changes.
fn map_characters(arguments: &[Value], map: impl Fn(char) -> char) -> Value {
    let text = bytes(arguments, 0);
    if text.is_ascii() {
        return Value::str(
            text.iter()
                .map(|&byte| u8::try_from(u32::from(map(char::from(byte)))).unwrap_or(byte))
                .collect::<Vec<u8>>(),
        );
    }
    Value::str(characters(text).map(map).collect::<String>())
}

/// Characters one by one, U+FFFD for each byte that is not UTF-8.
fn characters(text: &[u8]) -> impl Iterator<Item = char> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (character, length) = first_character(rest)?;
        rest = rest.get(length..)?;
        Some(character)
    })
}

/// `strings.Title`: a letter after a character that is not part of a word becomes its title case.
fn title(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let mut previous = ' ';
    let titled: String = characters(bytes(arguments, 0))
        .map(|character| {
            let starts_word = is_separator(previous);
            previous = character;
            if starts_word { to_title(character) } else { character }
        })
        .collect();
    Ok(Value::str(titled))
}

fn is_separator(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_alphanumeric() && character != '_';
    }
    // White space is never a letter or a digit.
    character.is_whitespace()
}

fn uncapitalize(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let mut starts_word = true;
    let text: String = characters(bytes(arguments, 0))
        .map(|character| {
            if character.is_whitespace() {
                starts_word = true;
                character
            } else if std::mem::take(&mut starts_word) {
                to_lower(character)
            } else {
                character
            }
        })
        .collect();
    Ok(Value::str(text))
}

fn swap_case(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let mut after_space = true;
    let text: String = characters(bytes(arguments, 0))
        .map(|character| {
            if is_upper(character) || is_title(character) {
                after_space = false;
                to_lower(character)
            } else if is_lower(character) {
                if std::mem::take(&mut after_space) {
                    to_title(character)
                } else {
                    to_upper(character)
                }
            } else {
                after_space = character.is_whitespace();
                character
            }
        })
        .collect();
    Ok(Value::str(text))
}

fn remove_spaces(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let text = bytes(arguments, 0);
    let is_space = |byte: &u8| char::from(*byte).is_whitespace();
    if !text.iter().any(is_space) {
        return Ok(Value::str(text));
    }
    let kept: String = text
        .iter()
        .filter(|byte| !is_space(byte))
        .map(|&byte| char::from(byte))
        .collect();
    Ok(Value::str(kept))
}

fn initials(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let mut after_gap = true;
    let mut out = String::new();
    for character in bytes(arguments, 0).iter().map(|&byte| char::from(byte)) {
        if character.is_whitespace() {
            after_gap = true;
        } else if std::mem::take(&mut after_gap) {
            out.push(character);
        }
    }
    Ok(Value::str(out))
}

fn is_connector(character: char) -> bool {
    matches!(character, '-' | '_') || character.is_whitespace()
}

/// `xstrings.ToPascalCase`: connectors between words are removed, leading and doubled ones stay.
fn camel(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(connector) = characters.next_if(|&character| is_connector(character)) {
        out.push(connector);
    }
    let Some(first) = characters.next() else {
        // Only connectors: the last one is written once more by the original.
        if let Some(last) = text.chars().next_back() {
            out.push(last);
        }
        return out;
    };
    let mut word_is_upper = is_upper(first);
    let mut pending = to_upper(first);
    for character in characters {
        let previous = pending;
        pending = character;
        if is_connector(character) && is_connector(previous) {
            out.push(previous);
            continue;
        }
        if is_connector(previous) {
            word_is_upper = is_upper(character);
            pending = to_upper(character);
        } else {
            if word_is_upper {
                if is_upper(character) {
                    pending = to_lower(character);
                } else {
                    word_is_upper = false;
                }
            }
            out.push(previous);
        }
    }
    out.push(pending);
    out
}

/// The kind of a run of characters, for `snakecase` and `kebabcase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    End,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// Splits the next run off `text`: an upper case run keeps its last letter for a following lower case word.
fn next_word(text: &str) -> (Word, &str, &str) {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return (Word::End, "", "");
    };
    let take = |belongs: &dyn Fn(char) -> bool| {
        let tail = characters.as_str();
        let end = tail.find(|character| !belongs(character)).unwrap_or(tail.len());
        first.len_utf8() + end
    };
    let lower_letter = |character: char| is_alphabet(character) && !is_upper(character);
    let (word, end) = if is_connector(first) {
        (Word::Connector, take(&is_connector))
    } else if is_punctuation(first) {
        (Word::Punctuation, take(&is_punctuation))
    } else if is_upper(first) {
        (Word::Upper, upper_run(text, first, characters.as_str(), &lower_letter))
    } else if is_alphabet(first) {
        (Word::Alphabet, take(&lower_letter))
    } else if is_number(first) {
        (Word::Number, take(&is_number))
    } else {
        let other = |character: char| {
            !is_connector(character) && !is_alphabet(character) && !is_number(character) && !is_punctuation(character)
        };
        (Word::Other, take(&other))
    };
    let (run, remaining) = text.split_at_checked(end).unwrap_or((text, ""));
    (word, run, remaining)
}

fn upper_run(text: &str, first: char, tail: &str, lower_letter: &dyn Fn(char) -> bool) -> usize {
    let end = first.len_utf8();
    match tail.chars().next() {
        Some(second) if is_upper(second) => {
            let run = tail.find(|character: char| !is_upper(character)).unwrap_or(tail.len());
            let followed = tail.get(run..).and_then(|rest| rest.chars().next());
            let last = tail.get(..run).and_then(|run| run.chars().next_back());
            match (followed, last) {
                (Some(followed), Some(last)) if is_alphabet(followed) => end + run - last.len_utf8(),
                _ => end + run,
            }
        }
        Some(second) if is_alphabet(second) => {
            end + tail.find(|character| !lower_letter(character)).unwrap_or(tail.len())
        }
        _ => end.min(text.len()),
    }
}

/// The letters `xstrings` splits into words: all but Han characters, which have no case to go by.
fn is_alphabet(character: char) -> bool {
    is_letter(character)
        && !matches!(character, '\u{3400}'..='\u{4d85}' | '\u{4e00}'..='\u{9fcc}' | '\u{20000}'..='\u{2b81d}')
}

fn push_lower(out: &mut String, word: Word, run: &str, connector: char) {
    if !matches!(word, Word::Upper | Word::Connector) {
        out.push_str(run);
        return;
    }
    out.extend(run.chars().map(|character| {
        if is_connector(character) {
            connector
        } else if is_upper(character) {
            to_lower(character)
        } else {
            character
        }
    }));
}

/// `xstrings.ToSnakeCase` and `ToKebabCase`.
fn separated(text: &str, connector: char) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    let (mut word, mut run, mut remaining) = next_word(text);
    while !remaining.is_empty() {
        if word != Word::Connector {
            push_lower(&mut out, word, run, connector);
        }
        let (previous, last) = (word, run);
        (word, run, remaining) = next_word(remaining);
        match previous {
            Word::Number => {
                (word, run, remaining) = push_letters_and_numbers(&mut out, (word, run, remaining), connector);
                if !matches!(word, Word::End | Word::Punctuation | Word::Connector) {
                    out.push(connector);
                }
            }
            Word::Connector => push_lower(&mut out, previous, last, connector),
            Word::Punctuation => {}
            _ if word != Word::Number => {
                if !matches!(word, Word::Connector | Word::Punctuation) {
                    out.push(connector);
                }
            }
            _ if remaining.is_empty() => {}
            _ => {
                let number = run;
                (word, run, remaining) = next_word(remaining);
                if word != Word::Alphabet {
                    push_lower(&mut out, Word::Number, number, connector);
                    if !matches!(word, Word::Connector | Word::Punctuation) {
                        out.push(connector);
                    }
                    continue;
                }
                out.push(connector);
                push_lower(&mut out, Word::Number, number, connector);
                (word, run, remaining) = push_letters_and_numbers(&mut out, (word, run, remaining), connector);
                if !matches!(word, Word::End | Word::Connector | Word::Punctuation) {
                    out.push(connector);
                }
            }
        }
    }
    push_lower(&mut out, word, run, connector);
    out
}

/// Lower case letters and numbers that follow a number belong to the same word.
fn push_letters_and_numbers<'a>(
    out: &mut String,
    mut next: (Word, &'a str, &'a str),
    connector: char,
) -> (Word, &'a str, &'a str) {
    while matches!(next.0, Word::Alphabet | Word::Number) {
        push_lower(out, next.0, next.1, connector);
        next = next_word(next.2);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::{camel, separated};

    /// A function's name, itself, and the checksum of its results in Go.
    type Case = (&'static str, fn(&str) -> String, u64);

    /// FNV-1a of the results of xstrings 1.5 under Go 1.26 for every character in three contexts.
    #[test]
    fn every_character_is_as_in_xstrings() {
        let cases: [Case; 3] = [
            ("snake", |text| separated(text, '_'), 0x1f61_52bc_75e5_020f),
            ("kebab", |text| separated(text, '-'), 0xc90c_54e4_fa6f_5879),
            ("camel", camel, 0x9813_8231_2c07_8f0c),
        ];
        for (name, convert, expected) in cases {
            let mut hash = 0xcbf2_9ce4_8422_2325_u64;
            // xstrings reads U+FFFD as a broken byte, and skips it.
            for c in ('\0'..'\u{30000}').filter(|&c| c != char::REPLACEMENT_CHARACTER) {
                for text in [format!("a{c}B"), format!("B{c}cD"), format!("{c}1{c}")] {
                    for byte in convert(&text).bytes().chain([0]) {
                        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
                    }
                }
            }
            assert_eq!(hash, expected, "{name}");
        }
    }

    #[test]
    fn snake_case() {
        for (text, expected) in [
            ("FirstName", "first_name"),
            ("HTTPServer", "http_server"),
            ("NoHTTPS", "no_https"),
            ("GO_PATH", "go_path"),
            ("GO PATH", "go_path"),
            ("http2xx", "http_2xx"),
            ("HTTP20xOK", "http_20x_ok"),
            ("Duration2m3s", "duration_2m3s"),
            ("Bld4Floor3rd", "bld4_floor_3rd"),
            ("", ""),
        ] {
            assert_eq!(separated(text, '_'), expected);
        }
    }
}
