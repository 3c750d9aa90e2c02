//! The globs of `.Files.Glob`, as `github.com/gobwas/glob` matches them with `/` as separator: `*`, `**`, `?`, `[a-z]`,
//! `[!ab]`, `{a,b}` and `\`.

/// Most alternatives tried for one match, since those of some patterns multiply.
const MAX_STEPS: usize = 1_000_000;

/// A parsed glob.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    elements: Vec<Element>,
    separated: bool,
}

#[derive(Debug, Clone)]
enum Element {
    Literal(char),
    Single,
    Any,
    Super,
    Class { negated: bool, ranges: Vec<(char, char)> },
    Alternatives(Vec<Vec<Self>>),
}

impl Glob {
    /// Parses a pattern; `None` for a malformed one.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let mut input = pattern.chars().peekable();
        let elements = parse_sequence(&mut input, 0)?;
        input.next().is_none().then_some(Self {
            elements,
            separated: true,
        })
    }

    /// The glob `**` compiled without a separator, which Helm falls back to for malformed patterns: matches all.
    pub(super) const fn everything() -> Self {
        Self {
            elements: Vec::new(),
            separated: false,
        }
    }

    /// Whether the whole of `name` matches.
    pub(super) fn is_match(&self, name: &str) -> bool {
        if !self.separated {
            return true;
        }
        let name: Vec<char> = name.chars().collect();
        let mut steps = MAX_STEPS;
        let rest: Vec<&[Element]> = vec![&self.elements];
        matches(&rest, &name, &mut steps)
    }
}

type Input<'p> = std::iter::Peekable<std::str::Chars<'p>>;

fn parse_sequence(input: &mut Input<'_>, depth: usize) -> Option<Vec<Element>> {
    let mut elements = Vec::new();
    while let Some(&c) = input.peek() {
        if depth > 0 && (c == ',' || c == '}') {
            break;
        }
        input.next();
        elements.push(match c {
            '*' if input.next_if_eq(&'*').is_some() => Element::Super,
            '*' => Element::Any,
            '?' => Element::Single,
            '\\' => Element::Literal(input.next()?),
            '[' => parse_class(input)?,
            '{' if depth < 16 => parse_alternatives(input, depth)?,
            '{' => return None,
            c => Element::Literal(c),
        });
    }
    Some(elements)
}

fn parse_alternatives(input: &mut Input<'_>, depth: usize) -> Option<Element> {
    let mut alternatives = Vec::new();
    loop {
        alternatives.push(parse_sequence(input, depth + 1)?);
        if input.next()? == '}' {
            return Some(Element::Alternatives(alternatives));
        }
    }
}

fn parse_class(input: &mut Input<'_>) -> Option<Element> {
    let negated = input.next_if_eq(&'!').is_some();
    let mut characters = Vec::new();
    loop {
        match input.next()? {
            ']' if !characters.is_empty() => break,
            '\\' => characters.push(input.next()?),
            c => characters.push(c),
        }
    }
    let ranges = match characters.as_slice() {
        &[low, '-', high] => vec![(low, high)],
        list => list.iter().map(|&c| (c, c)).collect(),
    };
    Some(Element::Class { negated, ranges })
}

/// `pending` is a stack of sequences still to match, the last one first.
fn matches(pending: &[&[Element]], name: &[char], steps: &mut usize) -> bool {
    let Some(left) = steps.checked_sub(1) else { return false };
    *steps = left;
    let Some((&sequence, outer)) = pending.split_last() else {
        return name.is_empty();
    };
    let Some((element, after)) = sequence.split_first() else {
        return matches(outer, name, steps);
    };
    let mut next = outer.to_vec();
    next.push(after);
    match element {
        Element::Literal(c) => name
            .split_first()
            .is_some_and(|(d, rest)| c == d && matches(&next, rest, steps)),
        Element::Single => name
            .split_first()
            .is_some_and(|(d, rest)| *d != '/' && matches(&next, rest, steps)),
        Element::Class { negated, ranges } => name.split_first().is_some_and(|(d, rest)| {
            ranges.iter().any(|(low, high)| low <= d && d <= high) != *negated && matches(&next, rest, steps)
        }),
        Element::Any | Element::Super => {
            let crosses = matches!(element, Element::Super);
            let mut rest = name;
            loop {
                if matches(&next, rest, steps) {
                    return true;
                }
                match rest.split_first() {
                    Some((&d, shorter)) if crosses || d != '/' => rest = shorter,
                    _ => return false,
                }
            }
        }
        Element::Alternatives(alternatives) => alternatives.iter().any(|alternative| {
            let mut inner = next.clone();
            inner.push(alternative);
            matches(&inner, name, steps)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_gobwas_does() {
        for (pattern, name, want) in [
            ("conf/*", "conf/a.txt", true),
            ("conf/*", "conf/sub/a.txt", false),
            ("conf/**", "conf/sub/a.txt", true),
            ("**.yaml", "a/b/c.yaml", true),
            ("*.yaml", "a/c.yaml", false),
            ("{a,b}/*.txt", "b/x.txt", true),
            ("{a,b}/*.txt", "c/x.txt", false),
            ("[a-c].txt", "b.txt", true),
            ("[!a-c].txt", "b.txt", false),
            ("?.txt", "/.txt", false),
            ("a\\*", "a*", true),
        ] {
            assert_eq!(
                Glob::parse(pattern).unwrap().is_match(name),
                want,
                "{pattern} on {name}"
            );
        }
        assert!(Glob::parse("[a").is_none());
        assert!(Glob::everything().is_match("any/thing"));
    }
}
