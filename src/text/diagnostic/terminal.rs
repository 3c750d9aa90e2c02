//! Diagnostics as a terminal shows them, in the manner of rustc. The only file that knows the crate that draws.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level as Heading, Renderer, Snippet};

use super::{Diagnostic, Excerpt, Label, Level};

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
    /// The text of a diagnostic, without a line break at the end.
    pub fn draw(self, diagnostic: &Diagnostic) -> String {
        let renderer = match self {
            Self::Plain => Renderer::plain(),
            Self::Coloured => Renderer::styled(),
        };
        let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
        let heading = match diagnostic.level {
            Level::Error => Heading::ERROR,
            Level::Warning => Heading::WARNING,
            Level::Info => Heading::INFO,
        };
        let title = heading.primary_title(diagnostic.title.as_str());
        let mut elements: Vec<Element<'_>> = diagnostic.excerpts.iter().map(snippet).collect();
        let notes = diagnostic.notes.iter().map(|note| Heading::NOTE.message(note.as_str()));
        let help = diagnostic.help.iter().map(|help| Heading::HELP.message(help.as_str()));
        elements.extend(notes.chain(help).map(Element::from));
        let group: Group<'_> = if elements.is_empty() {
            Group::with_title(title)
        } else {
            title.elements(elements)
        };
        renderer.render(&[group])
    }
}

fn snippet(excerpt: &Excerpt) -> Element<'_> {
    let annotations = std::iter::once(annotation(AnnotationKind::Primary, &excerpt.label)).chain(
        excerpt
            .context
            .iter()
            .map(|label| annotation(AnnotationKind::Context, label)),
    );
    Snippet::source(excerpt.text.as_str())
        .path(excerpt.path.as_str())
        .annotations(annotations)
        .into()
}

fn annotation(kind: AnnotationKind, label: &Label) -> Annotation<'_> {
    let annotation = kind.span(label.span.range());
    if label.words.is_empty() {
        annotation
    } else {
        annotation.label(label.words.as_str())
    }
}
