//! Payloads of Google's registries, in messages of Pub/Sub.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::fields::Fields;
use super::payload::{Payload, read_json};
use super::payload_error::PayloadError;

pub(super) fn is_message(json: &Json) -> bool {
    let is_inside = json.get("action").is_some()
        && ["tag", "digest"].iter().any(|key| {
            let text = json.get(key).and_then(Json::as_str).unwrap_or_default();
            text.contains('/')
        });
    is_inside || json.pointer("/message/data").is_some_and(Json::is_string) || is_pulled(json)
}

/// A message as a subscription that pulls gets it.
fn is_pulled(json: &Json) -> bool {
    json.get("data").is_some_and(Json::is_string) && json.get("messageId").is_some()
}

/// <https://cloud.google.com/artifact-registry/docs/configure-notifications>, pushed, pulled or without its message.
pub(super) fn read(fields: &Fields<'_>, payload: &mut Payload) -> Result<(), PayloadError> {
    let pointer = match fields.value {
        value if value.pointer("/message/data").is_some() => "/message/data",
        value if is_pulled(value) => "/data",
        _ => return read_event(fields, payload),
    };
    let wrong = |reason: String| fields.wrong(pointer, reason);
    let data = STANDARD.decode(fields.text(pointer)?.trim());
    let data = data.map_err(|error| wrong(format!("it is not base64: {error}")))?;
    let event = read_json(&data).map_err(|error| wrong(format!("what is in it: {error}")))?;
    read_event(&Fields::root(fields.sender, &event), payload)
}

fn read_event(fields: &Fields<'_>, payload: &mut Payload) -> Result<(), PayloadError> {
    let action = fields.text("/action")?;
    if action != "INSERT" {
        payload.ignore(fields.sender, format!("the action `{action}`"));
        return Ok(());
    }
    let digest = fields.optional("/digest")?;
    let Some(tag) = fields.optional("/tag")? else {
        let what = digest.ok_or_else(|| fields.missing("/tag"))?;
        payload.ignore(fields.sender, format!("{what} without a tag"));
        return Ok(());
    };
    let digest = digest
        .and_then(|digest| digest.rsplit_once('@'))
        .map(|(_, digest)| digest);
    let pushed = fields.pushed_as("/tag", tag, digest)?;
    payload.push(pushed.ok_or_else(|| fields.wrong("/tag", format!("`{tag}` has no tag")))?);
    Ok(())
}
