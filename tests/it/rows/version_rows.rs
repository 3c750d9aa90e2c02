//! Rows of versions and constraints outside templates.

use chartwright::text::semver::{Constraint, Version, sort_newest_first};
use serde_json::{Value as Json, json};

use super::report::Verdict;

fn strings(row: &Json, key: &str) -> Vec<String> {
    let items = row.get(key).and_then(Json::as_array);
    items
        .map(|items| {
            items
                .iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect()
        })
        .unwrap_or_default()
}

fn same(ours: &Json, wanted: &Json) -> Verdict {
    Verdict::compare(Ok(ours.to_string().into_bytes()), Ok(wanted.to_string().into_bytes()))
}

pub(crate) fn sort(row: &Json) -> Verdict {
    let sorted = sort_newest_first(strings(row, "versions"), Clone::clone);
    same(&json!(sorted), &row["result"]["sorted"])
}

pub(crate) fn pick(row: &Json) -> Verdict {
    let constraint = row["constraint"].as_str().unwrap_or_default();
    let wanted = &row["result"]["matching"];
    let Ok(constraint) = Constraint::parse(constraint) else {
        return if wanted.is_null() {
            Verdict::Same
        } else {
            Verdict::Different("constraint refused".to_owned())
        };
    };
    let mut matching: Vec<String> = strings(row, "versions")
        .into_iter()
        .filter(|version| Version::parse(version).is_ok_and(|version| constraint.check(&version)))
        .collect();
    matching.sort();
    let ours = if matching.is_empty() {
        Json::Null
    } else {
        json!(matching)
    };
    same(&ours, wanted)
}

pub(crate) fn parse(row: &Json) -> Verdict {
    let argument = row["arg"].as_str().unwrap_or_default();
    let loose = Version::parse(argument).map_err(|error| error.to_string());
    let strict = Version::parse_strict(argument).map_err(|error| error.to_string());
    let wanted = &row["result"];
    let ours = (
        loose.as_ref().err().map(String::as_str),
        strict.as_ref().err().map(String::as_str),
    );
    let expected = (wanted["error"].as_str(), wanted["strict_error"].as_str());
    if ours != expected {
        return Verdict::Different(format!("want errors {expected:?}\n  have {ours:?}"));
    }
    match loose {
        Ok(version) => same(&json!(version.to_string()), &wanted["string"]),
        Err(_) => Verdict::Same,
    }
}

pub(crate) fn constraint(row: &Json) -> Verdict {
    let text = row["constraint"].as_str().unwrap_or_default();
    let wanted = &row["result"];
    match Constraint::parse(text) {
        Err(error) => same(&json!(error.to_string()), &wanted["error"]),
        Ok(constraint) => {
            let refused = wanted["refused"].as_object();
            for (version, reason) in refused.into_iter().flatten() {
                let Ok(parsed) = Version::parse(version) else { continue };
                let ours = constraint.validate(&parsed).err().map(|reasons| reasons.join("; "));
                if ours.as_deref() != reason.as_str() {
                    return Verdict::Different(format!("{version}: want {reason}\n  have {ours:?}"));
                }
            }
            Verdict::Same
        }
    }
}
