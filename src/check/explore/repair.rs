//! Other settings for what only a rendering reached that broke: a values file for tests must not break the chart. What the fault says is
//! wanted is tried first, then values beside those that were set and that the templates looked for.

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::check::coverage::ValuePath;
use crate::check::finding::Finding;

use super::candidates::missing_sample;
use super::setting::{Chosen, Setting, Settings, setting_at, value_at};
use super::trial::Trial;

/// Most settings that are tried in place of one.
const MAX_REPAIRS: usize = 32;
/// Most values that are given alone.
const MAX_SINGLE: usize = 8;
/// Most faults of a trial that are looked at.
const MAX_FAULTS: usize = 6;

/// Settings that may reach what a trial reached without breaking, each once, the most likely first.
pub(super) fn repairs(trial: &Trial) -> Vec<Settings> {
    let Some(seen) = &trial.seen else {
        return fewer(&trial.settings).collect();
    };
    let values: Json = serde_json::from_slice(&seen.values).unwrap_or_default();
    let repair = Repair {
        settings: &trial.settings,
        values: &values,
    };
    let faults: Vec<&Finding> = trial.faults.iter().chain(&trial.refusals).take(MAX_FAULTS).collect();
    let near = |path: &&ValuePath| repair.is_near(path);
    let missing: Vec<&ValuePath> = seen.missing.iter().filter(near).collect();
    let is_empty = |path: &&ValuePath| {
        let value = value_at(&values, path);
        value.is_some_and(|value| value.is_null() || value.as_str().is_some_and(str::is_empty))
    };
    let empty: Vec<&ValuePath> = seen.read.iter().filter(near).filter(is_empty).collect();
    let mut found = Vec::new();
    for fault in &faults {
        found.extend(repair.as_wanted(fault, &missing, &empty));
    }
    // What all faults together ask for.
    let together = faults.iter().fold(trial.settings.clone(), |settings, fault| {
        let wanted = repair.as_wanted(fault, &missing, &empty).into_iter().next();
        wanted.map_or_else(|| settings.clone(), |wanted| settings.joined(&wanted))
    });
    found.push(together);
    let both: Vec<&ValuePath> = missing.iter().chain(&empty).copied().collect();
    for all in [&missing, &empty, &both] {
        found.push(all.iter().fold(trial.settings.clone(), |settings, path| {
            repair
                .given(path, missing_sample(path))
                .map_or_else(|| settings.clone(), |setting| settings.with(setting))
        }));
    }
    for path in missing.iter().take(MAX_SINGLE).chain(empty.iter().take(MAX_SINGLE)) {
        found.extend(
            repair
                .given(path, missing_sample(path))
                .map(|setting| trial.settings.with(setting)),
        );
    }
    found.extend(fewer(&trial.settings));
    let mut kept: Vec<Settings> = Vec::new();
    for settings in found {
        if settings != trial.settings && !kept.contains(&settings) && kept.len() < MAX_REPAIRS {
            kept.push(settings);
        }
    }
    kept
}

/// The same without one of them.
fn fewer(settings: &Settings) -> impl Iterator<Item = Settings> {
    let several = Some(settings.len()).filter(|&count| count > 1).unwrap_or_default();
    (0..several).map(|index| settings.without(index))
}

/// A trial that broke.
struct Repair<'t> {
    settings: &'t Settings,
    values: &'t Json,
}

impl Repair<'_> {
    fn given(&self, path: &[String], value: Json) -> Option<Setting> {
        setting_at(self.values, path, value, Chosen::MadeUp)
    }

    /// Whether a value is beside or in one that was set.
    fn is_near(&self, path: &[String]) -> bool {
        self.settings.iter().any(|setting| match setting {
            Setting::Value { path: set, .. } => {
                let around = set.len().saturating_sub(1).max(1);
                set.get(..around).is_some_and(|around| path.starts_with(around))
            }
            Setting::KubeVersion(_) | Setting::ApiVersion(_) => false,
        })
    }

    /// The settings with what a fault is about changed to what it says is wanted.
    fn as_wanted(&self, fault: &Finding, missing: &[&ValuePath], empty: &[&ValuePath]) -> Vec<Settings> {
        let mut found = Vec::new();
        let message = fault.message.as_str();
        // `a.b` is not set: the template reads a key of it.
        for note in &fault.notes {
            let dotted = note.strip_prefix('`').and_then(|rest| rest.split_once("` is not set"));
            let Some((dotted, _)) = dotted else { continue };
            let path: ValuePath = dotted.split('.').map(str::to_owned).collect();
            let key = message
                .rsplit('.')
                .next()
                .filter(|key| !key.is_empty() && !key.contains(' '));
            let inner = key.filter(|_| message.contains("nil pointer")).map(|key| {
                let sample = missing_sample(&[key.to_owned()]);
                json!({key: sample})
            });
            let value = inner.unwrap_or_else(|| missing_sample(&path));
            found.extend(self.given(&path, value).map(|setting| self.settings.with(setting)));
        }
        for property in quoted_words(message).filter(|_| message.contains("missing propert")) {
            found.extend(self.with_property(property));
        }
        let field = message.split([' ', ':']).find(|word| word.starts_with('/'));
        let field = field.and_then(|field| field.rsplit('/').find(|step| step.parse::<usize>().is_err()));
        if let Some((_, wanted)) = message.split_once("want ") {
            let samples = samples_of(wanted);
            // A field and the value that it is set to mostly have the same name.
            let same = |path: &&&ValuePath| path.last().map(String::as_str) == field;
            for path in missing.iter().chain(empty).filter(same) {
                let samples = std::iter::once(missing_sample(path)).chain(samples.iter().cloned());
                found.extend(samples.filter_map(|sample| Some(self.settings.with(self.given(path, sample)?))));
            }
            for setting in self.made_up() {
                let other = |sample: &Json| Some(self.settings.with(replaced(setting, sample)?));
                found.extend(samples.iter().filter_map(other));
            }
        } else if let Some(field) = field {
            let same = |path: &&&ValuePath| path.last().is_some_and(|key| key == field);
            for path in missing.iter().chain(empty).filter(same) {
                let given = self.given(path, missing_sample(path));
                found.extend(given.map(|setting| self.settings.with(setting)));
            }
            if message.contains("Required") {
                found.extend(self.with_property(field));
            }
        }
        found
    }

    /// Settings whose value the chart does not have.
    fn made_up(&self) -> impl Iterator<Item = &Setting> {
        let is_made_up =
            |setting: &&Setting| matches!(setting, Setting::Value { chosen, .. } if *chosen != Chosen::OfChart);
        self.settings.iter().filter(is_made_up)
    }

    /// The settings with a property in each object of those that are made up.
    fn with_property(&self, property: &str) -> Vec<Settings> {
        let changed = self.made_up().filter_map(|setting| {
            let Setting::Value { json, .. } = setting else {
                return None;
            };
            let mut value: Json = serde_json::from_str(json).ok()?;
            let is_changed = add_property(&mut value, property);
            Some(self.settings.with(replaced(setting, &value)?)).filter(|_| is_changed)
        });
        changed.collect()
    }
}

/// A setting with another value.
fn replaced(setting: &Setting, value: &Json) -> Option<Setting> {
    match setting {
        Setting::Value { path, .. } => Some(Setting::Value {
            path: path.clone(),
            json: value.to_string(),
            chosen: Chosen::MadeUp,
        }),
        Setting::KubeVersion(_) | Setting::ApiVersion(_) => None,
    }
}

/// Adds a property to the innermost objects without it; whether there are any.
fn add_property(value: &mut Json, property: &str) -> bool {
    match value {
        Json::Array(items) => items
            .iter_mut()
            .fold(false, |is_changed, item| add_property(item, property) | is_changed),
        Json::Object(entries) => {
            let inner = entries.values_mut();
            let is_inside = inner.fold(false, |is_changed, entry| add_property(entry, property) | is_changed);
            if is_inside || entries.contains_key(property) {
                return is_inside;
            }
            entries.insert(property.to_owned(), missing_sample(&[property.to_owned()]));
            true
        }
        _ => false,
    }
}

/// Words of a message in quotation marks.
fn quoted_words(message: &str) -> impl Iterator<Item = &str> {
    message.split('\'').skip(1).step_by(2)
}

/// Values of the types that a message names.
fn samples_of(wanted: &str) -> Vec<Json> {
    let mut samples = Vec::new();
    for word in wanted.split([' ', ',', '[', ';']) {
        match word {
            "object" => samples.extend([
                json!({"name": "example"}),
                json!({"example": "example"}),
                Json::Object(JsonMap::new()),
            ]),
            "array" => samples.extend([json!(["example"]), json!([{"name": "example"}])]),
            "string" => samples.push(json!("example")),
            "integer" | "number" => samples.push(json!(1)),
            "boolean" => samples.push(json!(true)),
            _ => {}
        }
    }
    // Where a list was given, its items may be what is meant.
    let items: Vec<Json> = samples
        .iter()
        .filter(|sample| !sample.is_array())
        .map(|sample| json!([sample]))
        .collect();
    samples.extend(items);
    samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::coverage::SeenRun;
    use crate::check::finding::Location;
    use crate::text::rule::Rule;
    use crate::text::source::SourceFile;

    fn path(dotted: &str) -> ValuePath {
        dotted.split('.').map(str::to_owned).collect()
    }

    fn trial(set: (&str, Json, Chosen), fault: &str, note: &str, missing: &[&str]) -> Trial {
        let (key, value, chosen) = set;
        let place = Location::whole(SourceFile::without_text("t"));
        let finding = Finding::new(Rule::Type, place, fault).with_note(note);
        let setting = Setting::Value {
            path: path(key),
            json: value.to_string(),
            chosen,
        };
        Trial {
            settings: Settings::one(setting),
            faults: vec![finding],
            seen: Some(SeenRun {
                missing: missing.iter().map(|dotted| path(dotted)).collect(),
                values: br#"{"scaling": {"enabled": true, "name": ""}}"#.to_vec(),
                read: [path("scaling.name"), path("other.name")].into(),
                ..SeenRun::default()
            }),
            ..Trial::default()
        }
    }

    #[test]
    fn what_a_fault_asks_for_is_tried_first() {
        let on = || ("scaling.enabled", json!(true), Chosen::OfChart);
        let made_up = |value: Json| ("extra", value, Chosen::MadeUp);
        for (trial, expected) in [
            (
                trial(
                    on(),
                    "HorizontalPodAutoscaler a: /spec/maxReplicas: got null, want integer",
                    "",
                    &["scaling.maxReplicas"],
                ),
                "--set scaling.enabled=true --set scaling.maxReplicas=2",
            ),
            (
                trial(
                    on(),
                    "nil pointer evaluating interface {}.name",
                    "`scaling.tls` is not set: looked in values.yaml",
                    &[],
                ),
                "--set scaling.enabled=true --set-json 'scaling.tls={\"name\":\"example\"}'",
            ),
            (
                trial(
                    made_up(json!("example")),
                    "ConfigMap a: /data: got string, want null or object",
                    "",
                    &[],
                ),
                "--set-json 'extra={\"name\":\"example\"}'",
            ),
            (
                trial(
                    made_up(json!([{}])),
                    "Pod a: /spec/volumes/0: missing property 'name'",
                    "",
                    &[],
                ),
                "--set-json 'extra=[{\"name\":\"example\"}]'",
            ),
        ] {
            let found = repairs(&trial);
            let first = found.first().map(Settings::command_line);
            assert_eq!(first.as_deref(), Some(expected), "{found:?}");
        }
        let all = repairs(&trial(on(), "refused", "", &["scaling.least", "other.key"]));
        let lines: Vec<String> = all.iter().map(Settings::command_line).collect();
        assert!(
            lines.contains(
                &"--set scaling.enabled=true --set scaling.least=example --set scaling.name=example".to_owned()
            ),
            "{lines:?}"
        );
        assert!(!lines.iter().any(|line| line.contains("other")), "{lines:?}");
    }
}
