//! All documents of a text, each with its verdict.

use super::check_document::check_document;
use super::options::{Options, Target};
use super::resource::{Resource, offset_in_file};
use super::split::split_documents;

/// Judges every document of `text` for every version; empty ones give nothing. A document is one resource for all
/// versions with the same verdict and the same violations.
pub fn check_text(text: &[u8], targets: &[Target], options: &Options) -> Vec<Resource> {
    let mut resources = Vec::new();
    for (offset, document) in split_documents(text) {
        let verdicts = check_document(document, targets, options);
        resources.extend(verdicts.into_iter().map(|verdict| moved(verdict, offset, text.len())));
    }
    resources
}

/// The verdict on a document that begins at `start` of a text of `length` bytes, with offsets in that text.
fn moved(mut verdict: Resource, start: usize, length: usize) -> Resource {
    let at = |offset: usize| offset_in_file(offset, start, length);
    verdict.offset = at(verdict.offset);
    for violation in &mut verdict.violations {
        violation.offset = at(violation.offset);
    }
    for rule in &mut verdict.unevaluated {
        rule.offset = at(rule.offset);
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::super::catalog::Catalog;
    use super::super::resource::Status;
    use super::*;

    fn verdicts(text: &str, strict: bool) -> Vec<(Status, Vec<String>)> {
        let targets = [Target::embedded(Catalog::find("1.31").unwrap())];
        let options = Options {
            strict,
            ..Options::default()
        };
        check_text(text.as_bytes(), &targets, &options)
            .into_iter()
            .map(|resource| {
                let violations = resource
                    .violations
                    .iter()
                    .map(|v| format!("{} {}", v.path, v.message))
                    .collect();
                (resource.status, violations)
            })
            .collect()
    }

    const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n";

    #[test]
    fn documents_are_judged_one_by_one() {
        let text =
            format!("{HEAD}data: {{a: b}}\n---\n# nothing\n---\n{HEAD}data: {{a: 1}}\n---\na: [\n---\nkind: X\n");
        let found = verdicts(&text, false);
        let statuses: Vec<Status> = found.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [Status::Valid, Status::Invalid, Status::Error, Status::Error]);
        assert_eq!(found[1].1, ["/data/a got number, want null or string"]);
    }

    #[test]
    fn strict_refuses_unknown_and_duplicate_fields() {
        let unknown = format!("{HEAD}imutable: true\n");
        assert_eq!(verdicts(&unknown, false).first().unwrap().0, Status::Valid);
        assert_eq!(
            verdicts(&unknown, true).first().unwrap().1,
            [" additional properties 'imutable' not allowed (did you mean 'immutable'?)"]
        );
        let twice = format!("{HEAD}data: {{a: b, a: c}}\n");
        assert_eq!(verdicts(&twice, false).first().unwrap().0, Status::Valid);
        assert_eq!(verdicts(&twice, true).first().unwrap().0, Status::Error);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "([ -~]|\\n|: |- |\\n---\\n){0,120}", strict: bool) {
            verdicts(&text, strict);
            verdicts(&format!("{HEAD}{text}"), strict);
            verdicts(&format!("apiVersion: v1\nkind: Pod\nspec: {text}"), strict);
        }
    }

    #[test]
    fn places_lie_inside_text_that_is_not_utf_8() {
        let text: Vec<u8> = "\u{feff}a: \u{4e00}\u{4e00}\u{4e00}\u{4e00}\n|"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        let targets = [Target::embedded(Catalog::find("1.31").unwrap())];
        let resources = check_text(&text, &targets, &Options::default());
        let violations: Vec<usize> = resources
            .iter()
            .flat_map(|found| &found.violations)
            .map(|found| found.offset)
            .collect();
        assert!(!violations.is_empty() && violations.iter().all(|&offset| offset <= text.len()));
    }

    #[test]
    fn items_of_lists_are_judged_one_by_one() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{}]}}\n";
        assert_eq!(
            verdicts(text, false).first().unwrap().1,
            ["/spec/ports/0 missing property 'port'"]
        );
    }

    #[test]
    fn anchors_and_merge_keys_are_followed() {
        let text = format!("x: &x {{a: b}}\n{HEAD}data:\n  <<: *x\n  c: 1\n");
        assert_eq!(
            verdicts(&text, false).first().unwrap().1,
            ["/data/c got number, want null or string"]
        );
    }
}
