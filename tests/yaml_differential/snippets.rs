//! The texts to ask about.

use std::path::{Path, PathBuf};

/// Longest file that is mutated; longer ones only cost time.
const LONGEST: u64 = 20_000;

/// A small generator of numbers, the same on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let limit = u64::try_from(limit.max(1)).expect("is small");
        usize::try_from(self.0 % limit).expect("is small")
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// The YAML files below `root`, templates included: those make good errors.
pub(crate) fn corpus(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "yml")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Whole files.
pub(crate) fn files(corpus: &[PathBuf], count: usize, seed: u64) -> Vec<Vec<u8>> {
    let step = (corpus.len() / count.max(1)).max(1);
    let start = usize::try_from(seed).unwrap_or_default() % step;
    corpus
        .iter()
        .skip(start)
        .step_by(step)
        .take(count)
        .filter_map(|path| std::fs::read(path).ok())
        .collect()
}

/// Files with a few bytes or lines changed.
pub(crate) fn mutations(corpus: &[PathBuf], count: usize, seed: u64) -> Vec<Vec<u8>> {
    let short: Vec<_> = corpus
        .iter()
        .filter(|path| std::fs::metadata(path).is_ok_and(|metadata| metadata.len() < LONGEST))
        .filter(|path| !path.components().any(|part| part.as_os_str() == "templates"))
        .collect();
    let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    if short.is_empty() {
        return Vec::new();
    }
    let mut mutate_one = || {
        let mut text = std::fs::read(numbers.pick(&short)).unwrap_or_default();
        for _ in 0..=numbers.below(3) {
            mutate(&mut text, &mut numbers);
        }
        text
    };
    (0..count).map(|_| mutate_one()).collect()
}

fn mutate(text: &mut Vec<u8>, numbers: &mut Numbers) {
    if text.is_empty() {
        return;
    }
    let at = numbers.below(text.len());
    let line_start = text[..at]
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |before| before + 1);
    let line_end = text[at..]
        .iter()
        .position(|&byte| byte == b'\n')
        .map_or(text.len(), |behind| at + behind + 1);
    match numbers.below(8) {
        0 => drop(text.remove(at)),
        1 | 2 => {
            let piece = numbers.pick(PIECES).as_bytes();
            text.splice(at..at, piece.iter().copied());
        }
        3 => {
            let piece = numbers.pick(PIECES).as_bytes();
            text.splice(at..=at, piece.iter().copied());
        }
        4 => drop(text.drain(line_start..line_end)),
        5 => {
            let line = text[line_start..line_end].to_vec();
            text.splice(line_start..line_start, line);
        }
        6 => text.insert(line_start, b' '),
        _ if text[line_start] == b' ' => drop(text.remove(line_start)),
        _ => text.truncate(at),
    }
}

const PIECES: &[&str] = &[
    ":",
    ": ",
    "- ",
    "-",
    "? ",
    "?",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    " ",
    "  ",
    "    ",
    "\t",
    "#",
    " # c\n",
    "'",
    "\"",
    "''",
    "\\",
    "\\n",
    "\\x41",
    "\\u00e9",
    "\\\n",
    "[",
    "]",
    "{",
    "}",
    ",",
    ", ",
    "[]",
    "{}",
    "|",
    ">",
    "|\n",
    ">-\n",
    "|+\n",
    "|2\n",
    ">2-\n",
    "&a ",
    "*a",
    "*a ",
    "&b ",
    "*b",
    "!",
    "!! ",
    "!!str ",
    "!!int ",
    "!!float ",
    "!!binary ",
    "!<tag:x> ",
    "!e!x ",
    "%",
    "%YAML 1.1\n",
    "%TAG !e! tag:x,1:\n",
    "---\n",
    "--- ",
    "---",
    "...\n",
    "...",
    "<<",
    "<<: ",
    "<<: *a\n",
    "a",
    "b",
    "ab",
    "a: ",
    "b: ",
    "a: 1\n",
    "b: x\n",
    "- a\n",
    "- b: c\n",
    "é",
    "\u{85}",
    "\u{2028}",
    "\u{FEFF}",
    "😀",
    "@",
    "`",
    "~",
    "null",
    "true",
    "yes",
    "n",
    "1",
    "0",
    "017",
    "0x1F",
    "1_0",
    "1.5",
    "1e3",
    "1e400",
    ".5",
    ".inf",
    ".nan",
    "-1",
    "+1",
    "12:30",
    "2001-01-01",
    "2001-01-01T01:02:03Z",
    "9223372036854775808",
    "18446744073709551616",
    "a b",
    "a #b",
    "a: b",
    "word word word word word word word word word word ",
    "\u{7F}",
    "=",
];

/// Pieces of syntax in no order.
pub(crate) fn soup(count: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut numbers = Numbers(seed.wrapping_mul(0xD1B5_4A32_D192_ED03) | 1);
    let mut one = || {
        let length = 1 + numbers.below(14);
        (0..length)
            .map(|_| *numbers.pick(PIECES))
            .collect::<String>()
            .into_bytes()
    };
    (0..count).map(|_| one()).collect()
}

/// Flow mappings of quoted strings made of pieces, to see how those are printed.
pub(crate) fn strings(count: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut numbers = Numbers(seed.wrapping_mul(0xA24B_AED4_963E_E407) | 1);
    let mut one = || {
        let mut text = String::from("{");
        for _ in 0..=numbers.below(4) {
            text.push_str(&quoted(&mut numbers, 5));
            text.push_str(": ");
            let (first, second) = (quoted(&mut numbers, 12), quoted(&mut numbers, 8));
            text += &match numbers.below(4) {
                0 => format!("[{first}, [{second}], []]"),
                1 => format!("{{a: {{b: {first}}}, c: {{}}}}"),
                _ => first,
            };
            text.push_str(", ");
        }
        text.push('}');
        text.into_bytes()
    };
    (0..count).map(|_| one()).collect()
}

fn quoted(numbers: &mut Numbers, most: usize) -> String {
    let pieces = numbers.below(most + 1);
    let text: String = (0..pieces).map(|_| *numbers.pick(PIECES)).collect();
    let escaped = text.chars().map(|character| match character {
        ' ' | 'a'..='z' => character.to_string(),
        _ => format!("\\U{:08x}", u32::from(character)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
