//! The rows of `tests/kubecd/cases.jsonl` about programs that are run: kinds `argv` and `provider`.
//!
//! Each row has the commands of `KubeCD`, and ours are the same, in the same order, apart from what is decided otherwise:
//!
//! - Values are never arguments. What `--values FILE` and `--set-string KEY=VALUE` of a row merge to is what the release's values are,
//!   which helm reads as one document (`-f -`).
//! - Files of resources are read and compared first, so that kubectl gets their text, in their order, and no names (`-f -`), for the
//!   namespace of the environment, and applies it on the server.
//! - `-i` is spelt `--install`, and `--timeout` is always given.
//! - `--dry-run` and `--debug` change nothing in the command: a dry run prints it and runs nothing.
//! - A chart is rendered by chartwright itself, so that a row about rendering states which chart is rendered, in which version, under which
//!   name, for which namespace, with which values. `mkdir` and `rm` of its folder are not needed; `template -n NAME` is Helm 2's
//!   `template NAME`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::addresses::address_in;
use super::commands::{
    Access, HelmGeneration, UpgradeOptions, apply_manifests, describe_address, set_up_repositories, upgrade,
    use_context,
};
use super::contexts::Initialisation;
use super::program::ProgramCall;
use super::target::target_of;
use super::test_environments::{environments, environments_of, read};
use crate::delivery::environment::{Deploys, Environment, Environments, Provider, Release, running};

const CASES: &str = include_str!("../../tests/kubecd/cases.jsonl");

fn cases(kind: &str, count: usize) -> Vec<Json> {
    let rows = CASES.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let found: Vec<Json> = rows.filter(|row| row["kind"] == kind).collect();
    assert_eq!(found.len(), count, "{kind}");
    found
}

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json[key].as_str().unwrap_or_default()
}

/// The commands of a row.
fn wanted(case: &Json) -> Vec<Vec<String>> {
    serde_json::from_value(case["expect"].clone()).unwrap()
}

fn argv(call: &ProgramCall) -> Vec<String> {
    let program = std::iter::once(&call.program);
    program.chain(&call.arguments).cloned().collect()
}

/// A row's files: environments.yaml with one cluster and one environment, and the file of its release.
struct Files {
    texts: Vec<(String, String)>,
}

impl Files {
    fn of(case: &Json) -> Self {
        let mut environment = case["env"].clone();
        let mut release = case["release"].clone();
        let own = release.as_object_mut().unwrap().remove("from_file");
        let own = own.unwrap_or_else(|| json!("releases.yaml"));
        environment["clusterName"] = json!("c");
        environment["releasesFiles"] = json!([own]);
        let all = json!({
            "clusters": [{"name": "c", "provider": {"minikube": {}}}],
            "environments": [environment],
        });
        let releases = json!({"releases": [release]});
        let mut texts = vec![
            ("environments.yaml".to_owned(), all.to_string()),
            (own.as_str().unwrap().to_owned(), releases.to_string()),
        ];
        // Each has keys that the others, or single values, have too.
        for (number, argv) in wanted(case).iter().enumerate() {
            for (place, file) in flag_values(argv, "--values").into_iter().enumerate() {
                let text =
                    json!({"own": {format!("of-{number}-{place}"): true}, "foo": file, "baz": file, "all": file});
                texts.push((file, text.to_string()));
            }
        }
        Self { texts }
    }

    fn pairs(&self) -> Vec<(&str, &str)> {
        let pairs = self.texts.iter();
        pairs.map(|(name, text)| (name.as_str(), text.as_str())).collect()
    }

    fn load(&self) -> Environments {
        environments_of(&self.pairs())
    }

    /// The values of the release as chartwright resolves them.
    fn values(&self, environment: &Environment) -> BTreeMap<String, String> {
        let pairs = self.pairs();
        let found = running(environment, &environment.releases[0], Path::new("/w"), &|path| {
            read(&pairs, path)
        });
        let values = found.unwrap().values.into_iter();
        values.map(|(path, leaf)| (path.join("."), leaf.text)).collect()
    }

    /// What Helm merges the flags of a command to: the files, the last one wins, and over them the single values.
    fn merged(&self, argv: &[String]) -> BTreeMap<String, String> {
        let mut merged = BTreeMap::new();
        for file in flag_values(argv, "--values") {
            let (_, text) = self.texts.iter().find(|(name, _)| *name == file).unwrap();
            let json: Json = serde_json::from_str(text).unwrap();
            for (key, value) in json.as_object().unwrap() {
                if let Some(inner) = value.as_object() {
                    merged.extend(inner.keys().map(|below| (format!("{key}.{below}"), "true".to_owned())));
                } else {
                    merged.insert(key.clone(), value.as_str().unwrap().to_owned());
                }
            }
        }
        for pair in flag_values(argv, "--set-string") {
            let (key, value) = pair.split_once('=').unwrap();
            merged.insert(key.to_owned(), value.to_owned());
        }
        merged
    }
}

/// What follows a flag, wherever it is.
fn flag_values(argv: &[String], flag: &str) -> Vec<String> {
    let pairs = argv.windows(2).filter(|pair| pair[0] == flag);
    pairs.map(|pair| pair[1].clone()).collect()
}

/// The command without some flags: those with a value, and those without.
fn without(argv: &[String], with_value: &[&str], alone: &[&str]) -> Vec<String> {
    let mut left = Vec::new();
    let mut rest = argv.iter();
    while let Some(argument) = rest.next() {
        if with_value.contains(&argument.as_str()) {
            rest.next();
        } else if !alone.contains(&argument.as_str()) {
            left.push(argument.clone());
        }
    }
    left
}

/// The command of a row, its values as one document, its flags as they are spelt today.
fn as_decided(argv: &[String]) -> Vec<String> {
    let left = without(argv, &["--values", "--set-string"], &["--dry-run", "--debug"]);
    let spelt = left.into_iter().map(|argument| match argument.as_str() {
        "-i" => "--install".to_owned(),
        _ => argument,
    });
    spelt.collect()
}

fn apply(case: &Json) {
    let files = Files::of(case);
    let all = files.load();
    let environment = &all.list[0];
    let release = &environment.releases[0];
    let target = target_of(environment, &all, None, false);
    let [wanted] = &wanted(case)[..] else { panic!("{case}") };
    let (chart, version) = match &release.deploys {
        Deploys::Chart { reference, version } => (reference, &version.text),
        Deploys::Resources(paths) => {
            let files: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            assert_eq!(files, flag_values(wanted, "-f"), "{case}");
            let call = argv(&apply_manifests(&target, false));
            assert_eq!(flag_values(&call, "-f"), ["-"], "{case}");
            let ours = without(
                &call,
                &["-f", "--namespace"],
                &["--server-side", "--field-manager=chartwright"],
            );
            assert_eq!(ours, without(wanted, &["-f"], &[]), "{case}");
            return;
        }
        other => panic!("{case}: {other:?}"),
    };
    let options = UpgradeOptions {
        helm: HelmGeneration::Helm4,
        timeout: Duration::from_mins(5),
        wait: false,
        rolls_back: false,
        creates_namespace: false,
    };
    let call = argv(&upgrade(&target, &release.name.text, chart, Some(version), &options));
    assert_eq!(flag_values(&call, "-f"), ["-"], "{case}");
    assert_eq!(without(&call, &["-f", "--timeout"], &[]), as_decided(wanted), "{case}");
    assert_eq!(files.values(environment), files.merged(wanted), "{case}");
}

fn render(case: &Json) {
    let files = Files::of(case);
    let all = files.load();
    let environment = &all.list[0];
    let Release { name, deploys, .. } = &environment.releases[0];
    let Deploys::Chart { reference, version } = deploys else {
        panic!("{case}")
    };
    let wanted = wanted(case);
    let [_, fetch, template, _] = &wanted[..] else {
        panic!("{case}")
    };
    assert_eq!(fetch[1..5], ["fetch", reference, "--version", &version.text], "{case}");
    assert_eq!(flag_values(template, "-n"), [name.text.as_str()], "{case}");
    let target = target_of(environment, &all, None, false);
    assert_eq!(flag_values(template, "--namespace"), [target.namespace], "{case}");
    let context: Vec<String> = target.context.into_iter().collect();
    assert_eq!(flag_values(template, "--kube-context"), context, "{case}");
    assert_eq!(files.values(environment), files.merged(template), "{case}");
}

/// Environments with one in a cluster of the row's provider.
fn in_cluster(case: &Json) -> Environments {
    let provider = match &case["provider"] {
        Json::String(kind) => json!({kind: {}}),
        Json::Null => json!({"minikube": {}}),
        whole => whole.clone(),
    };
    let mut environment = case["env"].clone();
    if environment.is_null() {
        environment = json!({"name": "e"});
    }
    environment["clusterName"] = json!("c");
    let all = json!({"clusters": [{"name": "c", "provider": provider}], "environments": [environment]});
    environments(&all.to_string())
}

/// The commands that make the environment reachable, except those about repositories.
fn initialised(all: &Environments, contexts_only: bool) -> Vec<Vec<String>> {
    let initialisation = Initialisation {
        environments: all,
        meant: all.list.iter().collect(),
        is_gitlab: false,
        contexts_only,
    };
    let steps = initialisation.steps(&|_| None).unwrap();
    let calls = steps.iter().flat_map(super::contexts::ContextStep::calls);
    calls.map(|call| argv(&call)).collect()
}

fn cluster_init(case: &Json) {
    let mut found = initialised(&in_cluster(case), false);
    let context = found.pop().unwrap();
    assert_eq!(found, wanted(case), "{case}");
    let cluster = text(case, "cluster_name");
    let user = case["user_name"].as_str().unwrap_or(cluster);
    assert_eq!(flag_values(&context, "--cluster"), [cluster], "{case}");
    assert_eq!(flag_values(&context, "--user"), [user], "{case}");
}

fn repo_setup(case: &Json) {
    let all = environments(&json!({"helmRepos": case["helmRepos"]}).to_string());
    let found = set_up_repositories(&all.chart_repositories, &|_| None).unwrap();
    let found: Vec<_> = found.iter().map(|set_up| argv(&set_up.call)).collect();
    assert_eq!(found, wanted(case), "{case}");
}

fn gce_address(case: &Json) {
    let all = in_cluster(case);
    let address = &case["address"];
    let is_global = address["isGlobal"].as_bool().unwrap();
    let call = describe_address(text(address, "name"), is_global, all.clusters.first()).unwrap();
    assert_eq!([argv(&call)], wanted(case)[..], "{case}");
    if let Some(output) = case["stdout"].as_str() {
        let found = address_in(&call, output.as_bytes()).unwrap();
        assert_eq!(found, text(case, "expect_value"), "{case}");
    }
}

#[test]
fn commands_are_those_of_kubecd() {
    for case in cases("argv", 16) {
        match text(&case, "what") {
            "apply" | "apply --dry-run --debug" => apply(&case),
            "render" => render(&case),
            "set-context" => assert_eq!(initialised(&in_cluster(&case), true), wanted(&case), "{case}"),
            "cluster-init" => cluster_init(&case),
            "repo-setup" => repo_setup(&case),
            "gce-address" => gce_address(&case),
            "use" => {
                let all = in_cluster(&case);
                let call = use_context(&target_of(&all.list[0], &all, None, false)).unwrap();
                assert_eq!([argv(&call)], wanted(&case)[..], "{case}");
            }
            _ => panic!("{case}"),
        }
    }
}

#[test]
fn access_is_given_by_the_provider_or_by_gitlab() {
    for case in cases("provider", 8) {
        let body = match text(&case, "variant") {
            "gke" => json!({"project": "p", "clusterName": "c", "zone": "z"}),
            "aks" => json!({"resourceGroup": "g", "clusterName": "c"}),
            _ => json!({}),
        };
        let all = in_cluster(&json!({"provider": {text(&case, "variant"): body}}));
        let access = Access::of(&all.clusters[0].provider, case["gitlab_mode"].as_bool().unwrap());
        let found = match access {
            Access::Gitlab => "gitlab",
            Access::Of(Provider::Gke { .. }) => "gke",
            Access::Of(Provider::Aks { .. }) => "aks",
            Access::Of(Provider::DockerForDesktop) => "dockerForDesktop",
            Access::Of(Provider::Minikube) => "minikube",
            Access::Of(_) => panic!("{case}"),
        };
        assert_eq!(found, text(&case, "expect"), "{case}");
    }
}
