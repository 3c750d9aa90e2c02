//! The globs of `.Files.Glob`, as `github.com/gobwas/glob` matches them with `/` as separator: `*`, `**`, `?`, `[a-z]`,
//! `[!ab]`, `{a,b}` and `\`. A pattern becomes a program whose states are followed side by side, so that matching takes time
//! in proportion to the pattern and to the name, whatever the pattern.

/// A parsed glob.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    /// The steps of the program; a state is an index, the end of the program included.
    program: Vec<Step>,
    separated: bool,
}

/// A step of a program.
#[derive(Debug, Clone)]
enum Step {
    /// Consumes a character, and goes on with the next step.
    Take(Characters),
    /// Consumes any number of characters, `/` among them where it crosses directories.
    TakeMany { crosses: bool },
    /// Goes on with each of several steps.
    Fork(Vec<usize>),
    /// Goes on with another step.
    Jump(usize),
}

/// The characters that a step takes.
#[derive(Debug, Clone)]
enum Characters {
    One(char),
    AnyButSeparator,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Characters {
    fn include(&self, c: char) -> bool {
        match self {
            Self::One(one) => *one == c,
            Self::AnyButSeparator => c != '/',
            Self::Class { negated, ranges } => ranges.iter().any(|(low, high)| *low <= c && c <= *high) != *negated,
        }
    }
}

impl Glob {
    /// Parses a pattern; `None` for a malformed one.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let mut input = pattern.chars().peekable();
        let mut program = Vec::new();
        parse_sequence(&mut input, 0, &mut program)?;
        input.next().is_none().then_some(Self {
            program,
            separated: true,
        })
    }

    /// The glob `**` compiled without a separator, which Helm falls back to for malformed patterns: matches all.
    pub(super) const fn everything() -> Self {
        Self {
            program: Vec::new(),
            separated: false,
        }
    }

    /// Whether the whole of `name` matches.
    pub(super) fn is_match(&self, name: &str) -> bool {
        if !self.separated {
            return true;
        }
        let mut states = States::new(self.program.len() + 1);
        let mut next = States::new(self.program.len() + 1);
        self.enter(0, &mut states);
        for c in name.chars() {
            for &state in &states.members {
                match self.program.get(state) {
                    Some(Step::Take(characters)) if characters.include(c) => self.enter(state + 1, &mut next),
                    Some(Step::TakeMany { crosses }) if *crosses || c != '/' => self.enter(state, &mut next),
                    _ => {}
                }
            }
            std::mem::swap(&mut states, &mut next);
            next.clear();
            if states.members.is_empty() {
                return false;
            }
        }
        states.contains(self.program.len())
    }

    /// Adds a state, and those that it leads to without a character.
    fn enter(&self, state: usize, states: &mut States) {
        states.pending.push(state);
        while let Some(state) = states.pending.pop() {
            if !states.insert(state) {
                continue;
            }
            match self.program.get(state) {
                Some(Step::TakeMany { .. }) => states.pending.push(state + 1),
                Some(Step::Fork(targets)) => states.pending.extend(targets),
                Some(Step::Jump(target)) => states.pending.push(*target),
                Some(Step::Take(_)) | None => {}
            }
        }
    }
}

/// States of a program, each once.
struct States {
    members: Vec<usize>,
    is_member: Vec<bool>,
    /// Those that are being entered.
    pending: Vec<usize>,
}

impl States {
    fn new(count: usize) -> Self {
        Self {
            members: Vec::new(),
            is_member: vec![false; count],
            pending: Vec::new(),
        }
    }

    fn contains(&self, state: usize) -> bool {
        self.is_member.get(state).copied().unwrap_or_default()
    }

    /// Whether the state was not there.
    fn insert(&mut self, state: usize) -> bool {
        let Some(is_member) = self.is_member.get_mut(state).filter(|is_member| !**is_member) else {
            return false;
        };
        *is_member = true;
        self.members.push(state);
        true
    }

    fn clear(&mut self) {
        for state in self.members.drain(..) {
            if let Some(is_member) = self.is_member.get_mut(state) {
                *is_member = false;
            }
        }
    }
}

type Input<'p> = std::iter::Peekable<std::str::Chars<'p>>;

fn parse_sequence(input: &mut Input<'_>, depth: usize, program: &mut Vec<Step>) -> Option<()> {
    while let Some(&c) = input.peek() {
        if depth > 0 && (c == ',' || c == '}') {
            break;
        }
        input.next();
        match c {
            '*' => program.push(Step::TakeMany {
                crosses: input.next_if_eq(&'*').is_some(),
            }),
            '?' => program.push(Step::Take(Characters::AnyButSeparator)),
            '\\' => program.push(Step::Take(Characters::One(input.next()?))),
            '[' => program.push(Step::Take(parse_class(input)?)),
            '{' if depth < 16 => parse_alternatives(input, depth, program)?,
            '{' => return None,
            c => program.push(Step::Take(Characters::One(c))),
        }
    }
    Some(())
}

/// A fork to each alternative, each followed by a jump behind the last one.
fn parse_alternatives(input: &mut Input<'_>, depth: usize, program: &mut Vec<Step>) -> Option<()> {
    let fork = program.len();
    program.push(Step::Fork(Vec::new()));
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    loop {
        starts.push(program.len());
        parse_sequence(input, depth + 1, program)?;
        ends.push(program.len());
        program.push(Step::Jump(0));
        if input.next()? == '}' {
            break;
        }
    }
    let behind = program.len();
    for end in ends {
        *program.get_mut(end)? = Step::Jump(behind);
    }
    *program.get_mut(fork)? = Step::Fork(starts);
    Some(())
}

fn parse_class(input: &mut Input<'_>) -> Option<Characters> {
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
    Some(Characters::Class { negated, ranges })
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
            ("a\\*", "ab", false),
            ("**", "", true),
            ("", "", true),
            ("", "a", false),
            ("{,a}b", "b", true),
            ("{,a}b", "ab", true),
            ("{a,b{c,d*}}e", "bd12e", true),
            ("{a,b{c,d*}}e", "bd/e", false),
            ("{a*,**}/x", "b/c/x", true),
            ("[abz]*[!x]", "z12y", true),
            ("[abz]*[!x]", "z12x", false),
            ("a**b*c", "a/1/b2c", true),
            ("a**b*c", "a/1/b/c", false),
        ] {
            assert_eq!(
                Glob::parse(pattern).unwrap().is_match(name),
                want,
                "{pattern} on {name}"
            );
        }
        for malformed in ["[a", "{a", "{a,{b}", "a\\", "[]"] {
            assert!(Glob::parse(malformed).is_none(), "{malformed}");
        }
        assert!(Glob::everything().is_match("any/thing"));
    }

    #[test]
    fn patterns_whose_alternatives_multiply_are_followed_once() {
        let pattern = format!("{}x", "{**,*a*,**b}".repeat(200));
        let glob = Glob::parse(&pattern).unwrap();
        assert!(!glob.is_match(&"ab/".repeat(300)));
        assert!(glob.is_match(&format!("{}x", "ab/".repeat(300))));
    }
}
