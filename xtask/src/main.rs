//! Tasks of the maintainers that need more than `cargo`: `cargo xtask TASK`, in the project's directory. All of them need Go.
//!
//! | task | output |
//! | --- | --- |
//! | `schemas` | `schemas/kubernetes.bin`, from the OpenAPI documents of Kubernetes |
//! | `lifecycles` | `schemas/api-lifecycles.tsv`, from the Go types of Kubernetes |
//! | `rows [COUNT SEED]` | the answers in `tests/rows/helm.jsonl`, from Helm; or COUNT rows more |
//! | `verdicts [COUNT SEED]` | nothing: compares `tests/verdicts` with Kubernetes; or COUNT changes more |
//! | `custom-resources [COUNT SEED]` | nothing: compares `tests/custom_resources` with Kubernetes; or COUNT cases instead |
//!
//! `docs/upgrading.md` says when to run which.

#![expect(clippy::disallowed_methods, reason = "tasks read the files of the project")]

mod bundle;
mod custom_resources;
mod enums;
mod lifecycles;
mod module;
mod openapi;
mod oracle;
mod rows;
mod verdicts;
mod versions;

use std::io::Write as _;
use std::process::ExitCode;

use module::FetchError;

const SCHEMAS: &str = "schemas/kubernetes.bin";
const LIFECYCLES: &str = "schemas/api-lifecycles.tsv";

const USAGE: &str =
    "usage: cargo xtask schemas|lifecycles|rows [COUNT SEED]|verdicts [COUNT SEED]|custom-resources [COUNT SEED]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["schemas"] => make_schemas(),
        ["lifecycles"] => make_lifecycles(),
        ["rows"] => rows::renew(None),
        ["rows", count, seed] => numbers(count, seed).and_then(|numbers| rows::renew(Some(numbers))),
        ["verdicts"] => verdicts::compare(None),
        ["verdicts", count, seed] => numbers(count, seed).and_then(|numbers| verdicts::compare(Some(numbers))),
        ["custom-resources"] => custom_resources::compare(None),
        ["custom-resources", count, seed] => {
            numbers(count, seed).and_then(|numbers| custom_resources::compare(Some(numbers)))
        }
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(3)
        }
    }
}

fn numbers(count: &str, seed: &str) -> Result<(u64, u64), FetchError> {
    let number = |text: &str| text.parse().map_err(|_| FetchError::Number(text.to_owned()));
    Ok((number(count)?, number(seed)?))
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
