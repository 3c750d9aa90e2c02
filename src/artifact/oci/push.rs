//! A chart to a registry: what it has already is not sent again, and a tag with other content is not replaced.
//!
//! The tag is looked at before anything is written. Registries have no conditional writes, so two pushes of different content under
//! one tag at the same moment are decided by the registry: one that keeps tags from changing refuses the second.

use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION, RETRY_AFTER};

use crate::artifact::network::{HttpAnswer, HttpError, HttpRequest, Method, Verdict, judge_status};
use crate::engine::chart::Metadata;
use crate::text::limits::{ARCHIVE_BYTES, REGISTRY_ANSWER_BYTES, SETTINGS_BYTES};
use crate::text::redact::redact_url;

use super::chart_config::config_json;
use super::manifest::{ARCHIVE, CONFIG, ChartLayers, Descriptor, MANIFEST, PROVENANCE, digest_of, manifest_json};
use super::oci_error::OciError;
use super::package_time::package_time;
use super::pull::CONTENT_DIGEST;
use super::reference::{OciReference, tag_of};
use super::registry::{Purpose, Registry};

/// A chart to push.
pub struct ChartPush<'p> {
    /// The archive.
    pub archive: &'p [u8],
    /// Its provenance file.
    pub provenance: Option<&'p [u8]>,
    /// Its Chart.yaml.
    pub metadata: &'p Metadata,
    /// Whether a tag with other content is replaced.
    pub is_forced: bool,
    /// Whether two archives have the same content, although they have other digests.
    pub is_same_content: &'p dyn Fn(&[u8], &[u8]) -> bool,
}

/// The result of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushOutcome {
    /// It is new in the registry.
    Pushed,
    /// It takes the place of what the tag had: other content, or the same without its signature.
    Replaced,
    /// It was there before, with the same content.
    AlreadyThere,
}

/// A chart that is in a registry now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedChart {
    /// Whether it was before.
    pub outcome: PushOutcome,
    /// Its address with its tag.
    pub reference: OciReference,
    /// The digest of its manifest, `sha256:…`.
    pub digest: String,
}

/// A chart that was compared with what a registry has under its tag, before anything is written.
#[derive(Debug)]
pub struct PlannedChart {
    /// What writing it does.
    pub outcome: PushOutcome,
    /// Its address with its tag.
    pub reference: OciReference,
    /// The digest of its manifest, `sha256:…`; of the one that is there, if it stays.
    pub digest: String,
    manifest: Vec<u8>,
    config: Vec<u8>,
    tag: String,
}

impl PlannedChart {
    /// The tag: the version, with `_` for `+`.
    pub fn tag(&self) -> &str {
        &self.tag
    }
}

/// The blobs of a chart beside its configuration.
fn blobs<'p>(push: &ChartPush<'p>) -> impl Iterator<Item = (Descriptor, &'p [u8])> {
    let archive = (Descriptor::of(ARCHIVE, push.archive), push.archive);
    let provenance = push
        .provenance
        .map(|provenance| (Descriptor::of(PROVENANCE, provenance), provenance));
    [archive].into_iter().chain(provenance)
}

impl Registry {
    /// Pushes a chart below an address of this registry, `oci://host/charts`. Its tag is its version.
    ///
    /// # Errors
    /// When the tag has other content, or the registry refuses or cannot be reached.
    pub fn push_chart(&self, below: &OciReference, push: &ChartPush<'_>) -> Result<PushedChart, OciError> {
        let planned = self.compare_chart(below, push)?;
        self.write_chart(&planned, push)?;
        Ok(PushedChart {
            outcome: planned.outcome,
            reference: planned.reference,
            digest: planned.digest,
        })
    }

    /// Compares a chart with what the registry has under its tag, and finds out whether we may write.
    ///
    /// # Errors
    /// As [`Registry::push_chart`].
    pub fn compare_chart(&self, below: &OciReference, push: &ChartPush<'_>) -> Result<PlannedChart, OciError> {
        let reference = below.join(&push.metadata.name)?;
        let tag = tag_of(&push.metadata.version);
        let reference = OciReference::parse(&format!("{reference}:{tag}"))?;
        let config = config_json(push.metadata);
        let layers: Vec<Descriptor> = blobs(push).map(|(layer, _)| layer).collect();
        let created = package_time(push.archive);
        let manifest = manifest_json(
            push.metadata,
            &Descriptor::of(CONFIG, &config),
            &layers,
            created.as_deref(),
        );
        let mut planned = PlannedChart {
            outcome: PushOutcome::Pushed,
            digest: digest_of(&manifest),
            reference,
            manifest,
            config,
            tag,
        };
        if let Some(found) = self.published(&planned.reference.repository, &planned.tag)? {
            let found_digest = digest_of(&found);
            let is_there = found_digest == planned.digest || self.is_published(&planned.reference, &found, push)?;
            planned.outcome = if is_there {
                planned.digest = found_digest;
                PushOutcome::AlreadyThere
            } else {
                PushOutcome::Replaced
            };
        }
        Ok(planned)
    }

    /// Writes what was compared, unless it is there already.
    ///
    /// # Errors
    /// When the registry refuses or cannot be reached.
    pub fn write_chart(&self, planned: &PlannedChart, push: &ChartPush<'_>) -> Result<(), OciError> {
        if planned.outcome == PushOutcome::AlreadyThere {
            return Ok(());
        }
        let repository = &planned.reference.repository;
        let config = (Descriptor::of(CONFIG, &planned.config), planned.config.as_slice());
        for (layer, bytes) in blobs(push).chain([config]) {
            self.upload(repository, &layer, bytes)?;
        }
        self.put_manifest(repository, &planned.tag, (MANIFEST, &planned.manifest), &planned.digest)
    }

    /// The manifest that the tag has now. The token for writing is used, which also shows at once whether we may write.
    fn published(&self, repository: &str, tag: &str) -> Result<Option<Vec<u8>>, OciError> {
        let url = self.url(repository, &format!("manifests/{tag}"))?;
        let request = HttpRequest::new(Method::GET, url, REGISTRY_ANSWER_BYTES).with_header(ACCEPT, MANIFEST);
        match self.send(repository, Purpose::Push, &request) {
            Ok(answer) => Ok(Some(answer.body)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the tag has this chart already, made by another program or at another time; false where it is to be written.
    fn is_published(&self, reference: &OciReference, manifest: &[u8], push: &ChartPush<'_>) -> Result<bool, OciError> {
        let new = digest_of(push.archive);
        let what = reference.to_string();
        let exists = |found: String| OciError::Exists {
            reference: what.clone(),
            found,
            new: new.clone(),
        };
        let layers = match ChartLayers::read(manifest, &what) {
            Ok(layers) => layers,
            Err(_) if push.is_forced => return Ok(false),
            Err(_) => return Err(exists("that is not one of a chart".to_owned())),
        };
        if layers.archive.digest == new {
            // A signature that is missing is added; one that is there is not removed.
            let kept = layers.provenance.map(|layer| layer.digest);
            let is_signed = push
                .provenance
                .is_none_or(|provenance| kept == Some(digest_of(provenance)));
            return Ok(is_signed);
        }
        let archive = self.blob(&reference.repository, &layers.archive, ARCHIVE_BYTES, &what)?;
        if (push.is_same_content)(&archive, push.archive) {
            return Ok(true);
        }
        if push.is_forced {
            return Ok(false);
        }
        Err(exists(layers.archive.digest))
    }

    /// Uploads a blob that the registry does not have, in one request. An upload whose answer is lost is looked for before it is
    /// begun again.
    pub(super) fn upload(&self, repository: &str, layer: &Descriptor, bytes: &[u8]) -> Result<(), OciError> {
        let client = self.client();
        let outcome = client
            .policy()
            .run(client.clock(), judge, || self.try_upload(repository, layer, bytes));
        outcome.map_err(|exhausted| match exhausted.error {
            Attempt::Answer(_, error) | Attempt::Error(error) => error,
        })
    }

    fn try_upload(&self, repository: &str, layer: &Descriptor, bytes: &[u8]) -> Result<(), Attempt> {
        let mut known = HttpRequest::new(
            Method::HEAD,
            self.url(repository, &format!("blobs/{}", layer.digest))?,
            SETTINGS_BYTES,
        );
        known.is_repeated = false;
        if self.send_any(repository, Purpose::Push, &known)?.is_success() {
            return Ok(());
        }
        let mut begin = HttpRequest::new(Method::POST, self.url(repository, "blobs/uploads/")?, SETTINGS_BYTES);
        begin.body = Some(Vec::new());
        begin.is_repeated = false;
        let begun = self.send_any(repository, Purpose::Push, &begin)?;
        if !begun.is_success() {
            return Err(Attempt::from_answer(&begun));
        }
        let location = begun.header(&LOCATION).ok_or_else(|| {
            OciError::broken(
                redact_url(begun.url.as_str()),
                "the answer does not say where the upload goes",
            )
        })?;
        let mut url = Self::resolve(&begun.url, location)?;
        url.query_pairs_mut().append_pair("digest", &layer.digest);
        let mut put =
            HttpRequest::new(Method::PUT, url, SETTINGS_BYTES).with_header(CONTENT_TYPE, "application/octet-stream");
        put.body = Some(bytes.to_vec());
        put.is_repeated = false;
        let answer = self.send_any(repository, Purpose::Push, &put)?;
        if answer.is_success() {
            Ok(())
        } else {
            Err(Attempt::from_answer(&answer))
        }
    }

    /// Writes a manifest of a media type under a tag; the registry must keep it under its digest.
    pub(super) fn put_manifest(
        &self,
        repository: &str,
        tag: &str,
        (media_type, manifest): (&str, &[u8]),
        digest: &str,
    ) -> Result<(), OciError> {
        let url = self.url(repository, &format!("manifests/{tag}"))?;
        let mut request = HttpRequest::new(Method::PUT, url, SETTINGS_BYTES).with_header(CONTENT_TYPE, media_type);
        request.body = Some(manifest.to_vec());
        let answer = self.send(repository, Purpose::Push, &request)?;
        match answer.header(&CONTENT_DIGEST) {
            Some(found) if found != digest => Err(OciError::broken(
                format!("oci://{}/{repository}:{tag}", self.host()),
                format!("the registry keeps the manifest {digest} as {found}"),
            )),
            _ => Ok(()),
        }
    }
}

/// What ended an attempt at an upload.
enum Attempt {
    Answer(Verdict, OciError),
    Error(OciError),
}

impl Attempt {
    fn from_answer(answer: &HttpAnswer) -> Self {
        let verdict = match answer.status {
            // The registry no longer knows the upload: another server behind the same name, or it was restarted.
            404 => Verdict::Retry(None),
            status => judge_status(status, answer.header(&RETRY_AFTER)),
        };
        Self::Answer(verdict, OciError::from_answer(answer, true))
    }
}

impl From<OciError> for Attempt {
    fn from(error: OciError) -> Self {
        Self::Error(error)
    }
}

fn judge(attempt: &Attempt) -> Verdict {
    match attempt {
        Attempt::Answer(verdict, _) => *verdict,
        Attempt::Error(OciError::Http(HttpError::Transport { verdict, .. })) => *verdict,
        Attempt::Error(_) => Verdict::Final,
    }
}
