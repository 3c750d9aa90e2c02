//! What a bump changes, as a person may see it: without secrets, and without anything that a terminal or a CI runner obeys.

use crate::check::finding::{SecretValues, may_name_secret, without_secrets};
use crate::text::edit::{Done, Operation};
use crate::text::visible::{visible, visible_lines};

use super::plan::{BumpPlan, FilePlan};
use super::plan_bump::BumpRequest;

/// What is shown of a secret, whatever its length.
const MASK: &str = "***";

impl BumpRequest {
    /// The secrets in the files, and among the values that are set.
    pub fn secrets(&self) -> SecretValues {
        let mut secrets = SecretValues::default();
        for file in &self.files {
            secrets.add_text(&file.text);
        }
        for edit in &self.edits {
            let path = edit.path.to_string();
            match &edit.operation {
                Operation::Set(value) => secrets.add_assignment(&path, value.text()),
                Operation::Append(node) => {
                    for (below, value) in node.scalars() {
                        secrets.add_assignment(&format!("{path}.{below}"), value);
                    }
                }
                Operation::Remove => {}
            }
        }
        secrets
    }
}

impl BumpPlan {
    /// The secrets in the files before and after.
    pub fn secrets(&self, request: &BumpRequest) -> SecretValues {
        let mut secrets = request.secrets();
        for file in &self.files {
            secrets.add_text(&file.new);
        }
        secrets
    }

    /// A unified diff of all files, without the secrets.
    pub fn shown_diff(&self, secrets: Option<&SecretValues>) -> String {
        let shown = |file: &FilePlan| match secrets {
            Some(secrets) => hidden_diff(&file.diff(), secrets),
            None => file.diff(),
        };
        visible_diff(&self.files.iter().map(shown).collect::<String>())
    }

    /// One line for each scalar that is set, without the secrets.
    pub fn shown_changes(&self, secrets: Option<&SecretValues>) -> String {
        let mut text = String::new();
        for file in &self.files {
            for applied in &file.applied {
                let (path, line) = (&applied.path, applied.line);
                let name = path.to_string();
                let is_secret = name.split(['.', '[', ']']).any(may_name_secret);
                let value = |text: &str| match secrets {
                    Some(_) if is_secret => MASK.to_owned(),
                    Some(secrets) => secrets.hide(text).into_owned(),
                    None => text.to_owned(),
                };
                // The last line break of a block scalar.
                let (old, new) = match (applied.old.strip_suffix('\n'), applied.new.strip_suffix('\n')) {
                    (Some(old), Some(new)) => (value(old), value(new)),
                    _ => (value(&applied.old), value(&applied.new)),
                };
                let change = match applied.done {
                    Done::Set if applied.old == applied.new => format!("{path} is {new} already"),
                    Done::Set => format!("{path}: {old} -> {new}"),
                    Done::Added => format!("{path}: {new} added"),
                    Done::Removed => format!("{path}: removed"),
                };
                let change = format!("{}:{line}: {change}", file.path);
                text.push_str(&visible_lines(&visible(&change)));
                text.push('\n');
            }
        }
        text
    }
}

/// A diff as it may be shown. Lines may end as those of Windows do.
fn visible_diff(diff: &str) -> String {
    let mut shown = String::with_capacity(diff.len());
    for line in diff.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        shown.push_str(&visible_lines(&visible(content)));
        shown.push_str(line.get(content.len()..).unwrap_or_default());
    }
    shown
}

/// The diff of a file without secrets.
fn hidden_diff(diff: &str, secrets: &SecretValues) -> String {
    let is_hunk = |line: &&str| line.starts_with([' ', '-', '+']);
    let mut lines = diff.split_inclusive('\n').enumerate().peekable();
    let mut shown = String::with_capacity(diff.len());
    while let Some((number, line)) = lines.next() {
        // Two lines name the file, and one begins with the place of each hunk.
        if number < 2 || !is_hunk(&line) {
            shown.push_str(&secrets.hide(line));
            continue;
        }
        let mut hunk = vec![line];
        while let Some((_, line)) = lines.next_if(|(_, line)| is_hunk(line)) {
            hunk.push(line);
        }
        push_hidden(&hunk, secrets, &mut shown);
    }
    shown
}

/// The lines of a hunk without secrets: what a key calls one, on its line or on those below it, and what is known to be one.
fn push_hidden(hunk: &[&str], secrets: &SecretValues, shown: &mut String) {
    let is_of = |line: &str, mark: char| line.starts_with([' ', mark]);
    // Values of several lines are known by their first one, so both files are read as such.
    let side = |mark: char| {
        let lines = hunk.iter().filter(|line| is_of(line, mark));
        // What is known first: words beside a secret may hide only a part of it.
        let known = lines.filter_map(|line| Some(secrets.hide_bytes(line.get(1..)?)));
        let text: String = known.collect();
        let masked = without_secrets(&text);
        masked.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>()
    };
    let (mut old, mut new) = (side('-').into_iter(), side('+').into_iter());
    for line in hunk {
        let (mark, content) = line.split_at_checked(1).unwrap_or((line, ""));
        shown.push_str(mark);
        let of_old = is_of(line, '-').then(|| old.next()).flatten();
        let of_new = is_of(line, '+').then(|| new.next()).flatten();
        let masked = of_new
            .or(of_old)
            .unwrap_or_else(|| secrets.hide_bytes(content).into_owned());
        shown.push_str(&of_one_length(content, &masked));
    }
}

/// A masked text whose masks do not say how long the secrets are. `masked` has a `*` for each byte of a secret in `text`.
fn of_one_length(text: &str, masked: &str) -> String {
    let mut shown = String::with_capacity(masked.len());
    let mut from = 0;
    for run in masked.split_inclusive(|mark| mark != '*') {
        let stars = run.len() - run.trim_start_matches('*').len();
        let was = text.get(from..from + stars);
        // What is written with stars stays.
        let is_secret = was.is_none_or(|was| was.bytes().any(|byte| byte != b'*'));
        shown.push_str(if stars > 0 && is_secret {
            MASK
        } else {
            run.get(..stars).unwrap_or_default()
        });
        shown.push_str(run.get(stars..).unwrap_or_default());
        from += run.len();
    }
    shown
}
