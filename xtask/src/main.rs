//! Tasks of the maintainers that need more than `cargo`: `cargo xtask <task>`.
//!
//! `schemas` makes `schemas/kubernetes.bin` and `schemas/api-lifecycles.tsv` anew from the OpenAPI documents and Go types of Kubernetes.

mod bundle;
mod enums;
mod lifecycles;
mod module;
mod openapi;

use std::io::Write as _;
use std::process::ExitCode;

/// Kubernetes 1.25 to 1.37.
const MINORS: std::ops::RangeInclusive<u8> = 25..=37;
const TARGET: &str = "schemas/kubernetes.bin";
const LIFECYCLES: &str = "schemas/api-lifecycles.tsv";

fn main() -> ExitCode {
    let task = std::env::args().nth(1);
    if task.as_deref() != Some("schemas") {
        say("usage: cargo xtask schemas");
        return ExitCode::from(2);
    }
    match make_schemas() {
        Ok(size) => {
            say(&format!("{TARGET}: {size} bytes"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(3)
        }
    }
}

fn say(line: &str) {
    let _unreported = writeln!(std::io::stderr(), "{line}");
}

fn make_schemas() -> Result<usize, module::FetchError> {
    let mut bundle = bundle::Bundle::default();
    for minor in MINORS {
        let document = openapi::fetch(minor)?;
        let enums = enums::fetch(minor)?;
        bundle.add(minor, &document, &enums);
        say(&format!(
            "Kubernetes 1.{minor}: {} closed sets of values, {} definitions so far",
            enums.len(),
            bundle.definition_count()
        ));
    }
    let lifecycles = lifecycles::table(MINORS)?;
    std::fs::write(LIFECYCLES, lifecycles).map_err(module::FetchError::Io)?;
    let bytes = bundle.encode();
    std::fs::write(TARGET, &bytes).map_err(module::FetchError::Io)?;
    Ok(bytes.len())
}
