//! A pattern of Go's `regexp` to one of the `regex` crate.
//!
//! In: Go's syntax (RE2 with Perl flags). Out: a pattern that matches the same, with plain groups, and the names of the
//! groups; or the error text of Go's `regexp/syntax`. The dialects differ in what `\d`, `\s`, `\w` and `\b` mean (ASCII in
//! Go), in class syntax (no nesting, no set operations in Go), in escapes and in which repetitions are refused.

use std::fmt::Write as _;

use super::unicode_class::unicode_class;

/// Most repetitions Go allows.
const MAX_REPEAT: u32 = 1_000;
/// Deepest nesting of groups, as in Go.
const MAX_NESTING: usize = 1_000;

/// A translated pattern.
#[derive(Debug)]
pub(crate) struct Translated {
    /// Pattern for the `regex` crate.
    pub(crate) pattern: String,
    /// Names of the groups, the whole match first.
    pub(crate) names: Vec<Option<String>>,
}

/// `error parsing regexp: CODE: ` and the offending part between backquotes.
fn problem(code: &str, part: &str) -> String {
    format!("error parsing regexp: {code}: `{part}`")
}

const INVALID_RANGE: &str = "invalid character class range";
const MISSING_ARGUMENT: &str = "missing argument to repetition operator";

/// Translates a pattern.
pub(crate) fn translate(pattern: &[u8]) -> Result<Translated, String> {
    let Ok(pattern) = std::str::from_utf8(pattern) else {
        return Err(problem("invalid UTF-8", &String::from_utf8_lossy(pattern)));
    };
    let mut translator = Translator {
        whole: pattern,
        rest: pattern,
        out: String::with_capacity(pattern.len() + 16),
        names: vec![None],
        groups: 0,
        can_repeat: false,
    };
    translator.run()?;
    Ok(Translated {
        pattern: translator.out,
        names: translator.names,
    })
}

struct Translator<'a> {
    whole: &'a str,
    rest: &'a str,
    out: String,
    names: Vec<Option<String>>,
    groups: usize,
    /// Whether there is something before that a repetition can apply to.
    can_repeat: bool,
}

impl<'a> Translator<'a> {
    fn run(&mut self) -> Result<(), String> {
        let mut last_repeat: Option<&'a str> = None;
        while let Some(character) = self.rest.chars().next() {
            let before = self.rest;
            let mut repeat = None;
            match character {
                '(' => self.open_group()?,
                ')' => self.close_group()?,
                '|' => {
                    self.take(1);
                    self.out.push('|');
                    self.can_repeat = false;
                }
                '^' | '$' | '.' => {
                    self.take(1);
                    self.out.push(character);
                    self.can_repeat = true;
                }
                '[' => self.class()?,
                '*' | '+' | '?' => {
                    self.take(1);
                    self.out.push(character);
                    self.end_repeat(before, last_repeat)?;
                    repeat = Some(before);
                }
                '{' => {
                    if self.counted_repeat(before, last_repeat)? {
                        repeat = Some(before);
                    }
                }
                '\\' => self.escape()?,
                _ => {
                    self.take(character.len_utf8());
                    self.literal(u32::from(character));
                }
            }
            last_repeat = repeat;
        }
        if self.groups > 0 {
            return Err(problem("missing closing )", self.whole));
        }
        Ok(())
    }

    /// Skips `length` bytes and returns them.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// The part of `before` that was read since.
    fn since(&self, before: &'a str) -> &'a str {
        before.get(..before.len() - self.rest.len()).unwrap_or(before)
    }

    fn literal(&mut self, code: u32) {
        push_code(&mut self.out, code);
        self.can_repeat = true;
    }

    fn close_group(&mut self) -> Result<(), String> {
        if self.groups == 0 {
            return Err(problem("unexpected )", self.whole));
        }
        self.take(1);
        self.groups -= 1;
        self.out.push(')');
        self.can_repeat = true;
        Ok(())
    }

    fn open_group(&mut self) -> Result<(), String> {
        if !self.rest.starts_with("(?") {
            self.take(1);
            self.names.push(None);
            return self.enter("(");
        }
        if self.rest.starts_with("(?P<") && self.rest.len() > 4 || self.rest.starts_with("(?<") && self.rest.len() > 3 {
            return self.named_group();
        }
        self.flags()
    }

    fn enter(&mut self, opening: &str) -> Result<(), String> {
        if self.groups >= MAX_NESTING {
            return Err(problem("expression nests too deeply", self.whole));
        }
        self.groups += 1;
        self.out.push_str(opening);
        self.can_repeat = false;
        Ok(())
    }

    fn named_group(&mut self) -> Result<(), String> {
        const INVALID: &str = "invalid named capture";
        let Some(end) = self.rest.find('>') else {
            return Err(problem(INVALID, self.rest));
        };
        let capture = self.take(end + 1);
        let name = capture
            .trim_start_matches("(?P<")
            .trim_start_matches("(?<")
            .trim_end_matches('>');
        let valid = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !valid {
            return Err(problem(INVALID, capture));
        }
        self.names.push(Some(name.to_owned()));
        self.enter("(")
    }

    /// `(?flags)` or `(?flags:`.
    fn flags(&mut self) -> Result<(), String> {
        let before = self.rest;
        self.take(2);
        let (mut negative, mut saw_flag) = (false, false);
        while let Some(character) = self.rest.chars().next() {
            self.take(character.len_utf8());
            match character {
                'i' | 'm' | 's' | 'U' => saw_flag = true,
                '-' if !negative => {
                    negative = true;
                    saw_flag = false;
                }
                ':' | ')' if !negative || saw_flag => {
                    let group = self.since(before);
                    if character == ':' {
                        return self.enter(group);
                    }
                    // Go allows a group without flags, which has no effect, so it is left out.
                    if group != "(?)" {
                        self.out.push_str(group);
                    }
                    return Ok(());
                }
                _ => break,
            }
        }
        Err(problem("invalid or unsupported Perl syntax", self.since(before)))
    }

    /// What follows a repetition operator: laziness, and the checks.
    fn end_repeat(&mut self, before: &'a str, last_repeat: Option<&'a str>) -> Result<(), String> {
        if self.rest.starts_with('?') {
            self.take(1);
            self.out.push('?');
        }
        if let Some(last) = last_repeat {
            return Err(problem("invalid nested repetition operator", self.since(last)));
        }
        if !self.can_repeat {
            return Err(problem(MISSING_ARGUMENT, self.since(before)));
        }
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}`; anything else after a brace is text. Returns whether it was a repetition.
    fn counted_repeat(&mut self, before: &'a str, last_repeat: Option<&'a str>) -> Result<bool, String> {
        let Some((least, most, length)) = counts(before) else {
            self.take(1);
            self.literal(u32::from('{'));
            return Ok(false);
        };
        let written = self.take(length);
        let too_many = |count: Option<u32>| count.is_none_or(|count| count > MAX_REPEAT);
        let bad = too_many(least) || most.is_some_and(|most| too_many(most) || most < least);
        if bad {
            return Err(problem("invalid repeat count", written));
        }
        self.out.push_str(written);
        self.end_repeat(before, last_repeat)?;
        Ok(true)
    }

    fn escape(&mut self) -> Result<(), String> {
        let second = self.rest.get(1..).and_then(|rest| rest.chars().next());
        match second {
            Some('A' | 'z') => {
                let anchor = self.take(2);
                self.out.push_str(anchor);
                self.can_repeat = true;
            }
            Some('b') => self.assertion("(?-u:\\b)"),
            Some('B') => self.assertion("(?-u:\\B)"),
            Some('C') => return Err(problem("invalid escape sequence", self.take(2))),
            Some('Q') => {
                self.take(2);
                let (text, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                for character in text.chars() {
                    self.literal(u32::from(character));
                }
                self.rest = rest;
            }
            _ => {
                if let Some(class) = self.class_escape()? {
                    self.out.push_str(&class);
                    self.can_repeat = true;
                } else {
                    let code = self.character_escape()?;
                    self.literal(code);
                }
            }
        }
        Ok(())
    }

    fn assertion(&mut self, written: &str) {
        self.take(2);
        self.out.push_str(written);
        self.can_repeat = true;
    }

    /// `\d`, `\pL` and the like; none when the escape stands for a character.
    fn class_escape(&mut self) -> Result<Option<String>, String> {
        let second = self.rest.get(1..).and_then(|rest| rest.chars().next());
        let perl = match second {
            Some('d') => "[0-9]",
            Some('D') => "[^0-9]",
            Some('s') => "[\\t\\n\\x0C\\r\\x20]",
            Some('S') => "[^\\t\\n\\x0C\\r\\x20]",
            Some('w') => "[0-9A-Za-z_]",
            Some('W') => "[^0-9A-Za-z_]",
            Some('p' | 'P') => return self.unicode_class().map(Some),
            _ => return Ok(None),
        };
        self.take(2);
        Ok(Some(perl.to_owned()))
    }

    fn unicode_class(&mut self) -> Result<String, String> {
        let before = self.rest;
        let mut negative = self.take(2) == "\\P";
        let Some(first) = self.rest.chars().next() else {
            return Err(problem(INVALID_RANGE, before));
        };
        let name = if first == '{' {
            let Some(end) = self.rest.find('}') else {
                return Err(problem(INVALID_RANGE, before));
            };
            let braced = self.take(end + 1);
            braced.get(1..end).unwrap_or_default()
        } else {
            self.take(first.len_utf8())
        };
        let bare = name.strip_prefix('^');
        negative ^= bare.is_some();
        let class = unicode_class(bare.unwrap_or(name), negative);
        class.ok_or_else(|| problem(INVALID_RANGE, self.since(before)))
    }

    /// A character written as an escape.
    fn character_escape(&mut self) -> Result<u32, String> {
        let before = self.rest;
        self.take(1);
        let Some(character) = self.rest.chars().next() else {
            return Err("error parsing regexp: trailing backslash at end of expression: ``".to_owned());
        };
        self.take(character.len_utf8());
        let next = self.rest.chars().next();
        let code = match character {
            '1'..='7' if matches!(next, Some('0'..='7')) => Some(self.octal(character)),
            '0' => Some(self.octal(character)),
            'x' => self.hexadecimal(),
            'a' => Some(7),
            'f' => Some(12),
            'n' => Some(10),
            'r' => Some(13),
            't' => Some(9),
            'v' => Some(11),
            _ if character.is_ascii() && !character.is_ascii_alphanumeric() => Some(u32::from(character)),
            _ => None,
        };
        code.ok_or_else(|| problem("invalid escape sequence", self.since(before)))
    }

    fn octal(&mut self, first: char) -> u32 {
        let mut code = first.to_digit(8).unwrap_or_default();
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|digit| digit.to_digit(8)) else {
                break;
            };
            self.take(1);
            code = code * 8 + digit;
        }
        code
    }

    /// What follows `\x`: two digits, or any number of them in braces.
    fn hexadecimal(&mut self) -> Option<u32> {
        let mut next = || {
            let character = self.rest.chars().next()?;
            self.take(character.len_utf8());
            Some(character)
        };
        let first = next()?;
        if first != '{' {
            let high = first.to_digit(16);
            let low = next()?.to_digit(16);
            return Some(high? * 16 + low?);
        }
        let (mut code, mut digits) = (0_u32, 0);
        loop {
            let character = next()?;
            if character == '}' {
                return (digits > 0).then_some(code);
            }
            code = code * 16 + character.to_digit(16)?;
            if code > 0x10_ffff {
                return None;
            }
            digits += 1;
        }
    }

    fn class(&mut self) -> Result<(), String> {
        let before = self.rest;
        self.take(1);
        let mut class = String::from("[");
        if self.rest.starts_with('^') {
            self.take(1);
            class.push('^');
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if self.rest.starts_with("[:")
                && let Some(named) = self.named_class()?
            {
                class.push_str(named);
                continue;
            }
            if self.rest.starts_with('\\')
                && let Some(escaped) = self.class_escape()?
            {
                class.push_str(&escaped);
                continue;
            }
            self.class_range(before, &mut class)?;
        }
        self.take(1);
        class.push(']');
        self.out.push_str(&class);
        self.can_repeat = true;
        Ok(())
    }

    fn class_range(&mut self, whole: &'a str, class: &mut String) -> Result<(), String> {
        let before = self.rest;
        let low = self.class_character(whole)?;
        let mut high = low;
        let mut next = self.rest.chars();
        if next.next() == Some('-') && next.next().is_some_and(|after| after != ']') {
            self.take(1);
            high = self.class_character(whole)?;
            if high < low {
                return Err(problem(INVALID_RANGE, self.since(before)));
            }
        }
        push_range(class, low, high);
        Ok(())
    }

    fn class_character(&mut self, whole: &'a str) -> Result<u32, String> {
        match self.rest.chars().next() {
            None => Err(problem("missing closing ]", whole)),
            Some('\\') => self.character_escape(),
            Some(character) => {
                self.take(character.len_utf8());
                Ok(u32::from(character))
            }
        }
    }

    /// `[:alpha:]`; none when the brackets are not closed, and so are text.
    fn named_class(&mut self) -> Result<Option<&'a str>, String> {
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
            "word", "xdigit",
        ];
        let Some(end) = self.rest.get(2..).and_then(|rest| rest.find(":]")) else {
            return Ok(None);
        };
        let written = self.take(end + 4);
        let name = written.trim_start_matches("[:").trim_end_matches(":]");
        let name = name.strip_prefix('^').unwrap_or(name);
        if NAMES.contains(&name) {
            Ok(Some(written))
        } else {
            Err(problem(INVALID_RANGE, written))
        }
    }
}

/// The counts of a repetition and its length: at least, at most (`None` for one count, `Some(None)` never), length.
#[expect(clippy::option_option, reason = "absent, endless and counted are three cases")]
fn counts(text: &str) -> Option<(Option<u32>, Option<Option<u32>>, usize)> {
    let body = text.get(1..text.find('}')?)?;
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = digits.len() > 1 && digits.starts_with('0');
        (plain && !leading_zero).then(|| digits.parse::<u32>().ok())
    };
    let length = body.len() + 2;
    match body.split_once(',') {
        None => Some((number(body)?, None, length)),
        Some((least, "")) => Some((number(least)?, None, length)),
        Some((least, most)) => Some((number(least)?, Some(number(most)?), length)),
    }
}

/// A character outside a class; surrogates, which no text contains, match nothing.
fn push_code(out: &mut String, code: u32) {
    match char::from_u32(code) {
        Some(character) if character.is_ascii_alphanumeric() || !character.is_ascii() => out.push(character),
        Some(_) => {
            let _ = write!(out, "\\x{{{code:X}}}");
        }
        None => out.push_str("[^\\x00-\\x{10FFFF}]"),
    }
}

/// A range inside a class, without the surrogates.
fn push_range(class: &mut String, low: u32, high: u32) {
    let mut push = |low: u32, high: u32| {
        if low <= high {
            let _ = write!(class, "\\x{{{low:X}}}-\\x{{{high:X}}}");
        }
    };
    if high < 0xd800 || low > 0xdfff {
        push(low, high);
    } else {
        push(low, 0xd7ff.min(high));
        push(low.max(0xe000), high);
    }
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn translations_compile() {
        for pattern in [
            "",
            "a|b",
            "(a)(?P<n>b)(?<m>c)",
            "(?P<n>a)(?<n>b)",
            "[[]",
            "[a&&b]",
            "[a-]",
            "[+--z]",
            "{",
            "a{",
            "a{,2}",
            "[\\d-z]",
            "\\Qa.b\\E*",
            "\\123",
            "\\<",
            "(?i)k\\w",
            "[^\\S\\d]",
            "[]a]",
            "[^]a]",
            "\\pL\\p{Greek}\\PN",
            "[[:word:]-]",
            "\\bx\\B",
            "(?s:.)*?",
            "x{2,3}?",
            "\\x{1F600}",
            "^*",
            "(|a)*",
            "()",
            "[\\x00-\\x{10FFFF}]",
            "\\z",
            "#&~-",
            "a\u{a0}b c",
        ] {
            let translated = translate(pattern.as_bytes()).expect(pattern);
            regex::bytes::Regex::new(&translated.pattern).expect(pattern);
            regex::Regex::new(&translated.pattern).expect(pattern);
        }
    }

    #[test]
    fn errors() {
        for (pattern, expected) in [
            ("a**", "invalid nested repetition operator: `**`"),
            ("a++", "invalid nested repetition operator: `++`"),
            ("(?x)", "invalid or unsupported Perl syntax: `(?x`"),
            ("\\u1234", "invalid escape sequence: `\\u`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("*", "missing argument to repetition operator: `*`"),
            ("(a", "missing closing ): `(a`"),
            ("a)", "unexpected ): `a)`"),
            ("[a", "missing closing ]: `[a`"),
            ("[z-a]", "invalid character class range: `z-a`"),
            ("\\", "trailing backslash at end of expression: ``"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("(?<a", "invalid named capture: `(?<a`"),
            ("\\p{Nope}", "invalid character class range: `\\p{Nope}`"),
        ] {
            let error = translate(pattern.as_bytes()).expect_err(pattern);
            assert_eq!(error, format!("error parsing regexp: {expected}"), "{pattern}");
        }
    }
}
