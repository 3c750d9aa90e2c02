//! A pattern in, one that finds the same in ASCII texts out, and its compiled form for short ones.
//!
//! Names, tags and labels are short and ASCII, and most charts match a few of them. A class such as `[^a-z]` has all of
//! Unicode's characters, and compiling their spellings in UTF-8 takes most of the time of compiling such a pattern.

use regex_automata::meta;
use regex_syntax::hir::{Capture, Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Repetition};

/// Bytes of a text that is searched without the tables that make long searches fast.
const SHORT: usize = 1 << 10;
/// Patterns with more parts than this are compiled whole at once, which finds those that are too large.
const FEW_PARTS: u64 = 10_000;

/// A pattern for short ASCII texts.
pub(super) struct AsciiPattern(meta::Regex);

impl AsciiPattern {
    /// None for a pattern of so many parts that it is large.
    pub(super) fn compile(hir: &Hir, parts: u64) -> Option<Self> {
        if parts > FEW_PARTS {
            return None;
        }
        let config = meta::Config::new().hybrid(false).onepass(false).auto_prefilter(false);
        let pattern = meta::Builder::new()
            .configure(config)
            .build_from_hir(&within_ascii(hir));
        pattern.ok().map(Self)
    }

    /// The pattern, if it may search this text.
    pub(super) fn for_text(&self, text: &[u8]) -> Option<&meta::Regex> {
        (text.len() <= SHORT && text.is_ascii()).then_some(&self.0)
    }
}

/// The pattern without the characters of its classes that are not ASCII. Its groups keep their numbers.
fn within_ascii(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            let mut class = class.clone();
            class.intersect(&ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7f')]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            min: repetition.min,
            max: repetition.max,
            greedy: repetition.greedy,
            sub: Box::new(within_ascii(&repetition.sub)),
        }),
        HirKind::Capture(capture) => Hir::capture(Capture {
            index: capture.index,
            name: capture.name.clone(),
            sub: Box::new(within_ascii(&capture.sub)),
        }),
        HirKind::Concat(items) => Hir::concat(items.iter().map(within_ascii).collect()),
        HirKind::Alternation(items) => Hir::alternation(items.iter().map(within_ascii).collect()),
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(Class::Bytes(_)) => hir.clone(),
    }
}
