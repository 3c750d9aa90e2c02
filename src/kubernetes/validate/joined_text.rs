//! A text as the documents that it consists of, and places in it.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::text::source::{LineIndex, Position, offset};

/// A document: a part of a text, or all of it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) text: Arc<Vec<u8>>,
    pub(super) range: Range<usize>,
    /// How many lines end in it. They are counted while the processor has the text at hand.
    lines: usize,
}

impl Part {
    pub(super) fn of(text: Vec<u8>) -> Self {
        let range = 0..text.len();
        Self::new(Arc::new(text), range)
    }

    pub(super) fn new(text: Arc<Vec<u8>>, range: Range<usize>) -> Self {
        let mut part = Self { text, range, lines: 0 };
        part.lines = memchr::memchr_iter(b'\n', part.bytes()).count();
        part
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.text.get(self.range.clone()).unwrap_or_default()
    }
}

/// A text as its documents, which begin at the start of a line. It is put together when it is first asked for.
#[derive(Debug, Clone, Default)]
pub struct JoinedText {
    parts: Vec<Part>,
    joined: OnceLock<Vec<u8>>,
}

impl From<Vec<u8>> for JoinedText {
    fn from(text: Vec<u8>) -> Self {
        Self::new(vec![Part::of(text)])
    }
}

impl JoinedText {
    pub(super) const fn new(parts: Vec<Part>) -> Self {
        Self {
            parts,
            joined: OnceLock::new(),
        }
    }

    /// The documents.
    pub fn documents(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(Part::bytes)
    }

    /// The bytes of the text.
    pub fn as_slice(&self) -> &[u8] {
        if let [only] = self.parts.as_slice() {
            return only.bytes();
        }
        self.joined.get_or_init(|| {
            let mut text = Vec::with_capacity(self.parts.iter().map(|part| part.range.len()).sum());
            self.documents().for_each(|document| text.extend_from_slice(document));
            text
        })
    }

    /// What finds lines and columns.
    pub fn positions(&self) -> Positions<'_> {
        Positions {
            parts: &self.parts,
            starts: OnceCell::new(),
            indexes: self.parts.iter().map(|_| OnceCell::new()).collect(),
        }
    }
}

/// Lines and columns of a text. Lines are only counted where no place was asked for.
#[derive(Debug)]
pub struct Positions<'t> {
    parts: &'t [Part],
    /// Where the parts begin, and the lines before them.
    starts: OnceCell<Vec<(usize, u32)>>,
    indexes: Vec<OnceCell<LineIndex>>,
}

impl Positions<'_> {
    fn starts(&self) -> &[(usize, u32)] {
        self.starts.get_or_init(|| {
            let (mut at, mut lines) = (0, 0);
            let starts = self.parts.iter().map(|part| {
                let start = (at, offset(lines));
                at += part.range.len();
                lines += part.lines;
                start
            });
            starts.collect()
        })
    }

    /// The line and column of a byte.
    pub fn position(&self, at: usize) -> Position {
        let starts = self.starts();
        let part = starts.partition_point(|&(start, _)| start <= at).saturating_sub(1);
        let (Some(part), Some(index), Some(&(start, lines))) =
            (self.parts.get(part), self.indexes.get(part), starts.get(part))
        else {
            return Position::START;
        };
        let text = part.bytes();
        let index = index.get_or_init(|| LineIndex::new(text));
        let position = index.position(text, offset(at - start));
        Position {
            line: position.line + lines,
            column: position.column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_the_whole_text() {
        let documents = ["a: é\n  b\n", "---\nc\n", "", "---\n", "---\nlast: \u{4e00}x"];
        let parts = documents.map(|document| Part::of(document.as_bytes().to_vec()));
        let text = JoinedText::new(parts.to_vec());
        assert_eq!(text.as_slice(), documents.concat().as_bytes());
        let (positions, index) = (text.positions(), LineIndex::new(text.as_slice()));
        for at in 0..=text.as_slice().len() {
            assert_eq!(
                positions.position(at),
                index.position(text.as_slice(), offset(at)),
                "{at}"
            );
        }
        assert_eq!(JoinedText::default().positions().position(3), Position::START);
    }
}
