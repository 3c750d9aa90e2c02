//! Payloads of registries in docker's tradition: Docker Hub, Quay, Azure, Alibaba Cloud and CNCF distribution, and the plain one
//! of a pipeline.

use serde_json::Value as Json;

use super::fields::{Fields, kind_of};
use super::payload::Payload;
use super::payload_error::PayloadError;
use super::pushed::{Kind, Pushed};
use crate::delivery::image::ImageReference;

type Read = Result<(), PayloadError>;

/// The host of Docker Hub in references.
const DOCKER_HUB: &str = "docker.io";

fn has(json: &Json, pointer: &str) -> bool {
    json.pointer(pointer).is_some_and(|value| !value.is_null())
}

pub(super) fn is_docker_hub(json: &Json) -> bool {
    has(json, "/push_data") && has(json, "/repository/repo_name")
}

/// <https://docs.docker.com/docker-hub/repos/manage/webhooks/>
pub(super) fn read_docker_hub(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let repository = fields.text("/repository/repo_name")?;
    let (_, path) = ImageReference::location(&format!("{DOCKER_HUB}/{repository}"));
    let tag = fields.text("/push_data/tag")?;
    payload.push(fields.pushed("/repository/repo_name", Some(DOCKER_HUB), (&path, tag, None))?);
    Ok(())
}

pub(super) fn is_aliyun(json: &Json) -> bool {
    has(json, "/push_data/tag") && has(json, "/repository/repo_full_name")
}

/// <https://www.alibabacloud.com/help/en/acr/user-guide/manage-webhooks>
pub(super) fn read_aliyun(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let host = format!("registry.{}.aliyuncs.com", fields.text("/repository/region")?);
    let repository = fields.text("/repository/repo_full_name")?;
    let what = (
        repository,
        fields.text("/push_data/tag")?,
        fields.optional("/push_data/digest")?,
    );
    payload.push(fields.pushed("/repository/repo_full_name", Some(&host), what)?);
    Ok(())
}

pub(super) fn is_quay(json: &Json) -> bool {
    has(json, "/docker_url")
}

/// <https://docs.redhat.com/en/documentation/red_hat_quay/3/html/use_red_hat_quay/repository-notifications>; the tags were the
/// keys of a mapping until 2014.
pub(super) fn read_quay(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let url = fields.text("/docker_url")?;
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, repository) = ImageReference::location(url);
    let tags: Vec<&str> = match fields.value.get("updated_tags") {
        None | Some(Json::Null) => {
            payload.ignore(fields.sender, "no tag was updated");
            return Ok(());
        }
        Some(Json::Object(tags)) => tags.keys().map(String::as_str).collect(),
        Some(_) => fields
            .list("/updated_tags")?
            .iter()
            .map(|tag| tag.text(""))
            .collect::<Result<_, _>>()?,
    };
    if tags.is_empty() {
        payload.ignore(fields.sender, "no tag was updated");
    }
    for tag in tags {
        payload.push(fields.pushed("/docker_url", Some(&host), (&repository, tag, None))?);
    }
    Ok(())
}

pub(super) fn is_acr(json: &Json) -> bool {
    let is_event_grid = |event: &str| event.starts_with("Microsoft.ContainerRegistry.");
    (has(json, "/action") && (has(json, "/target") || has(json, "/request")))
        || json.get("eventType").and_then(Json::as_str).is_some_and(is_event_grid)
        || json.get("type").and_then(Json::as_str).is_some_and(is_event_grid)
}

/// <https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference>, and Event Grid's events
/// <https://learn.microsoft.com/azure/event-grid/event-schema-container-registry>.
pub(super) fn read_acr(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let fields = match fields.value.get("data") {
        Some(Json::Object(_)) => fields.part("/data")?,
        _ => fields.clone(),
    };
    match fields.text("/action")? {
        "push" => {}
        "chart_push" => {
            payload.ignore(fields.sender, "a chart in the form that Helm 2 used");
            return Ok(());
        }
        action => {
            payload.ignore(fields.sender, format!("the action `{action}`"));
            return Ok(());
        }
    }
    let host = fields.text("/request/host")?;
    target(&fields, Some(host), payload)
}

/// `target` of Azure and of CNCF distribution.
fn target(fields: &Fields<'_>, host: Option<&str>, payload: &mut Payload) -> Read {
    let repository = fields.text("/target/repository")?;
    let Some(tag) = fields.optional("/target/tag")? else {
        payload.ignore(fields.sender, format!("{repository} without a tag"));
        return Ok(());
    };
    let what = (repository, tag, fields.optional("/target/digest")?);
    let mut pushed = fields.pushed("/target/repository", host, what)?;
    pushed.kind = kind_of(fields.optional("/target/artifactType")?);
    payload.push(pushed);
    Ok(())
}

pub(super) fn is_distribution(json: &Json) -> bool {
    json.get("events").is_some_and(Json::is_array)
}

/// <https://distribution.github.io/distribution/about/notifications/>
pub(super) fn read_distribution(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let events = fields.list("/events")?;
    if events.is_empty() {
        payload.ignore(fields.sender, "no event");
    }
    for event in events {
        let action = event.text("/action")?;
        if action != "push" {
            payload.ignore(event.sender, format!("the action `{action}`"));
            continue;
        }
        let media_type = event.optional("/target/mediaType")?.unwrap_or_default();
        if !is_manifest(media_type) {
            payload.ignore(event.sender, "a blob");
            continue;
        }
        let url = event.optional("/target/url")?.and_then(super::fields::host_of);
        let host = event.optional("/request/host")?.or(url);
        let host = host.ok_or_else(|| event.missing("/request/host"))?;
        target(&event, Some(host), payload)?;
    }
    Ok(())
}

/// Whether a media type is one of manifests or of lists of manifests, and not of blobs.
fn is_manifest(media_type: &str) -> bool {
    let is_named = |name: &str| media_type.starts_with("application/vnd.") && media_type.contains(name);
    is_named(".manifest.") || is_named("image.index.")
}

pub(super) fn is_pipeline(json: &Json) -> bool {
    let is_image = |value: &Json| value.is_string() || value.is_array();
    let named = has(json, "/tag") && (has(json, "/name") || has(json, "/repository"));
    named || json.get("image").or_else(|| json.get("images")).is_some_and(is_image)
}

/// What pipelines send: `image` or `images` with references, or `name` (or `repository`), `tag` and `digest`, as Keel reads them.
pub(super) fn read_pipeline(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let digest = fields.optional("/digest")?;
    if let Some(name) = fields.optional("/name")?.or(fields.optional("/repository")?) {
        let reference = format!("{name}:{}", fields.text("/tag")?);
        return push_reference(fields, "/name", &reference, digest, payload);
    }
    for key in ["/image", "/images"] {
        match fields.value.pointer(key) {
            None | Some(Json::Null) => {}
            Some(Json::Array(_)) => {
                for item in fields.list(key)? {
                    push_reference(&item, "", item.text("")?, None, payload)?;
                }
            }
            Some(_) => push_reference(fields, key, fields.text(key)?, digest, payload)?,
        }
    }
    if payload.pushed.is_empty() && payload.ignored.is_empty() {
        return Err(fields.missing("/image"));
    }
    Ok(())
}

fn push_reference(
    fields: &Fields<'_>,
    pointer: &str,
    reference: &str,
    digest: Option<&str>,
    payload: &mut Payload,
) -> Read {
    match fields.pushed_as(pointer, reference, digest)? {
        Some(pushed) => payload.push(pushed),
        None => payload.ignore(fields.sender, format!("{reference} without a tag")),
    }
    Ok(())
}

/// What was pushed, as a chart if that is what it is.
pub(super) fn of_kind(pushed: Pushed, kind: Kind) -> Pushed {
    Pushed { kind, ..pushed }
}
