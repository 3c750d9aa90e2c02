//! `-f` and the `--set` family, shared by all commands that render.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;

use crate::check::explain::{Given, explain_user_values};
use crate::check::finding::SecretValues;
use crate::check::run::GivenValues;
use crate::engine::chart::Compat;
use crate::engine::template::Map;
use crate::engine::values::{UserValues, ValueSource};
use crate::text::redact::redact_url;
use crate::text::source::SourceFile;

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
    /// Reads every file that is named and merges everything once, so that a fault stops the command; `shown` gives a values
    /// file's path in messages. Returns what was given, and the merged values.
    pub(super) fn read(
        &self,
        context: RunContext,
        compat: Compat,
        shown: &dyn Fn(&str) -> String,
    ) -> Result<(GivenValues, Map), CommandError> {
        let mut values = UserValues {
            json: self.set_json.clone(),
            typed: self.set.clone(),
            text: self.set_string.clone(),
            file: self.set_file.clone(),
            literal: self.set_literal.clone(),
            compat,
            ..UserValues::default()
        };
        let mut files = Vec::new();
        for name in &self.values {
            let text = read(context, name)?;
            files.push(SourceFile::new(shown(name), text.as_slice()));
            values.files.push(ValueSource {
                name: name.clone(),
                text,
            });
        }
        let set_files = RefCell::new(BTreeMap::new());
        let read_file = |name: &str| {
            let text = read(context, name).map_err(|error| error.message().to_owned())?;
            set_files.borrow_mut().insert(name.to_owned(), text.clone());
            Ok(text)
        };
        let merged = values.merge(&read_file).map_err(|error| {
            let file = |name: &str| {
                let mut sources = values.files.iter().zip(&files);
                sources
                    .find(|(source, _)| source.name == name)
                    .map(|(_, file)| file.clone())
            };
            let explanation = explain_user_values(&error, file);
            let secrets = Arc::new(secrets_given(&values));
            CommandError::findings(error)
                .explained(explanation.map(|finding| finding.without(&secrets)))
                .without(&secrets)
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
        let label = if self.values.is_empty() {
            "the values given".to_owned()
        } else {
            self.values.join(" + ")
        };
        let given = GivenValues {
            label,
            values,
            set_files: set_files.into_inner(),
            sources: Given {
                flags: flags.collect(),
                files,
            },
        };
        Ok((given, merged))
    }
}

/// The secrets that flags and values files hold.
fn secrets_given(values: &UserValues) -> SecretValues {
    let mut secrets = SecretValues::default();
    let flags = [&values.json, &values.typed, &values.text, &values.literal];
    for argument in flags.into_iter().flatten() {
        secrets.add_flag(argument);
    }
    for file in &values.files {
        secrets.add_text(&file.text);
    }
    secrets
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
            CommandError::usage(format!("values are not fetched from URLs: `{}`", redact_url(name)))
                .with_hint("download the file in an earlier step of the pipeline, or pipe it in and use `-f -`"),
        );
    }
    context.read_file(name)
}
