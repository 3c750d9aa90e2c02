//! Strings: choice of style, and writing each of them.

use crate::text::yaml::resolve::{Scalar, resolve_plain};

use super::analysis::{analyze, break_width, is_printable};
use super::emitter::{Dialect, Emitter, INDENT};

/// Column after which v2 folds at the next space.
const BEST_WIDTH: usize = 80;
/// Longest key that is written before its `:` without `?`, in bytes.
const MAX_SIMPLE_KEY: usize = 128;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

impl Emitter {
    /// A string, quoted where it would read as something else.
    pub fn string(&mut self, value: &str) {
        let mut style = if value.contains('\n') {
            Style::Literal
        } else if reads_as_string(value) {
            Style::Plain
        } else {
            Style::DoubleQuoted
        };
        let analysis = analyze(value, self.dialect == Dialect::V2);
        self.begin_node(!analysis.is_multiline && value.len() <= MAX_SIMPLE_KEY);
        if style == Style::Plain && !analysis.is_plain_allowed {
            style = Style::SingleQuoted;
        }
        if style == Style::SingleQuoted && !analysis.is_single_quoted_allowed {
            style = Style::DoubleQuoted;
        }
        if style == Style::Literal && (!analysis.is_block_allowed || self.is_simple_key) {
            style = Style::DoubleQuoted;
        }
        self.write_scalar(value, style);
        self.end_node();
    }

    /// Bytes as `!!binary`, as v3 prints strings that are not UTF-8.
    pub fn binary(&mut self, base64: &str) {
        let is_multiline = base64.contains('\n');
        self.begin_node(!is_multiline && base64.len() + "!!binary".len() <= MAX_SIMPLE_KEY);
        self.write_indicator("!!binary", true, false, false);
        self.write_scalar(base64, if is_multiline { Style::Literal } else { Style::Plain });
        self.end_node();
    }

    fn write_scalar(&mut self, value: &str, style: Style) {
        self.increase_indent(INDENT, false);
        match style {
            Style::Plain => self.write_plain(value),
            Style::SingleQuoted => self.write_single_quoted(value),
            Style::DoubleQuoted => self.write_double_quoted(value),
            Style::Literal => self.write_literal(value),
        }
        self.decrease_indent();
    }

    /// Whether a line may be folded at a space here.
    fn is_past_width(&self) -> bool {
        self.dialect == Dialect::V2 && !self.is_simple_key && self.column > BEST_WIDTH
    }

    /// Whether `value` can be written without looking for places to fold.
    fn fits(&self, value: &str) -> bool {
        self.dialect == Dialect::V3 || self.is_simple_key || self.column + value.len() <= BEST_WIDTH
    }

    fn write_plain(&mut self, value: &str) {
        if !self.whitespace {
            self.put(' ');
        }
        if self.fits(value) {
            self.put_str(value);
        } else {
            self.write_folding(value, 0);
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn write_single_quoted(&mut self, value: &str) {
        self.write_indicator("'", true, false, false);
        self.write_folding(value, 1);
        self.write_indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// Writes plain or single quoted text; lines are not folded at the first and last `margin` characters.
    fn write_folding(&mut self, value: &str, margin: usize) {
        let (mut after_space, mut after_break) = (false, false);
        let last = value.len().saturating_sub(margin);
        for (at, character) in value.char_indices() {
            let rest = value.get(at..).unwrap_or_default();
            if character == ' ' {
                let may_fold = at >= margin && at < last && !rest.starts_with("  ");
                if may_fold && !after_space && self.is_past_width() {
                    self.write_indent();
                } else {
                    self.put(' ');
                }
                after_space = true;
            } else if break_width(rest) > 0 {
                if !after_break && character == '\n' {
                    self.put_break();
                }
                self.write_break(character);
                after_break = true;
            } else {
                if after_break {
                    self.write_indent();
                }
                if margin > 0 && character == '\'' {
                    self.put('\'');
                }
                self.put(character);
                self.indention = false;
                after_space = false;
                after_break = false;
            }
        }
    }

    /// A line break as scalars keep it: breaks other than `\n` stay, and go-yaml treats each of them as one.
    fn write_break(&mut self, character: char) {
        if character == '\n' {
            self.put_break();
        } else {
            self.out.push(character);
            self.column = 0;
        }
        self.indention = true;
    }

    fn write_double_quoted(&mut self, value: &str) {
        self.write_indicator("\"", true, false, false);
        // Go asks of every character whether the value begins with a byte order mark.
        let escapes_all = value.starts_with('\u{FEFF}');
        let mut after_space = false;
        for (at, character) in value.char_indices() {
            let rest = value.get(at..).unwrap_or_default();
            if escapes_all || !is_printable(character) || break_width(rest) > 0 || matches!(character, '"' | '\\') {
                self.write_escape(character);
                after_space = false;
            } else if character == ' ' {
                if !after_space && at > 0 && at + 1 < value.len() && self.is_past_width() {
                    self.write_indent();
                    if rest.starts_with("  ") {
                        self.put('\\');
                    }
                } else {
                    self.put(' ');
                }
                after_space = true;
            } else {
                self.put(character);
                after_space = false;
            }
        }
        self.write_indicator("\"", false, false, false);
    }

    fn write_escape(&mut self, character: char) {
        let code = u32::from(character);
        let short = match character {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0B' => 'v',
            '\x0C' => 'f',
            '\r' => 'r',
            '\x1B' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{A0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let escape = match code {
                    0..0x100 => format!("\\x{code:02X}"),
                    0x100..0x1_0000 => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                self.put_str(&escape);
                return;
            }
        };
        self.put('\\');
        self.put(short);
    }

    fn write_literal(&mut self, value: &str) {
        self.write_indicator("|", true, false, false);
        if value.starts_with(' ') || break_width(value) > 0 {
            self.write_indicator("2", false, false, false);
        }
        match chomping(value) {
            "" => {}
            hint => self.write_indicator(hint, false, false, false),
        }
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut after_break = true;
        let mut rest = value;
        while let Some(character) = rest.chars().next() {
            if break_width(rest) > 0 {
                self.write_break(character);
                after_break = true;
                rest = rest.get(character.len_utf8()..).unwrap_or_default();
                continue;
            }
            if after_break {
                self.write_indent();
            }
            let length = rest
                .find(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
                .unwrap_or(rest.len());
            let (line, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
            self.put_str(line);
            self.indention = false;
            after_break = false;
            rest = behind;
        }
    }
}

/// The indicator that keeps exactly the line breaks a value ends with.
fn chomping(value: &str) -> &'static str {
    let mut backwards = value.char_indices().rev();
    let is_break = |found: Option<(usize, char)>| {
        found.is_some_and(|(at, _)| value.get(at..).is_some_and(|rest| break_width(rest) > 0))
    };
    if !is_break(backwards.next()) {
        return "-";
    }
    let before = backwards.next();
    if before.is_none() || is_break(before) { "+" } else { "" }
}

/// Whether a plain `value` reads back as a string, also for readers that know base 60.
fn reads_as_string(value: &str) -> bool {
    matches!(resolve_plain(value), Scalar::Str(_)) && !is_base_60(value)
}

/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`
fn is_base_60(value: &str) -> bool {
    let Some((whole, mut rest)) = value.split_once(':') else {
        return false;
    };
    let digits = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if !digits.starts_with(|first: char| first.is_ascii_digit()) || !is_digits(digits) {
        return false;
    }
    loop {
        let (group, behind) = match rest.split_once(':') {
            Some((group, behind)) => (group, Some(behind)),
            None => (rest.split_once('.').map_or(rest, |(group, _)| group), None),
        };
        let is_group = match group.as_bytes() {
            [a] => a.is_ascii_digit(),
            [b'0'..=b'5', b] => b.is_ascii_digit(),
            _ => false,
        };
        if !is_group {
            return false;
        }
        match behind {
            Some(behind) => rest = behind,
            None => return rest.split_once('.').is_none_or(|(_, fraction)| is_digits(fraction)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(dialect: Dialect, value: &str) -> String {
        let mut emitter = Emitter::new(dialect);
        emitter.begin_mapping(1);
        emitter.string("k");
        emitter.string(value);
        emitter.end();
        emitter.finish()
    }

    #[test]
    fn strings_take_the_style_go_gives_them() {
        for (text, v2) in [
            ("a", "k: a\n"),
            ("", "k: \"\"\n"),
            ("y", "k: \"y\"\n"),
            ("12:30", "k: \"12:30\"\n"),
            ("12:60", "k: 12:60\n"),
            ("2001-01-01", "k: \"2001-01-01\"\n"),
            ("a: b", "k: 'a: b'\n"),
            ("a #b", "k: 'a #b'\n"),
            ("a#b", "k: a#b\n"),
            ("- a", "k: '- a'\n"),
            ("-a", "k: -a\n"),
            ("it's {", "k: it's {\n"),
            ("'", "k: ''''\n"),
            ("<<", "k: <<\n"),
            (" a", "k: ' a'\n"),
            ("a\tb", "k: \"a\\tb\"\n"),
            ("a\nb", "k: |-\n  a\n  b\n"),
            ("a\nb\n", "k: |\n  a\n  b\n"),
            ("a\n\n", "k: |+\n  a\n\n"),
            (" a\nb\n", "k: |2\n   a\n  b\n"),
            ("a \nb", "k: \"a \\nb\"\n"),
            ("a\n ", "k: \"a\\n \"\n"),
            ("\u{1F600}", "k: \"\\U0001F600\"\n"),
            ("\u{FEFF}x", "k: \"\\uFEFF\\x78\"\n"),
            ("é", "k: é\n"),
        ] {
            assert_eq!(value(Dialect::V2, text), v2, "{text:?}");
        }
        assert_eq!(value(Dialect::V3, "a\n\tb"), "k: |-\n  a\n  \tb\n");
    }

    #[test]
    fn long_text_is_folded_by_v2_only() {
        let words = "word ".repeat(20);
        let words = words.trim_end();
        let expected = format!(
            "k: {}\n  {}\n",
            "word ".repeat(16).trim_end(),
            "word ".repeat(4).trim_end()
        );
        assert_eq!(value(Dialect::V2, words), expected);
        assert_eq!(value(Dialect::V3, words), format!("k: {words}\n"));
    }
}
