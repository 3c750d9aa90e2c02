//! Tasks of the maintainers that need more than `cargo`: `cargo xtask <task>`, in the project's directory. All of them need Go.
//!
//! `schemas` makes `schemas/kubernetes.bin` anew from the OpenAPI documents of Kubernetes, `lifecycles` makes
//! `schemas/api-lifecycles.tsv` from its Go types. `docs/upgrading.md` says when to run which.

mod bundle;
mod enums;
mod lifecycles;
mod module;
mod openapi;
mod versions;

use std::io::Write as _;
use std::process::ExitCode;

use module::FetchError;

const SCHEMAS: &str = "schemas/kubernetes.bin";
const LIFECYCLES: &str = "schemas/api-lifecycles.tsv";

/// The tasks by name.
const TASKS: [(&str, fn() -> Result<(), FetchError>); 2] = [("schemas", make_schemas), ("lifecycles", make_lifecycles)];

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some((_, task)) = TASKS.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = TASKS.iter().map(|(name, _)| *name).collect();
        say(&format!("usage: cargo xtask {}", names.join("|")));
        return ExitCode::from(2);
    };
    match task() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(3)
        }
    }
}

fn say(line: &str) {
    let _unreported = writeln!(std::io::stderr(), "{line}");
}

/// Writes a file that is committed, and says how large it is.
fn write(path: &str, bytes: &[u8]) -> Result<(), FetchError> {
    std::fs::write(path, bytes)?;
    say(&format!("{path}: {} bytes", bytes.len()));
    Ok(())
}

fn make_schemas() -> Result<(), FetchError> {
    let mut bundle = bundle::Bundle::default();
    for minor in versions::embedded_minors()? {
        let document = openapi::fetch(minor)?;
        let enums = enums::fetch(minor)?;
        bundle.add(minor, &document, &enums);
        say(&format!(
            "Kubernetes 1.{minor}: {} closed sets of values, {} definitions so far",
            enums.len(),
            bundle.definition_count()
        ));
    }
    write(SCHEMAS, &bundle.encode())
}

fn make_lifecycles() -> Result<(), FetchError> {
    let table = lifecycles::table(versions::embedded_minors()?, versions::helm_client_minor()?)?;
    write(LIFECYCLES, table.as_bytes())
}
