//! Which pods of a rendering labels select, and whether the rendering says enough to judge that.

use std::cell::{Cell, OnceCell};
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

use super::object::{Object, Objects};
use crate::engine::chart::Chart;
use crate::kubernetes::names::is_own_group;

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

/// Most comparisons of selectors with pods, and of values with templates, in one rendering: what would take more is not judged.
const MOST_COMPARISONS: usize = 4_000_000;
/// Bytes of a template that count as one comparison.
const BYTES: usize = 32;

impl Objects<'_> {
    /// Objects that run pods, with the pointers to the pods' templates.
    pub(super) fn owners(&self) -> impl Iterator<Item = (&Object, &'static str)> {
        self.list.iter().filter_map(|object| Some((object, object.pod()?)))
    }

    /// Whether the chart runs pods itself, so that selectors can be judged. Those that custom resources lead to are not
    /// rendered.
    pub(super) fn runs_pods_alone(&self) -> bool {
        let is_custom = |object: &Object| !is_own_group(object.group().as_bytes());
        self.owners().next().is_some() && !self.list.iter().any(is_custom)
    }
}

/// The pods of a rendering, by their labels.
pub(super) struct Pods<'o> {
    objects: &'o Objects<'o>,
    owners: Vec<Owner<'o>>,
    /// Numbers of those with a label, by its key and its value.
    by_label: HashMap<&'o str, HashMap<&'o str, Vec<usize>>>,
    /// Path and text of each template that writes a workload and rendered no pod.
    silent: OnceCell<Vec<(String, &'o [u8])>>,
    /// The templates that write a port of a name.
    ports: OnceCell<HashMap<&'o [u8], Vec<String>>>,
    comparisons: Cell<usize>,
}

/// An object that runs pods, the pointer to their template, and their labels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'o> {
    pub(super) object: &'o Object,
    pub(super) pod: &'static str,
    labels: Option<&'o Map<String, Json>>,
}

impl<'o> Pods<'o> {
    pub(super) fn of(objects: &'o Objects<'o>) -> Self {
        let owners = objects.owners().map(|(object, pod)| Owner {
            object,
            pod,
            labels: labels_of(object, pod),
        });
        let owners: Vec<Owner<'o>> = owners.collect();
        let mut by_label: HashMap<_, HashMap<_, Vec<usize>>> = HashMap::new();
        for (number, owner) in owners.iter().enumerate() {
            for (key, value) in owner.labels.into_iter().flatten() {
                if let Some(value) = value.as_str() {
                    let values = by_label.entry(key.as_str()).or_default();
                    values.entry(value).or_default().push(number);
                }
            }
        }
        Self {
            objects,
            owners,
            by_label,
            silent: OnceCell::new(),
            ports: OnceCell::new(),
            comparisons: Cell::new(0),
        }
    }

    /// Whether comparisons are left; takes some.
    pub(super) fn may_compare(&self, comparisons: usize) -> bool {
        let spent = self.comparisons.get().saturating_add(comparisons);
        self.comparisons.set(spent);
        spent <= MOST_COMPARISONS
    }

    /// Numbers of the pods with a label.
    fn with_label(&self, key: &str, value: &str) -> &[usize] {
        let values = self.by_label.get(key);
        values.and_then(|values| values.get(value)).map_or(&[], Vec::as_slice)
    }

    /// The pods that labels select; `None` where that takes too many comparisons. Labels that are set while pods run are
    /// in no template, and do not count.
    pub(super) fn selected(&self, selector: &Map<String, Json>) -> Option<Vec<Owner<'o>>> {
        let wanted: Vec<(&String, &Json)> = selector
            .iter()
            .filter(|(key, value)| !is_set_at_run_time(key, value))
            .collect();
        let with = |(key, value): &(&String, &Json)| {
            let value = value.as_str()?;
            Some(self.with_label(key, value))
        };
        let fewest = wanted.iter().filter_map(with).min_by_key(|numbers| numbers.len());
        let count = fewest.map_or(self.owners.len(), <[usize]>::len);
        if !self.may_compare(count.saturating_mul(wanted.len().max(1))) {
            return None;
        }
        let has_all = |owner: &&Owner<'o>| {
            let has =
                |(key, value): &(&String, &Json)| owner.labels.and_then(|labels| labels.get(*key)) == Some(*value);
            wanted.iter().all(has)
        };
        Some(match fewest {
            Some(numbers) => {
                let owners = numbers.iter().filter_map(|number| self.owners.get(*number));
                owners.filter(has_all).copied().collect()
            }
            None => self.owners.iter().filter(has_all).copied().collect(),
        })
    }

    /// Whether a workload that this rendering switches off, or scales away, would have pods with the labels that no pod has: a
    /// template of a workload that rendered no pod names their values.
    pub(super) fn may_be_switched_off(&self, selector: &Map<String, Json>) -> bool {
        let is_on_a_pod = |key: &String, value: &Json| match value.as_str() {
            Some(text) => !self.with_label(key, text).is_empty(),
            None => self
                .owners
                .iter()
                .any(|owner| owner.labels.and_then(|labels| labels.get(key)) == Some(value)),
        };
        let wanted: Vec<&str> = selector
            .iter()
            .filter(|(key, value)| !is_set_at_run_time(key, value) && !is_on_a_pod(key, value))
            .filter_map(|(_, value)| value.as_str())
            .collect();
        if wanted.is_empty() {
            // Each label is on some pod, but no pod has them all.
            return false;
        }
        let texts = self.silent.get_or_init(|| self.silent_workloads());
        let names = |text: &[u8], value: &str| {
            // What is not looked for any more counts as found.
            !self.may_compare(1 + text.len() / BYTES) || holds_word(text, value.as_bytes())
        };
        texts.iter().any(|(path, text)| {
            wanted
                .iter()
                .any(|value| names(text, value) || names(path.as_bytes(), value))
        })
    }

    fn silent_workloads(&self) -> Vec<(String, &'o [u8])> {
        let files = self
            .owners
            .iter()
            .filter_map(|owner| self.objects.rendered.files.get(owner.object.file));
        let with_pods: HashSet<&str> = files.map(|file| file.name.as_str()).collect();
        let mut texts = Vec::new();
        for (name, text) in templates(self.objects.rendered.chart) {
            let writes_workload = WORKLOADS.iter().any(|kind| memchr::memmem::find(text, kind).is_some());
            if writes_workload && !with_pods.contains(name.as_str()) {
                texts.push((name, text));
            }
        }
        texts
    }

    /// Whether a template other than that of `object` writes a port of that name: it is there in other renderings.
    pub(super) fn may_have_port(&self, object: &Object, port: &str) -> bool {
        let own = self.objects.rendered.files.get(object.file);
        let own = own.map_or("", |file| file.name.as_str());
        let ports = self.ports.get_or_init(|| {
            let mut ports: HashMap<&[u8], Vec<String>> = HashMap::new();
            for (path, text) in templates(self.objects.rendered.chart) {
                for name in names_in(text) {
                    let paths = ports.entry(name).or_default();
                    if paths.last() != Some(&path) {
                        paths.push(path.clone());
                    }
                }
            }
            ports
        });
        let paths = ports.get(port.as_bytes()).into_iter().flatten();
        paths.take(2).any(|path| path != own)
    }
}

/// The templates of a chart and of its subcharts, with their paths.
fn templates(chart: &Chart) -> Vec<(String, &[u8])> {
    let mut found = Vec::new();
    let mut pending = vec![(chart.name().to_owned(), chart)];
    while let Some((path, chart)) = pending.pop() {
        let own = chart.templates.iter();
        found.extend(own.map(|file| (format!("{path}/{}", file.name), &*file.data)));
        let inner = chart.dependencies.iter();
        pending.extend(inner.map(|inner| (format!("{path}/charts/{}", inner.name()), inner)));
    }
    found
}

/// What stands after `name:` in a template.
fn names_in(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memmem::find_iter(text, b"name:").map(|at| {
        let rest = text.get(at + b"name:".len()..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default().trim_ascii();
        let quoted = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\""));
        quoted.unwrap_or(name)
    })
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
