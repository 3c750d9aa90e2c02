//! Charts to a server that keeps the index itself: all are compared before the first is uploaded, and after the last the index has to
//! list them.
//!
//! An upload whose answer is lost is looked for in the index before it is sent again. ChartMuseum and Gitea refuse a version that
//! they have; Artifactory, Nexus and GitLab do not, so there two uploads of different content at the same moment are noticed only
//! afterwards, by the digest.

use reqwest::header::RETRY_AFTER;

use crate::artifact::network::{HttpAnswer, HttpError, HttpRequest, Verdict, judge_status};
use crate::artifact::repository::{Existing, Item, Outcome, Published, is_same_content};
use crate::text::sha256::sha256_hex;

use super::super::remote_charts::RemoteCharts;
use super::address::{HttpRepository, Part};
use super::api::UploadApi;
use super::error::{UploadError, detail};
use super::server::{Listed, ServerIndex, UploadServer};

/// What Nexus says where redeployments are off.
const NO_UPDATES: &[u8] = b"does not allow updating";
/// What Artifactory says where a login may not replace.
const NO_OVERWRITES: [&[u8]; 2] = [b"overwrite", b"delete"];

/// Charts that were compared with what a server has.
pub struct HttpPush<'c> {
    server: UploadServer<'c>,
    existing: Existing,
    /// In the order of the items.
    planned: Vec<Planned>,
}

/// What is to be done with an item.
#[derive(Debug, Clone)]
struct Planned {
    published: Published,
    /// Whether its provenance file is uploaded alone.
    adds_provenance: bool,
}

impl Planned {
    const fn is_uploaded(&self) -> bool {
        matches!(self.published.outcome, Outcome::Published | Outcome::Replaced)
    }
}

impl<'c> HttpPush<'c> {
    /// Compares charts with what a server has. Nothing is written.
    ///
    /// # Errors
    /// When one exists with other content and is not to be skipped or replaced, or the server refuses, cannot be reached, or is not
    /// one that we know.
    pub fn compare(
        charts: &'c RemoteCharts,
        repository: &HttpRepository,
        items: &[Item],
        existing: Existing,
    ) -> Result<Self, UploadError> {
        let (server, index) = UploadServer::open(charts, repository)?;
        let planned = items.iter().map(|item| plan(&server, &index, item, existing));
        let planned = planned.collect::<Result<Vec<_>, _>>()?;
        let is_left = |(item, planned): (&Item, &Planned)| item.provenance.is_some() && planned.is_uploaded();
        if !server.place.keeps_provenance() && items.iter().zip(&planned).any(is_left) {
            server.note(format!(
                "{} does not keep provenance files: only the archives are pushed",
                server.place.api
            ));
        }
        Ok(Self {
            server,
            existing,
            planned,
        })
    }

    /// What is to be done, in the order of the items.
    pub fn steps(&self) -> Vec<Published> {
        self.planned.iter().map(|planned| planned.published.clone()).collect()
    }

    /// Finds out whether we may write, as far as the server can be asked: Nexus cannot.
    ///
    /// # Errors
    /// When the server refuses or cannot be reached.
    pub fn check_writable(&self, items: &[Item]) -> Result<(), UploadError> {
        let mut uploads = items
            .iter()
            .zip(&self.planned)
            .filter(|(_, planned)| planned.is_uploaded());
        let Some((item, _)) = uploads.next() else { return Ok(()) };
        let nothing = sha256_hex(format!("nothing has this digest: {}", item.file_name));
        let Some(question) = self.server.place.question(item, &nothing) else {
            return Ok(());
        };
        let answer = self.server.send(question)?;
        match (answer.status, self.server.place.api) {
            // It has no file of that digest.
            (404, UploadApi::Artifactory) | (200..=299 | 400 | 422 | 500, _) => Ok(()),
            _ => Err(self.server.refusal(&answer)),
        }
    }

    /// Uploads what was compared, in the order of the items, until one fails. Gives what was done, and the error that ended it.
    pub fn carry_out(&self, items: &[Item]) -> (Vec<Published>, Option<UploadError>) {
        let mut done = Vec::new();
        let mut uploaded = Vec::new();
        let mut error = None;
        for (item, planned) in items.iter().zip(&self.planned) {
            match self.write(item, planned) {
                Ok(published) => {
                    if matches!(published.outcome, Outcome::Published | Outcome::Replaced) {
                        uploaded.push(item);
                    }
                    done.push(published);
                }
                Err(failed) => {
                    error = Some(failed);
                    break;
                }
            }
        }
        let verified = self.verify(&uploaded);
        (done, error.or(verified.err()))
    }

    /// Writes one item.
    fn write(&self, item: &Item, planned: &Planned) -> Result<Published, UploadError> {
        let mut published = planned.published.clone();
        if planned.is_uploaded() {
            published = self.upload(item, &published)?;
        }
        let is_ours = published.digest == sha256_hex(&item.archive) && published.outcome != Outcome::Skipped;
        let is_beside = planned.is_uploaded() && !self.server.place.is_one_request() && item.provenance.is_some();
        if is_ours && self.server.place.keeps_provenance() && (planned.adds_provenance || is_beside) {
            let request = self
                .server
                .place
                .upload(item, Part::Provenance, planned.adds_provenance);
            let request = HttpRequest {
                is_repeated: true,
                ..request
            };
            let answer = self.server.send(request)?;
            // One that another run has uploaded meanwhile is as good.
            if !answer.is_success() && answer.status != 409 {
                return Err(self.server.refusal(&answer));
            }
        }
        Ok(published)
    }

    /// Uploads an archive, again while that may help and it has not arrived.
    fn upload(&self, item: &Item, planned: &Published) -> Result<Published, UploadError> {
        let client = self.server.client()?;
        let (policy, clock) = (*client.policy(), client.clock());
        let digest = sha256_hex(&item.archive);
        let is_forced = planned.outcome == Outcome::Replaced;
        let mut may_have_arrived = false;
        let mut attempts = 1;
        loop {
            let request = self.server.place.upload(item, Part::Archive, is_forced);
            let (error, verdict) = match self.server.send(request) {
                Ok(answer) if answer.is_success() => return Ok(planned.clone()),
                Ok(answer) if self.says_exists(&answer) => {
                    return self.settle(item, planned, may_have_arrived, &answer);
                }
                Ok(answer) => {
                    // A proxy may have lost the answer of the server behind it.
                    may_have_arrived |= answer.status >= 500;
                    match judge_status(answer.status, answer.header(&RETRY_AFTER)) {
                        Verdict::Final => return Err(self.server.refusal(&answer)),
                        verdict => (self.server.refusal(&HttpAnswer { attempts, ..answer }), verdict),
                    }
                }
                Err(UploadError::Http(error @ HttpError::Transport { verdict, .. })) => {
                    may_have_arrived |= verdict != Verdict::Refused;
                    let error = error.after(attempts);
                    match verdict {
                        Verdict::Final => return Err(error.into()),
                        verdict => (error.into(), verdict),
                    }
                }
                Err(error) => return Err(error),
            };
            if may_have_arrived && self.lists(item, &digest) {
                return Ok(planned.clone());
            }
            let Some(pause) = policy.pause_after(verdict, attempts, clock) else {
                let arrived = may_have_arrived && self.arrives(item, &digest);
                return if arrived { Ok(planned.clone()) } else { Err(error) };
            };
            clock.sleep(pause);
            attempts += 1;
        }
    }

    /// Whether the index lists an item now. What cannot be read does not list it.
    fn lists(&self, item: &Item, digest: &str) -> bool {
        let listed = self.server.index().and_then(|index| self.server.listed(&index, item));
        matches!(listed, Ok(Some(Listed { digest: Some(found), .. })) if found == digest)
    }

    /// Whether the index comes to list an item, or the server sends its archive.
    fn arrives(&self, item: &Item, digest: &str) -> bool {
        let listed = self.server.wait_for(&[(item, Some(digest))]).unwrap_or_default();
        let is_listed = listed
            .iter()
            .flatten()
            .any(|listed| listed.digest.as_deref() == Some(digest));
        is_listed || matches!(self.server.archive(item, None), Ok(Some(found)) if sha256_hex(&found) == digest)
    }

    /// Whether a server refuses because it has the version.
    fn says_exists(&self, answer: &HttpAnswer) -> bool {
        let has = |words: &[u8]| answer.body.windows(words.len()).any(|part| part == words);
        match (answer.status, self.server.place.api) {
            // It says 409 where what arrived does not have the digest that was announced.
            (409, api) => api != UploadApi::Artifactory,
            (400, UploadApi::Nexus) => has(NO_UPDATES),
            (403, UploadApi::Artifactory) => NO_OVERWRITES.into_iter().any(has),
            _ => false,
        }
    }

    /// What it means that the server has the version: it is ours from an attempt before, or the same from another run, or another.
    fn settle(
        &self,
        item: &Item,
        planned: &Published,
        may_be_ours: bool,
        answer: &HttpAnswer,
    ) -> Result<Published, UploadError> {
        let new = sha256_hex(&item.archive);
        let listed = self.server.wait_for(&[(item, None)])?.into_iter().next().flatten();
        let found = listed.as_ref().and_then(|listed| listed.digest.clone());
        let same = match &found {
            Some(found) if *found == new => Some(new.clone()),
            _ => self.server.same_content(item, listed.as_ref())?,
        };
        if let Some(digest) = same {
            let outcome = if may_be_ours && digest == new {
                planned.outcome
            } else {
                Outcome::AlreadyThere
            };
            return Ok(Published {
                outcome,
                digest,
                manifest: None,
                object: planned.object.clone(),
            });
        }
        let (name, version) = (item.metadata.name.clone(), item.metadata.version.clone());
        match self.existing {
            Existing::Skip => Ok(Published {
                outcome: Outcome::Skipped,
                digest: found.unwrap_or_default(),
                manifest: None,
                object: planned.object.clone(),
            }),
            Existing::Refuse => Err(UploadError::Exists {
                name,
                version,
                found,
                new,
            }),
            Existing::Replace => Err(UploadError::NotReplaced {
                name,
                version,
                api: self.server.place.api,
                detail: detail(answer),
            }),
        }
    }

    /// Compares the digests in the index with those of what was uploaded. A server that takes its time is noted.
    fn verify(&self, uploaded: &[&Item]) -> Result<(), UploadError> {
        if uploaded.is_empty() {
            return Ok(());
        }
        let digests: Vec<String> = uploaded.iter().map(|item| sha256_hex(&item.archive)).collect();
        let digests = digests.iter().map(String::as_str);
        let wanted: Vec<(&Item, Option<&str>)> = uploaded.iter().copied().zip(digests.clone().map(Some)).collect();
        let listed = match self.server.wait_for(&wanted) {
            Ok(listed) => listed,
            // What was uploaded is there, whatever the index says.
            Err(error) => {
                let shown = self.server.shown();
                self.server.note(format!(
                    "it is not known whether {shown} lists what was uploaded: {error}"
                ));
                return Ok(());
            }
        };
        for ((item, new), listed) in uploaded.iter().zip(digests).zip(listed) {
            let (name, version) = (&item.metadata.name, &item.metadata.version);
            match listed.map(|listed| listed.digest) {
                Some(None) => {}
                Some(Some(found)) if found == new => {}
                Some(Some(found)) if self.existing != Existing::Replace => {
                    return Err(UploadError::Overtaken {
                        name: name.clone(),
                        version: version.clone(),
                        found,
                        new: new.to_owned(),
                    });
                }
                _ => self.server.note(format!(
                    "{name} {version} was uploaded, but the index of {} does not list it yet",
                    self.server.shown()
                )),
            }
        }
        Ok(())
    }
}

/// Compares one item with what the server has.
fn plan(
    server: &UploadServer<'_>,
    index: &ServerIndex,
    item: &Item,
    existing: Existing,
) -> Result<Planned, UploadError> {
    let new = sha256_hex(&item.archive);
    let listed = server.listed(index, item)?;
    let found = listed.as_ref().and_then(|listed| listed.digest.clone());
    let step = |outcome, digest: String| Planned {
        published: Published {
            outcome,
            digest,
            manifest: None,
            object: server.place.object(item),
        },
        adds_provenance: false,
    };
    if found.as_deref() == Some(&new) {
        let there = step(Outcome::AlreadyThere, new);
        let adds_provenance = match &item.provenance {
            Some(ours) if server.place.keeps_provenance() => server.provenance(item)?.as_ref() != Some(ours),
            _ => false,
        };
        return Ok(Planned {
            adds_provenance,
            ..there
        });
    }
    let there = if listed.is_some() || !server.place.guards() {
        server.archive(item, listed.as_ref())?
    } else {
        None
    };
    match (listed, there) {
        (None, None) => Ok(step(Outcome::Published, new)),
        (_, Some(there)) if is_same_content(&there, &item.archive) => {
            Ok(step(Outcome::AlreadyThere, sha256_hex(&there)))
        }
        (_, there) => match existing {
            Existing::Replace => Ok(step(Outcome::Replaced, new)),
            Existing::Skip => Ok(step(Outcome::Skipped, found.unwrap_or_default())),
            Existing::Refuse => Err(UploadError::Exists {
                name: item.metadata.name.clone(),
                version: item.metadata.version.clone(),
                found: found.or_else(|| there.map(|there| sha256_hex(&there))),
                new,
            }),
        },
    }
}
