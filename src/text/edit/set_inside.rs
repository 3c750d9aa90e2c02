//! A value inside a text that is YAML itself, such as `values: |` of an Argo CD Application: only the lines of the block that change are
//! written.

use crate::text::source::Span;

use super::apply::apply_changes;
use super::edit_error::EditError;
use super::operation::{Change, NewValue};
use super::splice::Splice;
use super::yaml_path::YamlPath;

/// A text with one of its values set.
pub(super) struct InsideChange {
    /// The whole text, as it becomes.
    pub(super) text: String,
    /// The value before.
    pub(super) old: String,
    /// Line of the value in the text, from 1.
    pub(super) line: u32,
}

/// Sets a value in a text that is YAML.
///
/// # Errors
/// When the text is not YAML, or the value is not there or cannot be set.
pub(super) fn set_inside(text: &str, path: &YamlPath, new: &str) -> Result<InsideChange, EditError> {
    let change = Change {
        document: None,
        path: path.clone(),
        value: NewValue::Text(new.to_owned()),
    };
    let (edited, applied) = apply_changes(text.as_bytes(), &[change])?;
    let applied = applied.into_iter().next();
    let (old, line) = applied.map_or((String::new(), 1), |applied| (applied.old, applied.line));
    Ok(InsideChange {
        text: String::from_utf8_lossy(&edited).into_owned(),
        old,
        line,
    })
}

/// The lines of a literal block (`|`) that differ between its old text and the new one, replaced in the source; nothing for other styles.
/// `span` is that of the scalar.
pub(super) fn changed_lines(source: &str, span: Span, old: &str, new: &str) -> Option<Vec<Splice>> {
    let block = source.get(span.range())?;
    let (header, _) = block.split_once('\n')?;
    if !header.starts_with('|') {
        return None;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - before;
    let ends = old.iter().rev().zip(new.iter().rev());
    let after = ends.take(most).take_while(|(a, b)| a == b).count();
    let changed = new.get(before..new.len() - after)?;
    let (mut start, mut lines) = (span.range().start + header.len() + 1, block.split('\n').skip(1));
    for _ in 0..before {
        start += lines.next()?.len() + 1;
    }
    let (mut end, mut indent) = (start, None);
    for number in before..old.len() - after {
        let line = lines.next()?;
        let content = line.strip_suffix('\r').unwrap_or(line);
        let wanted = old.get(number)?;
        let own = content.strip_suffix(wanted)?;
        indent = indent.or(Some(own).filter(|_| !wanted.is_empty()));
        end += content.len()
            + if number + 1 < old.len() - after {
                1 + line.len() - content.len()
            } else {
                0
            };
    }
    let indent = indent?;
    let line_break = if header.ends_with('\r') { "\r\n" } else { "\n" };
    let text: Vec<String> = changed.iter().map(|line| format!("{indent}{line}")).collect();
    Some(vec![Splice::new(start, end, text.join(line_break))])
}
