//! What an API server refuses, as a finding: the one wording for it, in every command.

use super::finding::{Finding, Location};
use super::secret_text::{path_names_secret, seems_secret, without_value};
use crate::kubernetes::validate::{Resource, Violation};
use crate::text::rule::Rule;
use crate::text::visible::visible;

impl Finding {
    /// A violation of a document, at a place: `Service web: /spec/ports/0/port: what is wrong`.
    pub fn of_violation(resource: &Resource, violation: &Violation, location: Location) -> Self {
        // On one line: what follows a line feed would be a note of ours.
        let object = format!("{} {}", visible(&resource.kind), visible(&resource.name));
        let path = visible(&violation.path);
        let words = if violation.rule == Rule::Document.into() {
            without_reader_words(&violation.message)
        } else {
            violation.message.clone()
        };
        let words = if path_names_secret(&violation.path) {
            without_value(&words)
        } else {
            words
        };
        let parts = [object.trim(), &path, words.as_str()];
        let message: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        // A document that cannot be read has no kind.
        let is_secret = resource.kind.eq_ignore_ascii_case("secret")
            || (resource.kind.is_empty() && seems_secret(location.file.text(), violation.offset));
        let mut finding = Self::new(violation.rule, location, message.join(": ")).hidden_if(is_secret);
        if violation.rule == Rule::Document.into() && words.contains("already set") {
            finding = finding
                .with_note("Helm installs this, with the value of the last key; kubectl and an API server refuse it");
        }
        if lacks_quotes(violation) {
            finding = finding.with_help("quote the value: without quotes YAML reads a number or a boolean");
        }
        finding
    }
}

/// Whether the value is a number or a boolean to YAML, and must be a string.
fn lacks_quotes(violation: &Violation) -> bool {
    violation.rule == Rule::Type.into()
        && ["got number", "got boolean"]
            .iter()
            .any(|got| violation.message.starts_with(got))
        && violation.message.ends_with("string")
}

/// A YAML error without the names of the readers it passed, and without the line, which counts from the document's start and is
/// given by the place.
fn without_reader_words(message: &str) -> String {
    let cause = message.rsplit_once("yaml: ").map_or(message, |(_, cause)| cause);
    let cause = cause.strip_prefix("unmarshal errors:").unwrap_or(cause).trim();
    let without_line = |line: &str| {
        let line = line.trim();
        let rest = line.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
        rest.map_or(line, |(_, cause)| cause).to_owned()
    };
    let lines: Vec<String> = cause.lines().map(without_line).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::validate::{Catalog, Options, Target, check_text};
    use crate::text::source::SourceFile;

    fn findings(text: &str) -> Vec<Finding> {
        let target = [Target::embedded(Catalog::find("1.35").unwrap())];
        let options = Options {
            strict: true,
            ..Options::default()
        };
        let file = SourceFile::new("m.yaml", text.as_bytes());
        let resources = check_text(text.as_bytes(), &target, &options);
        let of = |resource: &Resource| -> Vec<Finding> {
            let violations = resource.violations.iter();
            violations
                .map(|violation| {
                    Finding::of_violation(resource, violation, Location::at(file.clone(), violation.offset))
                })
                .collect()
        };
        resources.iter().flat_map(of).collect()
    }

    #[test]
    fn violations_are_worded_for_people() {
        for (text, message, help, is_secret) in [
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {port: 80}\n",
                "ConfigMap a: /data/port: got number, want null or string",
                true,
                false,
            ),
            (
                "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {port: 80}\n",
                "Secret a: /stringData/port: got number, want null or string",
                true,
                true,
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b, a: c}\n",
                "key \"a\" already set in map",
                false,
                false,
            ),
            (
                "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 0}]}\n",
                "Service a: /spec/ports/0/port: Invalid value: 0: must be between 1 and 65535, inclusive",
                false,
                false,
            ),
        ] {
            let found = findings(text);
            let first = found.first().unwrap_or_else(|| panic!("{text}"));
            assert_eq!(first.message, message);
            assert_eq!(
                (!first.help.is_empty(), first.is_secret),
                (help, is_secret),
                "{message}"
            );
        }
    }
}
