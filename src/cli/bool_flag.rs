//! Boolean flags as Go's pflag accepts them: `--flag`, `--flag=true`, `--flag=false`.

use clap::builder::ArgAction;
use clap::{Arg, Command};

use crate::text::go::boolean::parse_bool;

/// Turns every boolean flag of a command and its subcommands into a Go boolean.
pub(super) fn with_go_booleans(command: Command) -> Command {
    command.mut_args(go_bool).mut_subcommands(with_go_booleans)
}

fn go_bool(argument: Arg) -> Arg {
    if !matches!(argument.get_action(), ArgAction::SetTrue) {
        return argument;
    }
    argument
        .action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .value_name("true|false")
        .default_value("false")
        .default_missing_value("true")
        .hide_default_value(true)
        .hide_possible_values(true)
        .value_parser(parse)
}

fn parse(text: &str) -> Result<bool, String> {
    parse_bool(text).ok_or_else(|| format!("{text:?} is neither true nor false"))
}
