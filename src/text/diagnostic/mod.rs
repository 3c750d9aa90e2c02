//! What is wrong, where, and what to do about it: data for people, and how a terminal shows it.

mod causes;
mod terminal;

use crate::text::source::Span;

pub use causes::with_causes;
pub use terminal::Terminal;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It fails a run.
    Error,
    /// It should be looked at.
    Warning,
    /// It may be worth knowing.
    Info,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub level: Level,
    /// One phrase that makes sense alone.
    pub title: String,
    /// Where, the place to look at first in front.
    pub excerpts: Vec<Excerpt>,
    /// Facts beside it, a line each.
    pub notes: Vec<String>,
    /// What to do, a line each.
    pub help: Vec<String>,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The file as the user knows it.
    pub path: String,
    /// The whole text of the file.
    pub text: String,
    /// What of it is meant.
    pub label: Label,
    /// Lines around to show as well, as byte ranges.
    pub context: Vec<Label>,
}

/// A range of a text, and what there is to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Bytes of the text.
    pub span: Span,
    /// A few words; may be empty.
    pub words: String,
}

impl Diagnostic {
    /// A diagnostic without places.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            title: title.into(),
            excerpts: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// The same, as bad as that.
    #[must_use]
    pub const fn with_level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The same with one more place.
    #[must_use]
    pub fn at(mut self, excerpt: Excerpt) -> Self {
        self.excerpts.push(excerpt);
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

impl Excerpt {
    /// A range of a text; what is not UTF-8 is replaced, and the range kept inside.
    pub fn new(path: impl Into<String>, text: &[u8], span: Span, words: impl Into<String>) -> Self {
        let (span, text) = if let Ok(text) = std::str::from_utf8(text) {
            (span, text.to_owned())
        } else {
            // Offsets would no longer fit, so whole lines are shown instead.
            let before = text.get(..span.start as usize).unwrap_or_default();
            let lines = memchr::memchr_iter(b'\n', before).count();
            let lossy = String::from_utf8_lossy(text).into_owned();
            let start: usize = lossy.split_inclusive('\n').take(lines).map(str::len).sum();
            let start = u32::try_from(start).unwrap_or(u32::MAX);
            (Span::new(start, start), lossy)
        };
        Self {
            path: path.into(),
            label: Label {
                span: inside(&text, span),
                words: words.into(),
            },
            text,
            context: Vec::new(),
        }
    }
}

/// The range on character boundaries of the text, and on its first line only.
fn inside(text: &str, span: Span) -> Span {
    let length = text.len();
    let mut start = (span.start as usize).min(length);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let rest = text.get(start..).unwrap_or_default();
    let line_end = start + rest.find('\n').unwrap_or(rest.len());
    let mut end = (span.end as usize).clamp(start, line_end);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(start), offset(end))
}
