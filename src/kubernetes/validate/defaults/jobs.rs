//! Labels of Jobs (`SetDefaults_Job` and `generateSelector`). Those with the UID of a Job are random, and left out.

use serde_json::{Value, json};

use super::field_paths::{Fields, get, object_mut, object_or_new, text};

/// A Job without labels gets those of its Pods. Since the server then has one map for both, also those that it adds to the Pods' own.
pub(super) fn label(fields: &mut Fields, minor: u8) {
    let is_filled = |labels: &Value| labels.as_object().is_some_and(|labels| !labels.is_empty());
    let of_pods = get(fields, "spec.template.metadata.labels").filter(|labels| labels.is_object());
    let Some(of_pods) = of_pods.cloned() else {
        return;
    };
    if !get(fields, "metadata.labels").is_some_and(is_filled) {
        if let Some(metadata) = object_mut(fields, "metadata") {
            metadata.insert("labels".to_owned(), of_pods);
        }
        add_name(fields, "metadata", minor);
    }
}

/// Adds the labels by which the Pods of a Job are found.
pub(super) fn label_pods(fields: &mut Fields, minor: u8) {
    add_name(fields, "spec.template.metadata", minor);
}

/// Adds the labels with the Job's name to some metadata.
fn add_name(fields: &mut Fields, owner: &str, minor: u8) {
    let name = text(fields, "metadata.name").to_owned();
    let is_manual = get(fields, "spec.manualSelector") == Some(&json!(true));
    if name.is_empty() || is_manual {
        return;
    }
    if let Some(labels) = object_mut(fields, owner).and_then(|metadata| object_or_new(metadata, "labels")) {
        labels.entry("job-name").or_insert_with(|| json!(name));
        if minor >= 27 {
            labels
                .entry("batch.kubernetes.io/job-name")
                .or_insert_with(|| json!(name));
        }
    }
}
