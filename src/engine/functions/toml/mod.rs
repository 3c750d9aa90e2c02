//! TOML as `BurntSushi/toml` 1.6 reads and writes it.

mod decode;
mod encode;
mod lexer;
mod lexer_values;
mod scalars;
mod tables;

pub(super) mod functions;

/// Control characters and quotes as they are written in a basic string.
fn escape(out: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            8 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            12 => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..=0x1f | 0x7f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
}

/// One part of a dotted key, in quotes where it needs them.
fn key_part(out: &mut Vec<u8>, part: &[u8]) {
    let bare = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !part.is_empty() && part.iter().all(bare) {
        out.extend_from_slice(part);
        return;
    }
    out.push(b'"');
    escape(out, part);
    out.push(b'"');
}

/// A dotted key.
fn key_text<'k>(parts: impl IntoIterator<Item = &'k [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for (position, part) in parts.into_iter().enumerate() {
        if position > 0 {
            out.push(b'.');
        }
        key_part(&mut out, part);
    }
    out
}
