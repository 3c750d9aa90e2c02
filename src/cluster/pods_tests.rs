//! The problems of pods, by what the kubelet, the scheduler and the controllers report.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::pods::{Problem, Snapshot};

fn pod(owner: (&str, &str), spec: &Json, status: &Json) -> Json {
    json!({
        "kind": "Pod",
        "metadata": {"name": "p", "ownerReferences": [{"kind": owner.0, "name": owner.1}]},
        "spec": spec,
        "status": status,
    })
}

fn set(name: &str, revision: &str) -> Json {
    json!({
        "kind": "ReplicaSet",
        "metadata": {
            "name": name,
            "annotations": {"deployment.kubernetes.io/revision": revision},
            "ownerReferences": [{"kind": "Deployment", "name": "web"}],
        },
    })
}

fn problems(objects: Vec<Json>) -> Vec<Problem> {
    let wanted: BTreeSet<(String, String)> = [("Deployment", "web"), ("StatefulSet", "db"), ("Job", "migrate")]
        .map(|(kind, name)| (kind.to_owned(), name.to_owned()))
        .into_iter()
        .collect();
    Snapshot::of(objects).problems(&wanted)
}

fn shown(problem: &Problem) -> String {
    let certain = problem
        .certain_after
        .map_or_else(|| "never".to_owned(), |limit| format!("{} s", limit.as_secs()));
    format!(
        "{} {} {}: {} [{}] {certain}",
        problem.kind,
        problem.name,
        problem.reason,
        problem.message,
        problem.field.join(".")
    )
}

fn containers(status: &Json) -> Json {
    let mut status = status.clone();
    status["name"] = json!("c");
    json!({"phase": "Pending", "containerStatuses": [status]})
}

#[test]
fn reasons_are_read_from_containers() {
    let spec = json!({"containers": [{"name": "c", "image": "registry/web:1"}]});
    for (status, want) in [
        (
            json!({"state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}}}),
            "Deployment web ImagePullBackOff: not found [spec.template.spec.containers.[c].image] 5 s",
        ),
        (
            json!({"state": {"waiting": {"reason": "InvalidImageName", "message": "bad"}}}),
            "Deployment web InvalidImageName: bad [spec.template.spec.containers.[c].image] 0 s",
        ),
        (
            json!({"restartCount": 1, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}),
            "Deployment web CrashLoopBackOff: exit code 137 (OOMKilled), 1 restart [spec.template.spec.containers.[c].image] 5 s",
        ),
        (
            json!({"state": {"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"x\" not found"}}}),
            "Deployment web CreateContainerConfigError: secret \"x\" not found [spec.template.spec.containers.[c].env] 15 s",
        ),
        (
            json!({"ready": false, "state": {"running": {}}, "lastState": {"terminated": {"exitCode": 2}}}),
            "Deployment web NotReady: it runs, and its readiness probe does not succeed; it ended with exit code 2 before [spec.template.spec.containers.[c].readinessProbe] never",
        ),
        (json!({"ready": true, "state": {"running": {}}}), ""),
        (json!({"state": {"waiting": {"reason": "ContainerCreating"}}}), ""),
    ] {
        let found = problems(vec![
            set("web-1", "1"),
            pod(("ReplicaSet", "web-1"), &spec, &containers(&status)),
        ]);
        let found: Vec<String> = found.iter().map(shown).collect();
        assert_eq!(found.join("\n"), want, "{status}");
    }
    let status = containers(&json!({"state": {"waiting": {"reason": "ErrImagePull"}}}));
    let found = problems(vec![set("web-1", "1"), pod(("ReplicaSet", "web-1"), &spec, &status)]);
    assert_eq!(found[0].image.as_deref(), Some("registry/web:1"));
}

#[test]
fn pods_of_older_revisions_and_of_others_do_not_count() {
    let spec = json!({"containers": [{"name": "c", "image": "i"}]});
    let status = containers(&json!({"state": {"waiting": {"reason": "ErrImagePull"}}}));
    let of = |owner: &str| pod(("ReplicaSet", owner), &spec, &status);
    for (objects, count) in [
        (vec![set("web-1", "1"), set("web-2", "2"), of("web-1")], 0),
        (vec![set("web-1", "1"), set("web-2", "2"), of("web-2")], 1),
        (vec![set("web-9", "9"), set("web-10", "10"), of("web-10")], 1),
        (vec![pod(("Job", "other"), &spec, &status)], 0),
        (vec![pod(("Job", "migrate"), &spec, &status)], 1),
    ] {
        assert_eq!(problems(objects.clone()).len(), count, "{objects:?}");
    }
}

#[test]
fn controllers_and_the_scheduler_are_heard() {
    let unschedulable = |message: &str| json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]});
    let condition = |kind: &str, name: &str, condition: Json| json!({"kind": kind, "metadata": {"name": name}, "status": {"conditions": [condition]}});
    for (objects, want) in [
        (
            vec![pod(
                ("StatefulSet", "db"),
                &json!({}),
                &unschedulable("pod has unbound immediate PersistentVolumeClaims"),
            )],
            "StatefulSet db Unschedulable: pod has unbound immediate PersistentVolumeClaims [spec.volumeClaimTemplates] never",
        ),
        (
            vec![
                set("web-1", "1"),
                pod(
                    ("ReplicaSet", "web-1"),
                    &json!({}),
                    &unschedulable("1 Insufficient cpu"),
                ),
            ],
            "Deployment web Unschedulable: 1 Insufficient cpu [spec.template.spec.containers.[0].resources] never",
        ),
        (
            vec![condition(
                "Job",
                "migrate",
                json!({"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "m"}),
            )],
            "Job migrate BackoffLimitExceeded: m [spec] 0 s",
        ),
        (
            vec![condition(
                "Deployment",
                "web",
                json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "pods is forbidden: exceeded quota"}),
            )],
            "Deployment web FailedCreate: pods is forbidden: exceeded quota [spec.template.spec.containers.[0].resources] 15 s",
        ),
        (
            vec![condition(
                "Deployment",
                "web",
                json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "m"}),
            )],
            "Deployment web ProgressDeadlineExceeded: m [spec] 0 s",
        ),
        (
            vec![condition(
                "Job",
                "migrate",
                json!({"type": "Complete", "status": "True"}),
            )],
            "",
        ),
    ] {
        let found: Vec<String> = problems(objects).iter().map(shown).collect();
        assert_eq!(found.join("\n"), want);
    }
}
