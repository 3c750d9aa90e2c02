//! `-f` and the `--set` family, shared by all commands that render.

use clap::Args;

use crate::check::explain::{Given, explain_values_file};
use crate::engine::chart::Compat;
use crate::engine::template::Map;
use crate::engine::values::{UserValues, UserValuesError, ValueSource};

use super::command_error::CommandError;
use super::run_context::RunContext;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Values")]
pub(super) struct ValueFlags {
    /// Values file (repeatable, later ones win; `-` for standard input).
    #[arg(short = 'f', long = "values", value_name = "FILE", value_delimiter = ',')]
    pub(super) values: Vec<String>,
    /// Set values: `a.b=1,c={x,y},d[0]=z` (repeatable).
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    set: Vec<String>,
    /// Set values, all of them strings (repeatable).
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    set_string: Vec<String>,
    /// Set values to the contents of files (repeatable).
    #[arg(long, value_name = "KEY=FILE", allow_hyphen_values = true)]
    set_file: Vec<String>,
    /// Set values as JSON: `key=JSON`, or one whole object (repeatable).
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    set_json: Vec<String>,
    /// Set a value in which nothing is special (repeatable).
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    set_literal: Vec<String>,
}

impl ValueFlags {
    /// Reads the files and merges everything; also returns what was given, for who explains a failure.
    pub(super) fn merge(&self, context: RunContext, compat: Compat) -> Result<(Map, Given), CommandError> {
        let mut values = UserValues {
            json: self.set_json.clone(),
            typed: self.set.clone(),
            text: self.set_string.clone(),
            file: self.set_file.clone(),
            literal: self.set_literal.clone(),
            compat,
            ..UserValues::default()
        };
        for name in &self.values {
            values.files.push(ValueSource {
                name: name.clone(),
                text: read(context, name)?,
            });
        }
        let read_file = |name: &str| read(context, name).map_err(|error| strip_prefix(&error));
        let merged = values.merge(&read_file).map_err(|error| {
            let diagnostic = match &error {
                UserValuesError::File { file, message } => {
                    let source = values.files.iter().find(|source| source.name == *file);
                    source.and_then(|source| explain_values_file(file, &source.text, message))
                }
                _ => None,
            };
            CommandError::findings(error).explained(diagnostic)
        })?;
        let families = [
            ("--set-literal", &self.set_literal),
            ("--set-file", &self.set_file),
            ("--set-string", &self.set_string),
            ("--set", &self.set),
            ("--set-json", &self.set_json),
        ];
        let flags = families
            .into_iter()
            .flat_map(|(flag, arguments)| arguments.iter().rev().map(move |argument| (flag, argument.clone())));
        let given = Given {
            flags: flags.collect(),
            files: values.files,
        };
        Ok((merged, given))
    }
}

/// Reads a file, standard input for `-`; URLs are refused, since rendering uses no network.
fn read(context: RunContext, name: &str) -> Result<Vec<u8>, CommandError> {
    if name.trim() == "-" {
        return context.read_stdin();
    }
    if ["http://", "https://", "oci://"]
        .iter()
        .any(|scheme| name.starts_with(scheme))
    {
        return Err(
            CommandError::usage(format!("values are not fetched from URLs: `{name}`"))
                .with_hint("download the file in an earlier step of the pipeline, or pipe it in and use `-f -`"),
        );
    }
    context.read_file(name)
}

fn strip_prefix(error: &CommandError) -> String {
    let text = error.to_string();
    text.strip_prefix("Error: ").unwrap_or(&text).to_owned()
}
