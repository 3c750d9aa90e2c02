//! A new value in the place of an old one.

use crate::text::source::Span;
use crate::text::yaml::{NodeId, NodeKind, ScalarStyle};

use super::plain_text::Surroundings;
use super::spelling::{ScalarPlace, literal_block, spellings};
use super::splice::Splice;
use super::tree_index::TreeIndex;
use super::value_type::Wanted;

/// The ways to write a value in place of a scalar, in its style if that can express it.
pub(super) fn replace_scalar(
    index: &TreeIndex<'_>,
    node: NodeId,
    style: ScalarStyle,
    wanted: &Wanted,
    is_json: bool,
) -> Vec<Vec<Splice>> {
    let tree = index.tree;
    let source = tree.source().as_bytes();
    let span = tree.span(node);
    let parent = index.parent_of(node);
    let is_flow = parent.is_some_and(|(parent, _)| tree.is_flow(parent));
    let key = parent
        .filter(|_| is_flow)
        .and_then(|(parent, number)| index.key(parent, number));
    let follows_json_key = key.is_some_and(|key| tree.kind(key) == NodeKind::Scalar(ScalarStyle::DoubleQuoted));
    let place = ScalarPlace {
        style: match style {
            ScalarStyle::Plain if is_json || follows_json_key => ScalarStyle::DoubleQuoted,
            style => style,
        },
        surroundings: if is_flow {
            Surroundings::Flow {
                allows_colon: style == ScalarStyle::Plain && tree.text(node).contains(':'),
            }
        } else {
            Surroundings::Block
        },
        has_tag: !tree.tag(node).is_empty(),
    };
    let mut texts = Vec::new();
    if let (ScalarStyle::Literal | ScalarStyle::Folded, Wanted::Text(text)) = (style, wanted)
        && let Some(old) = tree.source().get(span.range())
    {
        texts.extend(literal_block(text, old));
    }
    texts.extend(spellings(wanted, place));
    let (place, gaps) = place_of(source, span);
    let ways = texts
        .iter()
        .flat_map(|text| gaps.iter().map(move |gap| format!("{gap}{text}")));
    ways.map(|text| vec![Splice::new(place.range().start, place.range().end, text)])
        .collect()
}

/// The bytes that a new scalar replaces, and the separators to try before it, in order.
fn place_of(source: &[u8], span: Span) -> (Span, &'static [&'static str]) {
    let (start, end) = (span.range().start, span.range().end);
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
    if !touches {
        (span, &[""])
    } else if is_empty && blanks > 0 && is_at_line_end {
        // `key: ` has the separator already.
        (Span::between(start + 1, end + 1), &[""])
    } else if is_empty {
        (span, &[" "])
    } else {
        // `{"key":"value"}` needs none as long as the value stays quoted.
        (span, &["", " "])
    }
}
