//! What the flags of `bump` say, as edits: `path.to.key=value` of `--set` and `--set-string`, `path.to.list=value` of `--append`, and the
//! document of `--document`. Paths are in the notation of Helm's `--set`, where a backslash makes the next character an ordinary one.

use serde_json::Value as Json;

use crate::text::edit::{DocumentChoice, Edit, NewNode, NewValue, Operation, PathError, YamlPath, read_path};

/// How the value of an assignment is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A number, boolean or null may replace one of those; everything else is text.
    Typed,
    /// Always text.
    Text,
}

/// How the new item of a list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// As `--set` reads a new value.
    Typed,
    /// As JSON.
    Json,
}

/// A text that is not an assignment.
#[derive(Debug, thiserror::Error)]
pub enum AssignmentError {
    /// No `=` separates a path from a value.
    #[error("`{0}` is not an assignment: write path.to.key=value")]
    NoSeparator(String),
    /// The text before the `=` is not a path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The value of an item is not JSON.
    #[error("the item for `{path}` is not JSON: {source}")]
    Json {
        /// The path.
        path: YamlPath,
        /// Why.
        source: serde_json::Error,
    },
    /// The text names no document.
    #[error(
        "`{0}` is not a document: write its number from 1, or fields of it such as kind=Deployment,metadata.name=web"
    )]
    Document(String),
}

/// Reads `path=value` to an edit that sets the value. The value begins after the first `=` that is outside of quotes and brackets
/// and that no backslash precedes, and may be empty.
///
/// # Errors
/// When such a `=` is missing, or the text before it is not a path.
pub fn parse_assignment(text: &str, kind: ValueKind) -> Result<Edit, AssignmentError> {
    let (path, value) = split(text)?;
    let value = value.to_owned();
    let value = match kind {
        ValueKind::Typed => NewValue::Typed(value),
        ValueKind::Text => NewValue::Text(value),
    };
    Ok(Edit::new(path, Operation::Set(value)))
}

/// Reads `path=value` to an edit that appends the value to the list at the path.
///
/// # Errors
/// Those of [`parse_assignment`], and when a value that is to be JSON is not.
pub fn parse_append(text: &str, kind: ItemKind) -> Result<Edit, AssignmentError> {
    let (path, value) = split(text)?;
    let node = match kind {
        ItemKind::Typed => NewNode::Scalar(NewValue::Typed(value.to_owned())),
        ItemKind::Json => match serde_json::from_str(value) {
            Ok(json) => new_node(json),
            Err(source) => return Err(AssignmentError::Json { path, source }),
        },
    };
    Ok(Edit::new(path, Operation::Append(node)))
}

/// Reads which document is meant: its number, from 1, or fields that only it has, such as `kind=Deployment,metadata.name=web`.
///
/// # Errors
/// When the text is neither.
pub fn parse_document(text: &str) -> Result<DocumentChoice, AssignmentError> {
    let error = || AssignmentError::Document(text.to_owned());
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: usize = text.parse().map_err(|_| error())?;
        return number.checked_sub(1).map(DocumentChoice::Index).ok_or_else(error);
    }
    let fields = text.split(',').map(|field| {
        let (path, value) = split(field).map_err(|_| error())?;
        Ok((path, value.to_owned()))
    });
    fields.collect::<Result<_, _>>().map(DocumentChoice::Fields)
}

fn split(text: &str) -> Result<(YamlPath, &str), AssignmentError> {
    let no_separator = || AssignmentError::NoSeparator(text.to_owned());
    if !text.contains('=') {
        return Err(no_separator());
    }
    let (path, value) = read_path(text, Some('='))?;
    Ok((path, value.ok_or_else(no_separator)?))
}

fn new_node(json: Json) -> NewNode {
    match json {
        Json::Null => NewNode::Literal("null".to_owned()),
        Json::Bool(value) => NewNode::Literal(value.to_string()),
        Json::Number(value) => NewNode::Literal(value.to_string()),
        Json::String(text) => NewNode::Scalar(NewValue::Text(text)),
        Json::Array(items) => NewNode::Sequence(items.into_iter().map(new_node).collect()),
        Json::Object(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| (key, new_node(value)));
            NewNode::Mapping(pairs.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::edit::Step;

    #[test]
    fn the_first_equals_sign_without_a_backslash_ends_the_path() {
        for (text, keys, value) in [
            ("a=b", &["a"][..], "b"),
            ("a.b=c=d", &["a", "b"], "c=d"),
            ("a=", &["a"], ""),
            (r"a\=b=c", &["a=b"], "c"),
            (r"a\\=b", &[r"a\"], "b"),
            (r"a\\\=b=c", &[r"a\=b"], "c"),
            (r"a\.b\=c.d=e\=f", &["a.b=c", "d"], r"e\=f"),
        ] {
            let change = parse_assignment(text, ValueKind::Text).unwrap();
            let steps: Vec<Step> = keys.iter().map(|key| Step::Key((*key).to_owned())).collect();
            assert_eq!(change.path.0, steps, "{text}");
            assert_eq!(
                change.operation,
                Operation::Set(NewValue::Text(value.to_owned())),
                "{text}"
            );
        }
        let typed = parse_assignment("a=1", ValueKind::Typed).unwrap();
        assert_eq!(typed.operation, Operation::Set(NewValue::Typed("1".to_owned())));
    }

    #[test]
    fn an_equals_sign_in_quotes_or_brackets_belongs_to_the_path() {
        for (text, path, value) in [
            ("a[name=web].image=x=y", "a[name=web].image", "x=y"),
            (r#"a."b=c".d=e"#, "a.b=c.d", "e"),
            (r#"a[name="x=]"]=1"#, r#"a[name="x=]"]"#, "1"),
        ] {
            let edit = parse_assignment(text, ValueKind::Text).unwrap();
            assert_eq!(edit.path.to_string(), path, "{text}");
            assert_eq!(
                edit.operation,
                Operation::Set(NewValue::Text(value.to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn documents_and_items_are_read() {
        assert_eq!(parse_document("2").unwrap(), DocumentChoice::Index(1));
        let fields = [("kind", "Deployment"), ("metadata.name", "web")];
        let fields = fields.map(|(path, text)| (YamlPath::parse(path).unwrap(), text.to_owned()));
        assert_eq!(
            parse_document("kind=Deployment,metadata.name=web").unwrap(),
            DocumentChoice::Fields(fields.to_vec())
        );
        for text in ["0", "", "kind", "99999999999999999999", "kind=a,"] {
            assert!(
                matches!(parse_document(text), Err(AssignmentError::Document(_))),
                "{text}"
            );
        }
        let item = parse_append(r#"a={"k":[1,"x"]}"#, ItemKind::Json).unwrap();
        let list = NewNode::Sequence(vec![
            NewNode::Literal("1".to_owned()),
            NewNode::Scalar(NewValue::Text("x".to_owned())),
        ]);
        let mapping = NewNode::Mapping(vec![("k".to_owned(), list)]);
        assert_eq!(item.operation, Operation::Append(mapping));
        assert!(matches!(
            parse_append("a={", ItemKind::Json),
            Err(AssignmentError::Json { .. })
        ));
    }

    #[test]
    fn a_text_without_a_path_or_a_separator_is_refused() {
        for (text, want) in [
            ("a.b", "`a.b` is not an assignment: write path.to.key=value"),
            (r"a\=b", r"`a\=b` is not an assignment: write path.to.key=value"),
            ("", "`` is not an assignment: write path.to.key=value"),
        ] {
            let error = parse_assignment(text, ValueKind::Text).unwrap_err();
            assert_eq!(error.to_string(), want);
        }
        assert!(matches!(
            parse_assignment("=x", ValueKind::Text),
            Err(AssignmentError::Path(_))
        ));
    }
}
