//! Patterns compiled and kept, and what compiling and searching cost: the steps of a rendering are counted by the size of
//! a pattern with its repetitions written out, and by how far a search may have looked.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

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
    text: regex::Regex,
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
        let text = regex::RegexBuilder::new(&translated.pattern)
            .size_limit(SIZE_LIMIT)
            .build()
            .map_err(|_| too_large())?;
        Ok(Self {
            source: translated.pattern,
            text,
            bytes: OnceCell::new(),
            names: translated.names,
            is_empty: source.is_empty(),
            parts,
            positions: positions_of(&hir),
            longest: hir.properties().maximum_len(),
        })
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
        Ok(match std::str::from_utf8(text) {
            Ok(text) => self.text.is_match(text),
            Err(_) => self.for_bytes().is_some_and(|pattern| pattern.is_match(text)),
        })
    }

    /// Where it occurs, at most `limit` times.
    ///
    /// # Errors
    /// When the rendering may use no more.
    pub(super) fn find(&self, text: &[u8], limit: usize, host: &mut dyn Host) -> Result<Vec<Range<usize>>, String> {
        let whole = |found: &Range<usize>| found.clone();
        if let Ok(text) = std::str::from_utf8(text) {
            let found = self.text.find_iter(text).map(|found| found.range());
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
        if let Ok(text) = std::str::from_utf8(text) {
            let groups = self.text.captures_iter(text).map(|groups| {
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
