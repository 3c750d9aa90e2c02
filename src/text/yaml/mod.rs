//! YAML text, without any knowledge of Kubernetes: read as go-yaml v2 reads it, printed as Helm prints it.
//!
//! ```
//! use chartwright::text::yaml;
//!
//! let tree = yaml::parse_first(b"image:\n  tag: '1.25' # stable\n").expect("is YAML");
//! let tag = tree.find(tree.root().expect("has a document"), &["image", "tag"]).expect("is there");
//! assert_eq!(tree.text(tag), "1.25");
//! assert_eq!(tree.span(tag).of(tree.source().as_bytes()), b"'1.25'");
//! assert_eq!(tree.path(tag), "/image/tag");
//! ```

mod block_reader;
mod byte_class;
mod compose;
mod decode;
mod emit;
mod error;
mod go_syntax;
mod input;
mod json;
mod navigate;
mod key_index;
mod parser;
mod plain;
mod read;
mod resolve;
mod scanner;
mod timestamp;
mod tree;

pub use decode::{Builder, Duplicates, MAX_DEPTH, decode};
pub use emit::{Dialect, Emitter, sort_by_key};
pub use error::{DuplicateKey, YamlError};
pub use json::{
    JsonBuilder, json_from_bytes, json_from_bytes_strict, json_from_node, json_from_node_without, json_with_floats,
    yaml_of_json,
};
pub use key_index::KeyIndex;
pub use read::{parse_all, parse_first, parse_first_from_tokens, parse_stream, parse_stream_from_tokens, with_all};
pub use resolve::{Scalar, resolve_plain};
pub use scanner::ScalarStyle;
pub use tree::{Document, NodeId, NodeKind, Tree};
