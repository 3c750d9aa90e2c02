//! kubeconform's `JUnit` XML: a suite a file, a case a document.

use std::fmt::Write as _;

use super::checked_file::{CheckedFile, counts, message, unevaluated_rules};
use crate::kubernetes::validate::Status;
use crate::report::xml::{escaped, skipped_rules};
use crate::text::redact::redact_message;

pub(super) fn text(files: &[CheckedFile]) -> String {
    let [valid, invalid, errors, skipped] = counts(files);
    let rules = usize::from(unevaluated_rules(files) > 0);
    let (tests, skipped) = (valid + invalid + errors + skipped + rules, skipped + rules);
    let mut xml = format!(
        "<testsuites name=\"chartwright\" tests=\"{tests}\" failures=\"{invalid}\" disabled=\"{skipped}\" errors=\"{errors}\">\n"
    );
    for (index, file) in files.iter().enumerate() {
        let [valid, invalid, errors, skipped] = counts(std::slice::from_ref(file));
        let (path, id, tests) = (escaped(&file.path), index + 1, valid + invalid + errors + skipped);
        _ = writeln!(
            xml,
            "  <testsuite name=\"{path}\" id=\"{id}\" tests=\"{tests}\" failures=\"{invalid}\" errors=\"{errors}\" disabled=\"0\" skipped=\"{skipped}\">"
        );
        if let Some(failure) = &file.failure {
            let message = escaped(&redact_message(failure));
            _ = writeln!(
                xml,
                "    <testcase name=\"\" classname=\"@\" time=\"0\">\n      <error message=\"{message}\" type=\"\"></error>\n    </testcase>"
            );
        }
        for resource in file.verdicts() {
            let (name, class) = (
                escaped(&resource.name),
                escaped(&format!("{}@{}", resource.kind, resource.api_version)),
            );
            let message = escaped(&redact_message(&message(resource)));
            let inner = match resource.status {
                Status::Valid => String::new(),
                Status::Skipped => "\n      <skipped message=\"\"></skipped>\n    ".to_owned(),
                Status::Invalid => format!("\n      <failure message=\"{message}\" type=\"\"></failure>\n    "),
                Status::Error => format!("\n      <error message=\"{message}\" type=\"\"></error>\n    "),
            };
            _ = writeln!(
                xml,
                "    <testcase name=\"{name}\" classname=\"{class}\" time=\"0\">{inner}</testcase>"
            );
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str(&skipped_rules(unevaluated_rules(files)));
    xml.push_str("</testsuites>\n");
    xml
}
