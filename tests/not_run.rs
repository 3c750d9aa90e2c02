//! Reports how much the tests left out on this machine, as the last output of `cargo test`: the test programs pass
//! without the conformance data and without Go, and libtest does not show the output of a test that passes. This
//! program has no harness, so its output is shown.

#![expect(clippy::print_stderr, reason = "this is what the program is for")]

#[path = "it/data.rs"]
#[expect(dead_code, reason = "the integration tests use all of it")]
mod data;

/// What was left out, a line each.
fn left_out(has_data: bool, has_oracle: bool) -> Vec<String> {
    let snippets = data::SNIPPETS;
    let mut lines = Vec::new();
    if !has_data {
        let parts = [
            format!("{} template rows", thousands(data::ROWS)),
            format!("{} refusals", thousands(data::REFUSALS)),
            format!("{} charts with Helm 3", thousands(data::HELM3_CASES)),
            format!("places in reports of {} charts", thousands(data::PLACED_CHARTS)),
            format!("edits of {} files", thousands(data::EDITED_FILES)),
            format!(
                "{} YAML snippets of charts",
                thousands(usize::try_from(2 * snippets).unwrap_or(0))
            ),
        ];
        lines.push(format!(
            "not run here, for want of ../shared/conformance: {}",
            parts.join(", ")
        ));
        lines.push(format!(
            "nor can .ci/conformance.py run: {} chart cases, {} manifests, {} commands",
            thousands(data::CHART_CASES),
            thousands(data::MANIFESTS),
            thousands(data::COMMANDS)
        ));
    }
    if !has_oracle {
        let kinds = if has_data { 4 } else { 2 };
        lines.push(format!(
            "not run here, for want of Go: {} YAML snippets",
            thousands(usize::try_from(kinds * snippets).unwrap_or(0))
        ));
    }
    lines
}

/// `14,690`
fn thousands(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", thousands(number / 1000), number % 1000),
    }
}

fn main() {
    // Test runners ask for a list of tests first: there are none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let lines = left_out(data::conformance().is_some(), data::yaml_oracle().is_some());
    if lines.is_empty() {
        eprintln!("the conformance data and Go are here: no test was left out");
    }
    for line in lines {
        eprintln!("{line}");
    }
}
