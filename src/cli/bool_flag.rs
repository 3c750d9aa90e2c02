//! Boolean flags as Go's pflag accepts them: `--flag`, `--flag=true`, `--flag=false`.

use std::ops::Deref;

use clap::builder::{ArgAction, Resettable};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use crate::text::go::boolean::parse_bool;

/// Arguments of a command whose boolean flags, and those of its subcommands, are Go booleans.
#[derive(Debug)]
pub(super) struct GoBooleans<A>(A);

impl<A> Deref for GoBooleans<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0
    }
}

impl<A: FromArgMatches> FromArgMatches for GoBooleans<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        A::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<A: Args> Args for GoBooleans<A> {
    fn augment_args(command: Command) -> Command {
        // Groups of flags bring the text that describes them; a command keeps its own.
        let (about, long_about) = (command.get_about().cloned(), command.get_long_about().cloned());
        with_go_booleans(A::augment_args(command))
            .about(Resettable::from(about))
            .long_about(Resettable::from(long_about))
    }

    fn augment_args_for_update(command: Command) -> Command {
        with_go_booleans(A::augment_args_for_update(command))
    }
}

fn with_go_booleans(command: Command) -> Command {
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
