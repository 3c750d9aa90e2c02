//! Payloads in the form of `CloudEvents`, of any sender, and of `CDEvents`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::amazon;
use super::fields::{Fields, host_of};
use super::payload::{Payload, read_json};
use super::payload_error::PayloadError;
use super::registries::{is_distribution, read_distribution};
use crate::artifact::remote::percent_decoded;
use crate::delivery::image::ImageReference;

type Read = Result<(), PayloadError>;

pub(super) fn is_cloud_event(json: &Json) -> bool {
    json.get("specversion").is_some_and(Json::is_string) && json.get("type").is_some_and(Json::is_string)
}

/// <https://github.com/cloudevents/spec/blob/main/cloudevents/spec.md>. What is in `data` is the sender's own: the names that
/// Argo CD Image Updater reads, Amazon's, and the notifications of CNCF distribution.
pub(super) fn read_cloud_event(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let kind = fields.text("/type")?;
    if let Some(encoded) = fields.optional("/data_base64")? {
        let wrong = |reason: String| fields.wrong("/data_base64", reason);
        let data = STANDARD
            .decode(encoded)
            .map_err(|error| wrong(format!("it is not base64: {error}")))?;
        let data = read_json(&data).map_err(|error| wrong(format!("what is in it: {error}")))?;
        return read_data(fields, &Fields::root(fields.sender, &data), kind, payload);
    }
    read_data(fields, &fields.part("/data")?, kind, payload)
}

fn read_data(event: &Fields<'_>, data: &Fields<'_>, kind: &str, payload: &mut Payload) -> Read {
    if is_distribution(data.value) {
        return read_distribution(data, payload);
    }
    let lower = kind.to_ascii_lowercase();
    let is_push = ["push", "publish", "create", "update"]
        .iter()
        .any(|verb| lower.contains(verb));
    if !is_push {
        payload.ignore(event.sender, format!("the event `{kind}`"));
        return Ok(());
    }
    let first = |pointers: [&str; 2]| -> Result<Option<&str>, PayloadError> {
        Ok(data.optional(pointers[0])?.or(data.optional(pointers[1])?))
    };
    // `repository:tag`, or the repository and the tag apart.
    let subject = event
        .optional("/subject")?
        .and_then(|subject| ImageReference::parse(subject).ok());
    let named = first(["/repositoryName", "/repository"])?.map(str::to_owned);
    let repository = named.or_else(|| subject.as_ref().map(|subject| subject.repository.clone()));
    let repository = repository.ok_or_else(|| data.missing("/repository"))?;
    let tag = first(["/imageTag", "/tag"])?.map(str::to_owned);
    let Some(tag) = tag.or_else(|| subject.and_then(|subject| subject.tag)) else {
        payload.ignore(event.sender, format!("{repository} without a tag"));
        return Ok(());
    };
    let digest = first(["/imageDigest", "/digest"])?;
    let registry = first(["/registryUrl", "/registry"])?
        .and_then(host_of)
        .map(str::to_owned);
    let host = registry.or_else(|| amazon_host(event.optional("/source").ok().flatten()?));
    let (host, path) = match host {
        Some(host) => (host, repository),
        None => ImageReference::location(&repository),
    };
    let pushed = data.pushed("/repository", Some(&host), (&path, &tag, digest))?;
    payload.push(pushed);
    Ok(())
}

/// The host of a source like `urn:aws:ecr:<region>:<account>:repository/<name>`.
fn amazon_host(source: &str) -> Option<String> {
    let mut parts = source.strip_prefix("urn:aws:ecr:")?.split(':');
    let (region, account) = (parts.next()?, parts.next()?);
    Some(amazon::host(account, region))
}

/// Before version 0.3 the types were spelt `dev.cdevents.artifact.published.0.1.0` too.
const PUBLISHED: &str = "dev.cdevents.artifact.published.";

pub(super) fn is_cd_event(json: &Json) -> bool {
    let kind = json.pointer("/context/type").and_then(Json::as_str);
    kind.is_some_and(|kind| kind.starts_with("dev.cdevents."))
}

/// <https://cdevents.dev/docs/ci/#artifact-published>: what was published is a package URL,
/// <https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md>.
pub(super) fn read_cd_event(fields: &Fields<'_>, payload: &mut Payload) -> Read {
    let kind = fields.text("/context/type")?;
    if !kind.starts_with(PUBLISHED) {
        payload.ignore(fields.sender, format!("the event `{kind}`"));
        return Ok(());
    }
    let url = fields.text("/subject/id")?;
    let Some(rest) = url.strip_prefix("pkg:oci/").or_else(|| url.strip_prefix("pkg:docker/")) else {
        payload.ignore(fields.sender, format!("`{url}`, which is not an image"));
        return Ok(());
    };
    let (name, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
    let qualifiers = qualifiers.split('#').next().unwrap_or_default();
    let qualifier = |wanted: &str| {
        let mut pairs = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| *key == wanted)
            .map(|(_, value)| percent_decoded(value))
    };
    let (name, version) = match name.split_once('@') {
        Some((name, version)) => (percent_decoded(name), Some(percent_decoded(version))),
        None => (percent_decoded(name), None),
    };
    let repository = qualifier("repository_url").unwrap_or(name);
    let is_digest = version.as_deref().is_some_and(ImageReference::is_digest);
    let (digest, tag_of_version) = if is_digest { (version, None) } else { (None, version) };
    let Some(tag) = qualifier("tag").or(tag_of_version) else {
        payload.ignore(fields.sender, format!("{repository} without a tag"));
        return Ok(());
    };
    let (host, path) = ImageReference::location(&repository);
    payload.push(fields.pushed("/subject/id", Some(&host), (&path, &tag, digest.as_deref()))?);
    Ok(())
}
