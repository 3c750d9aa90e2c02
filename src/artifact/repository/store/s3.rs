//! A repository in S3 or a compatible store, through the crate `object_store`: `If-None-Match: *` for new
//! objects, `If-Match` with the entity tag for the index.
//!
//! One call is one request; [`super::RetryingStore`] repeats requests.

use std::sync::Arc;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as ObjectPath;
use object_store::{
    Attribute, Attributes, Error, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion,
};

use crate::artifact::credential::{AwsLogin, AwsLoginError};
use crate::artifact::network::{Network, Verdict};
use crate::text::causes::with_causes;
use crate::text::redact::redact_message;

use super::object_headers::object_headers;
use super::s3_answer::{AnswerLog, S3Answer, Source, WatchedClient};
use super::s3_login::S3Login;
use super::s3_settings::{S3Settings, SettingsError};
use super::store_error::{StoreError, StoreFailure};
use super::{ListedObject, PutOutcome, Store, Versioned, is_hidden};

/// The version of no object.
const NO_VERSION: &str = "\"chartwright-has-no-such-version\"";
/// The code of an answer about a bucket that does not exist.
const NO_BUCKET: &str = "NoSuchBucket";

/// The name of an object that never exists, unless a store ignores conditions.
const NO_OBJECT: &str = ".chartwright-condition";

/// A bucket and the prefix of the repository in it.
#[derive(Debug)]
pub struct S3Store {
    store: AmazonS3,
    /// The same for writes, whose requests have the header that says who may read the object.
    writer: AmazonS3,
    network: Arc<Network>,
    log: AnswerLog,
    /// Of a profile; the crate knows the others.
    login: Option<S3Login>,
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
        network: Arc<Network>,
    ) -> Result<Self, StoreError> {
        let log = AnswerLog::default();
        let connector = WatchedClient {
            client: network.client().clone(),
            log: log.clone(),
            is_signing: !settings.skips_signature(),
        };
        let failure = |message: String| StoreError {
            method: "OPEN",
            place: format!("s3://{bucket}"),
            attempts: 1,
            failure: StoreFailure::Settings(message),
        };
        let login = login.map_err(|error| failure(error.to_string()))?;
        let settings = settings.with_profile(&login);
        let login =
            (login.has_keys() && !settings.skips_signature()).then(|| S3Login::new(login, settings.kept_keys()));
        let build = |mut builder: AmazonS3Builder| {
            if let Some(login) = &login {
                builder = builder.with_credentials(login.provider());
            }
            let store = builder.with_http_connector(connector.clone()).build();
            store.map_err(|error| failure(redact_message(&with_causes(&error))))
        };
        let wrong = |error: SettingsError| failure(error.to_string());
        let store = build(settings.builder(bucket).map_err(wrong)?)?;
        let writer = match settings.builder_for_writes(bucket).map_err(wrong)? {
            Some(builder) => build(builder)?,
            None => store.clone(),
        };
        Ok(Self {
            store,
            writer,
            network,
            log,
            login,
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            conditions: Conditions::Unproven,
        })
    }

    fn key(&self, name: &str) -> ObjectPath {
        if self.prefix.is_empty() {
            ObjectPath::from(name)
        } else if name.is_empty() {
            ObjectPath::from(self.prefix.as_str())
        } else {
            ObjectPath::from(format!("{}/{name}", self.prefix))
        }
    }

    /// The name of an object in the repository.
    fn name(&self, key: &ObjectPath) -> Option<String> {
        let key = key.as_ref();
        if self.prefix.is_empty() {
            return Some(key.to_owned());
        }
        let name = key.strip_prefix(&self.prefix)?.strip_prefix('/')?;
        Some(name.to_owned())
    }

    fn error(&self, method: &'static str, name: &str, failure: StoreFailure) -> StoreError {
        let place = match failure {
            StoreFailure::NoBucket | StoreFailure::IgnoresConditions => format!("s3://{}", self.bucket),
            _ => format!("s3://{}/{}", self.bucket, self.key(name)),
        };
        StoreError {
            method,
            place,
            attempts: 1,
            failure,
        }
    }

    /// `answer` is the server's answer, if a request was sent.
    fn failure(error: &Error, answer: Option<S3Answer>) -> StoreFailure {
        let causes = || redact_message(&with_causes(innermost(error)));
        let Some(answer) = answer else {
            // Nothing was sent: a token file that cannot be read, an answer that is not HTTP.
            return StoreFailure::Transport {
                message: causes(),
                verdict: Verdict::Final,
            };
        };
        let verdict = answer.verdict;
        match (answer.from, answer.status) {
            (Source::Credentials, _) => StoreFailure::Credentials {
                message: causes(),
                verdict,
            },
            (Source::Store, _) if answer.code == NO_BUCKET => StoreFailure::NoBucket,
            (Source::Store, Some(status)) => StoreFailure::Answer {
                status,
                code: answer.code,
                message: redact_message(&answer.message),
                verdict,
            },
            (Source::Store, None) => StoreFailure::Transport {
                message: causes(),
                verdict,
            },
        }
    }

    /// Fetches keys where a profile gives them.
    fn log_in(&self, method: &'static str) -> Result<(), StoreError> {
        let outcome = self.login.as_ref().map_or(Ok(()), S3Login::refresh);
        outcome.map_err(|error| {
            self.error(
                method,
                "",
                StoreFailure::Credentials {
                    message: error.to_string(),
                    // It has been tried often enough.
                    verdict: Verdict::Final,
                },
            )
        })
    }

    fn put(&mut self, name: &str, bytes: &[u8], mode: PutMode) -> Result<PutOutcome, StoreError> {
        self.log_in("PUT")?;
        let is_update = matches!(mode, PutMode::Update(_));
        let options = PutOptions {
            mode,
            attributes: attributes(name),
            ..PutOptions::default()
        };
        let key = self.key(name);
        let payload = PutPayload::from(bytes.to_vec());
        let _before = self.log.take();
        let Err(error) = self.network.wait(self.writer.put_opts(&key, payload, options)) else {
            return Ok(PutOutcome::Written);
        };
        let answer = self.log.take();
        let is_bucket_missing = answer.as_ref().is_some_and(|answer| answer.code == NO_BUCKET);
        let status = answer.as_ref().and_then(|answer| answer.status);
        match (&error, status) {
            // S3 answers 404 to an update if the object has vanished; a new object cannot be missing.
            (Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotFound { .. }, Some(404))
                if is_update && !is_bucket_missing =>
            {
                Ok(PutOutcome::Conflict)
            }
            (Error::AlreadyExists { .. } | Error::Precondition { .. }, Some(304 | 409 | 412)) => {
                Ok(PutOutcome::Conflict)
            }
            _ => Err(self.error("PUT", name, Self::failure(&error, answer))),
        }
    }
}

impl S3Store {
    /// Writes a new object twice more: as if it must not exist, and as if it had another version. Both must fail; a
    /// store that ignores the conditions writes the same bytes, which does no harm.
    fn prove_conditions(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        for mode in [PutMode::Create, update(NO_VERSION)] {
            if self.put(name, bytes, mode)? == PutOutcome::Written {
                return Err(self.error("PUT", name, StoreFailure::IgnoresConditions));
            }
        }
        self.conditions = Conditions::Proven;
        Ok(())
    }

    /// Updates an object that does not exist, which must fail: for a run in which no new object was written, so that it
    /// is known only that conditions of new objects are honoured.
    fn prove_updates(&mut self) -> Result<(), StoreError> {
        if self.put(NO_OBJECT, b"", update(NO_VERSION))? == PutOutcome::Written {
            return Err(self.error("PUT", NO_OBJECT, StoreFailure::IgnoresConditions));
        }
        self.conditions = Conditions::Proven;
        Ok(())
    }
}

fn attributes(name: &str) -> Attributes {
    let headers = object_headers(name);
    let mut attributes = Attributes::from_iter([(Attribute::ContentType, headers.content_type)]);
    if let Some(caching) = headers.cache_control {
        attributes.insert(Attribute::CacheControl, caching.into());
    }
    attributes
}

/// The condition that an object has a version.
fn update(version: &str) -> PutMode {
    PutMode::Update(UpdateVersion {
        e_tag: Some(version.to_owned()),
        version: None,
    })
}

/// How much of an answer arrived before it failed.
enum Stage {
    Head,
    Body,
}

/// The error that the store's client wraps: its own texts repeat the address, which may hold credentials.
fn innermost<'e>(error: &'e Error) -> &'e (dyn std::error::Error + 'static) {
    let mut inner: &'e (dyn std::error::Error + 'static) = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner
}

impl Store for S3Store {
    fn get(&mut self, name: &str) -> Result<Option<Versioned>, StoreError> {
        self.log_in("GET")?;
        let key = self.key(name);
        let _before = self.log.take();
        let read = async {
            let found = self.store.get(&key).await.map_err(|error| (error, Stage::Head))?;
            let version = found.meta.e_tag.clone();
            let bytes = found.bytes().await.map_err(|error| (error, Stage::Body))?;
            Ok((bytes, version))
        };
        let outcome = self.network.wait(read);
        let answer = self.log.take();
        let is_bucket_missing = answer.as_ref().is_some_and(|answer| answer.code == NO_BUCKET);
        let failure = match outcome {
            Ok((bytes, Some(version))) => {
                return Ok(Some(Versioned {
                    bytes: bytes.to_vec(),
                    version,
                }));
            }
            Ok((_, None)) => StoreFailure::NoEntityTag,
            Err((Error::NotFound { .. }, Stage::Head)) if !is_bucket_missing => return Ok(None),
            Err((error, Stage::Head)) => Self::failure(&error, answer),
            Err((error, Stage::Body)) => StoreFailure::Transport {
                message: redact_message(&with_causes(innermost(&error))),
                verdict: Verdict::Retry(None),
            },
        };
        Err(self.error("GET", name, failure))
    }

    fn put_if_absent(&mut self, name: &str, bytes: &[u8]) -> Result<PutOutcome, StoreError> {
        let outcome = self.put(name, bytes, PutMode::Create)?;
        if outcome == PutOutcome::Written && self.conditions == Conditions::Unproven {
            self.prove_conditions(name, bytes)?;
        }
        Ok(outcome)
    }

    fn put_if_version(&mut self, name: &str, bytes: &[u8], version: &str) -> Result<PutOutcome, StoreError> {
        if self.conditions == Conditions::Unproven {
            self.prove_updates()?;
        }
        self.put(name, bytes, update(version))
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        self.log_in("LIST")?;
        let mut found = Vec::new();
        // Names below a directory are listed directory by directory.
        let mut directories = vec![
            prefix
                .rsplit_once('/')
                .map_or("", |(directory, _)| directory)
                .to_owned(),
        ];
        while let Some(directory) = directories.pop() {
            let key = self.key(&directory);
            let _before = self.log.take();
            let listing = match self.network.wait(self.store.list_with_delimiter(Some(&key))) {
                Ok(listing) => listing,
                Err(error) => {
                    let answer = self.log.take();
                    return Err(self.error("LIST", &directory, Self::failure(&error, answer)));
                }
            };
            for object in listing.objects {
                let Some(name) = self.name(&object.location) else {
                    continue;
                };
                if name.starts_with(prefix) && !is_hidden(&name) {
                    found.push(ListedObject {
                        name,
                        size: object.size,
                    });
                }
            }
            let inside = listing.common_prefixes.iter().filter_map(|inside| self.name(inside));
            directories.extend(inside.filter(|name| !is_hidden(name)));
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    fn delete(&mut self, name: &str, version: &str) -> Result<PutOutcome, StoreError> {
        if self.get(name)?.is_none_or(|found| found.version != version) {
            return Ok(PutOutcome::Conflict);
        }
        let key = self.key(name);
        let _before = self.log.take();
        match self.network.wait(self.store.delete(&key)) {
            Ok(()) => Ok(PutOutcome::Written),
            Err(error) => {
                let answer = self.log.take();
                Err(self.error("DELETE", name, Self::failure(&error, answer)))
            }
        }
    }

    fn check_writable(&mut self) -> Result<(), StoreError> {
        self.prove_updates()
    }
}
