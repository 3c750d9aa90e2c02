//! Go's `path/filepath.Match` on slash-separated names: `*`, `?`, `[a-z]`, `[^a]` and `\x`, none of them matching `/`.

/// The pattern is malformed: Go's `filepath.ErrBadPattern`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct PatternError;

/// A pattern, ready to match any number of names.
#[derive(Debug, Clone)]
pub struct PathPattern {
    elements: Vec<Element>,
}

/// One element of a pattern.
#[derive(Debug, Clone)]
enum Element {
    Literal(char),
    AnyCharacter,
    AnyRun,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// Whether the whole of `name` matches `pattern`.
///
/// # Errors
/// When the pattern is malformed.
pub fn path_match(pattern: &str, name: &str) -> Result<bool, PatternError> {
    Ok(PathPattern::parse(pattern)?.matches(name))
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
        let high = if rest.next_if_eq(&'-').is_some() {
            class_character(rest)?
        } else {
            low
        };
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

impl PathPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn parse(pattern: &str) -> Result<Self, PatternError> {
        let elements = parse(pattern)?;
        Ok(Self { elements })
    }

    /// Whether the whole of `name` matches. Greedy, with one point to come back to: a later `*` makes an earlier one's
    /// choice final.
    pub fn matches(&self, name: &str) -> bool {
        if let (Some(&Element::Literal(first)), Some(c)) = (self.elements.first(), name.chars().next())
            && first != c
        {
            return false;
        }
        if let (Some(&Element::Literal(last)), Some(c)) = (self.elements.last(), name.chars().next_back())
            && last != c
        {
            return false;
        }
        let (mut at, mut rest) = (0, name.chars());
        let mut retry = None;
        loop {
            let mut behind = rest.clone();
            match (self.elements.get(at), behind.next()) {
                (None, None) => return true,
                (Some(Element::AnyRun), _) => {
                    at += 1;
                    retry = Some((at, rest.clone()));
                    continue;
                }
                (Some(element), Some(c)) if element.accepts(c) => {
                    at += 1;
                    rest = behind;
                    continue;
                }
                _ => {}
            }
            let Some((after_star, from)) = retry.as_mut() else {
                return false;
            };
            if from.next().is_none_or(|c| c == '/') {
                return false;
            }
            (at, rest) = (*after_star, from.clone());
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
