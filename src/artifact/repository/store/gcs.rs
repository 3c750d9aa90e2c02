//! A repository in Google Cloud Storage, through its JSON API: `ifGenerationMatch=0` for new objects, the generation that was read
//! for the index.
//!
//! One call is one request, or two where a login has ended; [`super::RetryingStore`] repeats requests.

use std::sync::{Arc, Mutex, PoisonError};

use reqwest::header::HeaderName;
use serde::Deserialize;

use crate::artifact::credential::GoogleLogin;
use crate::artifact::network::{Clock, HttpAnswer, HttpClient, HttpRequest, Verdict};
use crate::text::compact_sort::sort_by;
use crate::text::limits::REPOSITORY_OBJECTS;

use super::answer_text::no_answer;
use super::gcs_answer::Refusal;
use super::gcs_request::GcsRequests;
use super::gcs_settings::{Access, GcsSettings};
use super::store_error::{StoreError, StoreFailure};
use super::{ListedObject, PutOutcome, Store, Versioned, is_hidden};

/// The version of an object, in the answer to a request for its content.
const GENERATION: HeaderName = HeaderName::from_static("x-goog-generation");
/// The generation of no object: they are times in microseconds since 1970.
const NO_GENERATION: u64 = 1;
/// The name of an object that never exists, unless a store ignores conditions.
const NO_OBJECT: &str = ".chartwright-condition";

/// A bucket and the prefix of the repository in it.
#[derive(Debug)]
pub struct GcsStore {
    client: HttpClient,
    requests: GcsRequests,
    login: Option<Arc<Mutex<GoogleLogin>>>,
    clock: Arc<dyn Clock>,
    bucket: String,
    prefix: String,
    conditions: Conditions,
}

/// Whether the store honours conditional writes. One that ignores them would silently lose the pushes of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conditions {
    Unproven,
    Proven,
}

/// A page of a listing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    items: Vec<PageItem>,
    next_page_token: Option<String>,
}

/// An object of a page. Numbers of 64 bits are texts in Google's JSON.
#[derive(Deserialize)]
struct PageItem {
    name: String,
    size: String,
}

impl GcsStore {
    /// Opens a bucket. Nothing is sent yet. `policy` is for the login, not for requests to the store.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn open(
        bucket: &str,
        prefix: &str,
        settings: &GcsSettings,
        client: HttpClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let failure = |message: String| StoreError {
            method: "OPEN",
            place: format!("gs://{bucket}"),
            attempts: 1,
            failure: StoreFailure::Settings(message),
        };
        let (endpoint, access) = settings.endpoint().map_err(failure)?;
        Ok(Self {
            client,
            requests: GcsRequests::new(endpoint, bucket.to_owned()),
            login: match access {
                Access::Emulator => None,
                Access::Login(login) => Some(login),
            },
            clock,
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            conditions: Conditions::Unproven,
        })
    }

    fn key(&self, name: &str) -> String {
        if self.prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.prefix)
        }
    }

    fn error(&self, method: &'static str, name: &str, failure: StoreFailure) -> StoreError {
        let place = match failure {
            StoreFailure::NoBucket | StoreFailure::IgnoresConditions | StoreFailure::Credentials { .. } => {
                format!("gs://{}", self.bucket)
            }
            _ => format!("gs://{}/{}", self.bucket, self.key(name)),
        };
        StoreError {
            method,
            place,
            attempts: 1,
            failure,
        }
    }

    /// Sends a request with the login. A login that is refused may have ended before its time, so it is fetched anew once.
    fn send(&self, request: &HttpRequest) -> Result<HttpAnswer, StoreFailure> {
        let mut answer = self.send_once(request)?;
        if answer.status == 401 && self.with_login(GoogleLogin::forget) == Some(true) {
            answer = self.send_once(request)?;
        }
        if answer.status == 401
            && let Some(Some(reason)) = self.with_login(|login| login.absence())
        {
            return Err(StoreFailure::Credentials {
                message: format!("the bucket is not public, and {reason}"),
                verdict: Verdict::Final,
            });
        }
        Ok(answer)
    }

    /// Asks the login, which other stores may share.
    fn with_login<T>(&self, ask: impl FnOnce(&mut GoogleLogin) -> T) -> Option<T> {
        let login = self.login.as_ref()?;
        Some(ask(&mut login.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    fn send_once(&self, request: &HttpRequest) -> Result<HttpAnswer, StoreFailure> {
        let found = self.with_login(|login| login.authorization(&self.client, &self.clock));
        let authorization = found.transpose().map_err(|error| StoreFailure::Credentials {
            message: error.to_string(),
            // It has been tried often enough.
            verdict: Verdict::Final,
        })?;
        let request = request.clone().with_authorization(authorization.flatten());
        self.client.send(&request).map_err(no_answer)
    }

    fn put(&mut self, name: &str, bytes: &[u8], generation: u64) -> Result<PutOutcome, StoreError> {
        let request = self.requests.write(&self.key(name), bytes, generation);
        let answer = self
            .send(&request)
            .map_err(|failure| self.error("PUT", name, failure))?;
        self.outcome("PUT", name, &answer, generation)
    }

    fn outcome(
        &self,
        method: &'static str,
        name: &str,
        answer: &HttpAnswer,
        generation: u64,
    ) -> Result<PutOutcome, StoreError> {
        if answer.is_success() {
            return Ok(PutOutcome::Written);
        }
        let refusal = Refusal::new(answer);
        // An object that must exist may have vanished; one that must not cannot be missing.
        let is_vanished = generation != 0 && refusal.is_object_missing();
        // 409: another request for the object is in progress.
        if matches!(refusal.status, 409 | 412) || is_vanished {
            return Ok(PutOutcome::Conflict);
        }
        Err(self.error(method, name, refusal.into_failure()))
    }

    /// Writes a new object twice more: as if it must not exist, and as if it had another generation. Both must fail; a server that
    /// ignores the conditions, such as one for tests, writes the same bytes, which does no harm.
    fn prove_conditions(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        for generation in [0, NO_GENERATION] {
            if self.put(name, bytes, generation)? == PutOutcome::Written {
                return Err(self.error("PUT", name, StoreFailure::IgnoresConditions));
            }
        }
        self.conditions = Conditions::Proven;
        Ok(())
    }

    /// Updates an object that does not exist, which must fail.
    fn prove_updates(&mut self) -> Result<(), StoreError> {
        if self.put(NO_OBJECT, b"", NO_GENERATION)? == PutOutcome::Written {
            return Err(self.error("PUT", NO_OBJECT, StoreFailure::IgnoresConditions));
        }
        self.conditions = Conditions::Proven;
        Ok(())
    }
}

/// The generation that a version stands for; `None` for one that no object has. Generation 0 would be the absence of an object.
fn generation(version: &str) -> Option<u64> {
    version.parse().ok().filter(|generation| *generation != 0)
}

impl Store for GcsStore {
    fn get(&mut self, name: &str) -> Result<Option<Versioned>, StoreError> {
        let request = self.requests.read(&self.key(name));
        let answer = self
            .send(&request)
            .map_err(|failure| self.error("GET", name, failure))?;
        if !answer.is_success() {
            let refusal = Refusal::new(&answer);
            if refusal.is_object_missing() {
                return Ok(None);
            }
            return Err(self.error("GET", name, refusal.into_failure()));
        }
        let version = answer.header(&GENERATION).filter(|text| generation(text).is_some());
        match version.map(str::to_owned) {
            Some(version) => Ok(Some(Versioned {
                bytes: answer.body,
                version,
            })),
            None => Err(self.error(
                "GET",
                name,
                StoreFailure::Transport {
                    message: "the answer does not say the object's generation (x-goog-generation)".to_owned(),
                    verdict: Verdict::Final,
                },
            )),
        }
    }

    fn put_if_absent(&mut self, name: &str, bytes: &[u8]) -> Result<PutOutcome, StoreError> {
        let outcome = self.put(name, bytes, 0)?;
        if outcome == PutOutcome::Written && self.conditions == Conditions::Unproven {
            self.prove_conditions(name, bytes)?;
        }
        Ok(outcome)
    }

    fn put_if_version(&mut self, name: &str, bytes: &[u8], version: &str) -> Result<PutOutcome, StoreError> {
        let Some(generation) = generation(version) else {
            return Ok(PutOutcome::Conflict);
        };
        if self.conditions == Conditions::Unproven {
            self.prove_updates()?;
        }
        self.put(name, bytes, generation)
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        let base = self.key("");
        let mut found = Vec::new();
        let mut page = None;
        loop {
            let request = self.requests.list(&format!("{base}{prefix}"), page.as_deref());
            let answer = self
                .send(&request)
                .map_err(|failure| self.error("LIST", prefix, failure))?;
            if !answer.is_success() {
                return Err(self.error("LIST", prefix, Refusal::new(&answer).into_failure()));
            }
            let unreadable = |message: String| StoreFailure::Transport {
                message,
                verdict: Verdict::Final,
            };
            let listed: Page = serde_json::from_slice(&answer.body).map_err(|error| {
                self.error(
                    "LIST",
                    prefix,
                    unreadable(format!("the listing is not readable: {error}")),
                )
            })?;
            for object in listed.items {
                let name = object.name.strip_prefix(&base).unwrap_or_default();
                // The console writes objects such as `charts/` where a user makes a folder.
                if name.is_empty() || name.ends_with('/') || is_hidden(name) {
                    continue;
                }
                found.push(ListedObject {
                    name: name.to_owned(),
                    size: object.size.parse().unwrap_or_default(),
                });
            }
            if found.len() > REPOSITORY_OBJECTS {
                let message = format!("there are more than {REPOSITORY_OBJECTS} objects");
                return Err(self.error("LIST", prefix, unreadable(message)));
            }
            match listed.next_page_token.filter(|token| !token.is_empty()) {
                Some(token) if page.as_ref() != Some(&token) => page = Some(token),
                _ => break,
            }
        }
        sort_by(&mut found, |a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    fn delete(&mut self, name: &str, version: &str) -> Result<PutOutcome, StoreError> {
        let Some(generation) = generation(version) else {
            return Ok(PutOutcome::Conflict);
        };
        let request = self.requests.delete(&self.key(name), generation);
        let answer = self
            .send(&request)
            .map_err(|failure| self.error("DELETE", name, failure))?;
        self.outcome("DELETE", name, &answer, generation)
    }

    fn check_writable(&mut self) -> Result<(), StoreError> {
        self.prove_updates()
    }
}
