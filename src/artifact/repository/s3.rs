//! A repository in S3 or a store that speaks its language, by way of the crate `object_store`: `If-None-Match: *` for new
//! objects, `If-Match` with the entity tag for the index.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path as ObjectPath;
use object_store::{
    BackoffConfig, Error, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig,
    UpdateVersion,
};

use crate::text::causes::with_causes;

use super::store::{PutOutcome, Store, StoreError, Versioned};

/// Region where none is named; stores other than Amazon's take any.
const DEFAULT_REGION: &str = "us-east-1";
/// Requests that fail in transit are sent again this often by the client itself.
const CLIENT_RETRIES: usize = 3;

/// A bucket and the prefix below which the repository lies.
pub struct S3Store {
    store: Arc<AmazonS3>,
    runtime: tokio::runtime::Runtime,
    bucket: String,
    prefix: String,
}

impl S3Store {
    /// Opens a bucket with the credentials and settings of the `AWS_*` variables. `endpoint` is that of another
    /// store than Amazon's.
    pub fn open(bucket: &str, prefix: &str, endpoint: Option<&str>) -> Result<Self, StoreError> {
        let failure = |message: String| StoreError {
            place: format!("s3://{bucket}"),
            message,
            is_transient: false,
        };
        // The TLS library is chosen once for the process; a second choice is the same one.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        let retry = RetryConfig {
            max_retries: CLIENT_RETRIES,
            retry_timeout: Duration::from_secs(30),
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(2),
                ..BackoffConfig::default()
            },
        };
        let from_environment = AmazonS3Builder::from_env();
        let has_region = from_environment
            .get_config_value(&object_store::aws::AmazonS3ConfigKey::Region)
            .is_some();
        let mut builder = from_environment
            .with_bucket_name(bucket)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_retry(retry);
        if !has_region {
            builder = builder.with_region(DEFAULT_REGION);
        }
        if let Some(endpoint) = endpoint {
            builder = builder
                .with_endpoint(endpoint)
                .with_allow_http(endpoint.starts_with("http://"));
        }
        let store = builder.build().map_err(|error| failure(with_causes(&error)))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failure(error.to_string()))?;
        Ok(Self {
            store: Arc::new(store),
            runtime,
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
        })
    }

    fn key(&self, name: &str) -> ObjectPath {
        if self.prefix.is_empty() {
            ObjectPath::from(name)
        } else {
            ObjectPath::from(format!("{}/{name}", self.prefix))
        }
    }

    fn failure(&self, name: &str, error: &Error) -> StoreError {
        let is_final = matches!(
            error,
            Error::Unauthenticated { .. }
                | Error::PermissionDenied { .. }
                | Error::InvalidPath { .. }
                | Error::NotSupported { .. }
        );
        StoreError {
            place: format!("s3://{}/{}", self.bucket, self.key(name)),
            message: with_causes(error),
            is_transient: !is_final,
        }
    }

    fn put(&self, name: &str, bytes: &[u8], mode: PutMode) -> Result<PutOutcome, StoreError> {
        let options = PutOptions {
            mode,
            ..PutOptions::default()
        };
        let key = self.key(name);
        let payload = PutPayload::from(bytes.to_vec());
        match self.runtime.block_on(self.store.put_opts(&key, payload, options)) {
            Ok(_) => Ok(PutOutcome::Written),
            // Not found: the index was removed meanwhile. Read again.
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotFound { .. }) => {
                Ok(PutOutcome::Conflict)
            }
            Err(error) => Err(self.failure(name, &error)),
        }
    }
}

impl Store for S3Store {
    fn get(&mut self, name: &str) -> Result<Option<Versioned>, StoreError> {
        let key = self.key(name);
        let read = async {
            let found = self.store.get(&key).await?;
            let version = found.meta.e_tag.clone();
            Ok((found.bytes().await?, version))
        };
        match self.runtime.block_on(read) {
            Ok((bytes, Some(version))) => Ok(Some(Versioned {
                bytes: bytes.to_vec(),
                version,
            })),
            Ok((_, None)) => Err(StoreError {
                place: format!("s3://{}/{key}", self.bucket),
                message: "the store sends no entity tag, so a conditional write is not possible".to_owned(),
                is_transient: false,
            }),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failure(name, &error)),
        }
    }

    fn put_if_absent(&mut self, name: &str, bytes: &[u8]) -> Result<PutOutcome, StoreError> {
        self.put(name, bytes, PutMode::Create)
    }

    fn put_if_version(&mut self, name: &str, bytes: &[u8], version: &str) -> Result<PutOutcome, StoreError> {
        self.put(
            name,
            bytes,
            PutMode::Update(UpdateVersion {
                e_tag: Some(version.to_owned()),
                version: None,
            }),
        )
    }
}
