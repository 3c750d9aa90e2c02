//! Payloads of Amazon's registry, and the messages of its queues and topics around payloads.

use serde_json::Value as Json;

use super::fields::{Fields, kind_of};
use super::payload::{Payload, read_json};
use super::payload_error::PayloadError;
use super::registries::of_kind;

/// The payloads inside a message of SNS, of SQS as it is received (`Messages`), or of either as a function gets it (`Records`).
///
/// # Errors
/// When what is inside is not JSON.
pub(super) fn wrapped(json: &Json) -> Result<Option<Vec<Json>>, PayloadError> {
    let text = |value: &Json, pointer: &str| value.pointer(pointer).and_then(Json::as_str).map(str::to_owned);
    let is_notification = json.get("Type").and_then(Json::as_str) == Some("Notification");
    let texts: Vec<String> = match (json.get("Messages"), json.get("Records")) {
        _ if is_notification => text(json, "/Message").into_iter().collect(),
        (Some(Json::Array(messages)), _) => messages.iter().filter_map(|one| text(one, "/Body")).collect(),
        (_, Some(Json::Array(records))) => {
            let inside = |record: &Json| text(record, "/body").or_else(|| text(record, "/Sns/Message"));
            records.iter().filter_map(inside).collect()
        }
        _ => text(json, "/Body").into_iter().collect(),
    };
    if texts.is_empty() {
        return Ok(None);
    }
    texts
        .iter()
        .map(|text| read_json(text.as_bytes()))
        .collect::<Result<_, _>>()
        .map(Some)
}

pub(super) fn is_ecr(json: &Json) -> bool {
    json.get("source").and_then(Json::as_str) == Some("aws.ecr")
        || json.get("detail-type").and_then(Json::as_str) == Some("ECR Image Action")
}

/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html>
pub(super) fn read_ecr(fields: &Fields<'_>, payload: &mut Payload) -> Result<(), PayloadError> {
    let kind = fields.text("/detail-type")?;
    if kind != "ECR Image Action" {
        payload.ignore(fields.sender, format!("the event `{kind}`"));
        return Ok(());
    }
    let (action, result) = (fields.text("/detail/action-type")?, fields.text("/detail/result")?);
    if (action, result) != ("PUSH", "SUCCESS") {
        payload.ignore(
            fields.sender,
            format!("the action `{action}` with the result `{result}`"),
        );
        return Ok(());
    }
    let repository = fields.text("/detail/repository-name")?;
    let Some(tag) = fields.optional("/detail/image-tag")? else {
        payload.ignore(fields.sender, format!("{repository} without a tag"));
        return Ok(());
    };
    let host = host(fields.text("/account")?, fields.text("/region")?);
    let digest = fields.optional("/detail/image-digest")?;
    let pushed = fields.pushed("/detail/repository-name", Some(&host), (repository, tag, digest))?;
    payload.push(of_kind(
        pushed,
        kind_of(fields.optional("/detail/artifact-media-type")?),
    ));
    Ok(())
}

/// The host of a registry. The regions of China have a domain of their own.
pub(super) fn host(account: &str, region: &str) -> String {
    let end = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("{account}.dkr.ecr.{region}.amazonaws.com{end}")
}
