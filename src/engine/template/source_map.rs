//! Which template, and which byte of it, each piece of output came from.
//!
//! Text and actions record where they write. Output of `include` and `tpl` reaches the caller as a value, often through
//! `indent` or `trim`: its lines are located again in the output of the action, in order and ignoring surrounding
//! space.

use std::ops::Range;

use super::text::Text;
use super::tree::Unit;
use crate::text::limits::CAPTURED_BYTES;
use crate::text::source;

/// No caller: the node belongs to the file being rendered.
pub const NO_CALLER: u32 = u32::MAX;

/// How many captured lines are examined for one printed line.
const ALIGNMENT_WINDOW: usize = 400;

/// A stretch of output, up to the next segment's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Where it begins in the output.
    pub offset: u32,
    /// Index into [`SourceMap::sources`].
    pub source: u32,
    /// Byte offset of the node in that source.
    pub position: u32,
    /// Index into [`SourceMap::callers`], or [`NO_CALLER`].
    pub caller: u32,
}

/// A place that called another template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Index into [`SourceMap::sources`].
    pub source: u32,
    /// Byte offset of the calling node.
    pub position: u32,
    /// The caller's own caller, or [`NO_CALLER`].
    pub caller: u32,
}

/// A source that took part: a file of the set, or a text passed to `tpl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedSource {
    /// Its name; `gotpl` for texts passed to `tpl`.
    pub name: Text,
    /// Its text.
    pub text: Text,
}

/// Where output came from.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    /// The sources that wrote something.
    pub sources: Vec<MappedSource>,
    /// The calls that led to them.
    pub callers: Vec<Caller>,
    /// Sorted by offset.
    pub segments: Vec<Segment>,
}

impl SourceMap {
    /// The segment that wrote the byte at `offset`.
    pub fn find(&self, offset: u32) -> Option<&Segment> {
        let after = self.segments.partition_point(|segment| segment.offset <= offset);
        self.segments.get(after.checked_sub(1)?)
    }

    /// The callers of a segment, innermost first.
    pub fn callers_of(&self, segment: &Segment) -> impl Iterator<Item = &Caller> {
        let mut next = segment.caller;
        std::iter::from_fn(move || {
            let caller = self.callers.get(next as usize)?;
            next = caller.caller;
            Some(caller)
        })
    }

    /// Follows the removal of `length` bytes at each of `offsets` (sorted).
    pub(super) fn remove(&mut self, offsets: &[usize], length: usize) {
        for segment in &mut self.segments {
            let offset = segment.offset as usize;
            let before = offsets.partition_point(|&removed| removed + length <= offset);
            let inside = offsets
                .get(before)
                .map_or(0, |&removed| offset.saturating_sub(removed).min(length));
            segment.offset = source::offset(offset - before * length - inside);
        }
    }
}

/// The output of an `include` or `tpl`.
#[derive(Debug)]
struct Capture {
    text: Text,
    segments: Vec<Segment>,
}

impl Capture {
    /// Bytes, about.
    fn size(&self) -> usize {
        self.text.as_bytes().len() + self.segments.len() * size_of::<Segment>()
    }
}

/// A source map being made.
#[derive(Debug)]
pub(super) struct MapBuilder {
    map: SourceMap,
    caller: u32,
    captures: Vec<Capture>,
    /// Bytes of the captures.
    captured: usize,
}

impl Default for MapBuilder {
    fn default() -> Self {
        Self {
            map: SourceMap::default(),
            caller: NO_CALLER,
            captures: Vec::new(),
            captured: 0,
        }
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = (Range<usize>, &[u8])> {
    let mut start = 0;
    text.split_inclusive(|&byte| byte == b'\n').map(move |line| {
        let range = start..start + line.len();
        start += line.len();
        (range, line.trim_ascii())
    })
}

impl MapBuilder {
    fn source(&mut self, unit: &Unit) -> u32 {
        let sources = &mut self.map.sources;
        // Sources are few and the one in use is nearly always among the last.
        let known = sources.iter().rposition(|source| {
            source.name == unit.name && std::ptr::eq(source.text.as_bytes(), unit.source.as_bytes())
        });
        source::offset(known.unwrap_or_else(|| {
            sources.push(MappedSource {
                name: unit.name.clone(),
                text: unit.source.clone(),
            });
            sources.len() - 1
        }))
    }

    fn push(&mut self, offset: usize, source: u32, position: u32) {
        self.map.segments.push(Segment {
            offset: source::offset(offset),
            source,
            position,
            caller: self.caller,
        });
    }

    /// Text of the template itself: every line of it is known, from its first visible byte on.
    pub(super) fn text(&mut self, offset: usize, unit: &Unit, position: u32, text: &[u8]) {
        let source = self.source(unit);
        let mut start = 0;
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            let indent = if start == 0 { 0 } else { leading_space(line) };
            self.push(
                offset + start,
                source,
                position.saturating_add(source::offset(start + indent)),
            );
            start += line.len();
        }
    }

    pub(super) const fn capture_count(&self) -> usize {
        self.captures.len()
    }

    /// An action wrote `written` at `offset`; captures from `first_capture` on were made for it.
    pub(super) fn action(&mut self, offset: usize, unit: &Unit, position: u32, written: &[u8], first_capture: usize) {
        let source = self.source(unit);
        self.push(offset, source, position);
        let captures: Vec<Capture> = self.captures.drain(first_capture..).collect();
        if captures.is_empty() {
            return;
        }
        self.captured -= captures.iter().map(Capture::size).sum::<usize>();
        let captured: Vec<(&Capture, usize, &[u8])> = captures
            .iter()
            .flat_map(|capture| lines(capture.text.as_bytes()).map(move |(range, line)| (capture, range.start, line)))
            .filter(|(_, _, line)| !line.is_empty())
            .collect();
        let mut from = 0;
        for (range, line) in lines(written) {
            let found = captured
                .iter()
                .enumerate()
                .skip(from)
                .take(ALIGNMENT_WINDOW)
                .find(|(_, (_, _, candidate))| *candidate == line);
            let Some((index, (capture, start, _))) = found.filter(|_| !line.is_empty()) else {
                continue;
            };
            from = index + 1;
            let length = range.len();
            let text = capture.text.as_bytes();
            let line_text = text.get(*start..).unwrap_or_default();
            let indent = leading_space(line_text);
            let own_indent = leading_space(written.get(range.clone()).unwrap_or_default());
            let end = memchr::memchr(b'\n', line_text).map_or(text.len(), |at| start + at + 1);
            // The segment in force where the line begins, then those that begin inside it, moved to their new place.
            let first_inside = capture
                .segments
                .partition_point(|segment| segment.offset as usize <= *start + indent);
            let inside = capture
                .segments
                .get(first_inside.saturating_sub(1)..)
                .unwrap_or_default();
            for segment in inside.iter().take_while(|segment| (segment.offset as usize) < end) {
                let within = (segment.offset as usize).saturating_sub(*start + indent);
                let moved = if within == 0 {
                    0
                } else {
                    (own_indent + within).min(length)
                };
                self.map.segments.push(Segment {
                    offset: source::offset(offset + range.start + moved),
                    ..*segment
                });
            }
        }
    }

    /// Notes a call from a place; give the result to [`Self::leave`].
    pub(super) fn enter(&mut self, unit: &Unit, position: u32) -> u32 {
        let caller = Caller {
            source: self.source(unit),
            position,
            caller: self.caller,
        };
        self.map.callers.push(caller);
        std::mem::replace(&mut self.caller, source::offset(self.map.callers.len() - 1))
    }

    pub(super) const fn leave(&mut self, caller: u32) {
        self.caller = caller;
    }

    /// Segments written until [`Self::end_capture`] belong to a text of their own.
    pub(super) fn begin_capture(&mut self) -> Vec<Segment> {
        std::mem::take(&mut self.map.segments)
    }

    /// Ends a capture; `outer` is the result of [`Self::begin_capture`]. Where too much is captured already, it is not kept, and what
    /// is printed of it is located at the action that prints it.
    pub(super) fn end_capture(&mut self, outer: Vec<Segment>, text: Text) {
        let mut segments = std::mem::replace(&mut self.map.segments, outer);
        segments.shrink_to_fit();
        let capture = Capture { text, segments };
        // Those of variables and conditions are kept until an action around them writes something, which may be never.
        let captured = self.captured + capture.size();
        if captured <= CAPTURED_BYTES {
            self.captured = captured;
            self.captures.push(capture);
        }
    }

    pub(super) fn finish(self) -> SourceMap {
        self.map
    }
}

fn leading_space(line: &[u8]) -> usize {
    line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}
