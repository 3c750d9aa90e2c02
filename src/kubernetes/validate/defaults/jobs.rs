//! Labels of Jobs (`SetDefaults_Job` and `generateSelector`). Those with the UID of a Job are random, and left out.

use serde_json::Value;

use super::field_paths::{Fields, add_text, copy_entries, get, is_filled, is_true, text};

const OF_PODS: &str = "spec.template.metadata.labels";

/// A Job without labels gets those of its Pods. Since the server then has one map for both, also those that it adds to the Pods' own.
pub(super) fn label(fields: &mut Fields, minor: u8) {
    let has_some = get(fields, OF_PODS).is_some_and(Value::is_object);
    if has_some && !is_filled(fields, "metadata.labels") {
        copy_entries(fields, OF_PODS, "metadata.labels");
        add_name(fields, "metadata.labels", minor);
    }
}

/// Adds the labels by which the Pods of a Job are found.
pub(super) fn label_pods(fields: &mut Fields, minor: u8) {
    add_name(fields, OF_PODS, minor);
}

/// Adds the labels with the Job's name to others.
fn add_name(fields: &mut Fields, labels: &str, minor: u8) {
    let name = text(fields, "metadata.name").to_owned();
    if name.is_empty() || is_true(fields, "spec.manualSelector") {
        return;
    }
    for (since, label) in [(0, "job-name"), (27, "batch.kubernetes.io/job-name")] {
        let has_one = get(fields, labels).is_some_and(|labels| labels.get(label).is_some());
        if minor >= since && !has_one {
            add_text(fields, labels, label, &name);
        }
    }
}
