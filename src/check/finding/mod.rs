//! What a run finds in the user's files, and what the user says about it: comments and a configuration that silence findings,
//! a baseline of findings that are known.

mod baseline;
#[expect(
    clippy::module_inception,
    reason = "the folder is about findings, the file holds one"
)]
mod finding;
mod finding_list;
mod judgement;
mod repeated_secrets;
mod secret_lines;
mod secret_search;
mod secret_spellings;
mod secret_text;
mod secret_documents;
mod secret_values;
mod secret_words;
mod suppression;
mod verdict_secrets;
mod violation;

pub use baseline::Baseline;
pub use finding::{Finding, Location, Place, Related, join};
pub use finding_list::FindingList;
pub use judgement::{Hidden, Judge, Judgement};
pub use secret_documents::without_secret_documents;
pub use secret_text::{key_names_secret, may_name_secret, names_secret, seems_secret, without_secrets, without_value};
pub use secret_values::{SecretValues, is_secret_key};
pub use secret_words::may_hold_secret;
pub use suppression::{PathRule, ignore_comments};
pub use verdict_secrets::hide_secrets;
