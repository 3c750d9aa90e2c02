//! Tests of the pipeline step, without a repository.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::ci::{ChartResult, CiOutcome, PublishFailure, Publishing, Withheld, result, run_ci};
use crate::artifact::package::PackageOptions;
use crate::artifact::remote::{PublishTarget, TargetOutcome};
use crate::artifact::repository::{Item, Outcome, Published};
use crate::check::run::CheckRequest;
use crate::engine::render::FixedClock;
use crate::engine::template::World;
use crate::kubernetes::version::SupportedVersion;
use crate::text::rule::Severity;
use crate::text::source::ReportRoot;

const SOUND: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
const WARNED: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}]}\n";
const BROKEN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {a: b}\n";

/// Charts in a directory: each with a name and the text of its template; one without text is a library.
fn request(directory: &Path, charts: &[(&str, &str)]) -> CheckRequest {
    let mut paths = Vec::new();
    for (name, template) in charts {
        let path = directory.join(name);
        std::fs::create_dir_all(path.join("templates")).unwrap();
        let kind = if template.is_empty() { "library" } else { "application" };
        let chart = format!(
            "apiVersion: v2\nname: {name}\nversion: 1.2.3\ntype: {kind}\nicon: https://example.org/i.png\nmaintainers: [{{name: me}}]\n"
        );
        std::fs::write(path.join("Chart.yaml"), chart).unwrap();
        std::fs::write(path.join("values.yaml"), "").unwrap();
        if !template.is_empty() {
            std::fs::write(path.join("templates/a.yaml"), template).unwrap();
        }
        paths.push(path);
    }
    CheckRequest::new(
        paths,
        ReportRoot::new(directory.to_owned()),
        vec![SupportedVersion::latest()],
    )
}

/// What the repositories do with each package that is handed over.
type Answer<'a> = &'a dyn Fn(&[String]) -> Result<Vec<Outcome>, String>;

/// How a run ended, and the files that were handed over each time. An error that begins with `chart` is about one.
fn run(
    request: &CheckRequest,
    needs: &[&[usize]],
    all_or_nothing: bool,
    answer: Answer<'_>,
) -> (CiOutcome<String>, Vec<Vec<String>>) {
    let mut handed = Vec::new();
    let mut publish = |items: &[Item]| {
        let names: Vec<String> = items.iter().map(|item| item.file_name.clone()).collect();
        let answered = answer(&names).map(|outcomes| vec![target(&outcomes)]);
        handed.push(names);
        answered
    };
    let needs: Vec<BTreeSet<usize>> = needs.iter().map(|needs| needs.iter().copied().collect()).collect();
    let publishing = Publishing {
        options: &PackageOptions::default(),
        publish: &mut publish,
        is_about_charts: &|error: &String| error.starts_with("chart"),
        all_or_nothing,
        needs: &needs,
    };
    let outcome = run_ci(request, &world, &|_| (), None, Some(publishing)).unwrap();
    (outcome, handed)
}

#[expect(clippy::unnecessary_wraps, reason = "an answer")]
fn all_published(names: &[String]) -> Result<Vec<Outcome>, String> {
    Ok(vec![Outcome::Published; names.len()])
}

fn needs(name: &str) -> ChartResult {
    ChartResult::NotPublished(Withheld::Needs(name.to_owned()))
}

/// A repository in which this was done.
fn target(outcomes: &[Outcome]) -> TargetOutcome {
    let published = outcomes.iter().map(|&outcome| Published {
        outcome,
        digest: String::new(),
        manifest: None,
        object: String::new(),
    });
    TargetOutcome {
        target: PublishTarget::parse("s3://charts", Path::new("/")).unwrap(),
        published: published.collect(),
        error: None,
    }
}

#[test]
fn a_chart_is_published_once_all_repositories_have_it() {
    use ChartResult::{Published, Unchanged};
    use Outcome::{AlreadyThere, Replaced, Skipped};
    let not = ChartResult::NotPublished(Withheld::Repository);
    for (outcomes, want) in [
        (&[&[Outcome::Published, AlreadyThere][..]][..], [Published, Unchanged]),
        (
            &[&[AlreadyThere, AlreadyThere], &[Replaced, Skipped]],
            [Published, Unchanged],
        ),
        (
            &[&[Outcome::Published, Outcome::Published], &[Outcome::Published]],
            [Published, not.clone()],
        ),
        (&[&[], &[AlreadyThere, AlreadyThere]], [not.clone(), not]),
    ] {
        let targets: Vec<TargetOutcome> = outcomes.iter().map(|outcomes| target(outcomes)).collect();
        assert_eq!([0, 1].map(|chart| result(chart, &targets)), want, "{outcomes:?}");
    }
}

fn world() -> impl World {
    FixedClock::new(0, |bytes: &mut [u8]| bytes.fill(9))
}

#[test]
fn a_chart_that_fails_keeps_itself_and_its_dependents_back() {
    use ChartResult::{Failed, NotPublished, Published};
    let other = || NotPublished(Withheld::OtherFailed);
    let charts = [("a", SOUND), ("b", BROKEN), ("c", WARNED), ("d", ""), ("e", SOUND)];
    let chain = &[&[][..], &[], &[1], &[2], &[0]][..];
    for (charts, chain, all_or_nothing, want, files) in [
        (&charts[..1], chain, false, vec![Published], &["a-1.2.3.tgz"][..]),
        (
            &charts,
            chain,
            false,
            vec![Published, Failed, needs("b"), needs("b"), Published],
            &["a-1.2.3.tgz", "e-1.2.3.tgz"],
        ),
        (
            &charts,
            &[],
            false,
            vec![Published, Failed, Published, Published, Published],
            &["a-1.2.3.tgz", "c-1.2.3.tgz", "d-1.2.3.tgz", "e-1.2.3.tgz"],
        ),
        (
            &charts,
            &[],
            true,
            vec![other(), Failed, other(), other(), other()],
            &[],
        ),
        (&charts[..1], &[], true, vec![Published], &["a-1.2.3.tgz"]),
        (&charts[1..2], &[], false, vec![Failed], &[]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let request = request(directory.path(), charts);
        let (outcome, handed) = run(&request, chain, all_or_nothing, &all_published);
        assert_eq!(outcome.results, want, "{charts:?}: {:?}", outcome.findings());
        assert_eq!(handed.concat(), files, "{charts:?}");
        assert!(handed.len() <= 1, "{charts:?}");
        assert_eq!(outcome.has_failed(), want.contains(&Failed), "{charts:?}");
        assert!(outcome.error.is_none(), "{charts:?}");
    }
}

#[test]
fn a_severity_from_which_runs_fail_keeps_charts_back() {
    let directory = tempfile::tempdir().unwrap();
    let mut request = request(directory.path(), &[("a", WARNED)]);
    request.judgement.fail_on = Severity::Warning;
    let (outcome, handed) = run(&request, &[], false, &all_published);
    assert_eq!(
        (outcome.results.as_slice(), handed.len()),
        (&[ChartResult::Failed][..], 0)
    );
}

#[test]
fn what_a_repository_refuses_keeps_only_itself_back() {
    let not = || ChartResult::NotPublished(Withheld::Repository);
    let is_refused = |names: &[String]| names.iter().any(|name| name.starts_with('b'));
    let refuses = |names: &[String]| {
        if is_refused(names) {
            return Err("chart b is there with other content".to_owned());
        }
        all_published(names)
    };
    let breaks = |names: &[String]| match names {
        [one] if one.starts_with('a') => all_published(names),
        [one] if one.starts_with('b') => Err("no answer".to_owned()),
        _ => refuses(names),
    };
    let published = || ChartResult::Published;
    for (answer, all_or_nothing, want, calls, error) in [
        (
            &(|_: &[String]| Err("no answer".to_owned())) as Answer<'_>,
            false,
            [not(), not(), not(), not()],
            1,
            "no answer",
        ),
        (
            &refuses,
            false,
            [published(), not(), needs("b"), published()],
            4,
            "chart b is there with other content",
        ),
        (
            &refuses,
            true,
            [not(), not(), not(), not()],
            1,
            "chart b is there with other content",
        ),
        (&breaks, false, [published(), not(), not(), not()], 3, "no answer"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let request = request(directory.path(), &[("a", SOUND), ("b", ""), ("c", SOUND), ("d", SOUND)]);
        let (outcome, handed) = run(&request, &[&[], &[], &[1], &[]], all_or_nothing, answer);
        assert_eq!(outcome.results, want, "{error}");
        assert_eq!(handed.len(), calls, "{handed:?}");
        assert!(!outcome.has_failed());
        assert_eq!(outcome.error.map(|error| error.to_string()).as_deref(), Some(error));
    }
}

#[test]
fn a_chart_that_cannot_be_packaged_is_not_handed_over() {
    let not = |why| ChartResult::NotPublished(why);
    for (all_or_nothing, want, files) in [
        (
            false,
            [ChartResult::Published, not(Withheld::NotPackaged), needs("b")],
            &["a-1.2.3.tgz"][..],
        ),
        (
            true,
            [not(Withheld::OtherFailed), not(Withheld::NotPackaged), needs("b")],
            &[],
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let mut request = request(directory.path(), &[("a", SOUND), ("b", SOUND), ("c", SOUND)]);
        // Its missing dependency is known to the user and counts no longer, but there is still nothing to pack.
        let chart = directory.path().join("b/Chart.yaml");
        let text = std::fs::read_to_string(&chart).unwrap();
        let text = text + "dependencies: [{name: db, version: 1.x, repository: 'https://example.org'}]\n";
        std::fs::write(&chart, text).unwrap();
        request.judgement.silenced.push(crate::check::finding::PathRule {
            rule: "dependency-missing".to_owned(),
            path: String::new(),
        });
        let (outcome, handed) = run(&request, &[&[], &[], &[1]], all_or_nothing, &all_published);
        assert_eq!(handed.concat(), files);
        assert_eq!(outcome.results, want);
        assert!(matches!(outcome.error, Some(PublishFailure::Package(_))));
    }
}

#[test]
fn without_a_repository_results_say_what_was_checked() {
    let directory = tempfile::tempdir().unwrap();
    let request = request(directory.path(), &[("a", SOUND), ("b", ""), ("c", BROKEN)]);
    let outcome: CiOutcome<String> = run_ci(&request, &world, &|_| (), None, None).unwrap();
    let names: Vec<String> = outcome.results.iter().map(ChartResult::name).collect();
    assert_eq!(names, ["ok", "not rendered", "failed"]);
    let found: Vec<String> = outcome
        .findings()
        .iter()
        .map(|finding| finding.rule.to_string())
        .collect();
    assert!(found.contains(&"unknown-field".to_owned()), "{found:?}");
    let failing = "# chartwright-ignore-file: * why\n{{ fail `no` }}\n";
    let silenced = self::request(directory.path(), &[("d", failing)]);
    let outcome: CiOutcome<String> = run_ci(&silenced, &world, &|_| (), None, None).unwrap();
    assert_eq!(outcome.results, [ChartResult::NotRendered]);
    let nowhere = CheckRequest {
        charts: vec![PathBuf::from("/nowhere/at/all")],
        ..request
    };
    let error = run_ci::<_, String>(&nowhere, &world, &|_| (), None, None).unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/at/all: no such file or directory");
}
