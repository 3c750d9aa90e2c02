//! `contexts` and `use`, with programs that record how they are called.

use super::stub_programs::StubPrograms;
use super::workspace::Workspace;

/// A cluster of each provider, two environments in the first.
const ENVIRONMENTS: &str = "\
clusters:
- {name: google, provider: {gke: {project: acme, clusterName: main, zone: europe-west1-b}}}
- {name: azure, provider: {aks: {resourceGroup: shops, clusterName: main}}}
- {name: amazon, provider: {eks: {clusterName: main, region: eu-west-1, profile: prod}}}
- {name: amazon-named, provider: {eks: {clusterName: main, region: eu-west-1, account: '123456789012'}}}
- {name: mini, provider: {minikube: {}}}
- {name: docker, provider: {dockerForDesktop: {}}}
- {name: mine, provider: {existingContext: {contextName: admin@mine}}}
- {name: inside, provider: {inCluster: {}}}
environments:
- {name: testing, clusterName: google, kubeNamespace: shop-testing}
- {name: staging, clusterName: google, kubeNamespace: shop-staging}
- {name: azure, clusterName: azure, kubeNamespace: shop}
- {name: amazon, clusterName: amazon, kubeNamespace: shop}
- {name: amazon-2, clusterName: amazon-named, kubeNamespace: shop}
- {name: mini, clusterName: mini}
- {name: docker, clusterName: docker, kubeNamespace: shop}
- {name: mine, clusterName: mine, kubeNamespace: shop}
- {name: inside, clusterName: inside, kubeNamespace: shop}
helmRepos:
- {name: stable, url: 'https://charts.example.com/', caFile: '${CA_DIR:-/etc/ca}/ca.pem'}
- {name: own, url: 'https://me:hunter2@charts.example.org'}
";

const GOOGLE: &str = "gcloud container clusters get-credentials --project acme --zone europe-west1-b main";
const TESTING: &str = "kubectl config set-context env:testing --cluster gke_acme_europe-west1-b_main --user gke_acme_europe-west1-b_main --namespace shop-testing";

/// All of them, in order.
const CALLS: [&str; 18] = [
    "helm repo add stable https://charts.example.com/ --ca-file /etc/ca/ca.pem",
    "helm repo add own https://charts.example.org --username me --password-stdin",
    "helm repo update",
    GOOGLE,
    "az aks get-credentials --resource-group shops --name main",
    "aws eks update-kubeconfig --name main --region eu-west-1 --profile prod",
    "aws eks update-kubeconfig --name main --region eu-west-1",
    "kubectl config set-cluster docker-for-desktop-cluster --insecure-skip-tls-verify=true --server=https://localhost:6443",
    TESTING,
    "kubectl config set-context env:staging --cluster gke_acme_europe-west1-b_main --user gke_acme_europe-west1-b_main --namespace shop-staging",
    "kubectl config set-context env:azure --cluster main --user clusterUser_shops_main --namespace shop",
    "aws eks describe-cluster --name main --region eu-west-1 --profile prod --query cluster.arn --output text",
    "kubectl config set-context env:amazon --cluster arn:aws:eks:eu-west-1:42:cluster/main --user arn:aws:eks:eu-west-1:42:cluster/main --namespace shop",
    "kubectl config set-context env:amazon-2 --cluster arn:aws:eks:eu-west-1:123456789012:cluster/main --user arn:aws:eks:eu-west-1:123456789012:cluster/main --namespace shop",
    "kubectl config set-context env:mini --cluster minikube --user minikube --namespace default",
    "kubectl config set-context env:docker --cluster docker-for-desktop-cluster --user docker-for-desktop --namespace shop",
    "kubectl config view -o json",
    "kubectl config set-context env:mine --cluster my-cluster --user my-user --namespace shop",
];

fn stubs() -> StubPrograms {
    StubPrograms::new(&[
        (
            "helm",
            "case $* in *--password-stdin) cat > \"${0%/*}/password\" ;; esac",
        ),
        (
            "kubectl",
            r#"case $* in
*view*) echo '{"contexts": [{"name": "admin@mine-old", "context": {"cluster": "x", "user": "x"}},
  {"name": "admin@mine", "context": {"cluster": "my-cluster", "user": "my-user", "namespace": "other"}}]}' ;;
*use-context*) echo Switched to it. ;;
esac"#,
        ),
        ("gcloud", "echo kubeconfig entry generated for main. >&2"),
        ("az", ""),
        (
            "aws",
            "case $* in *describe-cluster*) echo arn:aws:eks:eu-west-1:42:cluster/main ;; esac",
        ),
    ])
}

#[test]
fn every_environment_is_made_reachable_by_the_programs_of_its_provider() {
    let workspace = Workspace::new(&[("environments.yaml", ENVIRONMENTS)]);
    let programs = stubs();
    let run = programs.run(&workspace, &["contexts"], &[]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(programs.calls(), CALLS, "{}", run.all());
    // Each is shown before it runs.
    assert_eq!(run.stderr.lines().collect::<Vec<_>>(), CALLS);
    assert_eq!(run.stdout, "");
    let password = std::fs::read_to_string(programs.path("password")).expect("is read");
    assert_eq!(password, "hunter2");
}

#[test]
fn some_environments_need_some_of_the_commands() {
    let workspace = Workspace::new(&[("environments.yaml", ENVIRONMENTS)]);
    let programs = stubs();
    let gitlab = |name: &str, namespace: &str| {
        format!(
            "kubectl config set-context env:{name} --cluster gitlab-deploy --user gitlab-deploy --namespace {namespace}"
        )
    };
    let repositories: Vec<String> = CALLS[..3].iter().map(|call| (*call).to_owned()).collect();
    let staging = TESTING.replace("testing", "staging");
    for (arguments, repositories_too, want) in [
        (vec!["testing"], true, vec![GOOGLE.to_owned(), TESTING.to_owned()]),
        (
            vec!["staging", "testing", "staging", "--contexts-only"],
            false,
            vec![TESTING.to_owned(), staging.clone()],
        ),
        (
            vec!["-c", "google"],
            true,
            vec![GOOGLE.to_owned(), TESTING.to_owned(), staging],
        ),
        (
            vec!["testing", "azure", "--gitlab"],
            true,
            vec![gitlab("testing", "shop-testing"), gitlab("azure", "shop")],
        ),
        (
            vec!["mine", "--gitlab", "--contexts-only"],
            false,
            vec![gitlab("mine", "shop")],
        ),
        (vec!["inside"], true, vec![]),
        (vec!["inside", "--contexts-only", "--gitlab"], false, vec![]),
    ] {
        let arguments = [&["contexts"][..], &arguments].concat();
        let run = programs.run(&workspace, &arguments, &[]);
        assert_eq!(run.code, 0, "{arguments:?}\n{}", run.all());
        let before = if repositories_too {
            repositories.clone()
        } else {
            Vec::new()
        };
        assert_eq!(
            programs.calls(),
            [before, want].concat(),
            "{arguments:?}\n{}",
            run.all()
        );
    }
}

#[test]
fn a_dry_run_prints_the_commands_and_runs_none() {
    let workspace = Workspace::new(&[("environments.yaml", ENVIRONMENTS)]);
    let programs = stubs();
    let run = programs.run(&workspace, &["contexts", "-n"], &[("CA_DIR", "/my ca")]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(programs.calls(), [""; 0], "{}", run.all());
    let want: Vec<String> = CALLS
        .iter()
        .map(|call| {
            let call = call.replace("/etc/ca/ca.pem", "'/my ca/ca.pem'");
            // What is not known without running anything.
            let call = call.replace("arn:aws:eks:eu-west-1:42:cluster/main", "'<cluster.arn>'");
            let call = call.replace("my-cluster", "'<cluster of admin@mine>'");
            call.replace("my-user", "'<user of admin@mine>'")
        })
        .collect();
    assert_eq!(run.stdout.lines().collect::<Vec<_>>(), want, "{}", run.all());
    assert!(!run.all().contains("hunter2"), "{}", run.all());
}

#[test]
fn the_first_failure_ends_it() {
    let workspace = Workspace::new(&[("environments.yaml", ENVIRONMENTS)]);
    let failing = |script: &'static str| {
        StubPrograms::new(&[
            ("kubectl", script),
            ("gcloud", "echo 'ERROR: no such project acme' >&2; exit 5"),
        ])
    };
    for (arguments, script, calls, said) in [
        (
            ["testing", "--contexts-only"],
            "echo 'error: kubeconfig is locked' >&2; exit 1",
            1,
            "Error: `kubectl config` failed: error: kubeconfig is locked\n",
        ),
        (
            ["mine", "--contexts-only"],
            "echo '{\"contexts\": [{\"name\": \"admin@mine1\", \"context\": {\"cluster\": \"c\", \"user\": \"u\"}}]}'",
            1,
            "Error: environment `mine`: the kubeconfig has no context named `admin@mine` with a cluster and a user; did you mean `admin@mine1`?\n",
        ),
        (
            ["mine", "--contexts-only"],
            "echo contexts:",
            1,
            "Error: `kubectl config` printed what is not understood: ",
        ),
    ] {
        let programs = failing(script);
        let run = programs.run(&workspace, &[&["contexts"][..], &arguments].concat(), &[]);
        assert_eq!(run.code, 3, "{}", run.all());
        assert!(run.stderr.contains(said), "{}", run.all());
        assert_eq!(programs.calls().len(), calls, "{}", run.all());
    }
    let without_repositories = ENVIRONMENTS.split("helmRepos:").next().expect("a part");
    workspace.write("environments.yaml", without_repositories);
    let programs = failing("");
    let run = programs.run(&workspace, &["contexts"], &[]);
    assert_eq!(run.code, 3, "{}", run.all());
    let said = format!("{GOOGLE}\nError: `gcloud container` failed: ERROR: no such project acme\n");
    assert_eq!(run.stderr, said);
    assert_eq!(programs.calls(), [GOOGLE]);
    // And without the program.
    let run = super::workspace::run(&workspace.path("."), &["contexts"], &[("PATH", "/nowhere")]);
    assert_eq!(run.code, 3, "{}", run.all());
    assert!(
        run.stderr
            .ends_with("Error: `gcloud` is not installed, or not in PATH\n"),
        "{}",
        run.all()
    );
}

#[test]
fn what_is_declared_wrongly_is_refused_before_anything_runs() {
    let programs = stubs();
    for (text, arguments, code, said) in [
        (
            ENVIRONMENTS.to_owned(),
            vec!["tseting"],
            2,
            "there is no environment named `tseting`: there are testing, ",
        ),
        (
            ENVIRONMENTS.to_owned(),
            vec!["-c", "gogle"],
            2,
            "there is no cluster named `gogle`: there are google, ",
        ),
        (
            ENVIRONMENTS.to_owned(),
            vec!["testing", "-c", "google"],
            2,
            "cannot be used with",
        ),
        (
            ENVIRONMENTS.replace("${CA_DIR:-/etc/ca}", "${CA_DIR:?name the directory}"),
            vec!["testing"],
            2,
            "environments.yaml:21:10: `caFile` of the repository `stable`: CA_DIR: name the directory",
        ),
        (
            ENVIRONMENTS.replace("clusterName: main, zone", "clusterName: --help, zone"),
            vec!["testing"],
            1,
            "environments.yaml:2:63: `clusterName` must not begin with `-`",
        ),
        (
            ENVIRONMENTS.replace("name: own", "name: --post-renderer=sh"),
            vec!["testing"],
            1,
            "environments.yaml:22:10: `name` must not begin with `-`",
        ),
    ] {
        let workspace = Workspace::new(&[("environments.yaml", &text)]);
        let run = programs.run(&workspace, &[&["contexts"][..], &arguments].concat(), &[]);
        assert_eq!(run.code, code, "{arguments:?}\n{}", run.all());
        assert!(run.stderr.contains(said), "{said}\n{}", run.all());
        assert_eq!(programs.calls(), [""; 0], "{}", run.all());
    }
}

#[test]
fn the_context_of_an_environment_becomes_the_current_one() {
    let workspace = Workspace::new(&[
        ("environments.yaml", ENVIRONMENTS),
        ("own/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        (
            "own/chartwright.yaml",
            "environments: [{name: a, context: admin@a}, {name: b}]\n",
        ),
    ]);
    let programs = stubs();
    for (arguments, code, calls, out, said) in [
        (
            vec!["use", "testing"],
            0,
            vec!["kubectl config use-context env:testing"],
            "Switched to it.\n",
            "kubectl config use-context env:testing\n",
        ),
        (
            vec!["use", "mine", "-n"],
            0,
            vec![],
            "kubectl config use-context env:mine\n",
            "",
        ),
        (
            vec!["use", "inside"],
            2,
            vec![],
            "",
            "environment `inside` has no context\n",
        ),
        (
            vec!["use", "a", "-C", "own"],
            0,
            vec!["kubectl config use-context admin@a"],
            "Switched to it.\n",
            "",
        ),
        (
            vec!["use", "b", "-C", "own"],
            2,
            vec![],
            "",
            "environment `b` has no context\n",
        ),
        (
            vec!["contexts", "-C", "own"],
            0,
            vec![],
            "",
            "note: a names no cluster, and is reached with the context `admin@a` of the kubeconfig\nnote: b names no cluster, and is reached with the current context of the kubeconfig\n",
        ),
    ] {
        let run = programs.run(&workspace, &arguments, &[]);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (code, out),
            "{arguments:?}\n{}",
            run.all()
        );
        assert!(run.stderr.contains(said), "{arguments:?}\n{}", run.all());
        assert_eq!(programs.calls(), calls, "{arguments:?}\n{}", run.all());
    }
}
