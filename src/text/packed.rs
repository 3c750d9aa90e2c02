//! What the build script packs, since it is seldom read.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

/// What was packed when the program was built; that can be unpacked.
pub fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    drop(MultiGzDecoder::new(packed).read_to_end(&mut content));
    content
}

/// The same of a text.
pub fn unpacked_text(packed: &[u8]) -> String {
    String::from_utf8(unpacked(packed)).unwrap_or_default()
}
