//! What differs, without secrets: the values of Secrets, of keys that name secrets, and wherever else a secret of the charts or their
//! values turns up. That a secret changes is still seen.

use serde_json::Value as Json;

use super::fields::{FieldChange, FieldValue};
use super::objects::{DiffObject, ObjectId};
use crate::check::finding::{SecretValues, is_secret_key, without_secrets};
use crate::text::edit::split_lines;

/// Shown instead of a secret.
const MASK: &str = "***";

/// The same where it changes, before and after.
const MARKS: (&str, &str) = ("*** (before)", "*** (after)");

/// Members of a Secret whose values are secrets.
const DATA: [&str; 2] = ["data", "stringData"];

/// Whether an object is a Secret.
fn is_secret(id: &ObjectId) -> bool {
    id.group.is_empty() && id.kind == "Secret"
}

/// Two states of an object without the values of a Secret. Those that are equal are shown equal, the others are not.
pub(super) fn without_data(old: Option<&DiffObject>, new: Option<&DiffObject>) -> (Option<Json>, Option<Json>) {
    let hidden = |object: Option<&DiffObject>, other: Option<&DiffObject>, mark: &str| {
        let object = object?;
        let mut value = object.value.clone();
        if is_secret(&object.id) {
            for member in DATA {
                let other = other.and_then(|other| other.value.get(member));
                if let Some(data) = value.get_mut(member) {
                    hide(data, other, mark);
                }
            }
        }
        Some(value)
    };
    let is_pair = old.is_some() && new.is_some();
    let marks = if is_pair { MARKS } else { (MASK, MASK) };
    (hidden(old, new, marks.0), hidden(new, old, marks.1))
}

fn hide(value: &mut Json, other: Option<&Json>, mark: &str) {
    if let Json::Object(members) = value {
        for (key, value) in members {
            hide(value, other.and_then(|other| other.get(key)), mark);
        }
        return;
    }
    let is_unchanged = other.is_some_and(|other| other == value);
    let is_alone = other.is_none();
    *value = Json::from(if is_unchanged || is_alone { MASK } else { mark });
}

/// Hides secrets.
#[derive(Debug)]
pub(super) struct Mask {
    secrets: SecretValues,
}

impl Mask {
    pub(super) const fn new(secrets: SecretValues) -> Self {
        Self { secrets }
    }

    /// A text of one line.
    pub(super) fn text(&self, text: &str) -> String {
        self.secrets.hide(text).into_owned()
    }

    /// The lines of an object's YAML: as many as it has.
    pub(super) fn lines(&self, id: &ObjectId, yaml: &str) -> Vec<String> {
        // What is known is hidden first: words beside a value may hide only a part of it, and the rest is not known.
        let known: Vec<String> = split_lines(yaml).iter().map(|line| self.line(line)).collect();
        let hidden = without_secrets(&known.concat());
        let shown = known.iter().zip(split_lines(&hidden)).map(|(known, hidden)| {
            if *known == hidden || (is_secret(id) && has_mark(known)) {
                known.clone()
            } else {
                // How long a secret is does not matter either.
                shortened(&hidden)
            }
        });
        shown.collect()
    }

    /// A line, whose end stays what it is.
    fn line(&self, line: &str) -> String {
        match line.strip_suffix('\n') {
            Some(line) => format!("{}\n", self.secrets.hide(line)),
            None => self.text(line),
        }
    }

    /// The values of a field.
    pub(super) fn field(&self, field: &FieldChange) -> FieldChange {
        let is_secret = field.steps.iter().any(|step| is_secret_key(step));
        let shown = |value: &FieldValue| value.as_ref().map(|value| self.value(value, is_secret));
        FieldChange {
            path: self.text(&field.path),
            steps: Vec::new(),
            old: shown(&field.old),
            new: shown(&field.new),
        }
    }

    fn value(&self, value: &Json, is_secret: bool) -> Json {
        match value {
            Json::String(_) | Json::Number(_) if is_secret => Json::from(MASK),
            Json::String(text) => {
                let known = self.text(text);
                let hidden = without_secrets(&known);
                Json::from(if hidden == known { hidden } else { shortened(&hidden) })
            }
            Json::Array(items) => items.iter().map(|item| self.value(item, is_secret)).collect(),
            Json::Object(members) => {
                let inner = members.iter().map(|(key, value)| {
                    let value = self.value(value, is_secret || is_secret_key(key));
                    (self.text(key), value)
                });
                inner.collect()
            }
            plain => plain.clone(),
        }
    }
}

/// Whether what a line has is hidden already.
fn has_mark(line: &str) -> bool {
    let marks = [MASK, MARKS.0, MARKS.1];
    marks
        .iter()
        .any(|mark| line.trim_end().ends_with(&format!(": '{mark}'")))
}

/// The text with three asterisks in the place of more.
fn shortened(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut count = 0;
    for character in text.chars() {
        count = if character == '*' { count + 1 } else { 0 };
        if count <= MASK.len() {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::diff::objects::Objects;

    fn object(value: Json) -> DiffObject {
        let mut objects = Objects::default();
        objects.add(value, &[], false, "default");
        objects.list.remove(0)
    }

    #[test]
    fn values_of_a_secret_are_never_shown_and_their_changes_are() {
        let old =
            object(json!({"kind": "Secret", "data": {"a": "b25l", "b": "dHdv", "c": "x"}, "stringData": {"n": 1}}));
        let new = object(json!({"kind": "Secret", "data": {"a": "b25l", "b": "dHJl", "d": "y"}, "stringData": "odd"}));
        let (was, is) = without_data(Some(&old), Some(&new));
        assert_eq!(
            was.unwrap(),
            json!({"kind": "Secret", "data": {"a": "***", "b": "*** (before)", "c": "***"}, "stringData": {"n": "***"}})
        );
        assert_eq!(
            is.unwrap(),
            json!({"kind": "Secret", "data": {"a": "***", "b": "*** (after)", "d": "***"}, "stringData": "*** (after)"})
        );
        assert_eq!(
            without_data(None, Some(&new)).1.unwrap(),
            json!({"kind": "Secret", "data": {"a": "***", "b": "***", "d": "***"}, "stringData": "***"})
        );
        let other = object(json!({"kind": "ConfigMap", "data": {"a": "b25l"}}));
        assert_eq!(without_data(Some(&other), None).0.unwrap(), other.value);
    }

    #[test]
    fn secrets_elsewhere_are_hidden_line_by_line() {
        let mut secrets = SecretValues::default();
        secrets.add("T0ken-one");
        let mask = Mask::new(secrets);
        let yaml = "data:\n  password: abc\n  url: x://T0ken-one\n  plain: '*****'\n";
        assert_eq!(
            mask.lines(&object(json!({"kind": "ConfigMap"})).id, yaml).concat(),
            "data:\n  password: ***\n  url: x://***\n  plain: '*****'\n"
        );
        let secret = object(json!({"kind": "Secret"})).id;
        let yaml = "stringData:\n  password: '*** (after)'\n  token: '***'\nodd:\n  password: abc\n";
        assert_eq!(mask.lines(&secret, yaml).concat(), yaml.replace("abc", "***"));
        let field = |steps: &[&str], value: Json| FieldChange {
            path: steps.join("."),
            steps: steps.iter().map(|&step| step.to_owned()).collect(),
            old: Some(value),
            new: None,
        };
        for (steps, value, shown) in [
            (&["env", "DB_PASSWORD", "value"][..], json!("abc"), json!("***")),
            (&["a"], json!("x T0ken-one"), json!("x ***")),
            (&["a"], json!(["--password=abc", 1]), json!(["--password=***", 1])),
            (&["a"], json!({"token": "abc"}), json!({"token": "***"})),
            (&["a"], json!("abc"), json!("abc")),
        ] {
            assert_eq!(mask.field(&field(steps, value)).old.unwrap(), shown);
        }
    }
}
