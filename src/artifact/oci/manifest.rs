//! A chart's manifest: read from a registry, and made as Helm's `pkg/registry` makes it, so that the same package gives the same
//! digest from either.

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::engine::chart::Metadata;
use crate::text::compact_sort::{sort, sort_by};
use crate::text::sha256::sha256_hex;

use super::chart_config::go_json;
use super::oci_error::OciError;
use super::reference::is_digest;

/// The media type of a manifest.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of Chart.yaml as JSON.
pub(super) const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// The media type of an archive.
pub(super) const ARCHIVE: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
/// The media type of an archive in Helm's first versions.
const OLD_ARCHIVE: &str = "application/tar+gzip";
/// The media type of a provenance file.
pub(super) const PROVENANCE: &str = "application/vnd.cncf.helm.chart.provenance.v1.prov";
/// Annotations that a chart cannot set.
const FIXED: [&str; 2] = ["org.opencontainers.image.version", "org.opencontainers.image.title"];

/// A blob that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// `sha256:…`
    pub digest: String,
    /// Its bytes.
    pub size: u64,
}

/// The layers of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartLayers {
    /// The archive.
    pub archive: Descriptor,
    /// The provenance file.
    pub provenance: Option<Descriptor>,
}

/// Whether a manifest is the one of a chart.
pub(super) fn is_chart(manifest: &Json) -> bool {
    manifest.pointer("/config/mediaType").and_then(Json::as_str) == Some(CONFIG)
}

/// All blobs that a manifest names: the configuration and the layers. `what` is the manifest in messages.
///
/// # Errors
/// When one has no size or digest.
pub(super) fn blobs_of(manifest: &Json, what: &str) -> Result<Vec<Descriptor>, OciError> {
    let config = manifest.get("config");
    let layers = manifest.get("layers").and_then(Json::as_array).into_iter().flatten();
    let invalid = || OciError::broken(what, "its manifest names a blob without a size and a SHA-256 digest");
    config
        .into_iter()
        .chain(layers)
        .map(|blob| Descriptor::read(blob).ok_or_else(invalid))
        .collect()
}

/// `sha256:…` of bytes.
pub(super) fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256_hex(bytes))
}

impl Descriptor {
    /// A blob of ours.
    pub(super) fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: digest_of(bytes),
            size: bytes.len() as u64,
        }
    }

    fn json(&self) -> Json {
        json!({"mediaType": self.media_type, "digest": self.digest, "size": self.size})
    }

    fn read(value: &Json) -> Option<Self> {
        let text = |field: &str| value.get(field).and_then(Json::as_str);
        Some(Self {
            media_type: text("mediaType")?.to_owned(),
            digest: text("digest").filter(|digest| is_digest(digest))?.to_owned(),
            size: value.get("size").and_then(Json::as_u64)?,
        })
    }
}

impl ChartLayers {
    /// The layers that a manifest names. `what` is the manifest in messages.
    ///
    /// # Errors
    /// When it is not the manifest of a chart.
    pub fn read(manifest: &[u8], what: &str) -> Result<Self, OciError> {
        let broken = |reason: &str| OciError::broken(what, reason);
        let manifest: Json = serde_json::from_slice(manifest).map_err(|_| broken("its manifest is not JSON"))?;
        if manifest.get("manifests").is_some() {
            return Err(broken("it is a list of images for several platforms, not a chart"));
        }
        let config = manifest.pointer("/config/mediaType").and_then(Json::as_str);
        if config != Some(CONFIG) {
            return Err(broken("it is not a chart, but another kind of image or artifact"));
        }
        let layers = manifest
            .get("layers")
            .and_then(Json::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let find = |wanted: &[&str]| {
            let is_wanted = |layer: &&Json| {
                let media_type = layer.get("mediaType").and_then(Json::as_str);
                media_type.is_some_and(|media_type| wanted.contains(&media_type))
            };
            layers.iter().find(is_wanted)
        };
        let archive = find(&[ARCHIVE, OLD_ARCHIVE]).ok_or_else(|| broken("its manifest names no archive"))?;
        let invalid = || broken("its manifest names a layer without a size and a SHA-256 digest");
        Ok(Self {
            archive: Descriptor::read(archive).ok_or_else(invalid)?,
            provenance: find(&[PROVENANCE])
                .map(|layer| Descriptor::read(layer).ok_or_else(invalid))
                .transpose()?,
        })
    }
}

/// The manifest of a chart.
pub(super) fn manifest_json(
    metadata: &Metadata,
    config: &Descriptor,
    layers: &[Descriptor],
    created: Option<&str>,
) -> Vec<u8> {
    let mut layers = layers.to_vec();
    sort_by(&mut layers, |a, b| a.digest.cmp(&b.digest));
    let mut manifest = JsonMap::new();
    manifest.insert("schemaVersion".to_owned(), json!(2));
    manifest.insert("config".to_owned(), config.json());
    manifest.insert("layers".to_owned(), layers.iter().map(Descriptor::json).collect());
    manifest.insert("annotations".to_owned(), Json::Object(annotations(metadata, created)));
    go_json(&Json::Object(manifest))
}

/// What the manifest says about the chart, by key.
fn annotations(metadata: &Metadata, created: Option<&str>) -> JsonMap<String, Json> {
    let authors: Vec<String> = metadata
        .maintainers
        .iter()
        .flatten()
        .map(|one| {
            if one.email.is_empty() {
                one.name.clone()
            } else {
                format!("{} ({})", one.name, one.email)
            }
        })
        .collect();
    let authors = authors.join(", ");
    let source = metadata.sources.first().map(String::as_str);
    let mut found: Vec<(String, String)> = [
        ("description", Some(metadata.description.as_str())),
        ("title", Some(&metadata.name)),
        ("version", Some(&metadata.version)),
        ("url", Some(&metadata.home)),
        ("created", created),
        ("source", source),
        ("authors", Some(&authors)),
    ]
    .into_iter()
    .filter_map(|(key, text)| Some((format!("org.opencontainers.image.{key}"), text?.to_owned())))
    .filter(|(_, text)| !text.trim().is_empty())
    .collect();
    for (key, text) in metadata.annotations.iter().flatten() {
        if !FIXED.contains(&key.as_str()) {
            found.retain(|(known, _)| known != key);
            found.push((key.clone(), text.clone()));
        }
    }
    sort(&mut found);
    found.into_iter().map(|(key, text)| (key, json!(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::chart_config::config_json;
    use super::*;
    use crate::engine::chart::{ChartFile, load_files};

    /// What Helm 4.3 pushed for this Chart.yaml, with the digests of its own archive.
    #[test]
    fn a_manifest_has_helms_bytes() {
        let chart = "apiVersion: v2\nname: web\nversion: 1.0.0+b.1\ndescription: A <b> & c\nhome: https://h\nsources: [https://s, https://t]\n\
            maintainers:\n- {name: me, email: me@h}\n- {name: you, url: https://y}\nannotations:\n  z: \"1\"\n  org.opencontainers.image.title: evil\n  a: x\n\
            keywords: [k]\nappVersion: \"2\"\ndependencies:\n- {name: d, version: 1.x, repository: 'https://r', condition: d.enabled, tags: [t], alias: e, import-values: [data, {child: c, parent: p}]}\ntype: application\n";
        let metadata = load_files(vec![ChartFile::new("Chart.yaml".to_owned(), chart.as_bytes().to_vec())])
            .unwrap()
            .metadata;
        let config = config_json(&metadata);
        assert_eq!(
            String::from_utf8(config.clone()).unwrap(),
            r#"{"name":"web","home":"https://h","sources":["https://s","https://t"],"version":"1.0.0+b.1","description":"A \u003cb\u003e \u0026 c","keywords":["k"],"maintainers":[{"name":"me","email":"me@h"},{"name":"you","url":"https://y"}],"apiVersion":"v2","appVersion":"2","annotations":{"a":"x","org.opencontainers.image.title":"evil","z":"1"},"dependencies":[{"name":"d","version":"1.x","repository":"https://r","condition":"d.enabled","tags":["t"],"import-values":["data",{"child":"c","parent":"p"}],"alias":"e"}],"type":"application"}"#
        );
        let layers = [Descriptor::of(ARCHIVE, b"a"), Descriptor::of(PROVENANCE, b"p")];
        let manifest = manifest_json(
            &metadata,
            &Descriptor::of(CONFIG, &config),
            &layers,
            Some("2023-11-14T22:13:20Z"),
        );
        let text = String::from_utf8(manifest.clone()).unwrap();
        let config_digest = digest_of(&config);
        let want = format!(
            "{{\"schemaVersion\":2,\"config\":{{\"mediaType\":\"{CONFIG}\",\"digest\":\"{config_digest}\",\"size\":{}}},\"layers\":[{{\"mediaType\":\"{PROVENANCE}\",\"digest\":\"{}\",\"size\":1}},{{\"mediaType\":\"{ARCHIVE}\",\"digest\":\"{}\",\"size\":1}}],\"annotations\":{{\"a\":\"x\",\"org.opencontainers.image.authors\":\"me (me@h), you\",\"org.opencontainers.image.created\":\"2023-11-14T22:13:20Z\",\"org.opencontainers.image.description\":\"A \\u003cb\\u003e \\u0026 c\",\"org.opencontainers.image.source\":\"https://s\",\"org.opencontainers.image.title\":\"web\",\"org.opencontainers.image.url\":\"https://h\",\"org.opencontainers.image.version\":\"1.0.0+b.1\",\"z\":\"1\"}}}}",
            config.len(),
            digest_of(b"p"),
            digest_of(b"a"),
        );
        assert_eq!(text, want);
        let read = ChartLayers::read(&manifest, "x").unwrap();
        assert_eq!(read.archive.digest, digest_of(b"a"));
        assert_eq!(read.provenance.unwrap().digest, digest_of(b"p"));
    }

    #[test]
    fn what_is_not_a_chart_is_refused() {
        let layer = |digest: &str| {
            format!(
                r#"{{"config": {{"mediaType": "{CONFIG}"}}, "layers": [{{"mediaType": "{ARCHIVE}", "digest": "{digest}", "size": 1}}]}}"#
            )
        };
        for (manifest, want) in [
            ("x".to_owned(), "w: its manifest is not JSON"),
            (
                r#"{"manifests": []}"#.to_owned(),
                "w: it is a list of images for several platforms, not a chart",
            ),
            (
                r#"{"config": {"mediaType": "application/vnd.oci.image.config.v1+json"}}"#.to_owned(),
                "w: it is not a chart, but another kind of image or artifact",
            ),
            (
                format!(r#"{{"config": {{"mediaType": "{CONFIG}"}}}}"#),
                "w: its manifest names no archive",
            ),
            (
                layer("sha256:../../x"),
                "w: its manifest names a layer without a size and a SHA-256 digest",
            ),
            (
                layer("sha512:00"),
                "w: its manifest names a layer without a size and a SHA-256 digest",
            ),
        ] {
            let error = ChartLayers::read(manifest.as_bytes(), "w").unwrap_err();
            assert_eq!(error.to_string(), want);
        }
    }
}
