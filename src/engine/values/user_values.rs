//! The values a user gives: `-f` files in order, then the `--set` family in Helm's order, whatever the order on the
//! command line (`pkg/cli/values/options.go`).

use crate::engine::chart::{Compat, merge_maps, read_values_as};
use crate::engine::functions::json;
use crate::engine::template::{Dict, Map, Value};

use super::set_flag::{SetFlag, apply_set_flag};

/// A values file already read, or to be named in an error.
#[derive(Debug, Clone)]
pub struct ValueSource {
    /// Name as given on the command line.
    pub name: String,
    /// Content.
    pub text: Vec<u8>,
}

/// Everything that flags say about values.
#[derive(Debug, Clone, Default)]
pub struct UserValues {
    /// `-f`/`--values`, in order.
    pub files: Vec<ValueSource>,
    /// `--set-json`
    pub json: Vec<String>,
    /// `--set`
    pub typed: Vec<String>,
    /// `--set-string`
    pub text: Vec<String>,
    /// `--set-file`
    pub file: Vec<String>,
    /// `--set-literal`
    pub literal: Vec<String>,
    /// The Helm whose rules apply: Helm 3 reads one document of a file and does not accept a whole object for
    /// `--set-json`.
    pub compat: Compat,
}

/// Values that cannot be read. The texts are Helm's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserValuesError {
    /// A values file does not parse.
    #[error("failed to parse {file}: {message}")]
    File {
        /// Its name.
        file: String,
        /// Why.
        message: String,
    },
    /// A `--set-json` object does not parse.
    #[error("failed parsing --set-json data JSON: {0}")]
    JsonObject(String),
    /// A `--set-json` assignment does not parse.
    #[error("failed parsing --set-json data {0}")]
    Json(String),
    /// Another flag does not parse.
    #[error("failed parsing {flag} data: {message}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// Why.
        message: String,
    },
}

impl UserValues {
    /// Merges everything. `read_file` reads the files that `--set-file` names.
    ///
    /// # Errors
    /// When a file or flag does not parse.
    pub fn merge(&self, read_file: &dyn Fn(&str) -> Result<Vec<u8>, String>) -> Result<Map, UserValuesError> {
        let mut base = Map::new(Dict::new());
        for source in &self.files {
            let values = read_values_as(&source.text, self.compat).map_err(|message| UserValuesError::File {
                file: source.name.clone(),
                message,
            })?;
            base = merge_maps(&base, &values);
        }
        for argument in &self.json {
            let trimmed = argument.trim();
            if trimmed.starts_with('{') && self.compat == Compat::Helm4 {
                match json::from_go_json(trimmed.as_bytes()) {
                    Ok(Value::Map(object)) => base = merge_maps(&base, &object),
                    _ => return Err(UserValuesError::JsonObject(argument.clone())),
                }
            } else {
                apply_set_flag(&SetFlag::Json, argument, &base).map_err(|_| UserValuesError::Json(argument.clone()))?;
            }
        }
        let flags: [(&'static str, &[String], SetFlag<'_>); 4] = [
            ("--set", &self.typed, SetFlag::Typed),
            ("--set-string", &self.text, SetFlag::Text),
            ("--set-file", &self.file, SetFlag::File(read_file)),
            ("--set-literal", &self.literal, SetFlag::Literal),
        ];
        for (name, arguments, flag) in flags {
            for argument in arguments {
                apply_set_flag(&flag, argument, &base)
                    .map_err(|message| UserValuesError::Flag { flag: name, message })?;
            }
        }
        Ok(base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::functions::json::to_go_json;

    #[test]
    fn flags_are_merged_in_helms_order() {
        let values = UserValues {
            files: vec![ValueSource {
                name: "v.yaml".to_owned(),
                text: b"a: {x: 1, w: 1}\nb: 1\n".to_vec(),
            }],
            json: vec![r#"{"a": {"x": 2}}"#.to_owned()],
            typed: vec!["b=2".to_owned()],
            text: vec!["c=3".to_owned()],
            ..UserValues::default()
        };
        let read = |_: &str| Err("no files here".to_owned());
        let merged = to_go_json(&Value::Map(values.merge(&read).unwrap())).unwrap();
        assert_eq!(
            String::from_utf8(merged).unwrap(),
            r#"{"a":{"w":1,"x":2},"b":2,"c":"3"}"#
        );
        let helm3 = UserValues {
            compat: Compat::Helm3,
            ..values
        };
        assert!(matches!(helm3.merge(&read), Err(UserValuesError::Json(_))));
    }
}
