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
        if let Some(offset) = first_difference(&file.text, &other.text) {
            let message = "renders differently each time: every upgrade changes it";
            let mut finding = rendered.finding(index, offset, Rule::RandomOutput, message);
            finding.rendered = None;
            findings.push(finding);
        }
    }
    findings
}

/// The first byte of a text that differs from another one, outside of hooks: Helm creates those again each time, and charts give
/// them random names for that.
fn first_difference(text: &[u8], other: &[u8]) -> Option<usize> {
    let pairs = documents(text).into_iter().zip(documents(other));
    pairs
        .filter(|((_, document), _)| memchr::memmem::find(document, b"helm.sh/hook").is_none())
        .find_map(|((start, document), (_, other))| {
            let differs = document.iter().zip(other).position(|(a, b)| a != b);
            differs.map(|at| start + at)
        })
}

/// The documents of a text, with the byte at which each begins.
fn documents(text: &[u8]) -> Vec<(usize, &[u8])> {
    let mut ends: Vec<usize> = memchr::memmem::find_iter(text, b"\n---").collect();
    ends.push(text.len());
    let mut start = 0;
    let documents = ends.into_iter().map(|end| {
        let document = (start, text.get(start..end).unwrap_or_default());
        start = end;
        document
    });
    documents.collect()
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
    #[test]
    fn hooks_may_differ() {
        let hook = "kind: Pod\nannotations: {\"helm.sh/hook\": test}\nname: ";
        for (text, other, want) in [
            ("a: 1\n".to_owned(), "a: 1\n".to_owned(), None),
            ("a: 1\n".to_owned(), "a: 2\n".to_owned(), Some(3)),
            (format!("{hook}x\n"), format!("{hook}y\n"), None),
            // What differs in length does not hide what comes after it.
            (
                format!("{hook}xx\n---\na: 1\n"),
                format!("{hook}y\n---\na: 2\n"),
                Some(hook.len() + 10),
            ),
            (
                format!("a: 1\n---\n{hook}x\n"),
                format!("a: 2\n---\n{hook}y\n"),
                Some(3),
            ),
        ] {
            assert_eq!(first_difference(text.as_bytes(), other.as_bytes()), want, "{text}");
        }
    }
}
