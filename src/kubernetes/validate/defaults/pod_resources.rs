//! Resources of a whole Pod that follow from those of its containers (`defaultPodRequests` and `defaultHugePagePodLimits`).

use serde_json::Value;

use super::field_paths::{Fields, each, get, is_filled, object_mut, object_or_new, text};
use super::quantity_text::Amount;

/// Amounts of resources by their names.
type Amounts = Vec<(String, Amount)>;

/// Completes the resources of a Pod's specification that has some.
pub(super) fn complete(spec: &mut Fields) {
    if !is_filled(spec, "resources.limits") && !is_filled(spec, "resources.requests") {
        return;
    }
    let is_huge = |name: &str| name.starts_with("hugepages-");
    let limits = of_containers(spec, "resources.limits");
    let requests = of_containers(spec, "resources.requests");
    let Some(resources) = object_mut(spec, "resources") else {
        return;
    };
    for (name, limit) in &limits {
        if is_huge(name) && get(resources, "requests").is_none_or(|requests| requests.get(name).is_none()) {
            add(resources, "limits", name, *limit);
        }
    }
    if !is_filled(resources, "limits") {
        return;
    }
    let limits = of_list(resources, "limits");
    for (name, amount) in requests.iter().filter(|(name, _)| !is_huge(name)).chain(&limits) {
        if is_huge(name) || matches!(name.as_str(), "cpu" | "memory") {
            add(resources, "requests", name, *amount);
        }
    }
}

/// Adds an amount to a list that does not have the resource.
fn add(resources: &mut Fields, list: &str, name: &str, amount: Amount) {
    if let (Some(entries), Some(text)) = (object_or_new(resources, list), amount.text()) {
        entries.entry(name).or_insert(Value::String(text));
    }
}

/// What the containers of a Pod need together: the sum of those that run at once, and no less than at any step of the initialization.
fn of_containers(spec: &Fields, list: &str) -> Amounts {
    let (mut all, mut sidecars, mut largest) = (Amounts::new(), Amounts::new(), Amounts::new());
    each(spec, "containers", &mut |container| {
        merge(&mut all, &of_list(container, list), Amount::plus);
    });
    each(spec, "initContainers", &mut |container| {
        let mut needed = of_list(container, list);
        if text(container, "restartPolicy") == "Always" {
            merge(&mut all, &needed, Amount::plus);
            merge(&mut sidecars, &needed, Amount::plus);
            needed.clone_from(&sidecars);
        } else {
            merge(&mut needed, &sidecars, Amount::plus);
        }
        merge(&mut largest, &needed, Amount::max);
    });
    merge(&mut all, &largest, Amount::max);
    all
}

#[inline(never)]
fn of_list(owner: &Fields, list: &str) -> Amounts {
    let mut amounts = Amounts::new();
    for (name, value) in get(owner, list).and_then(Value::as_object).into_iter().flatten() {
        amounts.extend(Amount::of(value).map(|amount| (name.clone(), amount)));
    }
    amounts
}

#[inline(never)]
fn merge(into: &mut Amounts, from: &Amounts, join: fn(Amount, Amount) -> Amount) {
    for (name, amount) in from {
        match into.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = join(*known, *amount),
            None => into.push((name.clone(), *amount)),
        }
    }
}
