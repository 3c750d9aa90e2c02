//! From byte offsets to lines and columns.

use std::sync::OnceLock;

use super::span::offset;

/// A position as editors show it. Both numbers count from 1; the column counts characters, not bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Position {
    /// The start of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// The line starts of one text. Lines end with `\n`; a `\r` before it belongs to the line.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// Characters of the text before each block of [`BLOCK`] bytes; counted when a place far into a line is asked for.
    characters: OnceLock<Vec<u32>>,
}

/// Bytes that are counted for one position at most, about.
const BLOCK: usize = 1024;

fn count_characters(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

impl LineIndex {
    /// Reads `text` once.
    pub fn new(text: &[u8]) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text).map(|at| offset(at + 1)));
        Self {
            starts,
            characters: OnceLock::new(),
        }
    }

    /// The 1-based line that contains the byte at an offset.
    pub fn line(&self, at: u32) -> u32 {
        offset(self.starts.partition_point(|&start| start <= at))
    }

    /// Offset of the first byte of a 1-based line, if there is such a line.
    pub fn line_start(&self, line: u32) -> Option<u32> {
        self.starts.get((line as usize).checked_sub(1)?).copied()
    }

    /// Line and column of the byte at `offset` in `text`, the text this index was made from.
    pub fn position(&self, text: &[u8], offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.line_start(line).unwrap_or(0) as usize;
        let end = (offset as usize).min(text.len());
        let column = if end.saturating_sub(start) <= BLOCK {
            count_characters(text.get(start..end).unwrap_or_default()) + 1
        } else {
            // Lines may have a megabyte, and thousands of findings.
            self.characters_before(text, end) - self.characters_before(text, start) + 1
        };
        Position {
            line,
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }
}

impl LineIndex {
    fn characters_before(&self, text: &[u8], end: usize) -> usize {
        let blocks = self.characters.get_or_init(|| {
            let mut count = 0;
            let blocks = text.chunks(BLOCK).map(|block| {
                let before = count;
                count += count_characters(block);
                offset(before)
            });
            blocks.collect()
        });
        let block = end / BLOCK;
        let Some(&before) = blocks.get(block) else {
            return count_characters(text.get(..end).unwrap_or(text));
        };
        before as usize + count_characters(text.get(block * BLOCK..end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_lines_from_one() {
        let text = "aé\r\nb\n".as_bytes();
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 0), Position::START);
        assert_eq!(index.position(text, 3), Position { line: 1, column: 3 });
        assert_eq!(index.position(text, 5), Position { line: 2, column: 1 });
        assert_eq!(index.position(text, 7), Position { line: 3, column: 1 });
    }

    #[test]
    fn columns_of_long_lines_are_counted_in_blocks() {
        let text = format!("é\n{}b\n", "aé".repeat(5 * BLOCK));
        let index = LineIndex::new(text.as_bytes());
        let line = text.get(3..).unwrap();
        for (number, (at, _)) in line.char_indices().enumerate() {
            let column = u32::try_from(number).unwrap() + 1;
            let want = Position { line: 2, column };
            assert_eq!(index.position(text.as_bytes(), offset(3 + at)), want);
        }
        // At the end of a text that ends with a block.
        let text = "a".repeat(4 * BLOCK);
        let index = LineIndex::new(text.as_bytes());
        assert_eq!(index.position(text.as_bytes(), offset(4 * BLOCK)).column, 4097);
    }
}
