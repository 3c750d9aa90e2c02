//! Where in an object a verdict is: the field that the expression looks at and that lies deepest in the object; of the items of
//! a list, the first that fails the expression alone.

use serde_json::Value as Json;

use super::super::cel::FieldStep;

/// Most evaluations to find the items that are at fault.
const MOST_EVALUATIONS: usize = 64;

/// The steps to the place of a verdict on an object; none for all of it. `fails` says whether the expression fails for another object.
pub(super) fn blamed(object: &Json, fields: &[Vec<FieldStep>], fails: &mut dyn FnMut(&Json) -> bool) -> Vec<String> {
    let mut evaluations = MOST_EVALUATIONS;
    let mut best: Option<(usize, Vec<String>)> = None;
    for field in fields {
        let mut attempt = Attempt {
            object: object.clone(),
            steps: Vec::new(),
        };
        let mut steps = Vec::new();
        for step in field {
            match step {
                FieldStep::Name(name) => {
                    steps.push(name.clone());
                    attempt.steps.push(name.clone());
                }
                FieldStep::Each => match attempt.failing_item(&mut evaluations, fails) {
                    Some(item) => {
                        steps.push(item.to_string());
                        attempt.steps.push("0".to_owned());
                    }
                    None => break,
                },
            }
        }
        let depth = depth_in(object, &steps);
        if best.as_ref().is_none_or(|(deepest, _)| depth > *deepest) {
            best = Some((depth, steps));
        }
    }
    best.map(|(_, steps)| steps).unwrap_or_default()
}

/// The parts of an expression that `&&` joins; all of it where something else joins them.
pub(super) fn conjuncts(expression: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let mut quote: Option<char> = None;
    let mut signs = expression.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        match (quote, sign) {
            (Some(_), '\\') => drop(signs.next()),
            (Some(open), sign) if sign == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(sign),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, '|') if depth == 0 => return vec![expression],
            (None, '?') if depth == 0 && !expression.get(..at).is_some_and(|before| before.ends_with('.')) => {
                return vec![expression];
            }
            (None, '&') if depth == 0 && signs.next_if(|(_, next)| *next == '&').is_some() => {
                parts.extend(expression.get(start..at));
                start = at + 2;
            }
            _ => {}
        }
    }
    parts.extend(expression.get(start..));
    parts
}

/// How many steps lead to something in an object.
fn depth_in(object: &Json, steps: &[String]) -> usize {
    let mut at = object;
    for (depth, step) in steps.iter().enumerate() {
        match next(at, step) {
            Some(inner) => at = inner,
            None => return depth,
        }
    }
    steps.len()
}

fn next<'j>(value: &'j Json, step: &str) -> Option<&'j Json> {
    match value {
        Json::Object(fields) => fields.get(step),
        Json::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    }
}

fn next_mut<'j>(value: &'j mut Json, step: &str) -> Option<&'j mut Json> {
    match value {
        Json::Object(fields) => fields.get_mut(step),
        Json::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => None,
    }
}

/// An object with only those items of lists that are at fault, and the steps to one of its values.
struct Attempt {
    object: Json,
    steps: Vec<String>,
}

impl Attempt {
    fn list(&mut self) -> Option<&mut Vec<Json>> {
        let found = self
            .steps
            .iter()
            .try_fold(&mut self.object, |at, step| next_mut(at, step))?;
        found.as_array_mut()
    }

    /// The first item of the list that fails without the others; it becomes the only one. None if something else fails as well.
    fn failing_item(&mut self, evaluations: &mut usize, fails: &mut dyn FnMut(&Json) -> bool) -> Option<usize> {
        let items = std::mem::take(self.list()?);
        *evaluations = evaluations.checked_sub(1)?;
        if fails(&self.object) {
            return None;
        }
        for (place, item) in items.into_iter().enumerate() {
            *self.list()? = vec![item];
            *evaluations = evaluations.checked_sub(1)?;
            if fails(&self.object) {
                return Some(place);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(text: &str) -> Vec<FieldStep> {
        let step = |step: &str| match step {
            "*" => FieldStep::Each,
            name => FieldStep::Name(name.to_owned()),
        };
        text.split('/').map(step).collect()
    }

    #[test]
    fn the_deepest_field_is_blamed_in_the_first_item_that_fails() {
        let object = json!({"spec": {"a": 1, "list": [{"x": 1}, {"x": 2, "y": [{"z": 1}, {"z": 5}]}, {"x": 3}], "one": [{"x": 7}]}});
        // A stand-in for an expression: some number is 2 or 5.
        let has_fault = |object: &Json| object.to_string().contains(":2") && object.to_string().contains(":5");
        let has_seven = |object: &Json| object.to_string().contains(":7");
        for (paths, want) in [
            (&["spec/a"][..], "spec/a"),
            (&["spec/none/b", "spec/a"], "spec/a"),
            (&["spec/none/b"], "spec/none/b"),
            (&["spec/list/*/x"], "spec/list/1/x"),
            (&["spec/list/*/w", "spec/a"], "spec/list/1/w"),
            (&["spec/list/*/y/*/z"], "spec/list/1/y/1/z"),
            // It is not the only list, or not at fault.
            (&["spec/one/*/x"], "spec/one"),
            (&["spec/a/*/x"], "spec/a"),
            (&[], ""),
        ] {
            let paths: Vec<Vec<FieldStep>> = paths.iter().map(|path| fields(path)).collect();
            assert_eq!(blamed(&object, &paths, &mut |object| has_fault(object)).join("/"), want);
        }
        let one = [fields("spec/one/*/x")];
        assert_eq!(
            blamed(&object, &one, &mut |object| has_seven(object)).join("/"),
            "spec/one/0/x"
        );
        let all = [fields("spec/list/*/x")];
        assert_eq!(blamed(&object, &all, &mut |_| false).join("/"), "spec/list");
    }

    #[test]
    fn expressions_are_divided_at_their_conjunctions() {
        for (expression, want) in [
            ("a", &["a"][..]),
            ("a && b(c && d) && e", &["a ", " b(c && d) ", " e"]),
            ("a && b || c", &["a && b || c"]),
            ("a ? b : c && d", &["a ? b : c && d"]),
            (
                "a.?b && c['&&'] == \"&& \\\" &&\"",
                &["a.?b ", " c['&&'] == \"&& \\\" &&\""],
            ),
        ] {
            assert_eq!(conjuncts(expression), want);
        }
    }

    #[test]
    fn few_evaluations_are_made() {
        let items: Vec<Json> = (0..1000).map(|at| json!({ "x": at })).collect();
        let object = json!({"list": items});
        let mut evaluations = 0;
        let mut fails = |_: &Json| {
            evaluations += 1;
            false
        };
        assert_eq!(blamed(&object, &[fields("list/*/x")], &mut fails), ["list"]);
        assert_eq!(evaluations, MOST_EVALUATIONS);
    }
}
