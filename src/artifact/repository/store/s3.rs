//! A repository in S3 or a compatible store, through its REST API: `If-None-Match: *` for new objects, `If-Match` with the entity tag
//! for the index.
//!
//! One call is one request, or two where keys have ended or the bucket is in another region; [`super::RetryingStore`] repeats requests.

use reqwest::header::{ETAG, HeaderName};

use crate::artifact::credential::{
    AwsKeys, AwsLogin, AwsLoginError, SigningScope, TOKEN_HEADER, read_keys, sign_request,
};
use crate::artifact::network::{HttpAnswer, HttpClient, HttpRequest, Verdict};
use crate::text::compact_sort::sort_by;
use crate::text::limits::{REPOSITORY_OBJECTS, REPOSITORY_PAGES};

use super::answer_text::no_answer;
use super::s3_answer::Refusal;
use super::s3_listing::Listing;
use super::s3_login::S3Login;
use super::s3_request::{Condition, S3Requests, payload};
use super::s3_settings::S3Settings;
use super::store_error::{StoreError, StoreFailure};
use super::{ListedObject, PutOutcome, Store, Versioned, is_hidden};

/// The version of no object.
const NO_VERSION: &str = "\"chartwright-has-no-such-version\"";
/// The name of an object that never exists, unless a store ignores conditions.
const NO_OBJECT: &str = ".chartwright-condition";
/// The header with the token of a session of a directory bucket.
const SESSION_HEADER: HeaderName = HeaderName::from_static("x-amz-s3session-token");

/// A bucket and the prefix of the repository in it.
#[derive(Debug)]
pub struct S3Store {
    client: HttpClient,
    requests: S3Requests,
    /// `None` where requests are not signed.
    login: Option<S3Login>,
    /// The keys of a session, which directory buckets want.
    session: Option<AwsKeys>,
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

/// Makes a request for a bucket, which may turn out to be somewhere else.
type Make<'m> = &'m dyn Fn(&S3Requests) -> Result<HttpRequest, StoreFailure>;

impl S3Store {
    /// Opens a bucket, with the settings and the login of a profile of the AWS tools as well. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting is wrong.
    pub fn open(
        bucket: &str,
        prefix: &str,
        settings: &S3Settings,
        login: Result<AwsLogin, AwsLoginError>,
        client: HttpClient,
    ) -> Result<Self, StoreError> {
        let failure = |message: String| StoreError {
            method: "OPEN",
            place: format!("s3://{bucket}"),
            attempts: 1,
            failure: StoreFailure::Settings(message),
        };
        let login = login.map_err(|error| failure(error.to_string()))?;
        let settings = settings.with_profile(&login);
        let requests = settings.requests(bucket).map_err(|error| failure(error.to_string()))?;
        Ok(Self {
            client,
            requests,
            login: (!settings.skips_signature()).then(|| S3Login::new(login, settings.kept_keys())),
            session: None,
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
                format!("s3://{}", self.bucket)
            }
            _ => format!("s3://{}/{}", self.bucket, self.key(name)),
        };
        StoreError {
            method,
            place,
            attempts: 1,
            failure,
        }
    }

    fn refusal(&self, answer: &HttpAnswer) -> Refusal {
        Refusal::new(answer, self.requests.address.region())
    }

    /// Sends a request, again if it must be signed for another region or with other keys.
    fn send(&mut self, method: &'static str, name: &str, make: Make<'_>) -> Result<HttpAnswer, StoreError> {
        let answer = self.answer(make);
        answer.map_err(|failure| self.error(method, name, failure))
    }

    fn answer(&mut self, make: Make<'_>) -> Result<HttpAnswer, StoreFailure> {
        let answer = self.send_once(make)?;
        if answer.is_success() {
            return Ok(answer);
        }
        let refusal = self.refusal(&answer);
        let elsewhere = refusal.other_region(self.requests.address.region());
        if let Some(address) = elsewhere.and_then(|region| self.requests.address.in_region(region)) {
            self.requests.address = address;
            return self.send_once(make);
        }
        if refusal.is_login_ended() && self.login.as_ref().is_some_and(S3Login::forget) {
            self.session = None;
            return self.send_once(make);
        }
        Ok(answer)
    }

    fn send_once(&mut self, make: Make<'_>) -> Result<HttpAnswer, StoreFailure> {
        let mut request = make(&self.requests)?;
        if let Some(login) = &self.login {
            let keys = login.keys().map_err(|error| no_credentials(&error))?;
            if self.requests.is_zonal {
                let keys = self.session_keys(&keys)?;
                self.sign(&mut request, &keys, &SESSION_HEADER);
            } else {
                self.sign(&mut request, &keys, &TOKEN_HEADER);
            }
        }
        self.client.send(&request).map_err(no_answer)
    }

    fn sign(&self, request: &mut HttpRequest, keys: &AwsKeys, token_header: &HeaderName) {
        let scope = SigningScope {
            service: "s3",
            region: self.requests.address.region(),
            now: self.client.clock().now_unix_seconds(),
            token_header,
        };
        let payload = payload(request);
        sign_request(request, keys, &scope, &payload);
    }

    /// The keys of a session with a directory bucket, which live for five minutes.
    fn session_keys(&mut self, keys: &AwsKeys) -> Result<AwsKeys, StoreFailure> {
        let now = self.client.clock().now_unix_seconds();
        if let Some(session) = self.session.as_ref().filter(|session| session.is_valid(now)) {
            return Ok(session.clone());
        }
        let mut request = self.requests.session();
        self.sign(&mut request, keys, &TOKEN_HEADER);
        let answer = self.client.send(&request).map_err(no_answer)?;
        if !answer.is_success() {
            return Err(self.refusal(&answer).into_failure());
        }
        let session = read_keys(&answer, &request.url).map_err(|error| no_credentials(&error))?;
        self.session = Some(session.clone());
        Ok(session)
    }

    fn put(&mut self, name: &str, bytes: &[u8], condition: Condition<'_>) -> Result<PutOutcome, StoreError> {
        let key = self.key(name);
        let answer = self.send("PUT", name, &|requests| requests.write(&key, bytes, condition))?;
        if answer.is_success() {
            return Ok(PutOutcome::Written);
        }
        let refusal = self.refusal(&answer);
        // S3 answers 404 to an update if the object has vanished; a new object cannot be missing.
        let is_vanished = condition != Condition::Absent && refusal.is_object_missing();
        if matches!(refusal.status, 304 | 409 | 412) || is_vanished {
            return Ok(PutOutcome::Conflict);
        }
        Err(self.error("PUT", name, refusal.into_failure()))
    }

    /// Writes a new object twice more: as if it must not exist, and as if it had another version. Both must fail; a
    /// store that ignores the conditions writes the same bytes, which does no harm.
    fn prove_conditions(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        for condition in [Condition::Absent, Condition::Tag(NO_VERSION)] {
            if self.put(name, bytes, condition)? == PutOutcome::Written {
                return Err(self.error("PUT", name, StoreFailure::IgnoresConditions));
            }
        }
        self.conditions = Conditions::Proven;
        Ok(())
    }

    /// Updates an object that does not exist, which must fail: for a run in which no new object was written, so that it
    /// is known only that conditions of new objects are honoured.
    fn prove_updates(&mut self) -> Result<(), StoreError> {
        if self.put(NO_OBJECT, b"", Condition::Tag(NO_VERSION))? == PutOutcome::Written {
            return Err(self.error("PUT", NO_OBJECT, StoreFailure::IgnoresConditions));
        }
        self.conditions = Conditions::Proven;
        Ok(())
    }

    /// Adds the objects of a page that are of the repository.
    fn add(&self, listing: Listing, prefix: &str, found: &mut Vec<ListedObject>) {
        let base = self.key("");
        for (key, size) in listing.objects {
            let name = key.strip_prefix(&base).unwrap_or_default();
            // Consoles write objects such as `charts/` where a user makes a folder.
            let is_folder = name.is_empty() || name.ends_with('/');
            if name.starts_with(prefix) && !is_folder && !is_hidden(name) {
                found.push(ListedObject {
                    name: name.to_owned(),
                    size,
                });
            }
        }
    }
}

/// The failure of a login, which has been tried often enough.
fn no_credentials(error: &AwsLoginError) -> StoreFailure {
    StoreFailure::Credentials {
        message: error.to_string(),
        verdict: Verdict::Final,
    }
}

/// A listing that cannot be used.
fn unusable(message: String) -> StoreFailure {
    StoreFailure::Transport {
        message,
        verdict: Verdict::Final,
    }
}

impl Store for S3Store {
    fn takes_plus_for_space(&self) -> bool {
        true
    }

    fn get(&mut self, name: &str) -> Result<Option<Versioned>, StoreError> {
        let key = self.key(name);
        let answer = self.send("GET", name, &|requests| requests.read(&key))?;
        if !answer.is_success() {
            let refusal = self.refusal(&answer);
            if refusal.is_object_missing() {
                return Ok(None);
            }
            return Err(self.error("GET", name, refusal.into_failure()));
        }
        match answer.header(&ETAG).map(str::to_owned) {
            Some(version) => Ok(Some(Versioned {
                bytes: answer.body,
                version,
            })),
            None => Err(self.error("GET", name, StoreFailure::NoEntityTag)),
        }
    }

    fn put_if_absent(&mut self, name: &str, bytes: &[u8]) -> Result<PutOutcome, StoreError> {
        let outcome = self.put(name, bytes, Condition::Absent)?;
        if outcome == PutOutcome::Written && self.conditions == Conditions::Unproven {
            self.prove_conditions(name, bytes)?;
        }
        Ok(outcome)
    }

    fn put_if_version(&mut self, name: &str, bytes: &[u8], version: &str) -> Result<PutOutcome, StoreError> {
        if self.conditions == Conditions::Unproven {
            self.prove_updates()?;
        }
        self.put(name, bytes, Condition::Tag(version))
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        // A directory bucket lists whole directories only.
        let asked = if self.requests.is_zonal {
            prefix
                .rsplit_once('/')
                .map_or(String::new(), |(directory, _)| format!("{directory}/"))
        } else {
            prefix.to_owned()
        };
        let asked = format!("{}{asked}", self.key(""));
        let (mut found, mut page) = (Vec::new(), None::<String>);
        for _ in 0..REPOSITORY_PAGES {
            let answer = self.send("LIST", prefix, &|requests| Ok(requests.list(&asked, page.as_deref())))?;
            if !answer.is_success() {
                return Err(self.error("LIST", prefix, self.refusal(&answer).into_failure()));
            }
            let listing = Listing::read(&String::from_utf8_lossy(&answer.body));
            let mut listing = listing.map_err(|error| self.error("LIST", prefix, unusable(error.to_string())))?;
            page = listing.next.take();
            self.add(listing, prefix, &mut found);
            if found.len() > REPOSITORY_OBJECTS {
                let message = format!("there are more than {REPOSITORY_OBJECTS} objects");
                return Err(self.error("LIST", prefix, unusable(message)));
            }
            if page.is_none() {
                sort_by(&mut found, |a, b| a.name.cmp(&b.name));
                return Ok(found);
            }
        }
        let message = format!("the listing does not end after {REPOSITORY_PAGES} pages");
        Err(self.error("LIST", prefix, unusable(message)))
    }

    fn delete(&mut self, name: &str, version: &str) -> Result<PutOutcome, StoreError> {
        if self.get(name)?.is_none_or(|found| found.version != version) {
            return Ok(PutOutcome::Conflict);
        }
        let key = self.key(name);
        let answer = self.send("DELETE", name, &|requests| requests.delete(&key))?;
        if answer.is_success() {
            return Ok(PutOutcome::Written);
        }
        let refusal = self.refusal(&answer);
        if refusal.is_object_missing() {
            return Ok(PutOutcome::Conflict);
        }
        Err(self.error("DELETE", name, refusal.into_failure()))
    }

    fn check_writable(&mut self) -> Result<(), StoreError> {
        self.prove_updates()
    }
}
