//! Every `chartwright …` command in a code block of the README and the documentation, and in the files for CI systems, has
//! arguments that the program accepts. Nothing runs.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use chartwright::cli::check_usage;

/// A command and the line that it begins on.
struct Documented {
    line: usize,
    words: Vec<String>,
}

/// Splits a text into words as a shell does, up to the end of the command: a comment, a pipe, `&&`, `;` or a redirection.
fn command_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut has_word = false;
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => word.push(c),
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                has_word = true;
            }
            None if matches!(c, '|' | ';' | '&' | '>') || (c == '#' && !has_word) => break,
            None if c.is_whitespace() => {
                if has_word {
                    words.push(std::mem::take(&mut word));
                }
                has_word = false;
            }
            None => {
                word.push(c);
                has_word = true;
            }
        }
    }
    if has_word {
        words.push(word);
    }
    words
}

/// The command in a line, if the program's name is in the place of one.
fn in_line(line: &str) -> Option<Vec<String>> {
    let (before, rest) = line.match_indices("chartwright ").find_map(|(at, name)| {
        let (before, rest) = line.split_at_checked(at)?;
        let before = before.chars().next_back();
        let begins_word = matches!(before, None | Some(' ' | '\'' | '"' | '`' | '('));
        begins_word.then(|| (before, rest.trim_start_matches(name)))
    })?;
    // In quotes of another language the command ends with them.
    let rest = match before {
        Some(quote @ ('\'' | '"' | '`')) => rest.split(quote).next().unwrap_or(rest),
        _ => rest,
    };
    Some(command_words(rest))
}

/// The items of a flow sequence that is the value of a key.
fn in_sequence(line: &str) -> Option<Vec<String>> {
    let (key, rest) = line.trim_start().trim_start_matches("- ").split_once(": [")?;
    if !["arguments", "value"].contains(&key) {
        return None;
    }
    let items = rest.split(']').next().unwrap_or(rest).split(", ");
    Some(items.flat_map(command_words).collect())
}

/// `command:` of the action, on one line or on more that are indented further.
fn in_input(lines: &[&str]) -> Option<Vec<String>> {
    let first = lines.first()?;
    let value = first.trim_start().strip_prefix("command: ")?;
    if !value.starts_with(['>', '|']) {
        return (!value.starts_with('[')).then(|| command_words(value));
    }
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let more: Vec<&str> = lines[1..]
        .iter()
        .take_while(|line| indentation(line) > indentation(first))
        .copied()
        .collect();
    Some(command_words(&more.join(" ")))
}

fn commands(text: &str, is_code: bool) -> Vec<Documented> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    // Code blocks alone, in a page; `text` is output.
    let mut block: Option<&str> = is_code.then_some("");
    for (number, line) in lines.iter().enumerate() {
        if let Some(language) = line.trim_start().strip_prefix("```").filter(|_| !is_code) {
            block = if block.is_none() { Some(language) } else { None };
            continue;
        }
        if block.is_none_or(|language| language == "text") || line.trim_start().starts_with('#') {
            continue;
        }
        let mut whole = (*line).to_owned();
        let mut next = number;
        while let Some(begin) = whole.strip_suffix('\\') {
            next += 1;
            whole = format!("{begin} {}", lines.get(next).copied().unwrap_or_default().trim_start());
        }
        let words = in_line(&whole)
            .or_else(|| in_sequence(&whole))
            .or_else(|| in_input(&lines[number..]));
        found.extend(words.filter(|words| !words.is_empty()).map(|words| Documented {
            line: number + 1,
            words,
        }));
    }
    found
}

/// The pages of a directory and all below it.
pub(super) fn pages(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

#[test]
fn documented_commands_exist() {
    let mut files = vec![
        PathBuf::from("README.md"),
        PathBuf::from(".pre-commit-hooks.yaml"),
        PathBuf::from("codefresh/codefresh.yml"),
        PathBuf::from("codefresh/step.yaml"),
        PathBuf::from("templates/chartwright.yml"),
    ];
    pages(Path::new("docs"), &mut files);
    let mut count = 0;
    let mut faults = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("a text");
        let is_code = path.extension().is_some_and(|extension| extension != "md");
        for Documented { line, words } in commands(&text, is_code) {
            count += 1;
            let arguments = std::iter::once("chartwright").chain(words.iter().map(String::as_str));
            if let Err(error) = check_usage(arguments.map(OsString::from).collect()) {
                let first = error.lines().next().unwrap_or_default();
                faults.push(format!("{}:{line}: {}: {first}", path.display(), words.join(" ")));
            }
        }
    }
    println!("{count} commands");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 80, "only {count} commands were found");
}

#[test]
fn commands_are_found_where_they_are() {
    let page = "\
chartwright lint in a sentence
```sh
$ chartwright lint a --strict   # all of it
cd a && chartwright ci . | tee log
chartwright push a \\
  s3://b
# chartwright lint in a comment
```
```yaml
- uses: chartwright/chartwright@v1
  with:
    command: ci 'my charts'
- with:
    command: >-
      event --image a
      --push
  name: x
- value: [lint, \"a b\", --strict]
- sh 'chartwright ci x'
```
```text
chartwright prints this
```
chartwright is a word of a sentence
```sh
chartwright version
```
";
    let found: Vec<(usize, Vec<String>)> = commands(page, false)
        .into_iter()
        .map(|found| (found.line, found.words))
        .collect();
    let wanted = [
        (3, vec!["lint", "a", "--strict"]),
        (4, vec!["ci", "."]),
        (5, vec!["push", "a", "s3://b"]),
        (12, vec!["ci", "my charts"]),
        (14, vec!["event", "--image", "a", "--push"]),
        (18, vec!["lint", "a b", "--strict"]),
        (19, vec!["ci", "x"]),
        (26, vec!["version"]),
    ];
    let wanted: Vec<(usize, Vec<String>)> = wanted
        .into_iter()
        .map(|(line, words)| (line, words.into_iter().map(str::to_owned).collect()))
        .collect();
    assert_eq!(found, wanted);
}
