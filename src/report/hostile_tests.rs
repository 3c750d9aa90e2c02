//! Reports of findings whose texts are arbitrary: no line of any of them is a command to a CI runner, nothing in them moves a
//! cursor, and XML and JSON can be read.

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::Value as Json;

use super::{
    Changes, ChartImages, CheckedFile, CoverageFormat, CoveredChart, FORMATS, Group, Remarks, Report, ResourceFormat,
    ResourceOptions, concise, resources_as,
};
use crate::check::coverage::{
    BranchRuns, ChartCoverage, DefinitionCoverage, FileCoverage, LineRuns, Unreachable, ValueUse,
};
use crate::check::diff::{Change, ChartDiff, DiffOutcome, ObjectDiff, ObjectId, RenderFailure, Risk, RiskKind, Side};
use crate::check::finding::{Finding, Location, Place};
use crate::check::run::RenderingImages;
use crate::engine::template::DecisionKind;
use crate::kubernetes::validate::{PlacedResource, Resource, Status, Violation};
use crate::text::rule::Rule;
use crate::text::source::{Position, SourceFile, Span};
use crate::text::visible::is_control;

const RUNS: usize = 400;
const PIECES: [&str; 24] = [
    "::error file=a,line=1::forged",
    "::add-mask::x",
    "##[error]forged",
    "##vso[task.complete]",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "\u{1b}[2J",
    "\u{1b}]0;x\u{7}",
    "\0",
    "\u{7f}\u{85}\u{9b}",
    "\u{202e}\u{2066}",
    "\u{2028}\u{2029}",
    "\u{200b}",
    "\u{fffe}\u{ffff}",
    "]]>",
    "<a b='\"&",
    "%0A%25",
    "#",
    ":",
    "|`*_[\\|@acme #1 $x$",
    "word é 👩\u{200d}🚀",
];

struct Texts(TestRng);

impl Texts {
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.next_u64() % (end as u64)).unwrap()
    }

    fn next(&mut self) -> String {
        (0..self.below(6)).map(|_| PIECES[self.below(PIECES.len())]).collect()
    }

    fn location(&mut self) -> Location {
        let text = self.next();
        let file = SourceFile::new(self.next(), text.as_bytes());
        match self.below(3) {
            0 => Location::whole(file),
            _ => Location::new(file, Span::between(self.below(9), self.below(40))),
        }
    }

    fn finding(&mut self) -> Finding {
        let place = self.location();
        let mut finding = Finding::new(Rule::Type, place, self.next());
        // Also what a constructor would not let through.
        finding.message = self.next();
        for _ in 0..self.below(3) {
            let location = self.location();
            let place = match self.below(4) {
                0 => Place::Named(location),
                1 => Place::Shown(location),
                2 => Place::Rendered(location),
                _ => Place::Flag(self.next()),
            };
            finding = finding.with_related(self.next(), place);
            finding = finding.with_note(self.next()).with_help(self.next());
        }
        finding.rendered = Some(self.next());
        finding.renderings = (0..self.below(3)).map(|_| self.next()).collect();
        finding
    }

    fn outcome(&mut self) -> DiffOutcome {
        let objects = (0..self.below(3)).map(|_| ObjectDiff {
            id: ObjectId {
                namespace: self.next(),
                kind: self.next(),
                name: self.next(),
                group: self.next(),
            },
            change: [Change::Added, Change::Changed, Change::Removed][self.below(3)],
            old_api_version: self.next(),
            new_api_version: self.next(),
            fields: Vec::new(),
            lines: self.next(),
            risks: vec![Risk {
                kind: RiskKind::ImageChanged,
                message: self.next(),
            }],
            renderings: vec!["dev".to_owned()],
        });
        let objects = objects.collect();
        let failure = RenderFailure {
            side: Side::Old,
            rendering: self.next(),
            message: self.next(),
        };
        DiffOutcome {
            compared: 1,
            charts: vec![ChartDiff {
                shown: self.next(),
                old: Some((self.next(), self.next())),
                new: Some((self.next(), self.next())),
                is_whole: false,
                renderings: vec!["dev".to_owned(), self.next()],
                objects,
                failures: vec![failure],
                notes: vec![self.next()],
            }],
        }
    }

    fn unreachable(&mut self) -> Option<Unreachable> {
        [None, Some(Unreachable::Constant), Some(Unreachable::NeverIncluded)][self.below(3)]
    }

    fn runs(&mut self) -> u32 {
        [0, 0, 7][self.below(3)]
    }

    /// A chart whose templates have any text, and anything at any place of it.
    fn coverage(&mut self) -> ChartCoverage {
        let files = (0..self.below(3)).map(|_| {
            let text = [self.next(), self.next()].join("\n");
            FileCoverage {
                file: SourceFile::new(self.next(), text.as_bytes()),
                inside: self.next(),
                template: self.next(),
                lines: (1..4)
                    .map(|line| LineRuns {
                        line,
                        runs: self.runs(),
                        unreachable: self.unreachable(),
                    })
                    .collect(),
                branches: (1..8)
                    .map(|place| BranchRuns {
                        position: Position {
                            line: 1 + place / 4,
                            column: place / 2,
                        },
                        kind: DecisionKind::And,
                        outcome: self.next(),
                        runs: self.runs(),
                        unreachable: self.unreachable(),
                    })
                    .collect(),
                definitions: (1..3)
                    .map(|line| DefinitionCoverage {
                        name: self.next(),
                        line,
                        runs: self.runs(),
                        unreachable: self.unreachable(),
                    })
                    .collect(),
            }
        });
        let files = files.collect();
        let values = (0..self.below(4)).map(|number| ValueUse {
            path: vec![self.next(), self.next()],
            is_read: number % 2 == 0,
        });
        ChartCoverage {
            values: values.collect(),
            files,
            renderings: (0..self.below(3)).map(|_| self.next()).collect(),
            ..ChartCoverage::default()
        }
    }

    fn checked_file(&mut self) -> CheckedFile {
        let statuses = [Status::Valid, Status::Invalid, Status::Error, Status::Skipped];
        let resources = (0..self.below(4)).map(|_| Resource {
            api_version: self.next(),
            kind: self.next(),
            name: self.next(),
            offset: self.below(9),
            status: statuses[self.below(4)],
            minors: vec![35],
            violations: vec![Violation {
                path: self.next(),
                message: self.next(),
                offset: self.below(9),
                rule: Rule::Type.into(),
            }],
            unevaluated: Vec::new(),
        });
        let resources = resources
            .map(|verdict| PlacedResource::new(verdict.into(), 0, usize::MAX))
            .collect();
        CheckedFile {
            path: self.next(),
            text: self.next().into_bytes().into(),
            resources,
            failure: (self.below(2) == 0).then(|| self.next()),
            secrets: std::sync::Arc::default(),
        }
    }
}

/// Asserts that a report may be shown. `own` begins the lines that are commands of ours.
fn assert_harmless(name: &str, text: &str, own: &[&str]) {
    for character in text.chars() {
        assert!(
            character == '\n' || !is_control(character),
            "{name}: {character:?} in {text:?}"
        );
    }
    for line in text.lines() {
        let start = line.trim_start_matches(|c: char| c.is_whitespace() || "\u{200b}\u{200d}".contains(c));
        let is_ours = own.iter().any(|own| line.starts_with(own));
        assert!(!start.starts_with("::") || is_ours, "{name}: {line:?}");
        assert!(
            is_ours || !line.contains("##[") && !line.contains("##vso["),
            "{name}: {line:?}"
        );
    }
}

/// Asserts that tags are closed, and that nothing XML 1.0 forbids occurs.
fn assert_xml(name: &str, text: &str) {
    let text = text
        .strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
        .unwrap_or(text);
    let mut open: Vec<&str> = Vec::new();
    let mut parts = text.split('<');
    assert_eq!(parts.next().map(str::trim), Some(""), "{name}: {text}");
    for part in parts {
        let (tag, content) = part.split_once('>').unwrap_or_else(|| panic!("{name}: {part}"));
        assert!(!content.contains('>'), "{name}: {part}");
        for (at, _) in part.match_indices('&') {
            let known = ["&amp;", "&lt;", "&gt;", "&#34;", "&#xA;", "&quot;", "&#39;", "&#35;"];
            assert!(
                known.iter().any(|known| part.split_at(at).1.starts_with(known)),
                "{name}: {part}"
            );
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{name}: {tag}");
        let word = tag.split([' ', '/']).next().unwrap_or_default();
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{name}: {text}");
        } else if !tag.ends_with('/') {
            open.push(word);
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
    assert!(!text.contains(['\u{fffe}', '\u{ffff}']), "{name}: {text:?}");
}

/// Asserts that a page holds the elements of its own alone, each line one of them at its beginning, and no script.
fn assert_html(name: &str, text: &str) {
    const OWN: [&str; 26] = [
        "a", "body", "code", "details", "div", "fieldset", "h1", "h2", "h3", "header", "i", "input", "label", "li",
        "main", "mark", "p", "pre", "small", "span", "summary", "table", "td", "th", "tr", "ul",
    ];
    let body = text.split_once("</head>\n").map_or("", |(_, body)| body);
    let body = body
        .strip_suffix("</html>\n")
        .unwrap_or_else(|| panic!("{name}: {text}"));
    assert!(body.lines().all(|line| line.starts_with('<')), "{name}: {body}");
    for part in body.split('<').skip(1) {
        let tag = part
            .trim_start_matches('/')
            .split([' ', '>'])
            .next()
            .unwrap_or_default();
        assert!(OWN.contains(&tag), "{name}: {part}");
    }
    assert_xml(name, &body.replace(" checked>", "/>"));
}

/// Asserts that each row of a table has its cells, and that no element is another's.
fn assert_markdown(name: &str, text: &str) {
    const OWN: [&str; 7] = [
        "<code>",
        "</code>",
        "<br>",
        "<!-- -->",
        "<span>",
        "</span>",
        "<details>",
    ];
    for line in text.lines() {
        assert!(!line.contains("@acme"), "{name}: {line}");
        for part in line
            .split_inclusive('>')
            .filter_map(|part| part.find('<').map(|at| part.split_at(at).1))
        {
            assert!(OWN.contains(&part), "{name}: {part:?} in {line:?}");
        }
        if line.starts_with('|') {
            let bars = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
            assert!(bars == 5 || bars == 6, "{name}: {line:?}");
        } else {
            assert!(
                line.is_empty()
                    || ["**chartwright**: ", "What changes in the rendered objects since "]
                        .iter()
                        .any(|start| line.starts_with(start)),
                "{name}: {line:?}"
            );
        }
    }
}

/// Asserts that no report on coverage can be forged.
fn assert_coverage_is_harmless(charts: &[CoveredChart<'_>]) {
    for (name, format) in CoverageFormat::ALL {
        let text = format.write(charts);
        assert_harmless(name, &text, &[]);
        match format {
            CoverageFormat::Json => drop(serde_json::from_str::<Json>(&text).unwrap()),
            CoverageFormat::Cobertura => {
                let (_, inner) = text.split_once("<coverage").expect("the root");
                assert_xml(name, &format!("<coverage{inner}"));
            }
            CoverageFormat::Html => assert_html(name, &text),
            _ => {}
        }
    }
}

/// Asserts that no report on validated resources can be forged.
fn assert_resources_are_harmless(texts: &mut Texts) {
    let files: Vec<CheckedFile> = (0..texts.below(3)).map(|_| texts.checked_file()).collect();
    let options = ResourceOptions {
        verbose: true,
        summary: true,
        ..ResourceOptions::default()
    };
    for (name, format) in [
        ("text", ResourceFormat::Text),
        ("json", ResourceFormat::Json),
        ("junit", ResourceFormat::Junit),
        ("tap", ResourceFormat::Tap),
        ("pretty", ResourceFormat::Pretty),
    ] {
        let text = resources_as(format, &files, options);
        assert_harmless(name, &text, &[]);
        match format {
            ResourceFormat::Json => drop(serde_json::from_str::<Json>(&text).unwrap()),
            ResourceFormat::Junit => assert_xml(name, &text),
            _ => {}
        }
    }
}

#[test]
fn no_report_can_be_forged() {
    let mut texts = Texts(TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    for _ in 0..RUNS {
        let findings: Vec<Finding> = (0..texts.below(4)).map(|_| texts.finding()).collect();
        let [name, version, result, since, reason] = [(); 5].map(|()| texts.next());
        let outcome = texts.outcome();
        let changes = [None, Some(Ok(&outcome)), Some(Err(reason.as_str()))][texts.below(3)];
        let renderings: Vec<RenderingImages> = (0..texts.below(3))
            .map(|_| RenderingImages {
                rendering: texts.next(),
                images: [texts.next()].into(),
            })
            .collect();
        let chart = texts.next();
        let images = [ChartImages {
            chart: &chart,
            renderings: &renderings,
        }];
        let covered = [texts.coverage(), texts.coverage()];
        let covered = covered.each_ref().map(|coverage| CoveredChart {
            path: &chart,
            name: &name,
            version: &version,
            coverage,
        });
        let covered = &covered[..texts.below(3)];
        assert_coverage_is_harmless(covered);
        let remarks = Remarks {
            images: &images,
            coverage: covered,
            changes: changes.map(|found| Changes { since: &since, found }),
            ..Remarks::default()
        };
        let groups = [Group {
            name: &name,
            findings: &findings,
            version: &version,
            result: &result,
            has_failed: texts.below(2) == 0,
        }];
        let report = Report {
            findings: &findings,
            groups: &groups,
            remarks,
            coloured: false,
        };
        for format in &FORMATS {
            let text = format.write(&report);
            let own: &[&str] = match format.name {
                "github" => &["::error file=", "::warning file=", "::notice file="],
                _ => &[],
            };
            assert_harmless(format.name, &text, own);
            match format.name {
                "github" => assert_eq!(text.lines().count(), findings.len(), "{text:?}"),
                "json" | "sarif" | "gitlab" => drop(serde_json::from_str::<Json>(&text).unwrap()),
                "junit" => assert_xml("junit", &text),
                "html" => assert_html("html", &text),
                "markdown" => assert_markdown("markdown", &text),
                _ => {}
            }
        }
        for finding in &findings {
            assert_harmless("concise", &concise(finding), &[]);
        }
        assert_resources_are_harmless(&mut texts);
    }
}
