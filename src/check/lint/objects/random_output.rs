//! `random-output`: what differs when a chart is rendered once more.

use super::object::RenderedChart;
use crate::check::finding::Finding;
use crate::engine::chart::{Chart, ChartFile};
use crate::engine::render::RenderedFile;
use crate::text::rule::Rule;

/// Whether rendering twice is worthwhile: some template uses random or time functions, and none generates keys (which is slow,
/// and known to differ).
pub fn may_be_random(chart: &Chart) -> bool {
    const RANDOM: [&[u8]; 6] = [b"rand", b"uuidv4", b"shuffle", b"now", b"htpasswd", b"bcrypt"];
    const KEYS: [&[u8]; 4] = [b"genCA", b"genSelfSignedCert", b"genSignedCert", b"genPrivateKey"];
    mentions(chart, &RANDOM) && !mentions(chart, &KEYS)
}

/// Whether a template of the chart, or of one below it, holds one of the words.
fn mentions(chart: &Chart, words: &[&[u8]]) -> bool {
    let holds = |file: &ChartFile| {
        words
            .iter()
            .any(|word| memchr::memmem::find(&file.data, word).is_some())
    };
    chart.templates.iter().any(holds) || chart.dependencies.iter().any(|inner| mentions(inner, words))
}

/// The first difference of each file to the same file of another rendering. The output is not shown: it differs each time.
pub fn check_random(rendered: RenderedChart<'_>, again: &[RenderedFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, file) in rendered.files.iter().enumerate() {
        let Some(other) = again.iter().find(|other| other.name == file.name) else {
            continue;
        };
        let differs = file.text.iter().zip(other.text.iter()).position(|(a, b)| a != b);
        if let Some(offset) = differs {
            let message = "renders differently each time: every upgrade changes it";
            let mut finding = rendered.finding(index, offset, Rule::RandomOutput, message);
            finding.rendered = None;
            findings.push(finding);
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::load_files;

    fn chart(template: &str, below: &str) -> Chart {
        let files = [
            (
                "Chart.yaml",
                "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: sub, version: 1.x}]\n",
            ),
            ("templates/t.yaml", template),
            ("values.yaml", "rand: genCA\n"),
            ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
            ("charts/sub/templates/t.yaml", below),
        ];
        let files = files.map(|(name, text)| ChartFile::new(name.to_owned(), text.as_bytes()));
        load_files(files.into()).unwrap()
    }

    #[test]
    fn charts_with_random_functions_are_rendered_twice_unless_they_make_keys() {
        for (template, below, want) in [
            ("a: 1", "", false),
            ("a: {{ randAlphaNum 5 }}", "", true),
            ("a: {{ uuidv4 }}", "", true),
            ("a: {{ now }}", "", true),
            ("a: {{ htpasswd \"a\" \"b\" }}", "", true),
            ("a: {{ genCA \"a\" 1 }}", "", false),
            ("a: {{ randAlphaNum 5 }}{{ genCA \"a\" 1 }}", "", false),
            ("a: {{ now }}{{ genPrivateKey \"rsa\" }}", "", false),
            // What subcharts do is part of it.
            ("a: 1", "a: {{ shuffle \"a\" }}", true),
            ("a: {{ now }}", "a: {{ genSelfSignedCert \"a\" nil nil 1 }}", false),
        ] {
            assert_eq!(may_be_random(&chart(template, below)), want, "{template} {below}");
        }
    }

    #[test]
    fn the_first_difference_of_a_file_is_found() {
        let file = |name: &str, text: &str| RenderedFile {
            name: name.to_owned(),
            text: text.as_bytes().to_vec().into(),
            map: None,
        };
        let chart = chart("", "");
        for (first, second, want) in [
            ("a: 1", "a: 1", false),
            ("a: 1", "a: 2", true),
            ("a: 1\nb: 2", "a: 1\nb: 3", true),
        ] {
            let files = [file("c/templates/t.yaml", first), file("c/templates/alone.yaml", "x")];
            let rendered = RenderedChart {
                chart: &chart,
                files: &files,
                release: "r",
            };
            let found = check_random(rendered, &[file("c/templates/t.yaml", second), file("c/x.yaml", "y")]);
            let rules: Vec<Rule> = found.iter().map(|finding| finding.rule.rule).collect();
            assert_eq!(
                rules,
                if want { vec![Rule::RandomOutput] } else { Vec::new() },
                "{first} {second}"
            );
            assert!(found.iter().all(|finding| finding.rendered.is_none()));
        }
    }
}
