//! E-mail addresses as Go's `net/mail.ParseAddress` reads them: `a@b.c` or `Name <a@b.c>`, with comments,
//! or a group with one address.

/// Whether a text is one address.
pub(super) fn is_email(text: &str) -> bool {
    let mut plain = Reader { rest: text };
    if plain.address_spec().is_some() {
        return plain.comments() && plain.rest.is_empty();
    }
    let mut named = Reader { rest: text };
    named.space();
    if !named.rest.starts_with('<') && named.phrase().is_none() {
        return false;
    }
    named.space();
    if named.accept(':') {
        return named.group();
    }
    named.accept('<')
        && named.address_spec().is_some()
        && named.accept('>')
        && named.comments()
        && named.rest.is_empty()
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn accept(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Local part, `@`, domain.
    fn address_spec(&mut self) -> Option<()> {
        self.space();
        if self.rest.starts_with('"') {
            self.quoted(false)?;
        } else {
            self.atom(false)?;
        }
        self.accept('@').then_some(())?;
        self.space();
        if self.rest.starts_with('[') {
            self.domain_literal()
        } else {
            self.atom(false)
        }
    }

    /// Letters, digits and some signs; dots only between others, unless more is permitted.
    fn atom(&mut self, permits_dots: bool) -> Option<()> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || !c.is_ascii();
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (atom, rest) = self.rest.split_at_checked(end)?;
        let has_stray_dots = atom.starts_with('.') || atom.ends_with('.') || atom.contains("..");
        if atom.is_empty() || (has_stray_dots && !permits_dots) {
            return None;
        }
        self.rest = rest;
        Some(())
    }

    fn quoted(&mut self, may_be_empty: bool) -> Option<()> {
        let body = self.rest.strip_prefix('"')?;
        let mut is_escaped = false;
        for (at, c) in body.char_indices() {
            match c {
                '"' if !is_escaped => {
                    self.rest = body.get(at + 1..)?;
                    return (at > 0 || may_be_empty).then_some(());
                }
                '\\' if !is_escaped => is_escaped = true,
                c if c.is_ascii_control() && c != '\t' => return None,
                _ => is_escaped = false,
            }
        }
        None
    }

    /// An address in brackets.
    fn domain_literal(&mut self) -> Option<()> {
        let body = self.rest.strip_prefix('[')?;
        let (literal, rest) = body.split_once(']')?;
        let address = literal.strip_prefix("IPv6:").unwrap_or(literal);
        address.parse::<std::net::IpAddr>().ok()?;
        self.rest = rest;
        Some(())
    }

    /// Words before an address in angle brackets.
    fn phrase(&mut self) -> Option<()> {
        let mut has_words = false;
        loop {
            self.space();
            let word = if self.rest.starts_with('"') {
                self.quoted(true)
            } else {
                self.atom(true)
            };
            if word.is_none() {
                return has_words.then_some(());
            }
            has_words = true;
        }
    }

    /// What follows the name of a group, which has one address and ends with a semicolon.
    fn group(&mut self) -> bool {
        let Some((member, rest)) = self.rest.rsplit_once(';') else {
            return false;
        };
        self.rest = rest;
        !member.contains([',', ';', ':']) && is_email(member) && self.comments() && self.rest.is_empty()
    }

    /// Comments and space; false for a comment that does not end.
    fn comments(&mut self) -> bool {
        self.space();
        while self.rest.starts_with('(') {
            let mut depth = 0_usize;
            let mut end = None;
            let mut is_escaped = false;
            for (at, c) in self.rest.char_indices() {
                match c {
                    _ if is_escaped => is_escaped = false,
                    '\\' => is_escaped = true,
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    end = Some(at + 1);
                    break;
                }
            }
            let Some(rest) = end.and_then(|end| self.rest.get(end..)) else {
                return false;
            };
            self.rest = rest;
            self.space();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_go_reads_them() {
        for text in [
            "a@b.c",
            "a@b",
            " a@b ",
            "a b <a@b>",
            "\"a b\"@c.d",
            "<a@b>",
            "a@[1.2.3.4]",
            "a@b (comment)",
            "\"x y\" <a@b>",
            "ü@b.c",
            "a. b <a@b>",
            "g: a@b;",
            "g: x <a@b>; ",
        ] {
            assert!(is_email(text), "{text}");
        }
        for text in [
            "",
            "a",
            "a@",
            "@b",
            "\"\"@c.d",
            "a..b@c",
            ".a@b",
            "a.@b",
            "a@b.",
            "a@b c",
            "a@b (comment",
            "<a@b",
            "a <a@b> b",
            "g: a@b",
            "g: a@b, c@d;",
            "g:;",
            "a@[1.2.3]",
        ] {
            assert!(!is_email(text), "{text}");
        }
    }
}
