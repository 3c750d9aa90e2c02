//! Resources of a whole Pod that follow from those of its containers (`defaultPodRequests` and `defaultHugePagePodLimits`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::field_paths::{Fields, get, items, object_mut, object_or_new, text};
use super::quantity_text::Amount;

type Amounts = BTreeMap<String, Amount>;

/// Completes the resources of a Pod's specification that has some.
pub(super) fn complete(spec: &mut Fields) {
    let is_huge = |name: &str| name.starts_with("hugepages-");
    let limits = of_containers(spec, "limits");
    let requests = of_containers(spec, "requests");
    let Some(resources) = object_mut(spec, "resources") else {
        return;
    };
    let has = |resources: &Fields, list: &str| {
        let entries = resources.get(list).and_then(Value::as_object);
        entries.is_some_and(|entries| !entries.is_empty())
    };
    if has(resources, "limits") || has(resources, "requests") {
        let requested = resources.get("requests").cloned().unwrap_or_default();
        let limits = limits
            .into_iter()
            .filter(|(name, _)| is_huge(name) && requested.get(name).is_none());
        add(resources, "limits", limits);
    }
    if has(resources, "limits") {
        let is_shared = |name: &str| matches!(name, "cpu" | "memory");
        add(
            resources,
            "requests",
            requests.into_iter().filter(|(name, _)| is_shared(name)),
        );
        let limits = resources.get("limits").and_then(Value::as_object).cloned();
        let limits = limits
            .unwrap_or_default()
            .into_iter()
            .filter(|(name, _)| is_shared(name) || is_huge(name));
        let limits: Vec<_> = limits
            .filter_map(|(name, value)| Some((name, Amount::of(&value)?)))
            .collect();
        add(resources, "requests", limits.into_iter());
    }
}

/// Adds amounts of resources that a list does not have.
fn add(resources: &mut Fields, list: &str, amounts: impl Iterator<Item = (String, Amount)>) {
    let mut amounts = amounts
        .filter_map(|(name, amount)| Some((name, amount.text()?)))
        .peekable();
    if amounts.peek().is_none() {
        return;
    }
    if let Some(entries) = object_or_new(resources, list) {
        for (name, text) in amounts {
            entries.entry(name).or_insert_with(|| json!(text));
        }
    }
}

/// What the containers of a Pod need together: the sum of those that run at once, and no less than at any step of the initialization.
fn of_containers(spec: &Fields, list: &str) -> Amounts {
    let mut all = Amounts::new();
    for container in items(spec, "containers") {
        merge(&mut all, &of_container(container, list), Amount::plus);
    }
    let (mut sidecars, mut largest) = (Amounts::new(), Amounts::new());
    for container in items(spec, "initContainers") {
        let mut needed = of_container(container, list);
        if text(container, "restartPolicy") == "Always" {
            merge(&mut all, &needed, Amount::plus);
            merge(&mut sidecars, &needed, Amount::plus);
            needed.clone_from(&sidecars);
        } else {
            merge(&mut needed, &sidecars, Amount::plus);
        }
        merge(&mut largest, &needed, Amount::max);
    }
    merge(&mut all, &largest, Amount::max);
    all
}

fn of_container(container: &Fields, list: &str) -> Amounts {
    let entries = get(container, "resources").and_then(|resources| resources.get(list)?.as_object());
    let entries = entries.into_iter().flatten();
    entries
        .filter_map(|(name, value)| Some((name.clone(), Amount::of(value)?)))
        .collect()
}

fn merge(into: &mut Amounts, from: &Amounts, join: impl Fn(Amount, Amount) -> Amount) {
    for (name, amount) in from {
        let joined = into.get(name).map_or(*amount, |known| join(*known, *amount));
        into.insert(name.clone(), joined);
    }
}
