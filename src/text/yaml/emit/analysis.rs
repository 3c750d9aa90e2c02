//! The styles that a scalar's characters allow: plain, single quotes, block style.

/// The styles open to a scalar in block context.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one text")]
pub(super) struct Analysis {
    pub(super) is_multiline: bool,
    pub(super) is_plain_allowed: bool,
    pub(super) is_single_quoted_allowed: bool,
    pub(super) is_block_allowed: bool,
}

/// Whether a break begins at the start of `text`: its width in bytes, or 0.
pub(super) fn break_width(text: &str) -> usize {
    match text.as_bytes() {
        [b'\n' | b'\r', ..] => 1,
        [0xC2, 0x85, ..] => 2,
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}

/// Whether a character needs no escape. Go's emitter does not count characters of four bytes as printable.
pub(super) fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}') && character != '\u{FEFF}'
}

fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Looks at every character once. `tabs_are_special`: a tab rules block style out (v2) or not (v3).
pub(super) fn analyze(value: &str, tabs_are_special: bool) -> Analysis {
    if value.is_empty() {
        return Analysis {
            is_multiline: false,
            is_plain_allowed: true,
            is_single_quoted_allowed: true,
            is_block_allowed: false,
        };
    }
    // Most values are words.
    let is_word_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
    if !value.starts_with(['-', '.']) && value.bytes().all(is_word_byte) {
        return Analysis {
            is_multiline: false,
            is_plain_allowed: true,
            is_single_quoted_allowed: true,
            is_block_allowed: true,
        };
    }
    let mut indicators = value.starts_with("---") || value.starts_with("...");
    let (mut line_breaks, mut special, mut tabs) = (false, false, false);
    let (mut break_space, mut space_break) = (false, false);
    let (mut after_space, mut after_break, mut after_white) = (false, false, true);
    let mut characters = value.chars().peekable();
    let mut is_first = true;
    while let Some(character) = characters.next() {
        let before_white = characters.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
        indicators |= match character {
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => is_first,
            '?' | '-' => is_first && before_white,
            ':' => before_white,
            '#' => is_first || after_white,
            _ => false,
        };
        if character == '\t' && !tabs_are_special {
            tabs = true;
        } else if !is_printable(character) {
            special = true;
        }
        let is_space = character == ' ';
        let is_line_break = is_break(character);
        break_space |= is_space && after_break;
        space_break |= is_line_break && after_space;
        line_breaks |= is_line_break;
        after_space = is_space;
        after_break = is_line_break;
        after_white = is_space || is_line_break || character == '\t' || character == '\0';
        is_first = false;
    }
    let at_edge = |is: fn(char) -> bool| value.starts_with(is) || value.ends_with(is);
    let edges = at_edge(|character| character == ' ' || is_break(character));
    let trailing_space = value.ends_with(' ');
    Analysis {
        is_multiline: line_breaks,
        is_plain_allowed: !(edges || break_space || space_break || special || tabs || line_breaks || indicators),
        is_single_quoted_allowed: !(break_space || space_break || special || tabs),
        is_block_allowed: !(trailing_space || space_break || special),
    }
}

#[cfg(test)]
mod tests {
    use super::analyze;

    #[test]
    fn document_markers_are_not_plain() {
        for (value, expected) in [
            ("---a", false),
            ("...", false),
            ("--a", true),
            ("a---", true),
            ("-a", true),
        ] {
            assert_eq!(analyze(value, true).is_plain_allowed, expected, "{value}");
        }
    }
}
