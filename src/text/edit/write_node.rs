//! The text of what is added: in lines, or between brackets.

use super::plain_text::Surroundings;
use super::style::Style;
use super::value_type::Planned;

const IN_BRACKETS: Surroundings = Surroundings::Flow { allows_colon: false };

/// A pair of a block mapping whose keys are in this column: its lines, without indentation of the first and line break of the
/// last.
pub(super) fn block_pair(key: &str, value: &Planned, column: usize, style: &Style) -> String {
    let key = style.key(key, Surroundings::Block);
    format!("{key}:{}", block_value(value, column, style))
}

/// An item of a block list whose dashes are in this column, with `gap` after the dash.
pub(super) fn block_item(value: &Planned, column: usize, gap: &str, style: &Style) -> String {
    match value {
        Planned::Mapping(pairs) if !pairs.is_empty() => {
            let column = column + 1 + gap.len();
            format!("-{gap}{}", block_pairs(pairs, column, style))
        }
        Planned::Sequence(items) if !items.is_empty() => {
            let column = column + 1 + gap.len();
            format!("-{gap}{}", block_items(items, column, style))
        }
        other => format!("-{gap}{}", one_line(other, Surroundings::Block, style)),
    }
}

/// Pairs of a block mapping in this column.
pub(super) fn block_pairs(pairs: &[(String, Planned)], column: usize, style: &Style) -> String {
    let pairs = pairs.iter().map(|(key, value)| block_pair(key, value, column, style));
    pairs.collect::<Vec<_>>().join(&next_line(column, style))
}

/// Items of a block list in this column.
pub(super) fn block_items(items: &[Planned], column: usize, style: &Style) -> String {
    let items = items.iter().map(|item| block_item(item, column, " ", style));
    items.collect::<Vec<_>>().join(&next_line(column, style))
}

/// The value of a key in this column, from the colon on.
fn block_value(value: &Planned, column: usize, style: &Style) -> String {
    match value {
        Planned::Mapping(pairs) if !pairs.is_empty() => {
            let column = column + style.step;
            format!("{}{}", next_line(column, style), block_pairs(pairs, column, style))
        }
        Planned::Sequence(items) if !items.is_empty() => {
            let column = column + style.list_indent;
            format!("{}{}", next_line(column, style), block_items(items, column, style))
        }
        other => format!(" {}", one_line(other, Surroundings::Block, style)),
    }
}

fn next_line(column: usize, style: &Style) -> String {
    format!("{}{}", style.line_break, " ".repeat(column))
}

/// A pair of a mapping in brackets.
pub(super) fn flow_pair(key: &str, value: &Planned, style: &Style) -> String {
    format!("{}{}{}", style.key(key, IN_BRACKETS), style.colon, flow(value, style))
}

/// A value between brackets.
pub(super) fn flow(value: &Planned, style: &Style) -> String {
    one_line(value, IN_BRACKETS, style)
}

fn one_line(value: &Planned, surroundings: Surroundings, style: &Style) -> String {
    match value {
        Planned::Scalar(wanted) => style.value(wanted, surroundings),
        Planned::Mapping(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| flow_pair(key, value, style));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(style.comma))
        }
        Planned::Sequence(items) => {
            let items = items.iter().map(|item| flow(item, style));
            format!("[{}]", items.collect::<Vec<_>>().join(style.comma))
        }
    }
}
