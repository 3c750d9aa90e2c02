//! One finding as a terminal shows it, in the manner of rustc. The only file that knows the crate that draws.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use crate::check::finding::{Finding, Location};
use crate::text::rule::Severity;
use crate::text::source::Span;
use crate::text::visible::{shown_line, without_commands};

use super::excerpt::{Excerpt, excerpts, has_excerpt, notes};

/// Widest line.
const WIDTH: usize = 140;

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
        elements.extend(excerpts.iter().map(element));
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

/// An excerpt with what is marked in it.
fn element(excerpt: &Excerpt) -> Element<'_> {
    let primary = annotation(AnnotationKind::Primary, excerpt.span, &excerpt.words);
    let context = excerpt
        .context
        .iter()
        .map(|span| annotation(AnnotationKind::Context, *span, ""));
    Snippet::source(excerpt.text.as_str())
        .line_start(excerpt.first_line as usize)
        .path(excerpt.path.as_str())
        .annotations(std::iter::once(primary).chain(context))
        .into()
}

fn annotation(kind: AnnotationKind, span: Span, words: &str) -> Annotation<'_> {
    let annotation = kind.span(span.range());
    if words.is_empty() {
        annotation
    } else {
        annotation.label(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::finding::Place;
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
