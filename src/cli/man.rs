//! `chartwright man`: the manual page of a command, or those of all commands as files.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::text::near::nearest;
use crate::text::source::{Replacement, replace_files};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::manual::{Page, pages, roff};
use super::run_context::RunContext;
use super::version::COMMIT_DATE;

#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// Command, such as `lint` or `repo list`; without one, the page of the program.
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Write the pages of all commands into this directory, which is made if it does not exist.
    #[arg(short, long, value_name = "DIR", conflicts_with = "command")]
    directory: Option<PathBuf>,
}

pub(super) fn run(
    context: RunContext,
    arguments: &ManArguments,
    program: &clap::Command,
) -> Result<Exit, CommandError> {
    let pages = pages(program);
    let text = match &arguments.directory {
        Some(directory) => write_all(&pages, directory)?,
        None => shown(find(&arguments.command, program, &pages)?),
    };
    context.write_stdout(text.as_bytes())?;
    Ok(Exit::Clean)
}

fn shown(page: &Page) -> String {
    roff(page, COMMIT_DATE.unwrap_or_default(), env!("CARGO_PKG_VERSION"))
}

/// Writes all pages or none.
fn write_all(pages: &[Page], directory: &Path) -> Result<String, CommandError> {
    std::fs::create_dir_all(directory)
        .map_err(|error| CommandError::could_not_run(format!("cannot create {}: {error}", directory.display())))?;
    let files = pages.iter().map(|page| {
        let path = directory.join(format!("{}.1", page.file_stem()));
        (path, shown(page).into_bytes())
    });
    let files: Vec<(PathBuf, Vec<u8>)> = files.collect();
    let files = files.iter().map(|(path, content)| Replacement {
        path,
        expected: None,
        content,
    });
    replace_files(&files.collect::<Vec<_>>()).map_err(CommandError::could_not_run)?;
    Ok(format!("wrote {} pages to {}\n", pages.len(), directory.display()))
}

/// The page of a command, which may be named by an alias.
fn find<'p>(words: &[String], program: &clap::Command, pages: &'p [Page]) -> Result<&'p Page, CommandError> {
    let mut command = program;
    let mut path: Vec<&str> = Vec::new();
    for word in words {
        let Some(inner) = command.find_subcommand(word) else {
            let known = command.get_subcommands().map(clap::Command::get_name);
            let error = CommandError::usage(format!("there is no command `{}`", words.join(" ")));
            return Err(match nearest(word, known) {
                Some(near) => {
                    path.push(near);
                    error.with_hint(format!("did you mean `{}`?", path.join(" ")))
                }
                None => error.with_hint("`chartwright --help` lists the commands"),
            });
        };
        path.push(inner.get_name());
        command = inner;
    }
    let path = path.join(" ");
    let page = pages.iter().find(|page| page.command() == path);
    page.ok_or_else(|| CommandError::usage(format!("`{path}` does not have a page")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_to_pages() {
        let program = crate::cli::program();
        let pages = pages(&program);
        for (words, wanted) in [
            ("", Ok("")),
            ("lint", Ok("lint")),
            ("repo", Ok("repo")),
            ("repo list", Ok("repo list")),
            ("dep build", Ok("dependency build")),
            ("observe", Ok("event")),
            ("lintt", Err("did you mean `lint`?")),
            ("repo lsit", Err("did you mean `repo list`?")),
            ("lint x", Err("`chartwright --help` lists the commands")),
            ("help", Err("`help` does not have a page")),
        ] {
            let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
            match (find(&words, &program, &pages), wanted) {
                (Ok(page), Ok(wanted)) => assert_eq!(page.command(), wanted),
                (Err(error), Err(hint)) => {
                    assert_eq!(error.exit(), Exit::Usage);
                    assert!(error.to_string().contains(hint), "{error}");
                }
                (found, wanted) => panic!("{words:?}: {found:?}, not {wanted:?}"),
            }
        }
    }
}
