//! Which pods of a rendering labels select, and whether the rendering says enough to judge that.

use serde_json::{Map, Value as Json};

use super::object::{Object, Objects};
use crate::engine::chart::Chart;

/// Kinds that run pods, as templates write them.
const WORKLOADS: [&[u8]; 7] = [
    b"kind: Deployment",
    b"kind: StatefulSet",
    b"kind: DaemonSet",
    b"kind: ReplicaSet",
    b"kind: CronJob",
    b"kind: Job",
    b"kind: Pod",
];

impl Objects<'_> {
    /// The pods that labels select: their owners, and the pointers to their templates. Labels that are set while pods run are
    /// in no template, and do not count.
    pub(super) fn pods(&self, selector: &Map<String, Json>) -> Vec<(&Object, &'static str)> {
        self.owners()
            .filter(|(object, pod)| {
                let labels = labels_of(object, pod);
                selector.iter().all(|(key, value)| {
                    is_set_at_run_time(key, value) || labels.and_then(|labels| labels.get(key)) == Some(value)
                })
            })
            .collect()
    }

    /// Objects that run pods, with the pointers to the pods' templates.
    pub(super) fn owners(&self) -> impl Iterator<Item = (&Object, &'static str)> {
        self.list.iter().filter_map(|object| Some((object, object.pod()?)))
    }

    /// Whether the chart runs pods itself, so that selectors can be judged. Those that custom resources lead to are not
    /// rendered.
    pub(super) fn runs_pods_alone(&self) -> bool {
        let is_custom = |object: &Object| {
            let group = object.group();
            group.contains('.') && !group.ends_with(".k8s.io")
        };
        self.owners().next().is_some() && !self.list.iter().any(is_custom)
    }

    /// Whether a workload that this rendering switches off, or scales away, would have pods with the labels that no pod has: a
    /// template of a workload that rendered no pod names their values.
    pub(super) fn may_be_switched_off(&self, selector: &Map<String, Json>) -> bool {
        let wanted: Vec<&str> = selector
            .iter()
            .filter(|(key, value)| {
                !is_set_at_run_time(key, value)
                    && !self
                        .owners()
                        .any(|(object, pod)| labels_of(object, pod).and_then(|labels| labels.get(*key)) == Some(*value))
            })
            .filter_map(|(_, value)| value.as_str())
            .collect();
        let mut texts = Vec::new();
        self.add_silent_workloads(self.rendered.chart, self.rendered.chart.name(), &mut texts);
        let names = |text: &[u8], value: &str| holds_word(text, value.as_bytes());
        if wanted.is_empty() {
            // Each label is on some pod, but no pod has them all.
            return false;
        }
        texts.iter().any(|(path, text)| {
            wanted
                .iter()
                .any(|value| names(text, value) || names(path.as_bytes(), value))
        })
    }

    /// Path and text of each template that writes a workload and rendered no pod.
    fn add_silent_workloads<'c>(&self, chart: &'c Chart, path: &str, texts: &mut Vec<(String, &'c [u8])>) {
        for template in chart.templates.iter() {
            let writes_workload = WORKLOADS
                .iter()
                .any(|kind| memchr::memmem::find(&template.data, kind).is_some());
            let name = format!("{path}/{}", template.name);
            let is_silent = !self.owners().any(|(owner, _)| {
                self.rendered
                    .files
                    .get(owner.file)
                    .is_some_and(|file| file.name == name)
            });
            if writes_workload && is_silent {
                texts.push((name, &template.data));
            }
        }
        for subchart in &chart.dependencies {
            self.add_silent_workloads(subchart, &format!("{path}/charts/{}", subchart.name()), texts);
        }
    }

    /// Whether a template other than that of `object` writes a port of that name: it is there in other renderings.
    pub(super) fn may_have_port(&self, object: &Object, port: &str) -> bool {
        let own = self.rendered.files.get(object.file).map(|file| file.name.as_str());
        writes_port(
            self.rendered.chart,
            self.rendered.chart.name(),
            own.unwrap_or_default(),
            port,
        )
    }
}

fn writes_port(chart: &Chart, path: &str, left_out: &str, port: &str) -> bool {
    let line = |text: &[u8]| {
        memchr::memmem::find_iter(text, b"name:").any(|at| {
            let rest = text.get(at + b"name:".len()..).unwrap_or_default();
            let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
            let name = line.trim_ascii();
            let quoted = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\""));
            quoted.unwrap_or(name) == port.as_bytes()
        })
    };
    chart
        .templates
        .iter()
        .any(|file| format!("{path}/{}", file.name) != left_out && line(&file.data))
        || chart
            .dependencies
            .iter()
            .any(|inner| writes_port(inner, &format!("{path}/charts/{}", inner.name()), left_out, port))
}

fn labels_of<'o>(object: &'o Object, pod: &str) -> Option<&'o Map<String, Json>> {
    object
        .json
        .pointer(&format!("{pod}/metadata/labels"))
        .and_then(Json::as_object)
}

fn holds_word(text: &[u8], word: &[u8]) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    memchr::memmem::find_iter(text, word).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        !is_word(before) && !is_word(text.get(at + word.len()))
    })
}

/// Whether a label is one that controllers set: a pod's place in its set, or its part in a cluster.
fn is_set_at_run_time(label: &str, value: &Json) -> bool {
    const CONTROLLERS: [&str; 6] = [
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "controller-revision-hash",
        "pod-template-hash",
        "job-name",
        "batch.kubernetes.io/job-name",
    ];
    let lower = label.to_lowercase();
    let parts = ["role", "master", "leader", "primary", "active", "standby"];
    CONTROLLERS.contains(&label)
        || parts.iter().any(|word| lower.contains(word))
        || value.as_str().is_some_and(|value| parts.contains(&value))
}
