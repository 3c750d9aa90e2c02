//! Why a payload cannot be read.

use super::sender::Sender;

/// A payload that cannot be read. What it quotes is cut and redacted where it is shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// It is not JSON.
    #[error("{line}:{column}: this is not JSON: {reason}")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the reader of JSON says.
        reason: String,
    },
    /// It is like no sender's payloads.
    #[error("this is like the payload of no known sender: {looks}")]
    Unknown {
        /// What it is.
        looks: String,
    },
    /// A field that says what was pushed is not there.
    #[error("a payload of {sender} without `{field}`", sender = sender.title())]
    Missing {
        /// Who sends such payloads.
        sender: Sender,
        /// The path of the field.
        field: String,
    },
    /// A field has another type.
    #[error("a payload of {sender} whose `{field}` is not {wanted}", sender = sender.title())]
    Type {
        /// Who sends such payloads.
        sender: Sender,
        /// The path of the field.
        field: String,
        /// `a text`, `a list`, …
        wanted: &'static str,
    },
    /// A field has the right type, and a value that cannot be right.
    #[error("a payload of {sender} whose `{field}` is wrong: {reason}", sender = sender.title())]
    Value {
        /// Who sends such payloads.
        sender: Sender,
        /// The path of the field.
        field: String,
        /// What is wrong.
        reason: String,
    },
}

impl PayloadError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotJson { .. } => "give the body of the request as it was sent".to_owned(),
            Self::Unknown { .. } => format!(
                "name the sender with --sender ({}), or what was pushed with --image REPOSITORY:TAG",
                Sender::names().collect::<Vec<_>>().join(", ")
            ),
            Self::Missing { .. } | Self::Type { .. } | Self::Value { .. } => {
                "name what was pushed with --image REPOSITORY:TAG if the payload is right".to_owned()
            }
        }
    }
}
