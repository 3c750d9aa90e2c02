//! `.Files`: the files of a chart that are neither templates nor charts. Follows Helm's `pkg/engine/files.go`.

use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::engine::chart::ChartFile;
use crate::engine::functions::yaml_value;
use crate::engine::template::{CallResult, Dict, List, ListType, Map, MapType, Object, Parameter, Text, Value};
use crate::text::go::base64;
use crate::text::ordered::CollectOrdered as _;

use super::glob::Glob;

/// Files by name; `Glob` gives another one of these.
#[derive(Debug)]
pub(super) struct FilesObject {
    files: BTreeMap<String, Arc<[u8]>>,
}

/// Steps for comparing a file's name with a glob.
const MATCHING_COST: u64 = 10;
/// Steps for writing a file's name as a key of YAML.
const KEY_COST: u64 = 16;
/// Bytes of a glob that are compared, each with a byte of a name, in the time of a step.
const COMPARISONS_OF_A_STEP: u64 = 16;
/// Bytes of a file that are written as YAML in the time of a step, besides those for the result.
const WRITTEN_BYTES_OF_A_STEP: u64 = 8;

impl FilesObject {
    pub(super) fn new(files: &[ChartFile]) -> Self {
        Self {
            files: files
                .iter()
                .map(|file| (file.name.clone(), Arc::clone(&file.data)))
                .collect_map(),
        }
    }

    fn data(&self, name: &Text) -> &[u8] {
        name.as_str()
            .and_then(|name| self.files.get(name))
            .map_or(&[], |data| data)
    }

    fn glob(&self, pattern: &Text) -> Self {
        let glob = Glob::parse(&pattern.to_str_lossy()).unwrap_or_else(Glob::everything);
        let files = self.files.iter().filter(|(name, _)| glob.is_match(name));
        Self {
            files: files.map(|(name, data)| (name.clone(), Arc::clone(data))).collect_map(),
        }
    }

    /// Base name to content as one YAML map.
    fn as_yaml(&self, content: impl Fn(&[u8]) -> Text) -> Value {
        let entries: Dict = self
            .files
            .iter()
            .map(|(name, data)| {
                (
                    Text::from(name.rsplit('/').next().unwrap_or(name)),
                    Value::Str(content(data)),
                )
            })
            .collect_map();
        let map = Value::Map(Map::typed(MapType::Strings, entries));
        yaml_value::to_yaml(&map).map_or_else(|_| Value::str(""), Value::Str)
    }

    fn lines(&self, name: &Text) -> Value {
        let data = self.data(name);
        if data.is_empty() {
            return Value::List(List::typed(ListType::Strings, Vec::new()));
        }
        let text = data.strip_suffix(b"\n").unwrap_or(data);
        let lines = text.split(|&byte| byte == b'\n').map(Value::str).collect();
        Value::List(List::typed(ListType::Strings, lines))
    }
}

impl Object for FilesObject {
    fn type_name(&self) -> &'static str {
        "engine.files"
    }

    fn field(&self, _name: &str) -> Option<Value> {
        None
    }

    fn call_method(&self, name: &str, arguments: &[Value]) -> Option<CallResult> {
        let text_argument = || match arguments {
            [Value::Str(text)] => Ok(text),
            [other] => Err(format!(
                "wrong type for value; expected string; got {}",
                other.type_name()
            )),
            others => Err(format!("wrong number of args for {name}: want 1 got {}", others.len())),
        };
        let with_text = |read: &dyn Fn(&Text) -> Value| text_argument().map(read).map_err(Into::into);
        let without = |value: &dyn Fn() -> Value| match arguments {
            [] => Ok(value()),
            others => Err(format!("wrong number of args for {name}: want 0 got {}", others.len()).into()),
        };
        Some(match name {
            "Get" => with_text(&|path| Value::str(self.data(path))),
            "GetBytes" => with_text(&|path| Value::Bytes(Rc::from(self.data(path)))),
            "Glob" => with_text(&|pattern| Value::Object(Rc::new(self.glob(pattern)))),
            "Lines" => with_text(&|path| self.lines(path)),
            "AsConfig" => without(&|| self.as_yaml(|data| Text::from(data))),
            "AsSecrets" => without(&|| self.as_yaml(|data| Text::from(base64::encode(data)))),
            _ => return None,
        })
    }

    fn method_cost(&self, name: &str, arguments: &[Value]) -> u64 {
        match (name, arguments) {
            ("Glob", [Value::Str(pattern)]) => {
                let names: u64 = self.files.keys().map(|name| name.len() as u64).sum();
                let comparisons = names.saturating_mul(pattern.len() as u64);
                self.files.len() as u64 * MATCHING_COST + comparisons / COMPARISONS_OF_A_STEP
            }
            ("AsConfig" | "AsSecrets", _) => {
                let bytes: u64 = self.files.values().map(|data| data.len() as u64).sum();
                self.files.len() as u64 * KEY_COST + bytes / WRITTEN_BYTES_OF_A_STEP
            }
            _ => 0,
        }
    }

    fn method_parameters(&self, name: &str) -> Option<&'static [Parameter]> {
        match name {
            "Get" | "GetBytes" | "Glob" | "Lines" => Some(&[Parameter::Str]),
            "AsConfig" | "AsSecrets" => Some(&[]),
            _ => None,
        }
    }

    fn display(&self) -> Text {
        let mut text = b"map[".to_vec();
        for (at, (name, data)) in self.files.iter().enumerate() {
            if at > 0 {
                text.push(b' ');
            }
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b":[");
            let bytes: Vec<String> = data.iter().map(u8::to_string).collect();
            text.extend_from_slice(bytes.join(" ").as_bytes());
            text.push(b']');
        }
        text.push(b']');
        text.into()
    }

    fn as_map(&self) -> Option<Map> {
        let entries = self
            .files
            .iter()
            .map(|(name, data)| (Text::from(name.as_str()), Value::Bytes(Rc::from(&**data))))
            .collect_map();
        Some(Map::typed(MapType::Named("engine.files"), entries))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
