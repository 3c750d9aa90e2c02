//! Replacing byte ranges of a text by other bytes.

use crate::text::compact_sort::sort_by_key;
use crate::text::source::Span;

/// New bytes for a range; an empty range is an insertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) span: Span,
    pub(super) text: String,
}

impl Splice {
    pub(super) fn new(start: usize, end: usize, text: impl Into<String>) -> Self {
        Self {
            span: Span::between(start, end),
            text: text.into(),
        }
    }

    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::new(at, at, text)
    }

    pub(super) fn delete(start: usize, end: usize) -> Self {
        Self::new(start, end, "")
    }
}

/// The text with all splices made, which must not overlap.
pub(super) fn spliced(source: &[u8], splices: &[Splice]) -> Vec<u8> {
    let mut ordered: Vec<&Splice> = splices.iter().collect();
    sort_by_key(&mut ordered, |splice| splice.span);
    let added: usize = ordered.iter().map(|splice| splice.text.len()).sum();
    let mut edited = Vec::with_capacity(source.len() + added);
    let mut at = 0;
    for splice in ordered {
        let range = splice.span.range();
        edited.extend_from_slice(source.get(at..range.start).unwrap_or_default());
        edited.extend_from_slice(splice.text.as_bytes());
        at = range.end.max(at);
    }
    edited.extend_from_slice(source.get(at..).unwrap_or_default());
    edited
}

/// Whether a range is part of one that is replaced.
pub(super) fn is_replaced(splices: &[Splice], span: Span) -> bool {
    let is_around = |splice: &Splice| splice.span.start <= span.start && span.end <= splice.span.end;
    splices.iter().any(is_around)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splices_are_made_in_any_order() {
        let splices = [
            Splice::insert(6, "!"),
            Splice::new(1, 2, "XY"),
            Splice::delete(3, 5),
            Splice::insert(0, ">"),
        ];
        assert_eq!(spliced(b"abcdef", &splices), b">aXYcf!");
        assert!(is_replaced(&splices, Span::new(4, 5)));
        assert!(!is_replaced(&splices, Span::new(4, 6)));
    }
}
