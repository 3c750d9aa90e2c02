//! What the manual says of each command: usage, arguments and flags in the groups of the help, examples, exit codes.

use clap::builder::{PossibleValue, StyledStr};
use clap::{Arg, ArgAction, Command};

use crate::cli::exit_code::{EXIT_CODES, Exit};
use crate::cli::help::{GROUPS, examples_of};

/// The page of a command. In its texts code is between backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Page {
    /// The program and the command, such as `chartwright repo list`.
    pub(super) name: String,
    /// What it does, in a sentence without its period.
    pub(super) about: String,
    /// More about that.
    pub(super) description: Option<String>,
    /// Other names.
    pub(super) aliases: Vec<String>,
    /// How it is called.
    pub(super) usage: String,
    /// The commands below it, in groups; one group without a title where the help has none.
    pub(super) commands: Vec<Section>,
    /// Arguments and flags, in the groups of the help.
    pub(super) arguments: Vec<Section>,
    /// Command lines.
    pub(super) examples: Vec<String>,
    /// Exit codes and their meanings.
    pub(super) exit_codes: Vec<(u8, &'static str)>,
    /// The pages above and below it.
    pub(super) related: Vec<String>,
}

/// Entries below a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) entries: Vec<Entry>,
}

/// An argument, a flag or a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// As it is written, such as `-f, --values <FILE>`.
    pub(super) spelling: String,
    pub(super) help: String,
    /// What it accepts, where that is a list: each value with its help.
    pub(super) values: Vec<(String, Option<String>)>,
    pub(super) default: Option<String>,
}

impl Page {
    /// The name of its file, without an extension: `chartwright-repo-list`.
    pub(in crate::cli) fn file_stem(&self) -> String {
        self.name.replace(' ', "-")
    }

    /// The command without the name of the program, which is empty for the program itself.
    pub(in crate::cli) fn command(&self) -> &str {
        self.name.split_once(' ').map_or("", |(_, command)| command)
    }
}

/// The pages of a program and all its commands, each followed by those of the commands below it.
pub(in crate::cli) fn pages(program: &Command) -> Vec<Page> {
    let mut pages = Vec::new();
    add_pages(program, program.get_name(), "", &mut pages);
    pages
}

fn add_pages(command: &Command, name: &str, parent: &str, pages: &mut Vec<Page>) {
    pages.push(page(command, name, parent));
    for inner in inner_commands(command) {
        add_pages(inner, &format!("{name} {}", inner.get_name()), name, pages);
    }
}

fn inner_commands(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help" && !inner.is_hide_set())
}

fn page(command: &Command, name: &str, parent: &str) -> Page {
    let text = |text: Option<&StyledStr>| text.map(ToString::to_string);
    let path = name.split_once(' ').map_or("", |(_, path)| path);
    let usage = command.clone().bin_name(name).render_usage().to_string();
    let has_flag = |flag: &str| {
        command
            .get_arguments()
            .any(|argument| argument.get_long() == Some(flag))
    };
    let exit_codes = EXIT_CODES
        .iter()
        .filter(|(exit, _)| *exit != Exit::Updates || has_flag("detailed-exitcode"));
    let above = Some(parent).filter(|parent| !parent.is_empty()).map(str::to_owned);
    let below = inner_commands(command).map(|inner| format!("{name} {}", inner.get_name()));
    Page {
        name: name.to_owned(),
        about: text(command.get_about()).unwrap_or_default(),
        description: text(command.get_long_about()),
        aliases: command.get_visible_aliases().map(str::to_owned).collect(),
        usage: usage.trim_start_matches("Usage: ").trim().to_owned(),
        commands: command_sections(command, path),
        arguments: argument_sections(command),
        examples: examples_of(path).iter().map(|line| (*line).to_owned()).collect(),
        exit_codes: exit_codes.map(|(exit, meaning)| (exit.code(), *meaning)).collect(),
        related: above.into_iter().chain(below).collect(),
    }
}

/// The commands below one: those of the program in the groups of its help.
fn command_sections(command: &Command, path: &str) -> Vec<Section> {
    let entry = |inner: &Command| Entry {
        spelling: inner.get_name().to_owned(),
        help: inner.get_about().map(ToString::to_string).unwrap_or_default(),
        values: Vec::new(),
        default: None,
    };
    if path.is_empty() {
        let section = |(title, names): &(&str, &[&str])| Section {
            title: (*title).to_owned(),
            entries: names
                .iter()
                .filter_map(|name| command.find_subcommand(name).map(entry))
                .collect(),
        };
        return GROUPS.iter().map(section).collect();
    }
    let entries: Vec<Entry> = inner_commands(command).map(entry).collect();
    if entries.is_empty() {
        return Vec::new();
    }
    vec![Section {
        title: String::new(),
        entries,
    }]
}

/// Arguments first, then flags without a heading of their own, then those with one, in the order of the help.
fn argument_sections(command: &Command) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let (positional, flags): (Vec<&Arg>, Vec<&Arg>) = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set())
        .partition(|argument| argument.is_positional());
    let plain = |argument: &&Arg| argument.get_help_heading().is_none();
    let with_heading = flags.iter().filter(|flag| !plain(flag));
    for argument in positional
        .iter()
        .chain(flags.iter().filter(|flag| plain(flag)))
        .chain(with_heading)
    {
        let title = match argument.get_help_heading() {
            Some(heading) => heading,
            None if argument.is_positional() => "Arguments",
            None => "Options",
        };
        let entry = entry(argument);
        match sections.iter_mut().find(|section| section.title == title) {
            Some(section) => section.entries.push(entry),
            None => sections.push(Section {
                title: title.to_owned(),
                entries: vec![entry],
            }),
        }
    }
    sections
}

fn entry(argument: &Arg) -> Entry {
    let help = argument.get_long_help().or_else(|| argument.get_help());
    let mut values: Vec<(String, Option<String>)> = Vec::new();
    if !argument.is_hide_possible_values_set() && accepts_value(argument) {
        let known = argument.get_possible_values();
        let known = known.iter().filter(|value| !value.is_hide_set());
        values.extend(
            known.map(|value: &PossibleValue| (value.get_name().to_owned(), value.get_help().map(ToString::to_string))),
        );
    }
    let default: Vec<String> = argument
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    let is_shown = !argument.is_hide_default_value_set() && accepts_value(argument) && !default.is_empty();
    Entry {
        spelling: spelling(argument),
        help: help.map(ToString::to_string).unwrap_or_default(),
        values,
        default: is_shown.then(|| default.join(", ")),
    }
}

fn accepts_value(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::Set | ArgAction::Append)
}

/// As the usage has it. That a flag may be followed by `=true` or `=false` is said once for all, not here.
fn spelling(argument: &Arg) -> String {
    let names: Vec<String> = argument
        .get_value_names()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    if argument.is_positional() {
        return argument.to_string();
    }
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let flags: Vec<String> = short.into_iter().chain(long).collect();
    let value = names
        .iter()
        .map(|name| format!("<{name}>"))
        .collect::<Vec<_>>()
        .join(" ");
    let is_boolean = names.iter().all(|name| name == "true|false");
    let value = if !accepts_value(argument) || is_boolean {
        String::new()
    } else if argument.get_num_args().is_some_and(|number| number.min_values() == 0) {
        format!("[={value}]")
    } else {
        format!(" {value}")
    };
    flags.join(", ") + &value
}

/// A text with a period.
pub(super) fn sentence(text: &str) -> String {
    if text.ends_with(['.', '?', '!', ':']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pages: &[Page], name: &str) -> Page {
        let page = pages.iter().find(|page| page.name == name);
        page.unwrap_or_else(|| panic!("{name}")).clone()
    }

    fn spellings(page: &Page, title: &str) -> Vec<String> {
        let section = page.arguments.iter().find(|section| section.title == title);
        let entries = section.map(|section| section.entries.clone()).unwrap_or_default();
        entries.into_iter().map(|entry| entry.spelling).collect()
    }

    #[test]
    fn every_command_has_a_page_with_all_its_flags() {
        let program = crate::cli::program();
        let pages = pages(&program);
        assert_eq!(pages.first().map(Page::command), Some(""));
        for page in &pages {
            let words: Vec<&str> = page.name.split(' ').skip(1).collect();
            let command = words
                .iter()
                .fold(&program, |command, word| command.find_subcommand(word).unwrap());
            let shown: usize = page.arguments.iter().map(|section| section.entries.len()).sum();
            let visible = command
                .get_arguments()
                .filter(|argument| !argument.is_hide_set())
                .count();
            assert_eq!(shown, visible, "{}", page.name);
            assert!(page.usage.starts_with(&page.name), "{}", page.usage);
            assert!(!page.about.is_empty(), "{}", page.name);
            let is_leaf = page.commands.is_empty();
            assert_eq!(is_leaf, !page.examples.is_empty(), "{}", page.name);
            for entry in page.arguments.iter().flat_map(|section| &section.entries) {
                assert!(!entry.help.is_empty(), "{} {}", page.name, entry.spelling);
                assert!(!entry.spelling.contains("true|false"), "{}", entry.spelling);
                // What stands between braces would be a new line in the help.
                assert!(!entry.help.contains("{n}"), "{} {}", page.name, entry.spelling);
            }
        }
    }

    #[test]
    fn flags_are_spelt_as_they_are_written() {
        let pages = pages(&crate::cli::program());
        let lint = find(&pages, "chartwright lint");
        assert_eq!(spellings(&lint, "Arguments"), ["[CHART]..."]);
        assert!(spellings(&lint, "Values").contains(&"-f, --values <FILE>".to_owned()));
        let options = spellings(&lint, "Options");
        for flag in [
            "--strict",
            "--fail-on <SEVERITY>",
            "-n, --namespace <NAMESPACE>",
            "-h, --help",
        ] {
            assert!(options.contains(&flag.to_owned()), "{flag}: {options:?}");
        }
        let package = find(&pages, "chartwright package");
        assert!(spellings(&package, "Options").contains(&"--version-suffix[=<SUFFIX>]".to_owned()));
        let options = package
            .arguments
            .iter()
            .find(|section| section.title == "Options")
            .unwrap();
        let output = options
            .entries
            .iter()
            .find(|entry| entry.spelling.contains("--output"))
            .unwrap();
        assert_eq!(output.default.as_deref(), Some("text"));
        assert_eq!(output.values.len(), 2);
    }

    #[test]
    fn exit_codes_are_those_that_a_command_has() {
        let pages = pages(&crate::cli::program());
        let codes = |name: &str| -> Vec<u8> {
            let page = find(&pages, name);
            page.exit_codes.iter().map(|(code, _)| *code).collect()
        };
        assert_eq!(codes("chartwright poll"), [0, 1, 2, 3, 10, 70]);
        assert_eq!(codes("chartwright lint"), [0, 1, 2, 3, 70]);
        let readme = include_str!("../../../README.md");
        for (exit, meaning) in EXIT_CODES {
            let row = format!("| {} | {meaning} |", exit.code());
            assert!(readme.contains(&row), "{row}");
        }
    }
}
