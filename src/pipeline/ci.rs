//! The pipeline step: check every chart, and publish them when none has failed.

use crate::artifact::package::{PackageError, PackageOptions, package_chart};
use crate::artifact::remote::TargetOutcome;
use crate::artifact::repository::{Item, Outcome};
use crate::check::finding::Finding;
use crate::check::run::{CheckError, CheckOutcome, CheckRequest, CheckedChart, check_charts};
use crate::engine::template::World;

/// How a chart ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartResult {
    /// Nothing in it fails the run.
    Ok,
    /// The same, but nothing was rendered: a library chart, or one whose failures are silenced.
    NotRendered,
    /// It has findings that fail the run.
    Failed,
    /// It is in all repositories now.
    Published,
    /// It was in all repositories before, with the same content.
    Unchanged,
    /// It should have been published and was not: another chart failed, or one of the repositories did.
    NotPublished,
}

impl ChartResult {
    /// As the summary calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotRendered => "not rendered",
            Self::Failed => "failed",
            Self::Published => "published",
            Self::Unchanged => "unchanged in the repository",
            Self::NotPublished => "not published",
        }
    }
}

/// Why charts that were found to be in order are not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishFailure<E> {
    /// A chart cannot be packaged.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The repository refuses a chart, or cannot be reached.
    #[error("{0}")]
    Repository(E),
}

/// How the step ended.
#[derive(Debug)]
pub struct CiOutcome<E> {
    /// The charts, with the findings that count.
    pub checked: CheckOutcome,
    /// How each of them ended.
    pub results: Vec<ChartResult>,
    /// What was done in each of the repositories.
    pub published: Vec<TargetOutcome>,
    /// Why nothing was published, where that was not for findings.
    pub error: Option<PublishFailure<E>>,
}

impl<E> CiOutcome<E> {
    /// Whether findings fail the run.
    pub fn has_failed(&self) -> bool {
        self.results.contains(&ChartResult::Failed)
    }

    /// The findings of all charts, each once.
    pub fn findings(&self) -> Vec<Finding> {
        self.checked.findings()
    }
}

/// Publishes archives; fails where nothing was written to any repository.
pub type Publish<'p, E> = dyn FnMut(&[Item]) -> Result<Vec<TargetOutcome>, E> + 'p;

/// Checks the charts of a request, and hands their packages to `publish` if none of them has failed.
///
/// # Errors
/// When the charts cannot be checked at all. What goes wrong later is part of the outcome, beside the findings.
pub fn run_ci<W: World, E>(
    request: &CheckRequest,
    make_world: &(dyn Fn() -> W + Sync),
    progress: &(dyn Fn(usize) + Sync),
    publish: Option<(&PackageOptions, &mut Publish<'_, E>)>,
) -> Result<CiOutcome<E>, CheckError> {
    let checked = check_charts(request, make_world, progress)?;
    let mut outcome = CiOutcome {
        results: checked.charts.iter().map(|chart| verdict(chart, request)).collect(),
        checked,
        published: Vec::new(),
        error: None,
    };
    let Some((options, publish)) = publish else {
        return Ok(outcome);
    };
    if outcome.has_failed() {
        outcome.not_published();
        return Ok(outcome);
    }
    let published = packages(&outcome.checked.charts, options)
        .map_err(PublishFailure::Package)
        .and_then(|items| publish(&items).map_err(PublishFailure::Repository));
    match published {
        Ok(published) => {
            let charts = 0..outcome.results.len();
            outcome.results = charts.map(|chart| result(chart, &published)).collect();
            outcome.published = published;
        }
        Err(error) => {
            outcome.not_published();
            outcome.error = Some(error);
        }
    }
    Ok(outcome)
}

impl<E> CiOutcome<E> {
    fn not_published(&mut self) {
        for result in &mut self.results {
            if *result != ChartResult::Failed {
                *result = ChartResult::NotPublished;
            }
        }
    }
}

/// How a chart ended, by its outcomes in the repositories.
fn result(chart: usize, published: &[TargetOutcome]) -> ChartResult {
    let mut outcomes = published
        .iter()
        .map(|target| target.published.get(chart).map(|one| one.outcome));
    let is_unchanged = |outcome| matches!(outcome, Some(Outcome::AlreadyThere | Outcome::Skipped));
    if outcomes.clone().any(|outcome| outcome.is_none()) {
        ChartResult::NotPublished
    } else if outcomes.all(is_unchanged) {
        ChartResult::Unchanged
    } else {
        ChartResult::Published
    }
}

fn verdict(chart: &CheckedChart, request: &CheckRequest) -> ChartResult {
    if request.judgement.fails(&chart.findings) {
        ChartResult::Failed
    } else if chart.rendered.renderings == 0 {
        ChartResult::NotRendered
    } else {
        ChartResult::Ok
    }
}

fn packages(charts: &[CheckedChart], options: &PackageOptions) -> Result<Vec<Item>, PackageError> {
    charts
        .iter()
        .map(|chart| Ok(package_chart(&chart.source, options)?.into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::artifact::remote::PublishTarget;
    use crate::artifact::repository::Published;
    use crate::engine::render::FixedClock;
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

    /// How a run ended, and the files that were handed over.
    fn run(request: &CheckRequest, answer: Result<&[Outcome], &str>) -> (CiOutcome<String>, Vec<Vec<String>>) {
        let mut handed = Vec::new();
        let mut publish = |items: &[Item]| {
            handed.push(items.iter().map(|item| item.file_name.clone()).collect());
            answer.map(|outcomes| vec![target(outcomes)]).map_err(str::to_owned)
        };
        let outcome = run_ci(
            request,
            &world,
            &|_| (),
            Some((&PackageOptions::default(), &mut publish)),
        )
        .unwrap();
        (outcome, handed)
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
        use ChartResult::{NotPublished, Published, Unchanged};
        use Outcome::{AlreadyThere, Replaced, Skipped};
        for (outcomes, want) in [
            (&[&[Outcome::Published, AlreadyThere][..]][..], [Published, Unchanged]),
            (
                &[&[AlreadyThere, AlreadyThere], &[Replaced, Skipped]],
                [Published, Unchanged],
            ),
            (
                &[&[Outcome::Published, Outcome::Published], &[Outcome::Published]],
                [Published, NotPublished],
            ),
            (&[&[], &[AlreadyThere, AlreadyThere]], [NotPublished, NotPublished]),
        ] {
            let targets: Vec<TargetOutcome> = outcomes.iter().map(|outcomes| target(outcomes)).collect();
            assert_eq!([0, 1].map(|chart| result(chart, &targets)), want, "{outcomes:?}");
        }
    }

    fn world() -> impl World {
        FixedClock::new(0, |bytes: &mut [u8]| bytes.fill(9))
    }

    #[test]
    fn packages_are_handed_over_once_and_only_when_no_chart_failed() {
        use ChartResult::{Failed, NotPublished, Published, Unchanged};
        use Outcome::AlreadyThere;
        for (charts, want, files) in [
            (
                &[("a", SOUND), ("b", SOUND)][..],
                &[Published, Unchanged][..],
                &["a-1.2.3.tgz", "b-1.2.3.tgz"][..],
            ),
            // Warnings do not fail a run, and a library can be published.
            (
                &[("a", WARNED), ("b", "")],
                &[Published, Unchanged],
                &["a-1.2.3.tgz", "b-1.2.3.tgz"],
            ),
            (&[("a", SOUND), ("b", BROKEN)], &[NotPublished, Failed], &[]),
            (&[("a", BROKEN), ("b", "")], &[Failed, NotPublished], &[]),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let request = request(directory.path(), charts);
            let (outcome, handed) = run(&request, Ok(&[Outcome::Published, AlreadyThere]));
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
        let (outcome, handed) = run(&request, Ok(&[Outcome::Published]));
        assert_eq!(
            (outcome.results.as_slice(), handed.len()),
            (&[ChartResult::Failed][..], 0)
        );
    }

    #[test]
    fn a_repository_that_fails_leaves_all_charts_unpublished() {
        let directory = tempfile::tempdir().unwrap();
        let request = request(directory.path(), &[("a", SOUND), ("b", "")]);
        let (outcome, handed) = run(&request, Err("no answer"));
        assert_eq!(outcome.results, [ChartResult::NotPublished; 2]);
        assert_eq!(handed.len(), 1);
        assert!(!outcome.has_failed());
        let error = outcome.error.map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("no answer"));
    }

    #[test]
    fn a_chart_that_cannot_be_packaged_is_not_handed_over() {
        let directory = tempfile::tempdir().unwrap();
        let mut request = request(directory.path(), &[("a", SOUND), ("b", SOUND)]);
        // Its missing dependency is known to the user and counts no longer, but there is still nothing to pack.
        let chart = directory.path().join("b/Chart.yaml");
        let text = std::fs::read_to_string(&chart).unwrap();
        let text = text + "dependencies: [{name: db, version: 1.x, repository: 'https://example.org'}]\n";
        std::fs::write(&chart, text).unwrap();
        request.judgement.silenced.push(crate::check::finding::PathRule {
            rule: "dependency-missing".to_owned(),
            path: String::new(),
        });
        let (outcome, handed) = run(&request, Ok(&[]));
        assert_eq!(handed, Vec::<Vec<String>>::new());
        assert_eq!(outcome.results, [ChartResult::NotPublished; 2]);
        assert!(matches!(outcome.error, Some(PublishFailure::Package(_))));
    }

    #[test]
    fn without_a_repository_results_say_what_was_checked() {
        let directory = tempfile::tempdir().unwrap();
        let request = request(directory.path(), &[("a", SOUND), ("b", ""), ("c", BROKEN)]);
        let outcome: CiOutcome<String> = run_ci(&request, &world, &|_| (), None).unwrap();
        let names: Vec<&str> = outcome.results.iter().map(|result| result.name()).collect();
        assert_eq!(names, ["ok", "not rendered", "failed"]);
        let found: Vec<String> = outcome
            .findings()
            .iter()
            .map(|finding| finding.rule.to_string())
            .collect();
        assert!(found.contains(&"unknown-field".to_owned()), "{found:?}");
        let failing = "# chartwright-ignore-file: * why\n{{ fail `no` }}\n";
        let silenced = self::request(directory.path(), &[("d", failing)]);
        let outcome: CiOutcome<String> = run_ci(&silenced, &world, &|_| (), None).unwrap();
        assert_eq!(outcome.results, [ChartResult::NotRendered]);
        let nowhere = CheckRequest {
            charts: vec![PathBuf::from("/nowhere/at/all")],
            ..request
        };
        let error = run_ci::<_, String>(&nowhere, &world, &|_| (), None).unwrap_err();
        assert_eq!(error.to_string(), "/nowhere/at/all: no such file or directory");
    }
}
