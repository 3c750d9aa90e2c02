//! Payloads of registries that run on one's own machines: Harbor, Artifactory, Nexus and Mirantis.

use serde_json::Value as Json;

use super::fields::{Fields, host_of};
use super::payload::Payload;
use super::payload_error::PayloadError;
use super::pushed::Kind;
use super::registries::of_kind;
use crate::delivery::image::ImageReference;

type Read = Result<(), PayloadError>;

fn text<'j>(json: &'j Json, pointer: &str) -> &'j str {
    json.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
}

pub(super) fn is_harbor(json: &Json) -> bool {
    json.pointer("/event_data/repository").is_some() || text(json, "/type").starts_with("harbor.")
}

/// <https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/>, in its own form and as
/// `CloudEvents`; `pushImage` is what version 1 says.
pub(super) fn read_harbor(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let kind = fields.text("/type")?;
    if !matches!(kind, "PUSH_ARTIFACT" | "pushImage" | "harbor.artifact.pushed") {
        payload.ignore(fields.sender, format!("the event `{kind}`"));
        return Ok(());
    }
    let data = fields.part(if kind.starts_with("harbor.") {
        "/data"
    } else {
        "/event_data"
    })?;
    let repository = data.text("/repository/repo_full_name")?;
    for resource in data.list("/resources")? {
        let tag = resource.optional("/tag")?;
        // What is addressed by its digest has it for a tag.
        let Some(tag) = tag.filter(|tag| !ImageReference::is_digest(tag)) else {
            payload.ignore(fields.sender, format!("{repository} without a tag"));
            continue;
        };
        let host = host_of(resource.text("/resource_url")?);
        let digest = resource.optional("/digest")?;
        payload.push(resource.pushed("/resource_url", host, (repository, tag, digest))?);
    }
    Ok(())
}

pub(super) fn is_jfrog(json: &Json) -> bool {
    json.get("jpd_origin").is_some() || (json.get("domain").is_some() && json.pointer("/data/repo_key").is_some())
}

/// <https://jfrog.com/help/r/jfrog-platform-administration-documentation/domain-docker>. The path of a manifest's file is that
/// of the image with the tag and the file's name behind it.
pub(super) fn read_jfrog(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let (domain, event) = (fields.text("/domain")?, fields.text("/event_type")?);
    if (domain, event) != ("docker", "pushed") {
        payload.ignore(fields.sender, format!("the event `{event}` of `{domain}`"));
        return Ok(());
    }
    let data = fields.part("/data")?;
    let host = host_of(fields.text("/jpd_origin")?);
    let (key, path) = (data.text("/repo_key")?, data.text("/path")?);
    let mut parts = path.rsplitn(3, '/');
    let (_, tag_of_path, image) = (parts.next(), parts.next(), parts.next());
    let image = image.or(data.optional("/image_name")?);
    let image = image.ok_or_else(|| data.wrong("/path", format!("`{path}` has no tag")))?;
    let tag = data.optional("/tag")?.or(tag_of_path);
    let tag = tag.ok_or_else(|| data.missing("/tag"))?;
    let digest = data.optional("/sha256")?.map(|sum| format!("sha256:{sum}"));
    let repository = format!("{key}/{image}");
    let pushed = data.pushed("/path", host, (&repository, tag, digest.as_deref()))?;
    payload.push(pushed);
    Ok(())
}

pub(super) fn is_nexus(json: &Json) -> bool {
    json.get("repositoryName").is_some() && (json.get("component").is_some() || json.get("asset").is_some())
}

/// <https://help.sonatype.com/en/example-headers-and-payloads.html>: neither the host nor the digest is said.
pub(super) fn read_nexus(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let action = fields.text("/action")?;
    if fields.value.get("component").is_none() {
        payload.ignore(fields.sender, "an asset");
        return Ok(());
    }
    let component = fields.part("/component")?;
    let format = component.text("/format")?;
    if !matches!(action, "CREATED" | "UPDATED") || !matches!(format, "docker" | "helm") {
        payload.ignore(fields.sender, format!("the action `{action}` for `{format}`"));
        return Ok(());
    }
    let kind = if format == "helm" { Kind::Chart } else { Kind::Image };
    let what = (component.text("/name")?, component.text("/version")?, None);
    payload.push(of_kind(component.pushed("/name", None, what)?, kind));
    Ok(())
}

pub(super) fn is_mirantis(json: &Json) -> bool {
    json.get("contents").is_some_and(Json::is_object) && json.get("type").is_some()
}

/// <https://docs.mirantis.com/msr/2.9/ops/manage-webhooks/webhook-types.html>; `imageName` is the repository with the host.
pub(super) fn read_mirantis(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let kind = fields.text("/type")?;
    if kind != "TAG_PUSH" {
        payload.ignore(fields.sender, format!("the event `{kind}`"));
        return Ok(());
    }
    let contents = fields.part("/contents")?;
    let name = contents.optional("/imageName")?;
    let host = name.map(|name| ImageReference::location(name).0);
    let repository = format!("{}/{}", contents.text("/namespace")?, contents.text("/repository")?);
    let what = (
        repository.as_str(),
        contents.text("/tag")?,
        contents.optional("/digest")?,
    );
    payload.push(contents.pushed("/repository", host.as_deref(), what)?);
    Ok(())
}
