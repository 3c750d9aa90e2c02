//! Byte ranges inside one file.

use std::ops::Range;

/// A half-open range of byte offsets in one file. Files over 4 GiB are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

/// An offset as spans store it; anything beyond becomes the largest one.
#[inline]
pub fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Span {
    /// The range `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The empty range at an offset.
    #[inline]
    pub fn at(at: usize) -> Self {
        Self::between(at, at)
    }

    /// The range `start..end`.
    #[inline]
    pub fn between(start: usize, end: usize) -> Self {
        Self::new(offset(start), offset(end))
    }

    /// The range as `usize`s, for slicing.
    pub const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Length in bytes.
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether the range is empty.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The bytes of `source` in this range, or nothing if the range does not lie inside.
    pub fn of(self, source: &[u8]) -> &[u8] {
        source.get(self.range()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_know_their_length_and_their_bytes() {
        let source = b"abcdef";
        for (span, length, bytes) in [
            (Span::new(1, 4), 3, &b"bcd"[..]),
            (Span::between(0, 6), 6, b"abcdef"),
            (Span::at(2), 0, b""),
            (Span::new(4, 1), 0, b""),
            (Span::new(4, 9), 5, b""),
        ] {
            assert_eq!(span.len(), length, "{span:?}");
            assert_eq!(span.is_empty(), length == 0, "{span:?}");
            assert_eq!(span.of(source), bytes, "{span:?}");
        }
        assert_eq!(Span::at(2), Span::new(2, 2));
        assert_eq!(offset(usize::MAX), u32::MAX);
        assert_eq!(offset(7), 7);
    }
}
