//! What a container logged before it ended: a problem of a pod in, the last lines out.

use super::live::LiveCluster;
use super::pods::Problem;

/// Lines that are shown.
const LINES: &str = "--tail=10";

/// The last lines of the container that a problem is about; nothing for problems that logs say nothing about.
pub(super) fn log_of(cluster: &LiveCluster<'_>, problem: &Problem) -> String {
    let (Some(pod), Some(container)) = (&problem.pod, &problem.container) else {
        return String::new();
    };
    if !matches!(problem.reason.as_str(), "CrashLoopBackOff" | "Error" | "NotReady") {
        return String::new();
    }
    let target = &cluster.target;
    let read = |previous: &str| {
        let call = target.kubectl([
            "--namespace",
            &target.namespace,
            "logs",
            pod,
            "-c",
            container,
            LINES,
            previous,
        ]);
        let found = cluster.programs.output(&call, b"").ok();
        found.filter(|text| !text.is_empty())
    };
    let text = read("--previous=true").or_else(|| read("--previous=false"));
    String::from_utf8_lossy(&text.unwrap_or_default()).into_owned()
}
