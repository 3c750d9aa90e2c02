//! Label selectors (`k8s.io/apimachinery/pkg/labels`), over labels that may be known in part.

use serde_json::Value as Json;

/// A label is not known.
struct Unknown;

/// Labels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Labels<'j> {
    /// A mapping of texts, or nothing.
    known: Option<&'j Json>,
    /// A label that is there in any case.
    own: Option<(&'static str, &'j str)>,
    /// Whether there are no others.
    are_all: bool,
}

impl<'j> Labels<'j> {
    /// The labels of an object.
    pub(super) fn of(object: &'j Json) -> Self {
        Self {
            known: object.get("metadata").and_then(|metadata| metadata.get("labels")),
            own: None,
            are_all: true,
        }
    }

    /// The same with a label that the server sets.
    pub(super) const fn with(self, name: &'static str, value: &'j str) -> Self {
        Self {
            own: Some((name, value)),
            ..self
        }
    }

    /// Labels that are not known, except those that the server sets.
    pub(super) const fn unknown() -> Self {
        Self {
            known: None,
            own: None,
            are_all: false,
        }
    }

    /// The value of a label, if it is there.
    fn value(&self, name: &str) -> Result<Option<&'j str>, Unknown> {
        if let Some((own, value)) = self.own
            && own == name
        {
            return Ok(Some(value));
        }
        match self.known.and_then(|known| known.get(name)).and_then(Json::as_str) {
            None if !self.are_all => Err(Unknown),
            found => Ok(found),
        }
    }
}

/// Whether a selector selects labels; nothing if that is not known.
pub(super) fn selects(selector: Option<&Json>, labels: &Labels<'_>) -> Option<bool> {
    let Some(selector) = selector else {
        return Some(true);
    };
    let wanted = selector.get("matchLabels").and_then(Json::as_object);
    let equal = wanted.into_iter().flatten().map(|(name, value)| {
        let found = labels.value(name).ok()?;
        Some(found.is_some() && found == value.as_str())
    });
    let expressions = selector.get("matchExpressions").and_then(Json::as_array);
    let others = expressions
        .into_iter()
        .flatten()
        .map(|wanted| satisfies(wanted, labels));
    all(equal.chain(others))
}

fn satisfies(wanted: &Json, labels: &Labels<'_>) -> Option<bool> {
    let text = |key: &str| wanted.get(key).and_then(Json::as_str);
    let found = labels.value(text("key")?).ok()?;
    let values = wanted.get("values").and_then(Json::as_array);
    let is_listed = || values.into_iter().flatten().any(|value| value.as_str() == found);
    Some(match text("operator")? {
        "In" => found.is_some() && is_listed(),
        "NotIn" => found.is_none() || !is_listed(),
        "Exists" => found.is_some(),
        "DoesNotExist" => found.is_none(),
        _ => return None,
    })
}

/// Whether all of some conditions hold, if that is known.
pub(super) fn all(conditions: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for condition in conditions {
        match condition {
            Some(false) => return Some(false),
            Some(true) => {}
            None => result = None,
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_are_selected() {
        let object = json!({"metadata": {"labels": {"a": "1", "b": "2"}}});
        let labels = Labels::of(&object);
        for (selector, wanted) in [
            (json!({}), true),
            (json!({"matchLabels": {"a": "1"}}), true),
            (json!({"matchLabels": {"a": "1", "b": "1"}}), false),
            (json!({"matchLabels": {"c": ""}}), false),
            (
                json!({"matchExpressions": [{"key": "a", "operator": "In", "values": ["0", "1"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "c", "operator": "In", "values": ["0"]}]}),
                false,
            ),
            (
                json!({"matchExpressions": [{"key": "c", "operator": "NotIn", "values": ["0"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}),
                false,
            ),
            (json!({"matchExpressions": [{"key": "a", "operator": "Exists"}]}), true),
            (
                json!({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}),
                false,
            ),
        ] {
            assert_eq!(selects(Some(&selector), &labels), Some(wanted), "{selector}");
        }
        assert_eq!(selects(None, &labels), Some(true));
    }

    #[test]
    fn labels_that_are_not_known_leave_it_open() {
        let labels = Labels::unknown().with("name", "x");
        for (selector, wanted) in [
            (json!({"matchLabels": {"name": "x"}}), Some(true)),
            (json!({"matchLabels": {"a": "1"}}), None),
            (json!({"matchLabels": {"a": "1", "name": "y"}}), Some(false)),
            (json!({"matchExpressions": [{"key": "a", "operator": "Exists"}]}), None),
        ] {
            assert_eq!(selects(Some(&selector), &labels), wanted, "{selector}");
        }
    }
}
