//! One finding as a terminal shows it, in the manner of rustc. The only file that knows the crate that draws.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use crate::check::finding::{Finding, Location, Place, SecretValues, without_secrets};
use crate::text::rule::Severity;
use crate::text::source::Span;
use crate::text::visible::{is_control, shown_line, without_commands};

/// Widest line.
const WIDTH: usize = 140;
/// Renderings that are named one by one.
const NAMED_RENDERINGS: usize = 3;

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// Letters only.
    Plain,
    /// With colours.
    Coloured,
}

impl Terminal {
    /// Plain, or with colours.
    pub const fn coloured_if(is_coloured: bool) -> Self {
        if is_coloured { Self::Coloured } else { Self::Plain }
    }

    /// The text of a finding, without a line break at the end. `names_rule` says whether the rule is named behind the message:
    /// where one thing failed and stops a command, the rule says nothing new.
    pub fn draw(self, finding: &Finding, names_rule: bool) -> String {
        let renderer = match self {
            Self::Plain => Renderer::plain(),
            Self::Coloured => Renderer::styled(),
        };
        let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
        let heading = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let mut message = shown_line(&finding.message);
        if names_rule {
            message.push_str(&format!(" [{}]", finding.rule));
        }
        let excerpts = excerpts(finding);
        let notes = notes(finding);
        let help: Vec<String> = finding.help.iter().map(|help| shown_line(help)).collect();
        let title = heading.primary_title(message.as_str());
        let mut elements: Vec<Element<'_>> = Vec::new();
        if finding.is_secret || !has_excerpt(&finding.primary) {
            elements.push(origin(&finding.primary));
        }
        elements.extend(excerpts.iter().map(Excerpt::element));
        let noted = notes.iter().map(|note| Level::NOTE.message(note.as_str()));
        let helped = help.iter().map(|help| Level::HELP.message(help.as_str()));
        elements.extend(noted.chain(helped).map(Element::from));
        let group: Group<'_> = if elements.is_empty() {
            Group::with_title(title)
        } else {
            title.elements(elements)
        };
        // Lines of the files may hold what a runner obeys.
        without_commands(&with_arrows(&renderer.render(&[group]))).into_owned()
    }
}

/// The crate names a second file with `:::`, which a runner may take for a command: an arrow says the same.
fn with_arrows(drawn: &str) -> String {
    let line = |line: &str| match line.trim_start().strip_prefix("::: ") {
        Some(rest) => format!("{}--> {rest}", &" ".repeat(line.len() - rest.len() - 4)),
        None => line.to_owned(),
    };
    drawn.split_inclusive('\n').map(line).collect()
}

/// Lines before a place that are read, so that the key of a secret of many lines is seen.
const LINES_BEFORE: u32 = 100;
/// Lines after a place that are read.
const LINES_AFTER: u32 = 2;
/// Bytes before and after a line that are read at most.
const MOST_AROUND: u32 = 1 << 14;
/// The longest line that is shown. Of a longer one the place is named: a thousand findings would copy it a thousand times.
const LONGEST_LINE: usize = 1 << 12;

/// A piece of a text that is shown.
struct Excerpt {
    path: String,
    /// The lines around it.
    text: String,
    /// Number of their first line, from 1.
    first_line: u32,
    span: Span,
    words: String,
    /// Lines around it to show as well.
    context: Vec<Span>,
}

fn excerpts(finding: &Finding) -> Vec<Excerpt> {
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
fn notes(finding: &Finding) -> Vec<String> {
    let mut notes = finding.notes.clone();
    for related in &finding.related {
        let is_shown = !finding.is_secret && matches!(related.place, Place::Shown(_) | Place::Rendered(_));
        if !is_shown {
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

/// A place without its text.
fn origin(location: &Location) -> Element<'_> {
    let origin = Origin::path(shown_line(location.file.path()));
    match location.span {
        Some(_) => {
            let at = location.position();
            origin.line(at.line as usize).char_column(at.column as usize).into()
        }
        None => origin.into(),
    }
}

fn has_excerpt(location: &Location) -> bool {
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
        let hidden = without_secrets(&text);
        let hidden = match secrets {
            Some(secrets) => secrets.hide_bytes(&hidden).into_owned(),
            None => hidden,
        };
        Some(Self {
            path: shown_line(file.path()),
            span: inside(&text, span),
            text: with_fitting_pictures(&hidden),
            first_line,
            words: shown_line(words),
            context: Vec::new(),
        })
    }

    fn element(&self) -> Element<'_> {
        let primary = annotation(AnnotationKind::Primary, self.span, &self.words);
        let context = self
            .context
            .iter()
            .map(|span| annotation(AnnotationKind::Context, *span, ""));
        Snippet::source(self.text.as_str())
            .line_start(self.first_line as usize)
            .path(self.path.as_str())
            .annotations(std::iter::once(primary).chain(context))
            .into()
    }
}

fn annotation(kind: AnnotationKind, span: Span, words: &str) -> Annotation<'_> {
    let annotation = kind.span(span.range());
    if words.is_empty() {
        annotation
    } else {
        annotation.label(words)
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
    fn secrets_are_not_shown() {
        let file = SourceFile::new("values.yaml", &b"password: hunter22\n"[..]);
        let place = Location::at(file.clone(), 0);
        let finding = Finding::new(Rule::PlainSecret, place.clone(), "plain")
            .with_related("set here", Place::Shown(place.clone()));
        let text = Terminal::Plain.draw(&finding, true);
        assert!(!text.contains("hunter22"), "{text}");
        assert!(text.contains("--> values.yaml:1:1"), "{text}");
        let masked = Terminal::Plain.draw(&Finding::new(Rule::Type, place, "wrong"), true);
        assert!(masked.contains("password: ********"), "{masked}");
        let hidden = Terminal::Plain.draw(
            &Finding::new(Rule::Type, Location::at(file, 0), "wrong").hidden_if(true),
            true,
        );
        assert!(!hidden.contains("password"), "{hidden}");
    }

    #[test]
    fn lines_that_are_not_utf8_are_shown_with_replacements() {
        let text = &b"kind: \xb5\xb5\xb5\xb5\xb5\xb5Service\n\xb5\xb5: 1\nmetadata: 3\n\xb5: \xe2\x82\n"[..];
        for offset in 0..text.len() {
            let file = SourceFile::new("a.yaml", text);
            let place = Location::at(file, offset);
            let finding =
                Finding::new(Rule::Type, place.clone(), "wrong").with_related("rendered", Place::Rendered(place));
            let drawn = Terminal::Plain.draw(&finding, true);
            assert!(drawn.contains('\u{fffd}'), "{drawn}");
        }
    }

    #[test]
    fn files_without_text_are_named_without_an_excerpt() {
        let place = Location::whole(SourceFile::without_text("charts/web/Chart.yaml"));
        let text = Terminal::Plain.draw(&Finding::new(Rule::ChartLoad, place, "missing"), true);
        assert_eq!(text, "error: missing [chart-load]\n--> charts/web/Chart.yaml");
    }

    #[test]
    fn text_that_is_not_utf_8_and_spans_beyond_the_end_are_drawn() {
        for (text, span) in [
            (&b"a: \xff\xfe\nb: 1\n"[..], Span::new(7, 8)),
            (&b"a\n"[..], Span::new(40, 50)),
            ("é\n".as_bytes(), Span::new(1, 1)),
        ] {
            let place = Location::new(SourceFile::new("f", text), span);
            assert!(
                Terminal::Plain
                    .draw(&Finding::new(Rule::Type, place, "x"), false)
                    .starts_with("error: x")
            );
        }
    }

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
    fn the_lines_around_what_was_rendered_are_shown() {
        let text = "l1\nl2\nl3\nl4\nl5\nl6\nl7\n";
        let file = SourceFile::new("templates/a.yaml", text.as_bytes());
        for (line, shown) in [(1, &[1, 2][..]), (2, &[1, 2, 3]), (4, &[2, 3, 4, 5]), (7, &[5, 6, 7])] {
            let place = Place::Rendered(Location::new(file.clone(), file.line_span(line)));
            let finding = Finding::new(
                Rule::TemplateYaml,
                Location::whole(SourceFile::without_text("t")),
                "broken",
            )
            .with_related("reading stopped here", place);
            let drawn = Terminal::Plain.draw(&finding, true);
            let seen: Vec<u32> = (1..=7)
                .filter(|number| drawn.contains(&format!("| l{number}")))
                .collect();
            assert_eq!(seen, shown, "{drawn}");
            assert!(drawn.contains("templates/a.yaml (rendered):"), "{drawn}");
        }
    }

    #[test]
    fn a_line_that_is_not_utf_8_is_marked_where_it_begins() {
        let place = Location::new(SourceFile::new("f", &b"a: \xff\xfe\nbcd: 1\n"[..]), Span::new(8, 9));
        let drawn = Terminal::Plain.draw(&Finding::new(Rule::Type, place, "x"), false);
        assert!(drawn.contains("--> f:2:1\n"), "{drawn}");
        assert!(drawn.contains("2 | bcd: 1\n"), "{drawn}");
    }
}
