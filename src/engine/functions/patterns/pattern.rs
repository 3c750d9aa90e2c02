//! Patterns compiled and kept, and what compiling and searching cost: the steps of a rendering are counted by the size of
//! a pattern with its repetitions written out, and by how far a search may have looked.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use regex_automata::meta;

use super::ascii::AsciiPattern;
use crate::engine::template::Host;
use crate::text::go::pattern::{parts, positions_of, too_large};
use crate::text::go::regexp::translate;
use crate::text::limits::LIST_ITEMS;

/// Bytes of a pattern.
const LONGEST_SOURCE: usize = 512 << 10;
/// Memory that a compiled pattern may use.
const SIZE_LIMIT: usize = 64 << 20;
/// How large all patterns kept compiled on a thread may be, in parts; a part takes some twenty bytes.
const KEPT_PARTS: u64 = 2_000_000;
/// Steps that a part takes to compile.
const STEPS_OF_A_PART: u64 = 4;
/// Positions of a pattern that are looked at with a byte of a text in the time of a step. At worst all of them are with each byte:
/// `[ab]*a[ab]{500}[0-9]` takes a microsecond for every eighty of them.
const POSITIONS_OF_A_STEP: u64 = 10;
/// The same where the groups of a match are found.
const GROUPED_POSITIONS_OF_A_STEP: u64 = 8;

/// A compiled pattern.
pub(super) struct Pattern {
    source: String,
    /// For short ASCII texts.
    ascii: Option<AsciiPattern>,
    /// The same for all texts.
    text: OnceCell<Option<regex::Regex>>,
    /// The same for bytes that are not UTF-8.
    bytes: OnceCell<Option<regex::bytes::Regex>>,
    /// The names of its groups, the whole match first.
    pub(super) names: Vec<Option<String>>,
    /// Whether it has no text at all.
    pub(super) is_empty: bool,
    parts: u64,
    /// How many positions there are to look at with each byte.
    positions: u64,
    /// The length of its longest match, if there is a longest.
    longest: Option<usize>,
}

/// The places of a match and of its groups.
pub(super) type Spans = Vec<Option<Range<usize>>>;

impl Pattern {
    fn compile(source: &[u8], host: &mut dyn Host) -> Result<Self, String> {
        // What is refused is read as well, each time, and takes a hundred times its size.
        if source.len() > LONGEST_SOURCE {
            return Err(too_large(&String::from_utf8_lossy(source)));
        }
        host.spend(source.len() as u64)?;
        let translated = translate(source)?;
        let too_large = || too_large(&String::from_utf8_lossy(source));
        let hir = regex_syntax::parse(&translated.pattern).map_err(|_| too_large())?;
        let parts = parts(&hir);
        host.spend(parts.saturating_mul(STEPS_OF_A_PART))?;
        let pattern = Self {
            source: translated.pattern,
            ascii: AsciiPattern::compile(&hir, parts),
            text: OnceCell::new(),
            bytes: OnceCell::new(),
            names: translated.names,
            is_empty: source.is_empty(),
            parts,
            positions: positions_of(&hir),
            longest: hir.properties().maximum_len(),
        };
        if pattern.ascii.is_none() && pattern.for_text().is_none() {
            return Err(too_large());
        }
        Ok(pattern)
    }

    fn for_ascii(&self, text: &[u8]) -> Option<&meta::Regex> {
        self.ascii.as_ref().and_then(|pattern| pattern.for_text(text))
    }

    fn for_text(&self) -> Option<&regex::Regex> {
        let compile = || {
            regex::RegexBuilder::new(&self.source)
                .size_limit(SIZE_LIMIT)
                .build()
                .ok()
        };
        self.text.get_or_init(compile).as_ref()
    }

    fn for_bytes(&self) -> Option<&regex::bytes::Regex> {
        let compile = || {
            regex::bytes::RegexBuilder::new(&self.source)
                .size_limit(SIZE_LIMIT)
                .build()
                .ok()
        };
        self.bytes.get_or_init(compile).as_ref()
    }

    /// Steps for searching so many bytes.
    fn search_cost(&self, bytes: usize) -> u64 {
        (bytes as u64).saturating_mul(self.positions) / POSITIONS_OF_A_STEP
    }

    /// Whether it occurs in a text.
    ///
    /// # Errors
    /// When the rendering may use no more.
    pub(super) fn matches(&self, text: &[u8], host: &mut dyn Host) -> Result<bool, String> {
        host.spend(self.search_cost(text.len()))?;
        if let Some(pattern) = self.for_ascii(text) {
            return Ok(pattern.is_match(text));
        }
        Ok(match std::str::from_utf8(text) {
            Ok(text) => self.for_text().is_some_and(|pattern| pattern.is_match(text)),
            Err(_) => self.for_bytes().is_some_and(|pattern| pattern.is_match(text)),
        })
    }

    /// Where it occurs, at most `limit` times.
    ///
    /// # Errors
    /// When the rendering may use no more.
    pub(super) fn find(&self, text: &[u8], limit: usize, host: &mut dyn Host) -> Result<Vec<Range<usize>>, String> {
        let whole = |found: &Range<usize>| found.clone();
        if let Some(pattern) = self.for_ascii(text) {
            let found = pattern.find_iter(text).map(|found| found.range());
            return self.collect(found.take(limit), (whole, 1), text.len(), host);
        }
        if let (Ok(text), Some(pattern)) = (std::str::from_utf8(text), self.for_text()) {
            let found = pattern.find_iter(text).map(|found| found.range());
            return self.collect(found.take(limit), (whole, 1), text.len(), host);
        }
        let Some(pattern) = self.for_bytes() else {
            return Ok(Vec::new());
        };
        let found = pattern.find_iter(text).map(|found| found.range());
        self.collect(found.take(limit), (whole, 1), text.len(), host)
    }

    /// Every match with its groups, the whole match first.
    ///
    /// # Errors
    /// When the rendering may use no more.
    pub(super) fn captures(&self, text: &[u8], host: &mut dyn Host) -> Result<Vec<Spans>, String> {
        let all = 0..self.names.len();
        let whole = |spans: &Spans| spans.first().cloned().flatten().unwrap_or_default();
        if let Some(pattern) = self.for_ascii(text) {
            let groups = pattern.captures_iter(text).map(|groups| {
                let spans = all.clone().map(|at| groups.get_group(at).map(|group| group.range()));
                spans.collect()
            });
            return self.collect(groups, (whole, all.len()), text.len(), host);
        }
        if let (Ok(text), Some(pattern)) = (std::str::from_utf8(text), self.for_text()) {
            let groups = pattern.captures_iter(text).map(|groups| {
                let spans = all.clone().map(|at| groups.get(at).map(|group| group.range()));
                spans.collect()
            });
            return self.collect(groups, (whole, all.len()), text.len(), host);
        }
        let Some(pattern) = self.for_bytes() else {
            return Ok(Vec::new());
        };
        let groups = pattern.captures_iter(text).map(|groups| {
            let spans = all.clone().map(|at| groups.get(at).map(|group| group.range()));
            spans.collect()
        });
        self.collect(groups, (whole, all.len()), text.len(), host)
    }

    /// Collects matches of so many parts, and counts each part, and how far each search may have looked: beyond the end of a
    /// match as well, for a longer one that was not there.
    fn collect<T>(
        &self,
        matches: impl Iterator<Item = T>,
        (whole, parts): (impl Fn(&T) -> Range<usize>, usize),
        length: usize,
        host: &mut dyn Host,
    ) -> Result<Vec<T>, String> {
        host.spend(self.search_cost(length))?;
        let mut found = Vec::new();
        let mut searched = 0;
        for item in matches {
            if found.len() >= LIST_ITEMS {
                return Err(format!("it matches more than {LIST_ITEMS} times"));
            }
            let range = whole(&item);
            let rest = length.saturating_sub(range.start);
            // Not to the end of what was found, but as far as a longer match might have gone.
            searched += self.longest.map_or(rest, |longest| rest.min(longest));
            let grouped = if parts > 1 {
                (range.len() as u64).saturating_mul(1 + self.positions / GROUPED_POSITIONS_OF_A_STEP)
            } else {
                0
            };
            let looked_at = self.search_cost(searched);
            if looked_at > 0 {
                searched = 0;
            }
            host.spend((parts as u64 + 1).saturating_add(grouped).saturating_add(looked_at))?;
            found.push(item);
        }
        Ok(found)
    }
}

/// Patterns by their source.
#[derive(Default)]
struct Cache {
    patterns: HashMap<Vec<u8>, Rc<Pattern>>,
    parts: u64,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// The compiled pattern, from the thread's cache when it was used before.
///
/// # Errors
/// Go's error text for a pattern that Go refuses, or that the rendering may use no more.
pub(super) fn compiled(source: &[u8], host: &mut dyn Host) -> Result<Rc<Pattern>, String> {
    if let Some(pattern) = CACHE.with_borrow(|cache| cache.patterns.get(source).cloned()) {
        return Ok(pattern);
    }
    let pattern = Rc::new(Pattern::compile(source, host)?);
    CACHE.with_borrow_mut(|cache| {
        if cache.parts.saturating_add(pattern.parts) > KEPT_PARTS {
            *cache = Cache::default();
        }
        cache.parts += pattern.parts;
        cache.patterns.insert(source.to_vec(), Rc::clone(&pattern));
    });
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::template::{CallResult, Text, Tolerated, Value};

    #[test]
    fn repetitions_count_as_often_as_they_are_written_out() {
        for (pattern, expected) in [("abc", 3), ("a{100}", 100), ("(?:ab){10}|c", 22), ("[a-cx]+", 4)] {
            assert_eq!(parts(&regex_syntax::parse(pattern).unwrap()), expected, "{pattern}");
        }
        assert!(parts(&regex_syntax::parse(r"(?:\pL{100}){9}").unwrap()) > 300_000);
    }

    /// A host with a budget.
    struct Purse(u64);

    impl Host for Purse {
        fn include(&mut self, _: &Text, _: Value) -> CallResult {
            Ok(Value::Nil)
        }
        fn tpl(&mut self, _: &Text, _: Value) -> CallResult {
            Ok(Value::Nil)
        }
        fn spend(&mut self, steps: u64) -> Result<(), String> {
            self.0 = self.0.checked_sub(steps).ok_or("spent")?;
            Ok(())
        }
        fn tolerates(&mut self, _: Tolerated) -> bool {
            false
        }
        fn now_unix_nanos(&self) -> i128 {
            0
        }
        fn fill_random(&mut self, _: &mut [u8]) {}
    }

    #[test]
    fn short_ascii_texts_have_the_matches_of_others() {
        let patterns = [
            "",
            "a",
            "(-?[^a-z\\d\\-])+-?",
            "[^A-Za-z0-9]+$",
            "\\W",
            "\\bv?(\\d+)(\\.\\d+)?",
            "(?i)k\\b",
            "\\pL+|(?P<n>\\s)",
            "[é-ü]",
            "é|",
            "(?m)^.$",
            "(a|ab)(c|bcd)?",
            "x*?",
            "[^x]{2,3}?",
            "(?s).+",
            "\\z",
        ];
        let texts = [
            "",
            "a",
            "abcd K k-1",
            "v1.22.3+x y",
            "line\nb\n",
            "--__--",
            "xxaxx",
            "\0\x7f",
        ];
        for pattern in patterns {
            let pattern = compiled(pattern.as_bytes(), &mut Purse(u64::MAX)).unwrap();
            for text in texts {
                let short = pattern.for_ascii(text.as_bytes()).unwrap();
                let any = pattern.for_text().unwrap();
                assert_eq!(
                    short.is_match(text),
                    any.is_match(text),
                    "{} in {text:?}",
                    pattern.source
                );
                let found: Vec<_> = short.find_iter(text).map(|found| found.range()).collect();
                let expected: Vec<_> = any.find_iter(text).map(|found| found.range()).collect();
                assert_eq!(found, expected, "{} in {text:?}", pattern.source);
                let spans = pattern.captures(text.as_bytes(), &mut Purse(u64::MAX)).unwrap();
                let expected: Vec<Spans> = any
                    .captures_iter(text)
                    .map(|groups| groups.iter().map(|group| group.map(|group| group.range())).collect())
                    .collect();
                assert_eq!(spans, expected, "{} in {text:?}", pattern.source);
            }
            assert!(pattern.for_ascii("é".as_bytes()).is_none());
        }
    }

    #[test]
    fn searches_that_look_far_again_and_again_are_stopped() {
        let text = "a".repeat(300_000);
        let mut purse = Purse(20_000_000);
        let far = compiled(b"(.*)x|a", &mut purse).unwrap();
        assert_eq!(far.captures(text.as_bytes(), &mut purse).unwrap_err(), "spent");
        // Two steps for each match, and two looks at each byte; then another search.
        let mut purse = Purse(700_000);
        let near = compiled(b"a", &mut purse).unwrap();
        assert_eq!(
            near.find(text.as_bytes(), usize::MAX, &mut purse).unwrap().len(),
            300_000
        );
        assert_eq!(near.find(text.as_bytes(), 3, &mut purse).unwrap().len(), 3);
        let mut purse = Purse(300_000);
        assert_eq!(compiled(br"(\pL{100}){9}", &mut purse).err(), Some("spent".to_owned()));
    }
}
