//! `KubeCD`'s files, by the rows of `tests/kubecd/cases.jsonl` about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::copy_versions::{CopiedChartUpdate, CopiedVersions, Copying, copy_request, copy_versions};
use super::fields::{Problem, Written};
use super::kubecd::{read_environments, read_releases};
use super::load::{LoadEnvironmentsError, load_environments, place_of_file};
use super::model::{Deploys, Environment, Environments, Policy, Release, Trigger, ValueSource};
use super::running::{ImageKey, RunningImage, running};
use super::values::{Leaf, layers, look_up, resolve};
use crate::delivery::bump::plan_bump;
use crate::delivery::image::ImageReference;
use crate::delivery::track::Track;
use crate::text::source::SourceFile;

const CASES: &str = include_str!("../../../tests/kubecd/cases.jsonl");

fn cases(kind: &str) -> Vec<Json> {
    let rows = CASES.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let found: Vec<Json> = rows.filter(|row| row["kind"] == kind).collect();
    assert!(!found.is_empty(), "{kind}");
    found
}

/// Loads files; the first is `environments.yaml`.
fn load(files: &[(&str, &str)]) -> Result<Environments, LoadEnvironmentsError> {
    let files: BTreeMap<PathBuf, &str> = files
        .iter()
        .map(|(name, text)| (Path::new("/w").join(name), *text))
        .collect();
    let read = |path: &Path| {
        let found = files.get(&path.components().collect::<PathBuf>());
        found
            .map(|text| text.as_bytes().to_vec())
            .ok_or_else(|| std::io::ErrorKind::NotFound.into())
    };
    load_environments(Path::new("environments.yaml"), Path::new("/w"), &read)
}

fn releases(text: &str) -> (Vec<Release>, Vec<Problem>) {
    let file = SourceFile::new("releases.yaml", text.as_bytes());
    read_releases(&file, Path::new("releases.yaml"))
}

/// What stands in quotation marks: the names that a message is about.
fn quoted(message: &str) -> Vec<&str> {
    let parts = message.split('"').skip(1).step_by(2);
    parts
        .filter(|name| !["zone", "region for GKE Cluster ", "chart", "resourceFiles"].contains(name))
        .collect()
}

/// The words are ours: what must agree is whether there is an error, and the names that it is about.
#[test]
fn files_are_refused_where_kubecd_refuses_them() {
    for case in cases("validate") {
        let loaded = load(&[("environments.yaml", case["yaml"].as_str().unwrap())]);
        match (loaded, case["expect_error"].as_str()) {
            (Ok(_), None) => {}
            (Err(LoadEnvironmentsError::Problems(problems)), Some(wanted)) => {
                let [problem] = problems.as_slice() else {
                    panic!("{case}: {problems:?}")
                };
                let names = quoted(wanted);
                assert!(
                    names.iter().all(|name| problem.message.contains(name)),
                    "{case}: {problem}"
                );
            }
            (loaded, _) => panic!("{case}: {loaded:?}"),
        }
    }
}

#[test]
fn releases_deploy_one_thing() {
    for case in cases("validate_release") {
        let (_, problems) = releases(&format!("releases: [{}]", case["yaml"].as_str().unwrap()));
        assert_eq!(
            !problems.is_empty(),
            case["expect_has_error"].as_bool().unwrap(),
            "{case}: {problems:?}"
        );
    }
}

#[test]
fn values_keep_their_text() {
    for case in cases("scalar") {
        let value = match (case["json"].as_str(), case["yaml"].as_str()) {
            (Some(text), _) | (None, Some(text)) => format!(", value: {text}"),
            (None, None) => String::new(),
        };
        let text = format!("releases: [{{name: r, chart: {{dir: c}}, values: [{{key: k{value}}}]}}]");
        let (releases, problems) = releases(&text);
        if case["expect"] == "error" {
            assert_eq!(problems.len(), 1, "{case}: {problems:?}");
            continue;
        }
        assert_eq!(problems, [], "{case}");
        let found = &releases[0].values[0].source;
        assert_eq!(
            *found,
            ValueSource::Text(case["expect"].as_str().unwrap().to_owned()),
            "{case}"
        );
    }
}

#[test]
fn a_trigger_is_one_of_the_triggers() {
    for case in cases("trigger_compat") {
        let text = case["yaml"]
            .as_str()
            .unwrap()
            .replace("name: release1", "name: release1, chart: {dir: c}");
        let (releases, problems) = releases(&format!("releases: [{text}]"));
        assert_eq!(problems, [], "{case}");
        let wanted = case["expect"]["triggers"].as_array().unwrap();
        assert_eq!(releases[0].triggers.len(), wanted.len(), "{case}");
        assert!(
            matches!(&releases[0].triggers[0], Trigger::Image { tag, track: Track::Newest, .. } if tag == "image.tag")
        );
    }
}

/// The values of a release in `c` with these values.yaml and more.
fn resolved(files: &[(&str, &str)]) -> BTreeMap<Vec<String>, Leaf> {
    let environments = load(files).unwrap();
    let environment = &environments.list[0];
    let texts: BTreeMap<PathBuf, &str> = files
        .iter()
        .map(|(name, text)| (Path::new("/w").join(name), *text))
        .collect();
    let read = |path: &Path| {
        let found = texts.get(path);
        found
            .map(|text| text.as_bytes().to_vec())
            .ok_or_else(|| std::io::ErrorKind::NotFound.into())
    };
    resolve(&layers(environment, &environment.releases[0], Path::new("/w"), &read).unwrap())
}

const ONE_RELEASE: &str = "environments: [{name: a, provider: {minikube: {}}, releases: [{name: r, chart: {dir: c}}]}]";

#[test]
fn scalars_are_looked_up_by_their_path() {
    for kind in ["lookup", "key_in_values"] {
        for case in cases(kind) {
            let found = resolved(&[
                ("environments.yaml", ONE_RELEASE),
                ("c/values.yaml", &case["values"].to_string()),
            ]);
            let found = look_up(&found, case["key"].as_str().unwrap()).map(|leaf| leaf.text.as_str());
            match case["expect"].as_bool() {
                Some(is_there) => assert_eq!(found.is_some(), is_there, "{case}"),
                None => assert_eq!(found, case["expect"].as_str(), "{case}"),
            }
        }
    }
}

#[test]
fn the_values_that_helm_deploys_win() {
    for case in cases("precedence") {
        let text = |member: &str| case[member].to_string();
        let order: Vec<&str> = case["deployed_order"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Json::as_str)
            .collect();
        // Without the strongest sources, the next one wins.
        for count in 1..=order.len() {
            let given = |name: &str| order[..count].contains(&name);
            let set = |member: &str| {
                if given(member) {
                    format!("[{{key: k, value: {}}}]", case[member]["k"])
                } else {
                    "[]".to_owned()
                }
            };
            let file = |member: &str, entry: &str| if given(member) { entry.to_owned() } else { String::new() };
            let environments = format!(
                "environments: [{{name: a, provider: {{minikube: {{}}}}, {} defaultValues: {}, releases: [{{name: r, chart: {{dir: c}}, {} values: {}}}]}}]",
                file("default_values_file", "defaultValuesFile: d.yaml,"),
                set("default_values"),
                file("values_file", "valuesFile: v.yaml,"),
                set("values"),
            );
            let found = resolved(&[
                ("environments.yaml", &environments),
                ("c/values.yaml", &text("chart")),
                ("d.yaml", &text("default_values_file")),
                ("v.yaml", &text("values_file")),
            ]);
            let wanted = case[order[count - 1]]["k"].as_str();
            assert_eq!(
                look_up(&found, "k").map(|leaf| leaf.text.as_str()),
                wanted,
                "{count}: {case}"
            );
        }
    }
}

#[test]
fn maps_are_merged_and_everything_else_replaces() {
    for case in cases("merge") {
        let environments = "environments: [{name: a, provider: {minikube: {}}, releases: [{name: r, chart: {dir: c}, valuesFile: v.yaml}]}]";
        let found = resolved(&[
            ("environments.yaml", environments),
            ("c/values.yaml", &case["onto"].to_string()),
            ("v.yaml", &case["merge_from"].to_string()),
        ]);
        let wanted = resolved(&[
            ("environments.yaml", ONE_RELEASE),
            ("c/values.yaml", &case["expect"].to_string()),
        ]);
        let texts = |leaves: BTreeMap<Vec<String>, Leaf>| {
            leaves
                .into_iter()
                .map(|(path, leaf)| (path, leaf.text))
                .collect::<BTreeMap<_, _>>()
        };
        assert_eq!(texts(found), texts(wanted), "{case}");
    }
}

#[test]
fn both_spellings_are_read_and_every_problem_has_its_place() {
    let environments = load(&[
        (
            "environments.yaml",
            "clusters:\n- name: c1\n  provider: {gke: {project: p, clusterName: main, zone: z}}\nenvironments:\n- name: test\n  clusterName: c1\n  kubeNamespace: shop\n  releasesFiles: [test/releases.yaml]\n  defaultValues: []\n- name: prod\n  provider: {eks: {clusterName: main, region: r}}\n  namespace: shop\n  policy: pull-request\n  releases: [./prod.yaml, {name: inline, chart: {reference: a/b, version: 1.0}}]\nhelmRepos:\n- {name: a, url: https://charts.example.org}\n",
        ),
        (
            "test/releases.yaml",
            "resourceFiles: [ns.yaml]\nreleases:\n- name: web\n  chart: {dir: ../web}\n  valuesFile: web.yaml\n  triggers: [{image: {track: Newest}}, {chart: {track: PatchLevel}}]\n",
        ),
        ("prod.yaml", "releases:\n- {name: web, chart: {dir: web}, trigger: {image: {tagValue: web.tag, track: ~1.4}}}\n"),
    ])
    .unwrap();
    let [test, prod] = environments.list.as_slice() else {
        panic!()
    };
    assert_eq!((test.namespace.as_str(), prod.namespace.as_str()), ("shop", "shop"));
    assert_eq!((test.policy, prod.policy), (Policy::Auto, Policy::PullRequest));
    assert_eq!(test.releases.len(), 2);
    assert!(matches!(&test.releases[0].deploys, Deploys::Resources(files) if files == &[Path::new("test/ns.yaml")]));
    assert_eq!(test.release("web").unwrap().values_files, [Path::new("test/web.yaml")]);
    assert_eq!(test.release("web").unwrap().triggers.len(), 2);
    assert!(
        matches!(&prod.release("inline").unwrap().deploys, Deploys::Chart { version, .. } if version.text == "1.0")
    );
    assert_eq!(environments.clusters.len(), 2);
    let unknown = environments.named("tset").unwrap_err().to_string();
    assert_eq!(unknown, "there is no environment named `tset`: there are test, prod");

    let broken = load(&[
        (
            "environments.yaml",
            "environment: []\nclusters:\n- provider: {minikube: {}}\nenvironments:\n- name: a\n  clusterName: q\n  releasesFiles: [r.yaml, gone.yaml]\n  policy: maybe\n",
        ),
        (
            "r.yaml",
            "releases:\n- name: r\n  chart: {reference: a/b}\n  trigger: {image: {track: Newset}}\n  values: [{key: a, value: [1]}]\n- name: r\n  chart: {dir: x}\n  name: s\n",
        ),
    ]);
    let problems: Vec<String> = broken.unwrap_err().to_string().lines().map(str::to_owned).collect();
    begin_as(
        &problems,
        &[
            "environments.yaml:1:1: unknown key `environment`; did you mean `environments`?",
            "environments.yaml:3:3: `name` is missing",
            "environments.yaml:5:9: environment `a` is in the cluster `q`, which is not among `clusters`",
            "environments.yaml:8:11: `policy` must be auto, pull-request or manual",
            "r.yaml:3:10: release `r`: a chart of a repository needs `chart.version`",
            "r.yaml:4:28: unknown track `Newset`",
            "r.yaml:5:28: `value` must be a text",
            "r.yaml:8:3: `name` is written twice",
            "environments.yaml:7:27: the releases file `gone.yaml` of environment `a` cannot be read",
        ],
    );
}

/// Each line begins as wanted.
fn begin_as(lines: &[String], wanted: &[&str]) {
    let agree = lines.len() == wanted.len() && lines.iter().zip(wanted).all(|(line, wanted)| line.starts_with(wanted));
    assert!(agree, "{}", lines.join("\n"));
}

#[test]
fn an_empty_file_is_an_empty_configuration() {
    let file = SourceFile::new("environments.yaml", &b"# nothing\n"[..]);
    let (found, problems) = read_environments(&file, Path::new("environments.yaml"));
    assert!(found.environments.is_empty() && problems.is_empty());
}

/// Where a tag is written: in the release's values, where it is appended if it is not there. Nothing else of the file changes.
#[test]
fn tags_are_written_where_releases_have_them() {
    for case in cases("patch") {
        let before = case["before"].as_str().unwrap();
        // One of the releases deploys nothing, which is a problem that the edit does not have.
        let (list, _) = releases(&before.replace("prod-demo\n", "prod-demo\n    chart: {dir: x}\n"));
        let environment = Environment {
            name: Written {
                text: "test".to_owned(),
                place: place_of_file(Path::new("environments.yaml")),
            },
            cluster: String::new(),
            namespace: String::new(),
            context: None,
            policy: Policy::Auto,
            releases: list,
            default_values_file: None,
            default_values: Vec::new(),
            verify: Vec::new(),
        };
        let read = |path: &Path| {
            let is_releases = path.ends_with("releases.yaml");
            let text = is_releases.then(|| before.as_bytes().to_vec());
            text.ok_or_else(|| std::io::ErrorKind::NotFound.into())
        };
        let to = running(&environment, &environment.releases[0], Path::new("/w"), &read).unwrap();
        let path: Vec<String> = case["key"].as_str().unwrap().split('.').map(str::to_owned).collect();
        let (mut to, mut from) = (to.clone(), to);
        let image = |tag: &str| RunningImage {
            image: ImageReference {
                repository: "acme/app".to_owned(),
                tag: Some(tag.to_owned()),
                digest: None,
            },
            keys: vec![ImageKey {
                path: path.clone(),
                is_whole: false,
            }],
            place: String::new(),
            track: None,
        };
        let new = case["new"].as_str().unwrap();
        (to.images, from.images) = (vec![image("1.0")], vec![image(new)]);
        let leaf = Leaf {
            text: new.to_owned(),
            is_scalar: true,
            is_null: false,
            place: environment.name.place.clone(),
        };
        from.values.insert(path.clone(), leaf);
        let copying = Copying {
            may_be_shared: true,
            allows_downgrade: true,
            through_anchors: false,
            is_same_environment: true,
        };
        let mut copied = CopiedVersions::default();
        copy_versions(&from, &to, copying, &mut copied).unwrap();
        let request = copy_request(
            (&copied, copying),
            &CopiedChartUpdate::default(),
            Path::new("/w"),
            &read,
        )
        .unwrap();
        let plan = plan_bump(&request, &read).unwrap();
        let after = String::from_utf8(plan.files[0].new.clone()).unwrap();
        assert_eq!(after, case["expect"].as_str().unwrap(), "{case}");
    }
}
