//! What an API server makes of a built-in object before its policies of validating admission see it: [`set_defaults`].
//!
//! What the server does follows from the types of Kubernetes and is data: `defaults.txt` has the defaults of fields by definition, and
//! `fields.txt` (made by `tests/oracles/defaults` from Go's types) which fields are written although they are zero. `fill` walks an object with
//! both; `dependent` has the defaults that depend on other fields, `admission` what built-in plugins and the registry add.

mod field_paths;

mod table;

mod quantity_text;

mod time_text;

mod image_tag;

mod services;

mod pod_resources;

mod app_armor;

mod pods;

mod jobs;

mod dependent;

mod admission;

mod fill;

pub use fill::set_defaults;
