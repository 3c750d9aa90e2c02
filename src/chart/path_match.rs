//! Go's `path/filepath.Match` on slash-separated names: `*`, `?`, `[a-z]`, `[^a]` and `\x`, none of them matching `/`.
//! Used by `.helmignore` and `--show-only`.

/// The pattern is malformed: Go's `filepath.ErrBadPattern`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct PatternError;

/// One element of a pattern.
enum Element {
    Literal(char),
    AnyCharacter,
    AnyRun,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// Whether the whole of `name` matches `pattern`.
pub fn path_match(pattern: &str, name: &str) -> Result<bool, PatternError> {
    let elements = parse(pattern)?;
    let name: Vec<char> = name.chars().collect();
    Ok(matches(&elements, &name))
}

fn parse(pattern: &str) -> Result<Vec<Element>, PatternError> {
    let mut elements = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        elements.push(match c {
            '*' => Element::AnyRun,
            '?' => Element::AnyCharacter,
            '\\' => Element::Literal(rest.next().ok_or(PatternError)?),
            '[' => parse_class(&mut rest)?,
            c => Element::Literal(c),
        });
    }
    Ok(elements)
}

fn parse_class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Element, PatternError> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && rest.next_if_eq(&']').is_some() {
            return Ok(Element::Class { negated, ranges });
        }
        let low = class_character(rest)?;
        let high = if rest.next_if_eq(&'-').is_some() { class_character(rest)? } else { low };
        ranges.push((low, high));
    }
}

fn class_character(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, PatternError> {
    match rest.next() {
        None | Some('-' | ']') => Err(PatternError),
        Some('\\') => rest.next().ok_or(PatternError),
        Some(c) => Ok(c),
    }
}

/// Greedy matching with one point to come back to: a later `*` makes an earlier one's choice final.
fn matches(elements: &[Element], name: &[char]) -> bool {
    let (mut at, mut position) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (elements.get(at), name.get(position)) {
            (None, None) => return true,
            (Some(Element::AnyRun), _) => {
                retry = Some((at + 1, position));
                at += 1;
                continue;
            }
            (Some(element), Some(&c)) if element.accepts(c) => {
                at += 1;
                position += 1;
                continue;
            }
            _ => {}
        }
        match retry {
            Some((after_star, from)) if name.get(from).is_some_and(|&c| c != '/') => {
                retry = Some((after_star, from + 1));
                at = after_star;
                position = from + 1;
            }
            _ => return false,
        }
    }
}

impl Element {
    fn accepts(&self, c: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == c,
            Self::AnyCharacter => c != '/',
            Self::AnyRun => false,
            Self::Class { negated, ranges } => {
                c != '/' && ranges.iter().any(|&(low, high)| low <= c && c <= high) != *negated
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_go_does() {
        for (pattern, name, want) in [
            ("abc", "abc", Ok(true)),
            ("*", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("a*/b", "abc/b", Ok(true)),
            ("a*", "ab/c", Ok(false)),
            ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", Ok(false)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", Ok(true)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[e-g]", "abc", Ok(false)),
            ("ab[^e-g]", "abc", Ok(true)),
            ("a\\*b", "a*b", Ok(true)),
            ("a[^a]b", "a☺b", Ok(true)),
            ("[]a]", "]", Err(PatternError)),
            ("[-]", "-", Err(PatternError)),
            ("[a", "a", Err(PatternError)),
            ("a\\", "a", Err(PatternError)),
            ("templates/*.yaml", "templates/a.yaml", Ok(true)),
        ] {
            assert_eq!(path_match(pattern, name), want, "{pattern} on {name}");
        }
    }
}
