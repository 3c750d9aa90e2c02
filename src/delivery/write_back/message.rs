//! The message of a commit: what moves from where to where, by default or by a template of the user.
//!
//! Text of files and registries is one line each, and never begins a line: what it says cannot be a trailer (`Signed-off-by: …`) or a
//! paragraph of its own.

use crate::delivery::bump::{BumpPlan, FilePlan};
use crate::text::compact_sort::sort_by_key;
use crate::text::near::nearest;
use crate::text::visible::shown_line;

use super::facts::{CommitFacts, ImageMove};

/// Longest subject, in characters: what git and the forges show of it.
const SUBJECT: usize = 72;
/// Most lines of a list.
const LINES: usize = 100;
/// Most names in a line.
const NAMES: usize = 20;
/// The fields of a template.
const FIELDS: [&str; 6] = ["files", "image", "images", "new", "old", "subject"];

/// A template such as `deploy: {subject}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTemplate(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Files,
    Image,
    Images,
    New,
    Old,
    Subject,
}

impl MessageTemplate {
    /// Reads a template. `{{` and `}}` are braces.
    ///
    /// # Errors
    /// When it is empty or has a field that is not known.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("the message is empty".to_owned());
        }
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            literal.push_str(before);
            if let Some(after) = from.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = from.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if let Some((name, after)) = from.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
                pieces.push(Piece::Field(field(name)?));
                rest = after;
            } else {
                return Err("a brace that belongs to no field is written twice: `{{` or `}}`".to_owned());
            }
        }
        literal.push_str(rest);
        pieces.push(Piece::Text(literal));
        Ok(Self(pieces))
    }

    /// The message about a plan that raises versions of charts and changes nothing else.
    pub fn about_versions(plan: &BumpPlan) -> Self {
        let text = |text: String| Piece::Text(text);
        let files = Piece::Field(Field::Files);
        let raised: Vec<&FilePlan> = plan.changed_files().collect();
        Self(match raised.as_slice() {
            [file] => {
                let version = file.applied.last().map(|applied| applied.new.as_str());
                let version = version.unwrap_or_default();
                vec![
                    text("Raise the version in ".to_owned()),
                    files,
                    text(format!(" to {version}")),
                ]
            }
            several => vec![
                text(format!("Raise the versions of {} charts\n\nIn ", several.len())),
                files,
            ],
        })
    }

    /// The message about these facts.
    pub fn fill(&self, facts: &CommitFacts) -> String {
        let mut message = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => message.push_str(text),
                Piece::Field(Field::Subject) => message.push_str(&subject(facts)),
                Piece::Field(Field::Images) => message.push_str(list(facts).trim_end()),
                Piece::Field(field) => {
                    let begins_line = message.rsplit('\n').next().is_none_or(|line| line.trim().is_empty());
                    let value = few(values(*field, facts));
                    // `name: value` at the start of a line could be a trailer.
                    message.push_str(&if begins_line && value.contains(':') {
                        quoted(&value)
                    } else {
                        value
                    });
                }
            }
        }
        message
    }
}

fn field(name: &str) -> Result<Field, String> {
    Ok(match name {
        "files" => Field::Files,
        "image" => Field::Image,
        "images" => Field::Images,
        "new" => Field::New,
        "old" => Field::Old,
        "subject" => Field::Subject,
        _ => {
            return Err(match nearest(name, FIELDS) {
                Some(near) => format!("{{{name}}} is not a field, did you mean {{{near}}}?"),
                None => format!("{{{name}}} is not a field: there are {{{}}}", FIELDS.join("}, {")),
            });
        }
    })
}

fn values(field: Field, facts: &CommitFacts) -> Vec<String> {
    let of_moves = |value: fn(&ImageMove) -> &str| {
        let mut values: Vec<String> = Vec::new();
        for moved in &facts.moves {
            let value = word(value(moved));
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    };
    match field {
        Field::Image => of_moves(|moved| &moved.repository),
        Field::Old => of_moves(|moved| &moved.old),
        Field::New => of_moves(|moved| &moved.new),
        _ => facts.files.iter().map(|file| word(file)).collect(),
    }
}

/// The subject and a list: the message where there is no template.
pub fn default_message(facts: &CommitFacts) -> String {
    format!("{}\n\n{}", subject(facts), list(facts))
}

/// One line about all of it.
pub fn subject(facts: &CommitFacts) -> String {
    let Some(first) = facts.moves.first() else {
        return match facts.files.as_slice() {
            [file] => fitting(&[format!("Change {}", word(file)), "Change a file".to_owned()]),
            files => format!("Change {} files", files.len()),
        };
    };
    let same = |value: fn(&ImageMove) -> &str| facts.moves.iter().all(|moved| value(moved) == value(first));
    let (has_one_image, has_one_new) = (same(|moved| &moved.repository), same(|moved| &moved.new));
    if !has_one_image || !has_one_new {
        return format!("Move {} images", facts.moves.len());
    }
    let (image, old, new) = (word(&first.repository), word(&first.old), word(&first.new));
    let name = image.rsplit('/').next().unwrap_or_default().to_owned();
    let mut forms = Vec::new();
    for image in [&image, &name] {
        if !old.is_empty() && same(|moved| &moved.old) {
            forms.push(format!("Move {image} from {old} to {new}"));
        }
        forms.push(format!("Move {image} to {new}"));
    }
    sort_by_key(&mut forms, |form| !form.contains(" from "));
    forms.push("Move an image".to_owned());
    fitting(&forms)
}

/// The first of these that is not too long.
fn fitting(forms: &[String]) -> String {
    let found = forms.iter().find(|form| form.chars().count() <= SUBJECT);
    found.cloned().unwrap_or_default()
}

/// A line for each image, with its links; for each change where there is no image.
fn list(facts: &CommitFacts) -> String {
    let mut lines = Vec::new();
    for moved in &facts.moves {
        let files = few(moved.files.iter().map(|file| word(file)).collect());
        let old = if moved.old.is_empty() {
            String::new()
        } else {
            format!("{} ", word(&moved.old))
        };
        lines.push(format!(
            "- {} {old}-> {} ({})",
            word(&moved.repository),
            word(&moved.new),
            files
        ));
        lines.extend(moved.links.iter().map(|link| format!("  {link}")));
    }
    if facts.moves.is_empty() {
        lines.extend(facts.changes.iter().map(|change| format!("- {}", shown_line(change))));
    }
    limited(lines)
}

/// Names with commas between them; the first of many.
fn few(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMES);
    names.truncate(NAMES);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// Lines with line feeds; the first of many.
fn limited(mut lines: Vec<String>) -> String {
    let more = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    if more > 0 {
        lines.push(format!("- and {more} lines more"));
    }
    lines.join("\n") + "\n"
}

/// The same list for the description of a pull request: in code, where forges see no names of users, issues or HTML.
pub fn markdown(facts: &CommitFacts) -> String {
    let mut lines = Vec::new();
    for moved in &facts.moves {
        let files = few(moved.files.iter().map(|file| quoted(file)).collect());
        let old = if moved.old.is_empty() {
            String::new()
        } else {
            format!(" from {}", quoted(&moved.old))
        };
        let (image, new) = (quoted(&moved.repository), quoted(&moved.new));
        lines.push(format!("- {image}{old} to {new} in {files}"));
        lines.extend(moved.links.iter().map(|link| format!("  <{link}>")));
    }
    if facts.moves.is_empty() {
        lines.extend(facts.changes.iter().map(|change| format!("- {}", quoted(change))));
    }
    limited(lines)
}

/// A value as one word: what is not one is quoted.
fn word(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@' | '+');
    if value.chars().all(is_plain) && !value.contains("://") {
        value.to_owned()
    } else {
        quoted(value)
    }
}

fn quoted(value: &str) -> String {
    format!("`{}`", shown_line(value).replace('`', "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(repository: &str, old: &str, new: &str) -> ImageMove {
        ImageMove {
            repository: repository.to_owned(),
            old: old.to_owned(),
            new: new.to_owned(),
            files: vec!["values.yaml".to_owned()],
            links: Vec::new(),
        }
    }

    fn facts(moves: Vec<ImageMove>) -> CommitFacts {
        CommitFacts {
            moves,
            files: vec!["values.yaml".to_owned(), "Chart.yaml".to_owned()],
            changes: vec!["values.yaml:1: a: 1 -> 2".to_owned()],
        }
    }

    #[test]
    fn subjects_are_short_lines() {
        let long = format!("ghcr.io/{}/web", "a".repeat(60));
        for (moves, want) in [
            (
                vec![("ghcr.io/acme/web", "1.4.2", "1.6.0")],
                "Move ghcr.io/acme/web from 1.4.2 to 1.6.0",
            ),
            (
                vec![("ghcr.io/acme/web", "", "1.6.0")],
                "Move ghcr.io/acme/web to 1.6.0",
            ),
            (vec![(&long, "1.4.2", "1.6.0")], "Move web from 1.4.2 to 1.6.0"),
            (vec![("a/web", "1.4.2", &"9".repeat(80))], "Move an image"),
            (vec![("a/web", "1", "3"), ("a/web", "2", "3")], "Move a/web to 3"),
            (vec![("a/web", "1", "3"), ("a/api", "2", "3")], "Move 2 images"),
            (vec![], "Change 2 files"),
            (
                vec![("a/web", "x\nSigned-off-by: eve", "3")],
                "Move a/web from `x␊Signed-off-by: eve` to 3",
            ),
        ] {
            let moves = moves
                .into_iter()
                .map(|(image, old, new)| moved(image, old, new))
                .collect();
            let subject = subject(&facts(moves));
            assert_eq!(subject, want);
            assert!(subject.chars().count() <= SUBJECT);
        }
    }

    #[test]
    fn templates_have_fields_and_nothing_in_them_begins_a_trailer() {
        let facts = facts(vec![moved("localhost:5000/web", "1", "2"), moved("a/api", "1", "3")]);
        for (template, want) in [
            ("deploy: {image} {new}", "deploy: localhost:5000/web, a/api 2, 3"),
            ("x\n\n{image}", "x\n\n`localhost:5000/web, a/api`"),
            (
                "{subject}\n\n{images}",
                "Move 2 images\n\n- localhost:5000/web 1 -> 2 (values.yaml)\n- a/api 1 -> 3 (values.yaml)",
            ),
            ("{{x}} {files}: {old}", "{x} values.yaml, Chart.yaml: 1"),
        ] {
            assert_eq!(MessageTemplate::parse(template).unwrap().fill(&facts), want);
        }
        for (template, words) in [
            ("", "empty"),
            (" \n", "empty"),
            ("{imagess}", "did you mean {images}"),
            ("{what}", "there are {files}, {image}"),
            ("a } b", "written twice"),
            ("a {b", "written twice"),
        ] {
            let error = MessageTemplate::parse(template).unwrap_err();
            assert!(error.contains(words), "{template}: {error}");
        }
    }

    #[test]
    fn lists_end() {
        let moves = (0..150).map(|number| moved(&format!("a/x{number}"), "1", "2"));
        let message = default_message(&facts(moves.collect()));
        assert!(
            message.starts_with("Move 150 images\n\n- a/x0 1 -> 2 (values.yaml)\n"),
            "{message}"
        );
        assert!(message.ends_with("- and 50 lines more\n"), "{message}");
        assert!(default_message(&facts(Vec::new())).ends_with("\n\n- values.yaml:1: a: 1 -> 2\n"));
    }
}
