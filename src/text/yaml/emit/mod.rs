//! Values to YAML text, byte for byte as Go's encoders print them: go.yaml.in/yaml/v2 (`toYaml`) and, with an indent of
//! two, go.yaml.in/yaml/v3 (`toYamlPretty`). Follows their `encode.go`, `emitterc.go` and `sorter.go`.
//!
//! ```
//! use chartwright::text::yaml::{Dialect, Emitter};
//!
//! let mut emitter = Emitter::new(Dialect::V2);
//! emitter.begin_mapping(2);
//! emitter.string("ports");
//! emitter.begin_sequence(1);
//! emitter.int(80);
//! emitter.end();
//! emitter.string("version");
//! emitter.string("1.0");
//! emitter.end();
//! assert_eq!(emitter.finish(), "ports:\n- 80\nversion: \"1.0\"\n");
//! ```

mod analysis;
mod emitter;
mod key_order;
mod scalar;

pub use emitter::{Dialect, Emitter};
pub use key_order::sort_by_key;
