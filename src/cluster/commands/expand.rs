//! Variables in a text, as a shell puts them in between double quotes: `$V`, `${V}`, `${V:-default}`, `${V-default}`,
//! `${V:offset:length}` and `${V:?message}`. `KubeCD` reads the names of certificates' files this way.
//!
//! In: the text, and what variables are set to. Out: the text with their values, or what is wrong with it. No command is run.

/// What gives the values of variables.
pub type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// Deepest nesting of variables in the defaults of others.
const MOST_LEVELS: usize = 16;

/// A text whose variables cannot be put in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// `${V:?message}` of a variable that is not set.
    #[error("{name}: {message}")]
    NotSet {
        /// The variable.
        name: String,
        /// What the text says about it.
        message: String,
    },
    /// There is more in it than variables.
    #[error("`{0}` is not understood: write $V, ${{V}}, ${{V:-default}}, ${{V:offset:length}} or ${{V:?message}}")]
    NotUnderstood(String),
}

/// Puts variables in.
///
/// # Errors
/// When a variable has to be set and is not, and with what is not understood.
pub fn expand(text: &str, variables: Variables<'_>) -> Result<String, ExpandError> {
    expand_below(text, variables, MOST_LEVELS)
}

fn expand_below(text: &str, variables: Variables<'_>, levels: usize) -> Result<String, ExpandError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['$', '\\']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some(after) = from.strip_prefix('\\') {
            // A brace would end the default that it stands in.
            let is_special = |c: &char| matches!(c, '$' | '\\' | '"' | '`') || *c == '}' && levels < MOST_LEVELS;
            let escaped = after.chars().next().filter(is_special);
            out.push(escaped.unwrap_or('\\'));
            rest = after.get(escaped.map_or(0, char::len_utf8)..).unwrap_or_default();
            continue;
        }
        let after = from.get(1..).unwrap_or_default();
        if let Some(inside) = after.strip_prefix('{') {
            let not_understood = || ExpandError::NotUnderstood(from.to_owned());
            let end = end_of_braces(inside).ok_or_else(not_understood)?;
            let (inside, behind) = inside.split_at(end);
            let levels = levels.checked_sub(1).ok_or_else(not_understood)?;
            out.push_str(&parameter(inside, variables, levels)?);
            rest = behind.get(1..).unwrap_or_default();
        } else if after.starts_with('(') {
            return Err(ExpandError::NotUnderstood(from.to_owned()));
        } else {
            let name = name_at_start(after);
            if name.is_empty() {
                out.push('$');
            } else {
                out.push_str(&variables(name).unwrap_or_default());
            }
            rest = after.get(name.len()..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the brace is that ends the text which one began.
fn end_of_braces(inside: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, character) in inside.char_indices() {
        match (before, character) {
            // What follows a backslash has no meaning of its own.
            ('\\', _) => {
                before = ' ';
                continue;
            }
            ('$', '{') => depth += 1,
            (_, '}') if depth == 0 => return Some(at),
            (_, '}') => depth -= 1,
            _ => {}
        }
        before = character;
    }
    None
}

fn name_at_start(text: &str) -> &str {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return "";
    }
    name
}

/// The value of what stands between braces.
fn parameter(inside: &str, variables: Variables<'_>, levels: usize) -> Result<String, ExpandError> {
    let not_understood = || ExpandError::NotUnderstood(format!("${{{inside}}}"));
    let name = name_at_start(inside);
    if name.is_empty() {
        return Err(not_understood());
    }
    let value = variables(name);
    let operator = inside.get(name.len()..).unwrap_or_default();
    // With a colon, an empty value counts as none.
    let (given, operator) = match operator.strip_prefix(':') {
        Some(rest) if rest.starts_with(['-', '?']) => (value.clone().filter(|value| !value.is_empty()), rest),
        _ => (value.clone(), operator),
    };
    let word = operator.get(1..).unwrap_or_default();
    match operator.chars().next() {
        None => Ok(value.unwrap_or_default()),
        Some('-') => given.map_or_else(|| expand_below(word, variables, levels), Ok),
        Some('?') => {
            let message = match word {
                "" => "it is not set".to_owned(),
                word => expand_below(word, variables, levels)?,
            };
            given.ok_or_else(|| ExpandError::NotSet {
                name: name.to_owned(),
                message,
            })
        }
        Some(':') => part(&value.unwrap_or_default(), word).ok_or_else(not_understood),
        Some(_) => Err(not_understood()),
    }
}

/// The characters that `offset:length` names. A negative offset, and a negative length, count from the end.
fn part(value: &str, range: &str) -> Option<String> {
    let characters: Vec<char> = value.chars().collect();
    let count = isize::try_from(characters.len()).ok()?;
    let number = |text: &str| match text.trim() {
        "" => Some(0),
        digits => digits.parse::<isize>().ok(),
    };
    let (offset, length) = match range.split_once(':') {
        Some((offset, length)) => (number(offset)?, Some(number(length)?)),
        None => (number(range)?, None),
    };
    let from_end = |position: isize| if position < 0 { count + position } else { position };
    let start = from_end(offset);
    let end = match length {
        Some(length) if length >= 0 => start.saturating_add(length).min(count),
        Some(length) => from_end(length),
        None => count,
    };
    if start < 0 || start > count {
        return Some(String::new());
    }
    let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
    Some(characters.get(start..end)?.iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(name: &str) -> Option<String> {
        let found = [("V", "value"), ("E", ""), ("A1_b", "é12")];
        let found = found.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    }

    /// Each row agrees with `bash -c 'echo "TEXT"'`, apart from what is refused.
    #[test]
    fn variables_are_put_in_as_a_shell_does() {
        for (text, want) in [
            ("", ""),
            ("/etc/ca.pem", "/etc/ca.pem"),
            ("$V/ca.pem", "value/ca.pem"),
            ("a${V}b$A1_b-", "avalueb\u{e9}12-"),
            ("$N|${N}|$E", "||"),
            ("${V:-d}${E:-d}${N:-d}", "valuedd"),
            ("${V-d}${E-d}${N-d}", "valued"),
            ("${N:-${E:-${V}}/x}y", "value/xy"),
            ("${N:-}", ""),
            (
                "${V:1:2}|${V:0:99}|${V:2}|${V: -3:2}|${V:1:-1}|${V:9:1}|${N:0:1}",
                "al|value|lue|lu|alu||",
            ),
            ("${A1_b:0:1}", "\u{e9}"),
            ("${V:?no}", "value"),
            ("${V?no}${E?no}", "value"),
            (r"\$V \\ \a C:\certs", r"$V \ \a C:\certs"),
            (r"${N:-\}}${N:-a\{b}${N:-{a}b}\}", r"}a\{b{ab}\}"),
            ("${V::2}|${V:5}|${V: -9}|", "va|||"),
            ("5$ $-1 $", "5$ $-1 $"),
        ] {
            assert_eq!(expand(text, &variables).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_not_there_or_not_understood_is_said() {
        let nested = format!("{}x{}", "${N:-".repeat(40), "}".repeat(40));
        for (text, want) in [
            (
                "${N:?set N to the directory of $V}",
                "N: set N to the directory of value",
            ),
            ("${E:?}", "E: it is not set"),
            ("${N?no}", "N: no"),
            ("${V", "`${V` is not understood"),
            ("${}", "`${}` is not understood"),
            ("${V%x}", "`${V%x}` is not understood"),
            ("${V:a:b}", "`${V:a:b}` is not understood"),
            ("${V:3:-4}", "`${V:3:-4}` is not understood"),
            ("$(id)", "`$(id)` is not understood"),
            (&nested, "`${N:-"),
        ] {
            let error = expand(text, &variables).unwrap_err().to_string();
            assert!(error.starts_with(want), "{text}: {error}");
        }
    }
}
