//! What changes, from the JSON that another run wrote, to be shown in a report that joins several.

use serde_json::Value as Json;

use crate::check::diff::{Change, ChartDiff, DiffOutcome, ObjectDiff, ObjectId, RenderFailure, Risk, RiskKind, Side};

/// What a document says, for formats that people read: without the fields of objects, which these do not show. Nothing where it is not such
/// a document.
pub(in crate::report) fn read_diff(document: &Json) -> Option<DiffOutcome> {
    let compared = document.pointer("/summary/compared")?.as_u64()?;
    Some(DiffOutcome {
        compared: usize::try_from(compared).ok()?,
        charts: all(document, "charts", chart)?,
    })
}

fn chart(chart: &Json) -> Option<ChartDiff> {
    let state = |key: &str| match chart.get(key)? {
        Json::Null => Some(None),
        state => Some(Some((text(state, "name")?, text(state, "version")?))),
    };
    Some(ChartDiff {
        shown: text(chart, "chart")?,
        old: state("before")?,
        new: state("after")?,
        is_whole: chart.get("whole")?.as_bool()?,
        renderings: all(chart, "renderings", owned)?,
        objects: all(chart, "objects", object)?,
        failures: all(chart, "failures", failure)?,
        notes: all(chart, "notes", owned)?,
    })
}

fn failure(failure: &Json) -> Option<RenderFailure> {
    Some(RenderFailure {
        side: Side::find(&text(failure, "side")?)?,
        rendering: text(failure, "rendering")?,
        message: text(failure, "message")?,
    })
}

fn object(object: &Json) -> Option<ObjectDiff> {
    let risk = |risk: &Json| {
        Some(Risk {
            kind: RiskKind::find(&text(risk, "id")?)?,
            message: text(risk, "message")?,
        })
    };
    Some(ObjectDiff {
        id: ObjectId {
            namespace: text(object, "namespace")?,
            kind: text(object, "kind")?,
            name: text(object, "name")?,
            group: text(object, "group")?,
        },
        change: Change::find(&text(object, "change")?)?,
        old_api_version: text(object, "apiVersionBefore")?,
        new_api_version: text(object, "apiVersionAfter")?,
        fields: Vec::new(),
        lines: text(object, "lines")?,
        risks: all(object, "risks", risk)?,
        renderings: all(object, "renderings", owned)?,
    })
}

/// All items of a list, read.
fn all<T>(json: &Json, key: &str, read: impl Fn(&Json) -> Option<T>) -> Option<Vec<T>> {
    json.get(key)?.as_array()?.iter().map(read).collect()
}

fn owned(json: &Json) -> Option<String> {
    json.as_str().map(str::to_owned)
}

fn text(json: &Json, key: &str) -> Option<String> {
    json.get(key).and_then(owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::diff::json::diff_document;
    use crate::report::diff::{diff_as_html, diff_as_markdown};

    fn outcome() -> DiffOutcome {
        let object = |change: Change, risks: Vec<Risk>| ObjectDiff {
            id: ObjectId {
                namespace: "a".to_owned(),
                kind: "Service".to_owned(),
                name: "web".to_owned(),
                group: String::new(),
            },
            change,
            old_api_version: "v1".to_owned(),
            new_api_version: "v1".to_owned(),
            fields: Vec::new(),
            lines: "@@ -1 +1 @@\n-a\n+b\n".to_owned(),
            risks,
            renderings: vec!["live".to_owned()],
        };
        let risks = RiskKind::ALL.map(|kind| Risk {
            kind,
            message: format!("it is {}", kind.id()),
        });
        DiffOutcome {
            compared: 3,
            charts: vec![ChartDiff {
                shown: "charts/web".to_owned(),
                old: None,
                new: Some(("web".to_owned(), "1.0.0".to_owned())),
                is_whole: true,
                renderings: vec!["default values".to_owned(), "live".to_owned()],
                objects: vec![
                    object(Change::Added, Vec::new()),
                    object(Change::Removed, Vec::new()),
                    object(Change::Changed, risks.into()),
                ],
                failures: [Side::Old, Side::New]
                    .map(|side| RenderFailure {
                        side,
                        rendering: "x".to_owned(),
                        message: "m".to_owned(),
                    })
                    .into(),
                notes: vec!["dev is new: it renders 1 objects".to_owned()],
            }],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let written = outcome();
        let read = read_diff(&diff_document(&written)).unwrap();
        assert_eq!(diff_document(&read), diff_document(&written));
        assert_eq!(diff_as_html(&read), diff_as_html(&written));
        assert_eq!(diff_as_markdown(&read, None), diff_as_markdown(&written, None));
    }

    #[test]
    fn other_documents_are_not_read() {
        let document = diff_document(&outcome());
        let mut paths = vec![String::new()];
        // Every member is needed, at any depth.
        while let Some(path) = paths.pop() {
            let Some(Json::Object(members)) = document.pointer(&path).cloned() else {
                continue;
            };
            for (key, value) in members {
                let inner = format!("{path}/{key}");
                let is_shown = !inner.starts_with("/summary/") || key == "compared";
                if is_shown && key != "fields" {
                    let mut other = document.clone();
                    other
                        .pointer_mut(&path)
                        .and_then(Json::as_object_mut)
                        .unwrap()
                        .remove(&key);
                    assert!(read_diff(&other).is_none(), "{inner}");
                }
                let items = value.as_array().map_or(0, Vec::len);
                paths.extend((0..items).map(|item| format!("{inner}/{item}")));
                paths.push(inner);
            }
        }
        for (pointer, value) in [
            ("/charts/0/objects/0/change", json!("moved")),
            ("/charts/0/objects/2/risks/0/id", json!("luck")),
            ("/charts/0/failures/0/side", json!("beside")),
            ("/summary/compared", json!(-1)),
        ] {
            let mut other = document.clone();
            *other.pointer_mut(pointer).unwrap() = value;
            assert!(read_diff(&other).is_none(), "{pointer}");
        }
    }
}
