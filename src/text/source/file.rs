//! One of the user's files, as findings refer to it: its path in reports, its text, and its lines, which are located
//! only when something in it is reported.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::{LineIndex, Position, Span};

/// A file that findings refer to. Cheap to clone: a handle to the path and the text.
///
/// Two handles are equal when their paths are: a run reads a file once.
#[derive(Clone)]
pub struct SourceFile(Arc<Content>);

struct Content {
    path: String,
    text: Arc<[u8]>,
    lines: OnceLock<LineIndex>,
    /// Where everything in it is, if its text is not known.
    known: Option<Position>,
}

impl SourceFile {
    /// A file by its path, as reports show it, and its text.
    pub fn new(path: impl Into<String>, text: impl Into<Arc<[u8]>>) -> Self {
        Self(Arc::new(Content {
            path: path.into(),
            text: text.into(),
            lines: OnceLock::new(),
            known: None,
        }))
    }

    /// A file without text to show, because it cannot be read or is a directory.
    pub fn without_text(path: impl Into<String>) -> Self {
        Self::new(path, Vec::new())
    }

    /// A file in which one place is known, but not its text.
    pub fn at_position(path: impl Into<String>, position: Position) -> Self {
        Self(Arc::new(Content {
            path: path.into(),
            text: Vec::new().into(),
            lines: OnceLock::new(),
            known: Some(position),
        }))
    }

    /// The path as reports show it.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The whole text.
    pub fn text(&self) -> &[u8] {
        &self.0.text
    }

    /// Whether both are handles to the same content, with the same lines.
    #[cfg(test)]
    pub fn is_same_handle(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn lines(&self) -> &LineIndex {
        self.0.lines.get_or_init(|| LineIndex::new(&self.0.text))
    }

    /// Line and column of a byte; the end of the text for offsets past it.
    pub fn position(&self, offset: u32) -> Position {
        if let Some(known) = self.0.known {
            return known;
        }
        let length = u32::try_from(self.0.text.len()).unwrap_or(u32::MAX);
        self.lines().position(&self.0.text, offset.min(length))
    }

    /// The byte at which a line begins, by its number from 1; the end of the text for lines that it does not have.
    pub fn line_start(&self, line: u32) -> u32 {
        let length = u32::try_from(self.text().len()).unwrap_or(u32::MAX);
        self.lines().line_start(line.max(1)).unwrap_or(length)
    }

    /// The bytes of a line without its indentation and its line break, by its number from 1; empty, at the end, for lines
    /// that the text does not have.
    pub fn line_span(&self, line: u32) -> Span {
        let text = self.text();
        let start = self.line_start(line);
        let end = match self.lines().line_start(line.max(1).saturating_add(1)) {
            Some(next) => next as usize - 1,
            None => text.len(),
        };
        let content = text.get(start as usize..end).unwrap_or_default();
        let indentation = content.len() - content.trim_ascii_start().len();
        let from = |bytes: usize| start.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        Span::new(from(indentation), from(content.len()).max(from(indentation)))
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceFile({})", self.path())
    }
}

impl PartialEq for SourceFile {
    fn eq(&self, other: &Self) -> bool {
        self.path() == other.path()
    }
}

impl Eq for SourceFile {}

impl PartialOrd for SourceFile {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SourceFile {
    fn cmp(&self, other: &Self) -> Ordering {
        self.path().cmp(other.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_without_their_indentation_and_end() {
        let file = SourceFile::new("a", &b"a\n  b: 1\n\nlast"[..]);
        for (line, want) in [(1, "a"), (2, "b: 1"), (3, ""), (4, "last"), (9, "")] {
            let span = file.line_span(line);
            assert_eq!(span.of(file.text()), want.as_bytes(), "line {line}");
        }
        assert_eq!(file.position(4), Position { line: 2, column: 3 });
        assert_eq!(file.position(900), Position { line: 4, column: 5 });
    }
}
