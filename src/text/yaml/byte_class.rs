//! One table that says which bytes end which kind of run, so that hot loops look at each byte once.

/// Space or tab.
pub(super) const BLANK: u8 = 1;
/// May begin a line break: `\r`, `\n`, and the first bytes of U+0085, U+2028 and U+2029.
pub(super) const BREAK_START: u8 = 2;
/// Ends, or may end, a run of plain text in block context.
pub(super) const PLAIN_STOP: u8 = 4;
/// Ends, or may end, a run of plain text in flow context.
pub(super) const FLOW_STOP: u8 = 8;
/// Letters, digits, `_` and `-`: names of anchors, tag handles and directives.
pub(super) const NAME: u8 = 16;
/// What a tag may contain besides names, `%` included.
pub(super) const URI: u8 = 32;
/// Interesting inside double quotes.
pub(super) const DOUBLE_STOP: u8 = 64;
/// Interesting inside single quotes.
pub(super) const SINGLE_STOP: u8 = 128;

static TABLE: [u8; 256] = table();

/// The classes of a byte.
#[inline]
pub(super) fn class(byte: u8) -> u8 {
    TABLE.get(usize::from(byte)).copied().unwrap_or(0)
}

#[expect(
    clippy::indexing_slicing,
    reason = "computed at compile time, where a bad index would not compile"
)]
const fn mark(mut table: [u8; 256], bytes: &[u8], classes: u8) -> [u8; 256] {
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] |= classes;
        at += 1;
    }
    table
}

const fn table() -> [u8; 256] {
    let every_run = PLAIN_STOP | FLOW_STOP | DOUBLE_STOP | SINGLE_STOP;
    let table = mark([0; 256], b" \t", BLANK | every_run);
    let table = mark(table, b"\r\n\xC2\xE2", BREAK_START | every_run);
    let table = mark(table, b":", PLAIN_STOP | FLOW_STOP);
    let table = mark(table, b",?[]{}", FLOW_STOP);
    let table = mark(table, b"\"\\", DOUBLE_STOP);
    let table = mark(table, b"'", SINGLE_STOP);
    let table = mark(
        table,
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-",
        NAME | URI,
    );
    mark(table, b";/?:@&=+$,.!~*'()[]%", URI)
}
