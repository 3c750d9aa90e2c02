//! Releases as Helm stores them in a namespace: Secrets (or `ConfigMaps`) in, releases out. Follows `pkg/storage/driver/util.go` of Helm: the
//! release as JSON, compressed with gzip, in base64.

use std::fmt;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value as Json;

/// Largest release that is read: Kubernetes limits what it stores to 1 MiB, compressed.
const RELEASE_BYTES: u64 = 256 << 20;
/// How what is compressed begins; very old releases are not.
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];

/// A release as it is stored.
#[derive(Debug, Clone, Deserialize)]
pub struct StoredRelease {
    /// Its name.
    pub name: String,
    /// Its revision, from 1.
    #[serde(rename = "version")]
    pub revision: u64,
    /// How it ended.
    #[serde(default)]
    pub info: StoredInfo,
    /// Its chart.
    #[serde(default, deserialize_with = "or_default")]
    pub chart: StoredChart,
    /// The values that it was given.
    #[serde(default)]
    pub config: Json,
    /// The manifests that are not hooks, as Helm applied them.
    #[serde(default)]
    pub manifest: String,
    /// Its hooks.
    #[serde(default, deserialize_with = "or_default")]
    pub hooks: Vec<StoredHook>,
}

/// `null` is what nothing is.
fn or_default<'de, D: serde::Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// How a revision of a release ended.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct StoredInfo {
    /// When it was deployed, as RFC 3339.
    #[serde(default)]
    pub last_deployed: String,
    /// What Helm said.
    #[serde(default)]
    pub description: String,
    /// Its status.
    #[serde(default)]
    pub status: ReleaseStatus,
}

/// The chart of a release.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct StoredChart {
    /// Its metadata.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: StoredMetadata,
}

/// What of the metadata of a chart is compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredMetadata {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// The version of what it deploys.
    #[serde(default)]
    pub app_version: String,
}

/// A hook of a release.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct StoredHook {
    /// Its manifest.
    #[serde(default)]
    pub manifest: String,
    /// When it runs.
    #[serde(default, deserialize_with = "or_default")]
    pub events: Vec<String>,
}

/// The status of a revision of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseStatus {
    /// It runs.
    Deployed,
    /// It ran until another revision took its place.
    Superseded,
    /// It did not become ready, or could not be applied.
    Failed,
    /// It is being installed, or what installed it was killed.
    PendingInstall,
    /// The same of an upgrade.
    PendingUpgrade,
    /// The same of a rollback.
    PendingRollback,
    /// It is being removed, or what removed it was killed.
    Uninstalling,
    /// It was removed, and its history kept.
    Uninstalled,
    /// Helm does not know.
    #[default]
    #[serde(other)]
    Unknown,
}

impl ReleaseStatus {
    /// Whether an operation is at work, or was killed at it.
    pub const fn is_pending(self) -> bool {
        matches!(
            self,
            Self::PendingInstall | Self::PendingUpgrade | Self::PendingRollback | Self::Uninstalling
        )
    }

    /// Whether it was good once.
    pub const fn was_good(self) -> bool {
        matches!(self, Self::Deployed | Self::Superseded)
    }
}

impl fmt::Display for ReleaseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deployed => "deployed",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::PendingInstall => "pending-install",
            Self::PendingUpgrade => "pending-upgrade",
            Self::PendingRollback => "pending-rollback",
            Self::Uninstalling => "uninstalling",
            Self::Uninstalled => "uninstalled",
            Self::Unknown => "unknown",
        })
    }
}

impl StoredRelease {
    /// Whether it has tests.
    pub fn has_tests(&self) -> bool {
        let is_test = |event: &String| matches!(event.as_str(), "test" | "test-success");
        self.hooks.iter().any(|hook| hook.events.iter().any(is_test))
    }

    /// Reads a Secret or `ConfigMap` of Helm's; the error says what is wrong with it, and has nothing of what it holds.
    ///
    /// # Errors
    /// When it is not a release.
    pub fn of_object(object: &Json) -> Result<Self, &'static str> {
        let data = object
            .pointer("/data/release")
            .and_then(Json::as_str)
            .ok_or("it has no release")?;
        // Kubernetes has the data of Secrets in base64 once more.
        let is_secret = object.get("kind").and_then(Json::as_str) == Some("Secret");
        let decode = |text: &[u8]| STANDARD.decode(text.trim_ascii()).map_err(|_| "it is not in base64");
        let mut bytes = decode(data.as_bytes())?;
        if is_secret {
            bytes = decode(&bytes)?;
        }
        if bytes.starts_with(&GZIP) {
            let mut plain = Vec::new();
            let read = GzDecoder::new(bytes.as_slice())
                .take(RELEASE_BYTES + 1)
                .read_to_end(&mut plain);
            read.map_err(|_| "it cannot be unpacked")?;
            if plain.len() as u64 > RELEASE_BYTES {
                return Err("it is too large");
            }
            bytes = plain;
        }
        serde_json::from_slice(&bytes).map_err(|_| "it is not the JSON of a release")
    }

    /// `web-1.2.0`
    pub fn chart_name(&self) -> String {
        format!("{}-{}", self.chart.metadata.name, self.chart.metadata.version)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;

    fn packed(release: &Json) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(release.to_string().as_bytes()).unwrap();
        STANDARD.encode(encoder.finish().unwrap())
    }

    #[test]
    fn releases_are_read_from_secrets_and_config_maps() {
        let release = json!({
            "name": "web", "namespace": "shop", "version": 3, "manifest": "---\nkind: Service\n", "hooks": null,
            "info": {"status": "pending-upgrade", "last_deployed": "2026-01-01T00:00:00Z"},
            "chart": {"metadata": {"name": "web", "version": "1.2.0", "appVersion": "2"}},
        });
        let secret = json!({"kind": "Secret", "data": {"release": STANDARD.encode(packed(&release))}});
        let map = json!({"kind": "ConfigMap", "data": {"release": packed(&release)}});
        let plain = json!({"kind": "ConfigMap", "data": {"release": STANDARD.encode(release.to_string())}});
        for object in [secret, map, plain] {
            let found = StoredRelease::of_object(&object).unwrap();
            assert_eq!((found.name.as_str(), found.revision, found.hooks.len()), ("web", 3, 0));
            assert_eq!(found.info.status, ReleaseStatus::PendingUpgrade);
            assert_eq!(found.chart_name(), "web-1.2.0");
        }
    }

    #[test]
    fn what_is_not_a_release_is_refused_without_its_content() {
        for (object, want) in [
            (json!({"kind": "Secret", "data": {}}), "it has no release"),
            (
                json!({"kind": "Secret", "data": {"release": "!"}}),
                "it is not in base64",
            ),
            (
                json!({"kind": "ConfigMap", "data": {"release": STANDARD.encode("x")}}),
                "it is not the JSON of a release",
            ),
            (
                json!({"kind": "ConfigMap", "data": {"release": STANDARD.encode([0x1f, 0x8b, 8, 0])}}),
                "it cannot be unpacked",
            ),
        ] {
            assert_eq!(StoredRelease::of_object(&object).unwrap_err(), want);
        }
    }

    #[test]
    fn every_status_of_helm_is_known() {
        for name in [
            "deployed",
            "superseded",
            "failed",
            "pending-install",
            "pending-upgrade",
            "pending-rollback",
            "uninstalling",
            "uninstalled",
            "unknown",
        ] {
            let status: ReleaseStatus = serde_json::from_value(json!(name)).unwrap();
            assert_eq!(status.to_string(), name);
        }
        assert_eq!(
            serde_json::from_value::<ReleaseStatus>(json!("new")).unwrap(),
            ReleaseStatus::Unknown
        );
    }
}
