//! Payloads of GitHub: packages, and what workflows send to each other.

use serde_json::Value as Json;

use super::fields::{Fields, kind_of};
use super::payload::Payload;
use super::payload_error::PayloadError;
use super::registries::{is_pipeline, of_kind, read_pipeline};
use crate::delivery::image::ImageReference;

type Read = Result<(), PayloadError>;

/// The registry of packages, where a payload does not say.
const HOST: &str = "ghcr.io";
/// The registry of docker images before 2021, whose payloads have the tag elsewhere.
const OLD_HOST: &str = "docker.pkg.github.com";

pub(super) fn is_package(json: &Json) -> bool {
    ["package", "registry_package"]
        .iter()
        .any(|key| json.get(key).is_some_and(Json::is_object))
}

/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#package>, and the same as `registry_package`. A push of
/// an image for several platforms sends one for each, which have no tag, and one for the list.
pub(super) fn read_package(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let key = if fields.value.get("package").is_some_and(Json::is_object) {
        "/package"
    } else {
        "/registry_package"
    };
    let action = fields.optional("/action")?.unwrap_or("published");
    if !matches!(action, "published" | "updated" | "create" | "created") {
        payload.ignore(fields.sender, format!("the action `{action}`"));
        return Ok(());
    }
    let package = fields.part(key)?;
    let kind = package.optional("/package_type")?.or(package.optional("/ecosystem")?);
    let is_image = |kind: &str| kind.eq_ignore_ascii_case("container") || kind.eq_ignore_ascii_case("docker");
    if let Some(kind) = kind.filter(|kind| !is_image(kind)) {
        payload.ignore(fields.sender, format!("a package of type `{kind}`"));
        return Ok(());
    }
    let version = package.part("/package_version")?;
    let url = version.optional("/package_url")?.map(str::to_ascii_lowercase);
    let url = url.as_deref().map(|url| url.trim_end_matches(':'));
    let tag_of_url = url
        .and_then(|url| ImageReference::parse(url).ok())
        .and_then(|reference| reference.tag);
    let is_old = url.is_some_and(|url| url.starts_with(OLD_HOST));
    let tag = version.optional("/container_metadata/tag/name")?.map(str::to_owned);
    let old_tag = version.optional("/version")?.filter(|_| is_old).map(str::to_owned);
    let repository = repository(&package, url)?;
    let Some(tag) = tag.or(tag_of_url).or(old_tag) else {
        payload.ignore(fields.sender, format!("{repository} without a tag"));
        return Ok(());
    };
    let digest = digest(&version)?;
    let config = version.optional("/container_metadata/manifest/config/media_type")?;
    let (host, path) = ImageReference::location(&repository);
    let pushed = version.pushed("/package_url", Some(&host), (&path, &tag, digest))?;
    payload.push(of_kind(pushed, kind_of(config)));
    Ok(())
}

/// The repository with its registry: of the URL if there is one, since the namespace may be an organisation or a repository.
fn repository(package: &Fields<'_>, url: Option<&str>) -> Result<String, PayloadError> {
    if let Some(reference) = url.and_then(|url| ImageReference::parse(url).ok()) {
        return Ok(reference.repository);
    }
    let owner = package.text("/owner/login")?;
    let name = package.text("/name")?;
    Ok(format!("{HOST}/{owner}/{name}").to_ascii_lowercase())
}

fn digest<'j>(version: &Fields<'j>) -> Result<Option<&'j str>, PayloadError> {
    for pointer in [
        "/container_metadata/tag/digest",
        "/container_metadata/manifest/digest",
        "/version",
    ] {
        let found = version.optional(pointer)?;
        if let Some(digest) = found.filter(|digest| ImageReference::is_digest(digest)) {
            return Ok(Some(digest));
        }
    }
    Ok(None)
}

pub(super) fn is_dispatch(json: &Json) -> bool {
    json.get("client_payload").is_some_and(Json::is_object)
        || (json.get("workflow").is_some_and(Json::is_string) && json.get("inputs").is_some_and(Json::is_object))
}

/// `repository_dispatch` <https://docs.github.com/en/webhooks/webhook-events-and-payloads#repository_dispatch> with what a
/// pipeline sends in `client_payload`, `workflow_dispatch` with the same in `inputs`.
pub(super) fn read_dispatch(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let inside = if fields.value.get("client_payload").is_some() {
        fields.part("/client_payload")?
    } else {
        fields.part("/inputs")?
    };
    if !is_pipeline(inside.value) {
        return Err(inside.missing("/image"));
    }
    read_pipeline(&inside, payload)
}
