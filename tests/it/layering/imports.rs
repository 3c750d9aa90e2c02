//! Which modules a source file names: every path that begins with `crate`, `self`, `super` or a name that `use` gave to
//! one of these, in `use` trees, expressions, types and macros, as a path from the root of the crate.

use std::collections::HashMap;

use super::tokens::{Token, TokenKind, tokens};

/// A path from the root of the crate, and the line that names it. The last segment may be `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
}

/// Everything that the source of a module names inside of the crate. `module` is the module's own path.
pub(super) fn imports(module: &[&str], source: &str) -> Vec<Import> {
    let mut reader = Reader {
        tokens: tokens(source),
        at: 0,
        modules: vec![module.iter().map(|&name| name.to_owned()).collect()],
        depths: Vec::new(),
        depth: 0,
        names: HashMap::new(),
        imports: Vec::new(),
    };
    // A name may be used above the `use` that makes it: the second round knows them all.
    reader.read();
    reader.restart();
    reader.read();
    reader.imports
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    /// The module of the file and those inside of it that are open here.
    modules: Vec<Vec<String>>,
    /// Depth of braces at which each of the latter began.
    depths: Vec<usize>,
    depth: usize,
    /// What `use` calls a path.
    names: HashMap<String, Vec<String>>,
    imports: Vec<Import>,
}

impl Reader {
    fn restart(&mut self) {
        self.at = 0;
        self.depth = 0;
        self.depths.clear();
        self.modules.truncate(1);
        self.imports.clear();
    }

    fn kind(&self, ahead: usize) -> Option<&TokenKind> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    fn word(&self, ahead: usize) -> Option<&str> {
        match self.kind(ahead)? {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    fn is(&self, ahead: usize, character: char) -> bool {
        self.kind(ahead) == Some(&TokenKind::Punctuation(character))
    }

    fn is_separator(&self, ahead: usize) -> bool {
        self.kind(ahead) == Some(&TokenKind::PathSeparator)
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |token| token.line)
    }

    fn module(&self) -> Vec<String> {
        self.modules.last().cloned().unwrap_or_default()
    }

    fn read(&mut self) {
        while self.at < self.tokens.len() {
            match self.word(0) {
                Some("use") => {
                    self.at += 1;
                    let leads_out = self.is_separator(0);
                    self.at += usize::from(leads_out);
                    // `use ::name` names another crate.
                    self.tree(if leads_out { None } else { Some(&[]) }, true);
                }
                Some("mod") if self.is(2, '{') => {
                    let mut module = self.module();
                    module.extend(self.word(1).map(str::to_owned));
                    self.modules.push(module);
                    self.depth += 1;
                    self.depths.push(self.depth);
                    self.at += 3;
                }
                Some(_) if self.is_separator(1) => self.path(),
                _ => {
                    self.brace();
                    self.at += 1;
                }
            }
        }
    }

    fn brace(&mut self) {
        if self.is(0, '{') {
            self.depth += 1;
        } else if self.is(0, '}') {
            if self.depths.last() == Some(&self.depth) {
                self.depths.pop();
                self.modules.pop();
            }
            self.depth = self.depth.saturating_sub(1);
        }
    }

    /// A path that is not in a `use`.
    fn path(&mut self) {
        let line = self.line();
        let mut path = self.segment(Some(&[]), true);
        while self.is_separator(0) && self.word(1).is_some() {
            self.at += 1;
            path = self.segment(path.as_deref(), false);
        }
        if let Some(path) = path {
            self.imports.push(Import { path, line });
        }
        // What follows a path that ends here (`::<T>`, `::{`) is read on its own.
        while self.is_separator(0) {
            self.at += 1;
        }
    }

    /// One segment after a path from the root; `None` is a path that leaves the crate.
    fn segment(&mut self, before: Option<&[String]>, is_first: bool) -> Option<Vec<String>> {
        let word = self.word(0).unwrap_or_default().to_owned();
        self.at += 1;
        let mut path = before?.to_vec();
        match word.as_str() {
            "crate" => path.clear(),
            "self" if is_first => path = self.module(),
            "self" => {}
            "super" if is_first => {
                path = self.module();
                path.pop();
            }
            "super" => {
                path.pop();
            }
            name if is_first => return self.names.get(name).cloned(),
            name => path.push(name.to_owned()),
        }
        Some(path)
    }

    /// What may follow `use` or be written in its braces, up to the comma, brace or semicolon after it.
    fn tree(&mut self, before: Option<&[String]>, is_first: bool) {
        let line = self.line();
        if self.is(0, '{') {
            self.at += 1;
            while !self.is(0, '}') && self.at < self.tokens.len() {
                self.tree(before, is_first);
                self.at += usize::from(self.is(0, ','));
            }
            self.at += 1;
            return;
        }
        if self.is(0, '*') {
            self.at += 1;
            if let Some(mut path) = before.map(<[String]>::to_vec) {
                path.push("*".to_owned());
                self.imports.push(Import { path, line });
            }
            return;
        }
        let Some(word) = self.word(0).map(str::to_owned) else {
            self.at += 1;
            return;
        };
        let path = self.segment(before, is_first);
        if self.is_separator(0) {
            self.at += 1;
            return self.tree(path.as_deref(), false);
        }
        // `use a::{self}` calls the path by its last segment.
        let mut name = match (word.as_str(), &path) {
            ("self" | "super" | "crate", Some(path)) => path.last().cloned().unwrap_or_default(),
            _ => word,
        };
        if self.word(0) == Some("as") {
            name = self.word(1).map(str::to_owned).unwrap_or_default();
            self.at += 2;
        }
        if let Some(path) = path {
            self.names.insert(name, path.clone());
            self.imports.push(Import { path, line });
        }
    }
}
