//! The bytes around a scalar, and the separators that a new one needs.

use crate::text::source::Span;

/// Where a scalar goes.
pub(super) struct Place<'s> {
    /// The bytes before it.
    pub(super) before: &'s [u8],
    /// The bytes after it.
    pub(super) after: &'s [u8],
    /// Separators to try, in order.
    pub(super) gaps: &'static [&'static [u8]],
}

impl<'s> Place<'s> {
    pub(super) fn new(source: &'s [u8], span: Span) -> Self {
        let (mut start, mut end) = (span.range().start, span.range().end);
        let is_empty = start == end;
        let last = source.get(..start).and_then(<[u8]>::last);
        // An indicator, an anchor or a tag may precede an empty scalar.
        let touches = match last {
            Some(b':' | b'-') => true,
            Some(byte) => is_empty && !byte.is_ascii_whitespace(),
            None => false,
        };
        let rest = source.get(end..).unwrap_or_default();
        let blanks = rest.iter().take_while(|&&byte| byte == b' ').count();
        let is_at_line_end = matches!(rest.get(blanks), None | Some(b'\n' | b'\r'));
        let gaps: &[&[u8]] = if !touches {
            &[b""]
        } else if is_empty && blanks > 0 && is_at_line_end {
            // `key: ` has the separator already.
            (start, end) = (start + 1, end + 1);
            &[b""]
        } else if is_empty {
            &[b" "]
        } else {
            // `{"key":"value"}` needs none as long as the value stays quoted.
            &[b"", b" "]
        };
        Self {
            before: source.get(..start).unwrap_or_default(),
            after: source.get(end..).unwrap_or_default(),
            gaps,
        }
    }
}
