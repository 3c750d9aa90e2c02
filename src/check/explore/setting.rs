//! One thing that a trial changes: a value, or what the cluster is. A set of them, as values and as flags of the command line.

use serde_json::{Map as JsonMap, Value as Json};

use crate::check::coverage::ValuePath;

/// How a value was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chosen {
    /// What the chart says of the value: the other way of a switch, a text that templates compare it with, an item of its schema.
    OfChart,
    /// An example in a comment of values.yaml: it may need others beside it.
    Example,
    /// What values of such a name usually are.
    MadeUp,
}

/// A flag of the command line, and its argument.
pub type Flag = (&'static str, String);

/// One thing that a trial changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// A value. No key of the path is an index: lists are set as a whole.
    Value {
        /// Its path.
        path: ValuePath,
        /// It, as JSON on one line.
        json: String,
        /// How it was chosen.
        chosen: Chosen,
    },
    /// A minor version of Kubernetes.
    KubeVersion(u8),
    /// An API version, or a kind of one, that the cluster has.
    ApiVersion(String),
}

/// What a trial changes, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Settings(Vec<Setting>);

impl Setting {
    /// The flag of `template` and `lint` that does the same, and its argument.
    pub fn flag(&self) -> Flag {
        match self {
            Self::Value { path, json, .. } => value_flag(path, json),
            Self::KubeVersion(minor) => ("--kube-version", format!("1.{minor}")),
            Self::ApiVersion(version) => ("--api-versions", version.clone()),
        }
    }

    /// What it is about: with the value, if the chart speaks of that.
    fn subject(&self) -> String {
        match self {
            Self::Value {
                path,
                json,
                chosen: Chosen::OfChart,
            } => format!("{}={json}", path.join(".")),
            Self::Value { path, .. } => path.join("."),
            Self::KubeVersion(_) => "Kubernetes".to_owned(),
            Self::ApiVersion(version) => version.clone(),
        }
    }
}

/// The flag for a value: `--set` wherever it reads the argument as this value.
fn value_flag(path: &[String], json: &str) -> Flag {
    let key = |special: &[char]| {
        let keys = path.iter().map(|key| {
            let mut escaped = String::new();
            for character in key.chars() {
                if special.contains(&character) {
                    escaped.push('\\');
                }
                escaped.push(character);
            }
            escaped
        });
        keys.collect::<Vec<_>>().join(".")
    };
    let special = ['.', ',', '=', '[', ']', '{', '}', '\\'];
    let plain = |text: &str| !text.is_empty() && !text.contains(special) && text.trim() == text;
    match serde_json::from_str::<Json>(json) {
        // As escapes of JSON: reports show no control characters.
        Ok(Json::String(text)) if text.contains(char::is_control) => {
            ("--set-json", format!("{}={json}", key(&special)))
        }
        Ok(Json::String(text)) if plain(&text) && !is_typed(&text) => ("--set", format!("{}={text}", key(&special))),
        Ok(Json::String(text)) if !text.contains(['\\', ',', '{', '[']) => {
            ("--set-string", format!("{}={text}", key(&special)))
        }
        Ok(Json::Bool(_) | Json::Null) => ("--set", format!("{}={json}", key(&special))),
        // Helm reads whole numbers alone.
        Ok(Json::Number(number)) if number.is_i64() => ("--set", format!("{}={json}", key(&special))),
        _ => ("--set-json", format!("{}={json}", key(&special))),
    }
}

/// Whether `--set` reads a text as something else: a number, a boolean, nothing.
fn is_typed(text: &str) -> bool {
    ["true", "false", "null"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
        || text.parse::<f64>().is_ok()
}

/// All flags that show something: those for what settings change, and the settings.
pub fn shown_flags(base: &[Flag], settings: &Settings) -> Vec<Flag> {
    let flags = settings.flags();
    let has = |name: &str| flags.iter().any(|(flag, _)| *flag == name);
    // There is one version of Kubernetes.
    let kept = base.iter().filter(|(flag, _)| *flag != "--kube-version" || !has(flag));
    kept.cloned().chain(flags.iter().cloned()).collect()
}

/// Flags as a shell reads them.
pub fn command_line(flags: &[Flag]) -> String {
    let each = flags
        .iter()
        .map(|(flag, argument)| format!("{flag} {}", quoted(argument)));
    each.collect::<Vec<_>>().join(" ")
}

/// An argument as a shell reads it.
fn quoted(argument: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/=:@%+,".contains(&byte);
    if !argument.is_empty() && argument.bytes().all(is_plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}

impl Settings {
    /// Of one setting.
    pub fn one(setting: Setting) -> Self {
        Self(vec![setting])
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter()
    }

    /// How many.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is changed.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same with one more, which replaces what is about the same or below it.
    #[must_use]
    pub fn with(&self, setting: Setting) -> Self {
        let mut all: Vec<Setting> = self
            .0
            .iter()
            .filter(|known| !replaces(&setting, known))
            .cloned()
            .collect();
        all.push(setting);
        all.sort();
        Self(all)
    }

    /// The same with all of another, which win.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        other
            .0
            .iter()
            .fold(self.clone(), |all, setting| all.with(setting.clone()))
    }

    /// The same without one.
    #[must_use]
    pub fn without(&self, index: usize) -> Self {
        let mut all = self.0.clone();
        if index < all.len() {
            all.remove(index);
        }
        Self(all)
    }

    /// Whether all of another are among these.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.iter().all(|setting| self.0.contains(setting))
    }

    /// Whether a values file can make all of them.
    pub fn are_values(&self) -> bool {
        self.0.iter().all(|setting| matches!(setting, Setting::Value { .. }))
    }

    /// Those that no values file can make: what the cluster is.
    #[must_use]
    pub fn of_cluster(&self) -> Self {
        let is_of_cluster = |setting: &&Setting| !matches!(setting, Setting::Value { .. });
        Self(self.0.iter().filter(is_of_cluster).cloned().collect())
    }

    /// What is the same in all settings that show one cause: a value that the chart speaks of, the path of one that is made up, that there is
    /// another version of Kubernetes.
    pub fn subjects(&self) -> Vec<String> {
        self.0.iter().map(Setting::subject).collect()
    }

    /// How the values were chosen: by the least that the chart says of one of them.
    pub fn chosen(&self) -> Chosen {
        let chosen = self.0.iter().filter_map(|setting| match setting {
            Setting::Value { chosen, .. } => Some(*chosen),
            Setting::KubeVersion(_) | Setting::ApiVersion(_) => None,
        });
        chosen.max().unwrap_or(Chosen::OfChart)
    }

    /// The values, as a values file has them.
    pub fn values(&self) -> Json {
        let mut values = Json::Object(JsonMap::new());
        for setting in &self.0 {
            if let Setting::Value { path, json, .. } = setting {
                set(&mut values, path, serde_json::from_str(json).unwrap_or_default());
            }
        }
        values
    }

    /// The flags of the command line that do the same.
    pub fn flags(&self) -> Vec<Flag> {
        self.0.iter().map(Setting::flag).collect()
    }

    /// The same, as a shell reads them.
    pub fn command_line(&self) -> String {
        command_line(&self.flags())
    }
}

/// Whether a setting leaves nothing of another.
fn replaces(setting: &Setting, other: &Setting) -> bool {
    match (setting, other) {
        (Setting::Value { path, .. }, Setting::Value { path: other, .. }) => other.starts_with(path),
        (Setting::KubeVersion(_), Setting::KubeVersion(_)) => true,
        (one, other) => one == other,
    }
}

fn set(values: &mut Json, path: &[String], value: Json) {
    let Some((key, rest)) = path.split_first() else {
        *values = value;
        return;
    };
    if !values.is_object() {
        *values = Json::Object(JsonMap::new());
    }
    if let Some(entries) = values.as_object_mut() {
        let entry = entries.entry(key.clone()).or_insert(Json::Null);
        set(entry, rest, value);
    }
}

/// The settings that make values others, lists as a whole; nothing where there are more than `most`.
pub(super) fn differences(values: &Json, others: &Json, most: usize) -> Option<Settings> {
    let mut found = Vec::new();
    add_differences(values, others, &mut Vec::new(), &mut found, most)?;
    found.sort();
    Some(Settings(found))
}

fn add_differences(
    values: &Json,
    others: &Json,
    path: &mut ValuePath,
    found: &mut Vec<Setting>,
    most: usize,
) -> Option<()> {
    if values == others {
        return Some(());
    }
    let (Json::Object(before), Json::Object(after)) = (values, others) else {
        found.push(Setting::Value {
            path: path.clone(),
            json: others.to_string(),
            chosen: Chosen::OfChart,
        });
        return (found.len() <= most).then_some(());
    };
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    for key in after.keys().chain(gone) {
        let value = |entries: &JsonMap<String, Json>| entries.get(key).cloned().unwrap_or_default();
        path.push(key.clone());
        add_differences(&value(before), &value(after), path, found, most)?;
        path.pop();
    }
    Some(())
}

/// The value at a path.
pub(super) fn value_at<'v>(values: &'v Json, path: &[String]) -> Option<&'v Json> {
    path.iter().try_fold(values, |at, key| match at {
        Json::Object(entries) => entries.get(key),
        Json::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The setting that makes the value at a path another, where lists are set as a whole. Nothing where the path leads through what is
/// neither a map nor an item that exists.
pub(super) fn setting_at(values: &Json, path: &[String], value: Json, chosen: Chosen) -> Option<Setting> {
    let mut at = values;
    for (index, key) in path.iter().enumerate() {
        match at {
            Json::Object(entries) => match entries.get(key) {
                Some(inner) => at = inner,
                None => break,
            },
            Json::Array(items) => {
                let (before, rest) = path.split_at_checked(index)?;
                let mut list = items.clone();
                let (first, rest) = rest.split_first()?;
                set_in(list.get_mut(first.parse::<usize>().ok()?)?, rest, value)?;
                return Some(Setting::Value {
                    path: before.to_vec(),
                    json: Json::Array(list).to_string(),
                    chosen,
                });
            }
            Json::Null => break,
            // A value that is not a map gives way to one.
            _ => break,
        }
    }
    Some(Setting::Value {
        path: path.to_vec(),
        json: value.to_string(),
        chosen,
    })
}

fn set_in(at: &mut Json, path: &[String], value: Json) -> Option<()> {
    let Some((key, rest)) = path.split_first() else {
        *at = value;
        return Some(());
    };
    match at {
        Json::Array(items) => set_in(items.get_mut(key.parse::<usize>().ok()?)?, rest, value),
        Json::Object(entries) => set_in(entries.entry(key.clone()).or_insert(Json::Null), rest, value),
        other => {
            *other = Json::Object(JsonMap::new());
            set_in(other, path, value)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(path: &str, json: impl Into<Json>) -> Setting {
        Setting::Value {
            path: path.split('/').map(str::to_owned).collect(),
            json: json.into().to_string(),
            chosen: Chosen::OfChart,
        }
    }

    #[test]
    fn settings_are_flags_that_mean_the_same() {
        for (setting, flags) in [
            (value("a/b", json!(true)), "--set a.b=true"),
            (value("a", Json::Null), "--set a=null"),
            (value("a", json!(3)), "--set a=3"),
            (value("a", json!("x y")), "--set 'a=x y'"),
            (value("a", json!("true")), "--set-string a=true"),
            (value("a", json!("1.5")), "--set-string a=1.5"),
            (value("a", json!("True")), "--set-string a=True"),
            (value("a", json!(1.5)), "--set-json a=1.5"),
            (value("a", json!("")), "--set-string a="),
            (value("a", json!("x,y")), "--set-json 'a=\"x,y\"'"),
            (value("a", json!("x\ty\n")), "--set-json 'a=\"x\\ty\\n\"'"),
            (value("a.b/c", json!("x")), "--set 'a\\.b.c=x'"),
            (
                value("a", json!([1, {"b": "it's"}])),
                "--set-json 'a=[1,{\"b\":\"it'\\''s\"}]'",
            ),
            (Setting::KubeVersion(31), "--kube-version 1.31"),
            (Setting::ApiVersion("policy/v1".to_owned()), "--api-versions policy/v1"),
        ] {
            assert_eq!(Settings::one(setting).command_line(), flags);
        }
    }

    #[test]
    fn a_setting_replaces_what_is_below_it() {
        let settings = Settings::one(value("a/b", json!(1)))
            .with(value("c", json!(2)))
            .with(Setting::KubeVersion(30))
            .with(value("a", json!({"d": 3})))
            .with(Setting::KubeVersion(31));
        assert_eq!(settings.values(), json!({"a": {"d": 3}, "c": 2}));
        assert_eq!(settings.len(), 3);
    }

    #[test]
    fn values_that_differ_are_settings() {
        let before = json!({"a": {"b": 1, "c": [1]}, "d": "x", "e": true});
        let after = json!({"a": {"b": 2, "c": [1, 2]}, "d": "x", "f": {"g": null, "h": 1}});
        let shown = |most| differences(&before, &after, most).map(|settings| settings.command_line());
        assert_eq!(
            shown(4).unwrap(),
            "--set a.b=2 --set-json 'a.c=[1,2]' --set e=null --set-json 'f={\"g\":null,\"h\":1}'"
        );
        assert_eq!(shown(3), None);
        assert_eq!(differences(&before, &before, 0), Some(Settings::default()));
    }

    #[test]
    fn items_of_lists_are_set_with_their_list() {
        let values = json!({"hosts": [{"host": "a"}, {"host": "b"}], "text": "x"});
        let set = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|&key| key.to_owned()).collect();
            setting_at(&values, &path, json!("new"), Chosen::OfChart).map(|setting| setting.flag().1)
        };
        assert_eq!(
            set(&["hosts", "1", "tls", "name"]).unwrap(),
            "hosts=[{\"host\":\"a\"},{\"host\":\"b\",\"tls\":{\"name\":\"new\"}}]"
        );
        assert_eq!(set(&["hosts", "2"]), None);
        assert_eq!(set(&["other", "key"]).unwrap(), "other.key=new");
        assert_eq!(set(&["text", "key"]).unwrap(), "text.key=new");
    }
}
