//! The texts to compare.

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

/// Pieces of syntax in random order.
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
            let value = match numbers.below(4) {
                0 => ["[", &first, ", [", &second, "], []]"].concat(),
                1 => ["{a: {b: ", &first, "}, c: {}}"].concat(),
                _ => first,
            };
            text.push_str(&value);
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

/// Limits and corners by hand.
pub(crate) fn corners() -> Vec<Vec<u8>> {
    let bomb = |levels: usize, width: usize| {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..levels {
            let aliases = vec![format!("*a{}", level - 1); width].join(", ");
            let line = format!("a{level}: &a{level} [{aliases}]\n");
            text.push_str(&line);
        }
        text
    };
    let mut texts: Vec<String> = vec![
        "[".repeat(10_001),
        "[".repeat(10_000),
        "{".repeat(10_001),
        "- ".repeat(10_001),
        "? ".repeat(10_001),
        (0..400).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n"),
        format!("{}{}", "[".repeat(400), "]".repeat(400)),
        format!("{}x", "- ".repeat(400)),
        bomb(3, 9),
        bomb(9, 9),
        bomb(5, 10),
        format!("{}: b", "a".repeat(1024)),
        format!("{}: b", "a".repeat(1025)),
        format!("x: {{{}: b}}", "é".repeat(1024)),
        format!("x: {{\"{}\": b}}", "é".repeat(1030)),
        format!("'{}': b", "a ".repeat(600)),
        format!("a: {}\u{1}", "b".repeat(509)),
        format!("a: {}\n- [\n{}\u{1}", "b".repeat(300), "c".repeat(400)),
        format!("a: {}\n- [\n{}\u{1}", "b".repeat(300), "c".repeat(100)),
        format!("a: {}é\u{1}", "b".repeat(508)),
        format!("a: 1\n---\n{}\u{7F}", "b".repeat(2000)),
    ];
    texts.extend(CORNERS.iter().map(|text| (*text).to_owned()));
    let mut snippets: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    snippets.push(utf16("\u{FEFF}a: é😀\n", u16::to_le_bytes));
    snippets.push(utf16("\u{FEFF}a: é😀\n", u16::to_be_bytes));
    snippets.extend(
        [
            &b"a: \xC3"[..],
            b"a: \xFF",
            b"\xC0\x80",
            b"\xED\xA0\x80",
            b"a: \xC3(",
            b"\xFF\xFEa",
            b"",
        ]
        .map(<[u8]>::to_vec),
    );
    snippets
}

const CORNERS: &[&str] = &[
    "a: &a\n  b: *a\n",
    "&a [*a]",
    "&a {*a : 1}",
    "a: *b",
    "a: &b 1\n---\nc: *b\n",
    "<<: 1",
    "<<: [1]",
    "<<: {a: 1}\na: 2",
    "a: 2\n<<: {a: 1}",
    "x: &x {a: 1}\ny: &y {a: 2, b: 3}\nz: {<<: [*x, *y], c: 4}",
    "x: &x [1]\nz: {<<: *x}",
    "x: &x {a: 1}\nw: &w [*x]\nz: {<<: *w}",
    "'<<': {a: 1}",
    "!!merge '<<': {a: 1}",
    "!!str <<: {a: 1}",
    "a: 1\na: 2\nb: {c: 1, c: 2}\n1: x\n1: z\ntrue: 1\nyes: 2",
    "a: 1\n<<: {a: 2, b: 1, b: 2}",
    "? {a: 1, 2: [x, null, 1.5, true, .inf]}\n: 1",
    "? {a: 1, 2: 1, 1.5: 1, true: 1, 18446744073709551615: 1, ~: 1, .inf: 2, -.inf: 1, .nan: 3, 10: 2, no: 1, -3: 1}",
    "? &k [a]\n: 1\n*k : 2",
    "&k a: 1\n*k : 2",
    "~: 1",
    "a: {null: 1}",
    "18446744073709551615: a",
    "[{.inf: a}, {.nan: b}, {1e3: c}, {1.1: d}, {123456789.5: e}, {1e50: f}]",
    "a: [.nan, -.inf]",
    "a: .inf\na: {b: .nan}\na: 1",
    "!!int 1.5",
    "!!float 1",
    "!!float 18446744073709551615",
    "!!bool yes",
    "!!null a",
    "!!null ''",
    "!!timestamp 2001-01-01",
    "!!timestamp a",
    "!!binary =",
    "!!binary YQ==",
    "!!map a",
    "!!seq {a: b}",
    "!local {a: !other b}",
    "! 1",
    "!!str",
    "&a",
    "- &a\n- *a",
    "%TAG !e! tag:x,2000:\n---\n!e!y z",
    "!e!y z",
    "%TAG ! tag:x,2000:\n%TAG ! tag:y:\n---\n",
    "%YAML 1.2\n---\na",
    "%YAML 1.1\n%YAML 1.1\n---\na",
    "%YAML 1\n---\n",
    "%YAML 123.1\n---\n",
    "%FOO\n---\n",
    "%\n",
    "%YAML 1.1\na",
    "!<tag:yaml.org,2002:str> 1",
    "!<tag 1",
    "!%41 x",
    "!%C3%A9 x",
    "!%C3%41 x",
    "!%FF x",
    "!%4 x",
    "--- >\n folded\n text\n\n  more\n last\n...\n--- |1\n x\n",
    "a: |0\n b",
    "a: |12\n b",
    "a: | b\n",
    "a: |#c\n b\n",
    "a: | #c\n b\n",
    "a: |\n\tb\n",
    "a: |\n    \n  b\n",
    "a: |\r\n  b\r\n  c\r\n",
    "a: >\u{85} b\u{2028} c\u{2029}",
    "a: \"b\\\n  c\"",
    "a: \"b \n \n  c\"",
    "a: \"\\xZZ\"",
    "a: \"\\uD800\"",
    "a: \"\\q\"",
    "a: 'b\n---\nc'",
    "a: \"b\n... \"",
    "a: b\n--- c",
    "a: b\n---c",
    "...\n...\na",
    "a\n...\nb",
    "a: b\n  c: d",
    "a:\n- b\n c",
    "a:\n  - b\n - c",
    "- a\nb: c",
    "a: [b\nc: d",
    "a: {b: c",
    "{a, b: , ? c, ? : d, : e}",
    "[a, [b: c, d: ], : e, ? f : g, ? ]",
    "{a: b}: c",
    "[a]: b",
    "[]: a",
    "{a b: c}",
    "{\"a\":1, 'b':2, c:3}",
    "[a:b, c?d, e]",
    "a: 'b' c",
    "a: 'b'c",
    "@a",
    "`a",
    "a: %b",
    "\ta: b",
    "a:\tb",
    "a:\n\t- b",
    "-\ta",
    "- -\n  - a",
    "?a",
    "? a\n? b\n: c",
    ": a",
    "a: b: c",
    "a:\n  b\n c: d",
    "#a\n#b\n",
    "a #b\n  c",
    "a\n#b\nc",
];

const INDENTATIONS: &[&str] = &["", "", "", "  ", "  ", "    ", "      ", " ", "   ", "\t"];
const BEGINNINGS: &[&str] = &["", "", "", "- ", "- ", "-", "- - ", "-  ", "-\t"];
const KEYS: &[&str] = &[
    "a:",
    "a:",
    "b: ",
    "c : ",
    "'d':",
    "\"e\": ",
    "\"\\x66\": ",
    "g\th:",
    "-i: ",
    "é: ",
    ":j: ",
    "<<: ",
    "",
    "",
    "? ",
];
const VALUES: &[&str] = &[
    "",
    "",
    "",
    " x",
    " x",
    " x y # z",
    " 'x'",
    " 'it''s'",
    " \"x\"",
    " \"\\tx\"",
    " 'x",
    "x'",
    " \"x",
    "y\"",
    " |",
    " |-",
    " >",
    " >+",
    " |2",
    " {}",
    " []",
    " []#x",
    " [x]",
    " [a, 'b' , -c d,]",
    " [ ]",
    " {a: x, \"b\":[c], 'd': {e: f g } }",
    " {a: x} y",
    " [a, b c #]",
    " [a: b, c:d]",
    " [\"\\x41\", x ,,]",
    " {a, b: }",
    " [a?b, - c]",
    " [[x], [{}]]: y",
    " {a",
    "b}",
    " # x",
    "#x",
    " x:y",
    " x :y",
    " x: y",
    " - x",
    " &x y",
    " *x",
    " !!str x",
    " é",
    " \u{FEFF}",
    " x\ty",
    " x\t",
    " ~",
    "  x  ",
    "---",
    " ...",
    " %",
];

/// Lines of block collections in random order, most of which fit each other.
pub(crate) fn blocks(count: usize, seed: u64) -> Vec<Vec<u8>> {
    let mut numbers = Numbers(seed.wrapping_mul(0x9FB2_1C65_1E98_DF25) | 1);
    let mut one = || {
        let mut text = String::new();
        for _ in 0..=numbers.below(7) {
            match numbers.below(24) {
                0 => text.push_str("---\n"),
                1 => text.push_str("--- # x\n"),
                2 => text.push_str("...\n"),
                3 => text.push('\n'),
                4 => text.push_str("  # x\n"),
                5 => {
                    let piece: &&str = numbers.pick(PIECES);
                    text.push_str(piece);
                }
                _ => {
                    for parts in [INDENTATIONS, BEGINNINGS, KEYS, VALUES] {
                        let part: &&str = numbers.pick(parts);
                        text.push_str(part);
                    }
                    text.push('\n');
                }
            }
        }
        if numbers.below(4) == 0 {
            text.pop();
        }
        text.into_bytes()
    };
    (0..count).map(|_| one()).collect()
}
