//! A payload to what was pushed.
//!
//! In: the body of a request. Out: the images and charts that it says were pushed, and what of it was ignored and why. What the
//! fields mean is in the registries' documentation, a link in each reader.

use serde_json::Value as Json;

use super::amazon::wrapped;
use super::fields::Fields;
use super::payload_error::PayloadError;
use super::pushed::{Kind, Pushed};
use super::sender::Sender;

/// Most payloads inside of each other: an event in a notification in a message of a queue.
const MAX_WRAPPINGS: usize = 4;

/// A part of a payload that says nothing of a new tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Who sent it.
    pub sender: Sender,
    /// Why it is ignored.
    pub reason: String,
}

/// What a payload says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payload {
    /// Who sent it; several only for payloads in a list.
    pub senders: Vec<Sender>,
    /// What was pushed, each once.
    pub pushed: Vec<Pushed>,
    /// What was ignored.
    pub ignored: Vec<Ignored>,
}

impl Payload {
    /// The images that were pushed, and the charts. `registry` is the host of those whose sender does not say it.
    pub fn images_and_charts(&self, registry: Option<&str>) -> (Vec<Pushed>, Vec<Pushed>) {
        let with_host = self.pushed.iter().cloned().map(|pushed| Pushed {
            host: pushed.host.or_else(|| registry.map(str::to_owned)),
            ..pushed
        });
        with_host.partition(|pushed| pushed.kind == Kind::Image)
    }

    pub(super) fn push(&mut self, pushed: Pushed) {
        if !self.pushed.contains(&pushed) {
            self.pushed.push(pushed);
        }
    }

    pub(super) fn ignore(&mut self, sender: Sender, reason: impl Into<String>) {
        let reason = reason.into();
        self.ignored.push(Ignored { sender, reason });
    }

    fn read(&mut self, json: &Json, sender: Option<Sender>, wrappings: usize) -> Result<(), PayloadError> {
        if wrappings > MAX_WRAPPINGS {
            let looks = format!("more than {MAX_WRAPPINGS} messages inside of each other");
            return Err(PayloadError::Unknown { looks });
        }
        if let Json::Array(batch) = json {
            if batch.is_empty() {
                let looks = "an empty list".to_owned();
                return Err(PayloadError::Unknown { looks });
            }
            return batch.iter().try_for_each(|json| self.read(json, sender, wrappings + 1));
        }
        if let Some(messages) = wrapped(json)? {
            return messages
                .iter()
                .try_for_each(|json| self.read(json, sender, wrappings + 1));
        }
        let sender = sender.or_else(|| Sender::recognise(json));
        let sender = sender.ok_or_else(|| PayloadError::Unknown { looks: looks(json) })?;
        if !self.senders.contains(&sender) {
            self.senders.push(sender);
        }
        sender.read(&Fields::root(sender, json), self)
    }
}

/// Reads a payload, of a sender that is known or recognised by itself.
///
/// # Errors
/// When it is not JSON or no sender's, or does not say what was pushed.
pub fn read_payload(body: &[u8], sender: Option<Sender>) -> Result<Payload, PayloadError> {
    let mut payload = Payload::default();
    payload.read(&read_json(body)?, sender, 0)?;
    Ok(payload)
}

/// Reads JSON.
///
/// # Errors
/// With the place.
pub(super) fn read_json(body: &[u8]) -> Result<Json, PayloadError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        PayloadError::NotJson {
            line: error.line().max(1),
            column: error.column().max(1),
            reason: message.strip_suffix(&place).unwrap_or(&message).to_owned(),
        }
    })
}

/// What a value that no sender sends looks like.
fn looks(json: &Json) -> String {
    const SHOWN: usize = 6;
    match json {
        Json::Object(fields) if fields.is_empty() => "it has no fields".to_owned(),
        Json::Object(fields) => {
            let names: Vec<String> = fields.keys().take(SHOWN).map(|name| format!("`{name}`")).collect();
            let more = if fields.len() > SHOWN { ", …" } else { "" };
            format!("its fields are {}{more}", names.join(", "))
        }
        _ => "it is not a mapping".to_owned(),
    }
}
