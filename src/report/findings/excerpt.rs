//! The lines of a file that a finding is about, as reports show them: without secrets, and bounded. What is said in words beside them.

use std::borrow::Cow;
use std::ops::Range;

use crate::check::finding::{Finding, Location, Place, SecretValues, without_secrets};
use crate::text::source::Span;
use crate::text::visible::{is_control, shown_line};

/// Renderings that are named one by one.
const NAMED_RENDERINGS: usize = 3;
/// Lines before a place that are read, so that the key of a secret of many lines is seen.
const LINES_BEFORE: u32 = 100;
/// Lines after a place that are read.
const LINES_AFTER: u32 = 2;
/// Lines before a line that [`Excerpt::lines`] has.
const SHOWN_BEFORE: u32 = 2;
/// Lines after it.
const SHOWN_AFTER: u32 = 1;
/// The longest of them.
const LONGEST_NEIGHBOUR: usize = 400;
/// Bytes before and after a line that are read at most.
const MOST_AROUND: u32 = 1 << 14;
/// The longest line that is shown. Of a longer one the place is named: a thousand findings would copy it a thousand times.
const LONGEST_LINE: usize = 1 << 12;

/// A piece of a text that is shown.
pub(super) struct Excerpt {
    /// Where, as it is shown.
    pub(super) path: String,
    /// The lines around it.
    pub(super) text: String,
    /// Number of their first line, from 1.
    pub(super) first_line: u32,
    /// The number of its own line.
    line: u32,
    /// What is marked.
    pub(super) span: Span,
    /// What the place means.
    pub(super) words: String,
    /// Lines around it to show as well.
    pub(super) context: Vec<Span>,
}

/// A line of an excerpt.
pub(super) struct ExcerptLine<'e> {
    /// Its number, from 1.
    pub(super) number: u32,
    /// Its text, without the line feed; of a neighbour the key alone, since its value may be a secret that nothing says is one.
    pub(super) text: Cow<'e, str>,
    /// What is marked in it.
    pub(super) mark: Option<Range<usize>>,
    /// Whether it is the line that the place is in.
    pub(super) is_own: bool,
}

/// All places of a finding whose text is shown, that of the finding itself first; none where the text may be a secret.
pub(super) fn excerpts(finding: &Finding) -> Vec<Excerpt> {
    let mut excerpts = Vec::new();
    if finding.is_secret {
        return excerpts;
    }
    let secrets = finding.secrets.as_deref();
    excerpts.extend(Excerpt::of(&finding.primary, "", secrets));
    for related in &finding.related {
        match &related.place {
            Place::Shown(location) => excerpts.extend(Excerpt::of(location, &related.label, secrets)),
            Place::Rendered(location) => {
                if let Some(mut excerpt) = Excerpt::of(location, &related.label, secrets) {
                    excerpt.path = shown_line(&related.place.name());
                    excerpt.context = lines_around(
                        &excerpt.text,
                        location.position().line.saturating_sub(excerpt.first_line),
                    );
                    excerpts.push(excerpt);
                }
            }
            Place::Named(_) | Place::Flag(_) => {}
        }
    }
    excerpts
}

/// What is said in words: places that are not shown, facts, how the place was rendered, and by which renderings.
pub(super) fn notes(finding: &Finding) -> Vec<String> {
    let is_shown = |place: &Place| !finding.is_secret && matches!(place, Place::Shown(_) | Place::Rendered(_));
    notes_except(finding, is_shown)
}

/// The same for reports without excerpts, which name all places.
pub(super) fn notes_with_places(finding: &Finding) -> Vec<String> {
    notes_except(finding, |_| false)
}

fn notes_except(finding: &Finding, is_shown: impl Fn(&Place) -> bool) -> Vec<String> {
    let mut notes = finding.notes.clone();
    for related in &finding.related {
        if !is_shown(&related.place) {
            notes.push(format!("{} {}", related.label, related.place.name()));
        }
    }
    if let Some(rendered) = &finding.rendered {
        notes.push(format!("rendered as `{}`", rendered.trim()));
    }
    if !finding.renderings.is_empty() {
        let named: Vec<&str> = finding
            .renderings
            .iter()
            .take(NAMED_RENDERINGS)
            .map(String::as_str)
            .collect();
        let more = finding.renderings.len().saturating_sub(NAMED_RENDERINGS);
        let rest = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        notes.push(format!("with {}{rest}", named.join("; ")));
    }
    notes.iter().map(|note| shown_line(note)).collect()
}

/// Whether a place has a text that can be shown.
pub(super) fn has_excerpt(location: &Location) -> bool {
    let is_short = || location.file.line_span(location.position().line).len() <= LONGEST_LINE;
    location.span.is_some() && !location.file.text().is_empty() && is_short()
}

impl Excerpt {
    /// A range of a file. A point is widened to the word or action it begins; what is not UTF-8 is replaced.
    fn of(location: &Location, words: &str, secrets: Option<&SecretValues>) -> Option<Self> {
        let span = location.span.filter(|_| has_excerpt(location))?;
        let file = &location.file;
        let line = location.position().line;
        let (own, start) = (file.line_span(line), file.line_start(line));
        let mut first_line = line.saturating_sub(LINES_BEFORE).max(1);
        while start.saturating_sub(file.line_start(first_line)) > MOST_AROUND {
            first_line += 1;
        }
        let skipped = file.line_start(first_line);
        let end = file.line_span(line.saturating_add(LINES_AFTER)).end;
        let end = if end.saturating_sub(own.end) > MOST_AROUND {
            own.end
        } else {
            end
        };
        let bytes = Span::between(skipped as usize, end as usize).of(file.text());
        let span = Span::new(span.start.saturating_sub(skipped), span.end.saturating_sub(skipped));
        let (text, span) = if let Ok(text) = std::str::from_utf8(bytes) {
            (text.to_owned(), widened(bytes, span))
        } else {
            // Offsets would no longer fit, so the start of the line is marked instead.
            let before = line.saturating_sub(first_line) as usize;
            let lossy = String::from_utf8_lossy(bytes).into_owned();
            let start: usize = lossy.split_inclusive('\n').take(before).map(str::len).sum();
            (lossy, Span::at(start))
        };
        // What is known first: words beside a secret may hide only a part of it.
        let known = secrets.map_or_else(|| text.as_str().into(), |secrets| secrets.hide_bytes(&text));
        let hidden = without_secrets(&known);
        Some(Self {
            path: shown_line(file.path()),
            span: inside(&text, span),
            text: with_fitting_pictures(&hidden),
            first_line,
            line,
            words: shown_line(words),
            context: Vec::new(),
        })
    }

    /// Its line and its neighbours, for reports with room for them: the lines around a key show where it belongs.
    pub(super) fn lines(&self) -> impl Iterator<Item = ExcerptLine<'_>> {
        let shown = self.line.saturating_sub(SHOWN_BEFORE)..=self.line.saturating_add(SHOWN_AFTER);
        let mut start = 0;
        let numbered = (self.first_line..).zip(self.text.split_inclusive('\n'));
        let placed = numbered.map(move |(number, line)| {
            let begin = start;
            start += line.len();
            (number, begin, line)
        });
        let shown = placed.filter(move |(number, ..)| shown.contains(number));
        let own = self.line;
        let shown = shown.filter(move |(number, _, line)| *number == own || line.len() <= LONGEST_NEIGHBOUR);
        shown.map(move |(number, begin, line)| {
            let text = line.strip_suffix('\n').unwrap_or(line);
            let text = text.strip_suffix('\r').unwrap_or(text);
            let span = self.span.range();
            let mark = span.start.saturating_sub(begin)..span.end.saturating_sub(begin).min(text.len());
            let is_marked = number == own && !mark.is_empty() && text.get(mark.clone()).is_some();
            ExcerptLine {
                number,
                text: if number == own {
                    Cow::Borrowed(text)
                } else {
                    key_of(text)
                },
                mark: is_marked.then_some(mark),
                is_own: number == own,
            }
        })
    }
}

/// A line of YAML up to the colon of its key, and a mark for what follows.
fn key_of(line: &str) -> Cow<'_, str> {
    let content = line.trim_start_matches([' ', '-']);
    let is_key = |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let indentation = line.len() - content.len();
    match content.split_once(':') {
        _ if content.trim_end().is_empty() => Cow::Borrowed(line),
        Some((key, value)) if is_key(key) && value.trim().is_empty() => Cow::Borrowed(line),
        Some((key, _)) if is_key(key) => Cow::Owned(format!(
            "{} …",
            line.get(..=indentation + key.len()).unwrap_or_default()
        )),
        _ => Cow::Owned(format!("{}…", line.get(..indentation).unwrap_or_default())),
    }
}

/// Where the lines before and after a line begin behind their blanks, so that the indentation is seen. Lines count from 0.
fn lines_around(text: &str, line: u32) -> Vec<Span> {
    let line = line as usize;
    let wanted = line.saturating_sub(2)..=line + 1;
    let mut start = 0;
    let mut spans = Vec::new();
    for (number, content) in text.split_inclusive('\n').enumerate() {
        let blanks = content.len() - content.trim_start_matches([' ', '\t']).len();
        if number != line && wanted.contains(&number) && !content.trim().is_empty() {
            spans.push(Span::at(start + blanks));
        }
        start += content.len();
    }
    spans
}

/// The text without what the crate would not show as a picture, byte for byte, so that places stay what they are.
fn with_fitting_pictures(text: &str) -> String {
    let shown = |character: char| match character {
        '\0'..='\u{7f}' => character,
        _ if !is_control(character) => character,
        _ if character.len_utf8() == char::REPLACEMENT_CHARACTER.len_utf8() => char::REPLACEMENT_CHARACTER,
        _ => '·',
    };
    text.chars().map(shown).collect()
}

/// A point becomes the word, or the action, that begins there.
fn widened(text: &[u8], span: Span) -> Span {
    if !span.is_empty() {
        return span;
    }
    let rest = text.get(span.start as usize..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let line = rest.get(..end).unwrap_or_default();
    let length = if line.starts_with(b"{{") {
        memchr::memmem::find(line, b"}}").map_or(end, |at| at + 2)
    } else {
        line.iter()
            .position(|byte| matches!(byte, b' ' | b',' | b'}' | b']'))
            .unwrap_or(end)
            .max(1)
            .min(end)
    };
    Span::new(
        span.start,
        span.start.saturating_add(u32::try_from(length).unwrap_or(0)),
    )
}

/// The range on character boundaries of the text, and on its first line only.
fn inside(text: &str, span: Span) -> Span {
    let mut start = (span.start as usize).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let rest = text.get(start..).unwrap_or_default();
    let line_end = start + rest.find('\n').unwrap_or(rest.len());
    let mut end = (span.end as usize).clamp(start, line_end);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Span::between(start, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::rule::Rule;
    use crate::text::source::SourceFile;

    #[test]
    fn what_is_marked_is_the_word_or_the_action_that_begins_there() {
        for (text, span, want) in [
            ("port: many, x\n", Span::new(6, 6), "many"),
            ("{a: b}\n", Span::new(4, 4), "b"),
            ("[a]\n", Span::new(1, 1), "a"),
            ("a: {{ .Values.b }} c\n", Span::new(3, 3), "{{ .Values.b }}"),
            ("a: {{ .Values.b\n", Span::new(3, 3), "{{ .Values.b"),
            ("last", Span::new(0, 0), "last"),
            (" x\n", Span::new(0, 0), " "),
            ("a\n\nb\n", Span::new(2, 2), ""),
            // A range stays as it is, but on its first line and on whole characters.
            ("one two\nthree\n", Span::new(4, 12), "two"),
            ("xéy\n", Span::new(2, 4), "éy"),
            ("xéy\n", Span::new(0, 2), "x"),
            ("ab\n", Span::new(40, 50), ""),
        ] {
            let span = inside(text, widened(text.as_bytes(), span));
            assert_eq!(text.get(span.range()), Some(want), "{text:?}");
        }
    }

    #[test]
    fn neighbours_of_a_line_are_shown() {
        let long = "y".repeat(LONGEST_NEIGHBOUR);
        for (text, offset, want) in [
            ("a: 1\n", 0, vec!["1>a:< 1"]),
            (
                "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n",
                10,
                vec!["1 a: …", "2 b: …", "3>c:< 3", "4 d: …"],
            ),
            ("a:\r\n  b: 2\r\n", 6, vec!["1 a:", "2 ␣>b:< 2"]),
            (&format!("{long}\nb: 2\n"), long.len() + 1, vec!["2>b:< 2"]),
            ("password: hunter22\nb: 2\n", 19, vec!["1 password: …", "2>b:< 2"]),
            ("- a: hunter22\nb: 2\n", 14, vec!["1 - a: …", "2>b:< 2"]),
            ("{a: aHVudGVyMjI=}\nb: 2\n", 18, vec!["1 …", "2>b:< 2"]),
        ] {
            let place = Location::at(SourceFile::new("f", text.as_bytes()), offset);
            let finding = Finding::new(Rule::Type, place, "x");
            let found = excerpts(&finding);
            let shown = found[0].lines().map(|line| match line.mark {
                None => format!("{} {}", line.number, line.text),
                Some(mark) => {
                    let part = |range: Range<usize>| line.text.get(range).unwrap();
                    let start = if mark.start == 0 { "" } else { " ␣" };
                    let end = part(mark.end..line.text.len());
                    format!("{}{start}>{}<{end}", line.number, part(mark))
                }
            });
            assert_eq!(shown.collect::<Vec<_>>(), want, "{text:?}");
        }
    }
}
