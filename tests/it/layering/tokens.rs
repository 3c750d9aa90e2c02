//! Rust source as far as imports need it: a text becomes words and punctuation, without comments, strings and numbers.

/// A part of a source file and the line it is on, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// An identifier or a keyword; `r#` is left out.
    Word(String),
    /// `::`
    PathSeparator,
    /// Any other character.
    Punctuation(char),
}

/// The tokens of a source file.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    let characters: Vec<char> = source.chars().collect();
    let mut reader = Reader {
        characters: &characters,
        at: 0,
        line: 1,
    };
    let mut tokens = Vec::new();
    while let Some(character) = reader.peek(0) {
        let line = reader.line;
        if let Some(kind) = reader.token(character) {
            tokens.push(Token { kind, line });
        }
    }
    tokens
}

struct Reader<'s> {
    characters: &'s [char],
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            if self.peek(0) == Some('\n') {
                self.line += 1;
            }
            self.at += 1;
        }
    }

    fn skip_while(&mut self, is_part: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(character) = self.peek(0).filter(|&character| is_part(character)) {
            text.push(character);
            self.skip(1);
        }
        text
    }

    fn token(&mut self, character: char) -> Option<TokenKind> {
        match (character, self.peek(1)) {
            ('/', Some('/')) => {
                self.skip_while(|character| character != '\n');
                None
            }
            ('/', Some('*')) => {
                self.skip_comment();
                None
            }
            ('"', _) => {
                self.skip_string();
                None
            }
            ('\'', _) => {
                self.skip_character_or_lifetime();
                None
            }
            (':', Some(':')) => {
                self.skip(2);
                Some(TokenKind::PathSeparator)
            }
            _ if character.is_alphabetic() || character == '_' => self.word(),
            _ if character.is_ascii_digit() => {
                self.skip_while(|character| character.is_alphanumeric() || character == '_');
                None
            }
            _ if character.is_whitespace() => {
                self.skip(1);
                None
            }
            _ => {
                self.skip(1);
                Some(TokenKind::Punctuation(character))
            }
        }
    }

    /// A word; what begins as one may be a raw string (`r#"…"#`, `br"…"`) or a raw identifier (`r#type`).
    fn word(&mut self) -> Option<TokenKind> {
        let word = self.skip_while(|character| character.is_alphanumeric() || character == '_');
        let is_prefix = matches!(word.as_str(), "r" | "b" | "br" | "c" | "cr");
        let rest = self.characters.iter().skip(self.at);
        let hashes = rest.take_while(|&&character| character == '#').count();
        if is_prefix && self.peek(hashes) == Some('"') {
            if word.ends_with('r') {
                self.skip(hashes + 1);
                let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
                while self.peek(0).is_some() && !(0..end.len()).all(|at| self.peek(at) == end.chars().nth(at)) {
                    self.skip(1);
                }
                self.skip(end.len());
            } else {
                self.skip_string();
            }
            return None;
        }
        if word == "r" && hashes == 1 {
            self.skip(1);
            return self.word();
        }
        Some(TokenKind::Word(word))
    }

    fn skip_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.skip(2);
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.skip(2);
                }
                (Some(_), _) => self.skip(1),
                (None, _) => return,
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.skip(1);
        while let Some(character) = self.peek(0) {
            match character {
                '\\' => self.skip(2),
                '"' => return self.skip(1),
                _ => self.skip(1),
            }
        }
    }

    /// `'x'`, `'\n'` and `'static`.
    fn skip_character_or_lifetime(&mut self) {
        if self.peek(1) == Some('\\') {
            self.skip(3);
            self.skip_while(|character| character != '\'');
            self.skip(1);
        } else if self.peek(2) == Some('\'') {
            self.skip(3);
        } else {
            self.skip(1);
            self.skip_while(|character| character.is_alphanumeric() || character == '_');
        }
    }
}
