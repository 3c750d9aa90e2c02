//! The text of chartwright.yaml for a repository: only what differs from the defaults, each with the reason.

use std::collections::BTreeSet;

use super::existing_steps::Tool;
use super::survey::{ExistingSettings, Survey};
use crate::check::run::DEFAULT_VALUES;
use crate::kubernetes::version::parse_versions;
use crate::text::ordered::CollectOrdered as _;
use crate::text::visible::visible;

/// The version of the schema that the file names.
const SCHEMA: &str = concat!(
    "https://raw.githubusercontent.com/chartwright/chartwright/v",
    env!("CARGO_PKG_VERSION"),
    "/schemas/chartwright.schema.json"
);

/// A setting.
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) why: String,
    /// What follows the key and its colon, its lines indented.
    value: String,
}

/// The settings that a repository needs.
pub(super) fn settings(survey: &Survey) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut add = |key: &'static str, value: String, why: String| settings.push(Setting { key, why, value });
    let of_ct = |name: &str| {
        let calls = survey.calls(Tool::CtLint).map(|step| (step.flag(name), step.place()));
        calls.filter(|(values, _)| !values.is_empty()).last()
    };
    let is_ct_refused = matches!(survey.settings, ExistingSettings::Refused(_));
    if let Some((roots, place)) = of_ct("chart-dirs").filter(|(roots, _)| roots.iter().all(|root| is_below(root))) {
        add("charts", flow(&roots), format!("{place} has --chart-dirs"));
    }
    let excluded = of_ct("excluded-charts");
    let mut excludes: BTreeSet<String> = survey.left_out.iter().map(|&name| name.to_owned()).collect_set();
    let mut why = Vec::new();
    if !excludes.is_empty() {
        why.push("charts in these directories are not this repository's own, or wrong on purpose".to_owned());
    }
    if let Some((names, place)) = excluded {
        excludes.extend(names);
        why.push(format!("{place} has --excluded-charts"));
    }
    if !excludes.is_empty() {
        let excludes: Vec<String> = excludes.into_iter().collect();
        add("exclude", flow(&excludes), why.join("; "));
    }
    let environments = environments(survey).filter(|_| !is_ct_refused || survey.environments.len() == 1);
    let globs: BTreeSet<&String> = survey
        .environments
        .iter()
        .flat_map(|(_, found)| &found.globs)
        .collect_set();
    // `ci` renders environments that are declared anyway.
    if !globs.is_empty() && environments.is_none() {
        let usual = DEFAULT_VALUES.map(str::to_owned);
        let all: Vec<String> = usual.into_iter().chain(globs.into_iter().cloned()).collect();
        let why = "besides the usual values files, those of the environments are rendered and validated";
        add("values", flow(&all), why.to_owned());
    }
    let (versions, places) = literal_flags(
        survey,
        &[
            (Tool::Kubeconform, "kubernetes-version"),
            (Tool::HelmLint, "kube-version"),
        ],
    );
    let versions: Vec<String> = versions
        .into_iter()
        .filter(|version| {
            !matches!(version.as_str(), "latest" | "master") && parse_versions(std::slice::from_ref(version)).is_ok()
        })
        .collect();
    if !versions.is_empty() {
        let quoted: Vec<String> = versions.iter().map(|version| format!("'{version}'")).collect();
        add(
            "kubernetesVersions",
            format!(" [{}]", quoted.join(", ")),
            format!("as for {places}"),
        );
    }
    let (kinds, places) = literal_flags(survey, &[(Tool::Kubeconform, "skip")]);
    if !kinds.is_empty() {
        add("skipKinds", flow(&kinds), format!("as for {places}"));
    }
    let is_off = |name: &str| of_ct(name).filter(|(values, _)| values.iter().any(|value| value == "false"));
    if let Some((_, place)) = is_off("check-version-increment") {
        add("checkVersionIncrement", " false".to_owned(), format!("as for {place}"));
    }
    if let Some((_, place)) = is_off("validate-maintainers") {
        let value = "\n- {rule: chart-maintainers, reason: maintainers were not checked before either}";
        add("ignore", value.to_owned(), format!("as for {place}"));
    }
    if let Some((value, why)) = environments {
        add("environments", value, why);
    }
    settings
}

/// The text of the file.
pub(super) fn settings_text(settings: &[Setting]) -> String {
    let mut text = format!(
        "# yaml-language-server: $schema={SCHEMA}\n# What differs from the defaults. The schema has every key.\n"
    );
    for Setting { key, why, value } in settings {
        text.push_str(&format!("\n# {}\n{key}:{value}\n", visible(&capitalised(why))));
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    // Names of programs are written as they are.
    match characters.next() {
        Some(first) if !text.starts_with("kubeconform") && !text.starts_with("helm") && !text.starts_with("ct ") => {
            format!("{}{}.", first.to_uppercase(), characters.as_str())
        }
        _ => format!("{text}."),
    }
}

/// The environments of the one chart that has some, unless they are found without being declared.
fn environments(survey: &Survey) -> Option<(String, String)> {
    let [(chart, found)] = survey.environments.as_slice() else {
        return None;
    };
    if survey.has_kubecd || (chart == "." && found.are_beside) {
        return None;
    }
    let mut text = String::new();
    for (name, files) in &found.environments {
        let mut entry = vec![format!("name: {}", scalar(name))];
        if chart != "." {
            entry.push(format!("chart: {}", scalar(chart)));
        }
        if *files != [format!("values-{name}.yaml")] {
            entry.push(format!("values:{}", flow(files)));
        }
        text.push_str(&format!("\n- {{{}}}", entry.join(", ")));
    }
    let why = "environments in the order in which an image goes through them, for `ci`, `status`, `promote`, `poll` and `event`";
    Some((text, why.to_owned()))
}

/// The values that calls of tools have for flags, each once, and the places of the calls.
fn literal_flags(survey: &Survey, flags: &[(Tool, &str)]) -> (Vec<String>, String) {
    let (mut values, mut places) = (Vec::new(), Vec::new());
    for (tool, flag) in flags {
        for step in survey.calls(*tool) {
            let given = step.flag(flag);
            if given.is_empty() {
                continue;
            }
            places.push(step.place());
            for value in given {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
    }
    (values, places.join(", "))
}

/// A list of texts in one line.
fn flow(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| scalar(item)).collect();
    format!(" [{}]", items.join(", "))
}

/// A text as YAML: as it is where that is safe anywhere, else in double quotes as JSON has it.
pub(super) fn scalar(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'.');
    let begins = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || text.starts_with("../"));
    let is_word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
    );
    if begins && !is_word && text.bytes().all(is_plain) {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}

/// Whether a path stays in the directory by its text.
fn is_below(path: &str) -> bool {
    !path.starts_with('/') && path.split('/').all(|step| step != "..")
}
