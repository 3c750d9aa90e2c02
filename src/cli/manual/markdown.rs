//! Pages for `docs/commands`, and their index.

use super::page::{Entry, Page, Section, sentence};
use crate::cli::help::GROUPS;
use crate::report::prose;

const ORIGIN: &str = "<!-- Made from the definitions of the commands; CONTRIBUTING.md says how. -->\n\n";

/// The name of a page's file.
pub(super) fn file_name(page: &Page) -> String {
    match page.command() {
        "" => "README.md".to_owned(),
        command => format!("{}.md", command.replace(' ', "-")),
    }
}

/// The page of a command; that of the program is the index.
pub(super) fn markdown(page: &Page, pages: &[Page]) -> String {
    if page.command().is_empty() {
        return index(pages);
    }
    let about = page.description.as_deref().unwrap_or(&page.about);
    let mut out = format!(
        "{ORIGIN}# `{}`\n\n{}\n\n```text\n{}\n```\n",
        page.name,
        sentence(&text(about)),
        page.usage
    );
    if !page.aliases.is_empty() {
        out.push_str(&format!("\nAlso: `{}`.\n", page.aliases.join("`, `")));
    }
    if !page.commands.is_empty() {
        out.push_str("\n## Commands\n\n");
        for entry in page.commands.iter().flat_map(|section| &section.entries) {
            let command = format!("{} {}", page.command(), entry.spelling);
            out.push_str(&command_line(&command, &entry.help));
        }
    }
    if !page.examples.is_empty() {
        out.push_str(&format!("\n## Examples\n\n```sh\n{}\n```\n", page.examples.join("\n")));
    }
    for Section { title, entries } in &page.arguments {
        out.push_str(&format!("\n## {title}\n\n"));
        for entry in entries {
            out.push_str(&item(entry));
        }
    }
    out.push_str("\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n");
    for (code, meaning) in &page.exit_codes {
        out.push_str(&format!("| {code} | {meaning} |\n"));
    }
    out.push_str("\n[All commands](README.md)\n");
    out
}

fn index(pages: &[Page]) -> String {
    let mut out = format!(
        "{ORIGIN}# Commands\n\n`chartwright COMMAND --help` prints what these pages say; `chartwright man COMMAND` prints it for `man`. \
         A flag that is listed without a value\nalso accepts `=true` and `=false`. \
         Exit codes are the same in every command.\n"
    );
    for (title, names) in GROUPS {
        out.push_str(&format!("\n## {title}\n\n"));
        let below = |name: &str, page: &Page| {
            let command = page.command();
            command.split(' ').next() == Some(name)
        };
        for page in names
            .iter()
            .flat_map(|name| pages.iter().filter(move |page| below(name, page)))
        {
            out.push_str(&command_line(page.command(), &page.about));
        }
    }
    out
}

/// A line of a list of commands.
fn command_line(command: &str, about: &str) -> String {
    let file = command.replace(' ', "-");
    format!("- [`{command}`]({file}.md): {}\n", sentence(&text(about)))
}

/// A line of a list of flags, and lines below it for values that have a help of their own.
fn item(entry: &Entry) -> String {
    let paragraphs = text(&entry.help).replace("\n\n", "\n\n  ");
    let mut line = format!("- `{}`: {}", entry.spelling, sentence(&paragraphs));
    let (explained, plain): (Vec<_>, Vec<_>) = entry.values.iter().partition(|(_, help)| help.is_some());
    if !plain.is_empty() {
        let values: Vec<String> = plain.iter().map(|(value, _)| format!("`{value}`")).collect();
        line.push_str(&format!(" Accepted: {}.", values.join(", ")));
    }
    if let Some(default) = &entry.default {
        line.push_str(&format!(" Default: `{default}`."));
    }
    line.push('\n');
    for (value, help) in explained {
        let help = help.as_deref().unwrap_or_default();
        line.push_str(&format!("  - `{value}`: {}\n", sentence(&text(help))));
    }
    line
}

/// A text whose code is between backticks already.
fn text(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        let joined = paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        let parts = joined.split('`').enumerate();
        let parts = parts.map(|(number, part)| {
            if number % 2 == 1 {
                format!("`{part}`")
            } else {
                prose(part)
            }
        });
        parts.collect::<String>()
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}
