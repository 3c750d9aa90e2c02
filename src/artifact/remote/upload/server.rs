//! A server that keeps an index, while charts are pushed to it: what it lists, and whether an upload has arrived.
//!
//! A server may take a while to list what it accepted. It is asked again for a bounded time, with random pauses.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

use crate::artifact::network::{HttpAnswer, HttpClient, HttpRequest, RetryPolicy};
use crate::artifact::repository::INDEX;
use crate::artifact::repository::{IndexReader, Item, is_same_content};
use crate::text::sha256::sha256_hex;

use super::super::chart_source::SourceError;
use super::super::connections::{Access, Wanted, status_error, with_login};
use super::super::remote_charts::RemoteCharts;
use super::super::resolve_url::resolve;
use super::address::{HttpRepository, Place};
use super::api::UploadApi;
use super::error::UploadError;

/// How often the index is read until it lists an upload, and the pauses between: ten seconds in all, more or less.
const LOOKS: RetryPolicy = RetryPolicy {
    attempts: 8,
    first_pause: Duration::from_millis(250),
    longest_pause: Duration::from_secs(4),
    longest_wait: Duration::ZERO,
};

/// A version that the index lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Hex SHA-256 of its archive, if it is listed.
    pub(super) digest: Option<String>,
    urls: Vec<String>,
}

/// The index at one moment; empty where the server has none yet.
pub(super) struct ServerIndex(Option<(Vec<u8>, IndexReader)>);

/// A server, with what reaches it.
pub(super) struct UploadServer<'c> {
    charts: &'c RemoteCharts,
    access: Access,
    pub(super) place: Place,
    shown: String,
}

impl<'c> UploadServer<'c> {
    /// Finds out which server it is, and reads the index.
    ///
    /// # Errors
    /// When it cannot be reached, refuses, or does not say which server it is.
    pub(super) fn open(
        charts: &'c RemoteCharts,
        repository: &HttpRepository,
    ) -> Result<(Self, ServerIndex), UploadError> {
        let access = charts.upload_access(repository.address())?;
        let answer = read_index(charts, &access)?;
        let known = repository
            .api
            .or_else(|| UploadApi::from_address(&access.url))
            .or_else(|| UploadApi::from_headers(&answer.headers));
        let shown = repository.to_string();
        let is_missing = matches!(answer.status, 404 | 410);
        // An empty repository may have no index.
        let is_empty = is_missing && known.is_some();
        if !answer.is_success() && !is_empty {
            let what = format!("{shown} is not a chart repository, or cannot be read");
            return Err(status_error(&answer, &what).into());
        }
        let index = parse(answer, &shown)?;
        let info = index.field("serverInfo");
        let Some(api) = known.or_else(|| info.map(|_| UploadApi::ChartMuseum)) else {
            return Err(UploadError::UnknownServer(shown));
        };
        let said = info.and_then(|info| info.get("contextPath")).and_then(Json::as_str);
        let context = charts
            .settings
            .uploads
            .context_path
            .as_deref()
            .or(said)
            .unwrap_or_default();
        let place = Place {
            api,
            url: access.url.clone(),
            context: context.to_owned(),
        };
        Ok((
            Self {
                charts,
                access,
                place,
                shown,
            },
            index,
        ))
    }

    /// The index as it is now.
    pub(super) fn index(&self) -> Result<ServerIndex, UploadError> {
        let answer = read_index(self.charts, &self.access)?;
        if !answer.is_success() && !matches!(answer.status, 404 | 410) {
            let what = format!("{} cannot be read", self.shown);
            return Err(status_error(&answer, &what).into());
        }
        parse(answer, &self.shown)
    }

    /// What the index lists of an item.
    pub(super) fn listed(&self, index: &ServerIndex, item: &Item) -> Result<Option<Listed>, UploadError> {
        let Some((text, reader)) = &index.0 else {
            return Ok(None);
        };
        let versions = reader
            .versions(text, &item.metadata.name)
            .map_err(|error| UploadError::Index {
                address: self.shown.clone(),
                error,
            })?;
        let found = versions
            .into_iter()
            .flatten()
            .find(|entry| entry.version == item.metadata.version);
        Ok(found.map(|entry| Listed {
            digest: entry.digest,
            urls: entry.urls,
        }))
    }

    /// Reads the index until it lists all of some items with the wanted digests, or any where none is wanted, for a bounded time. Gives
    /// what it listed last.
    pub(super) fn wait_for(&self, wanted: &[(&Item, Option<&str>)]) -> Result<Vec<Option<Listed>>, UploadError> {
        let clock = self.client()?;
        for attempt in 1.. {
            let index = self.index()?;
            let listed = wanted.iter().map(|(item, _)| self.listed(&index, item));
            let listed = listed.collect::<Result<Vec<_>, _>>()?;
            let is_there = |(found, (_, wanted)): (&Option<Listed>, &(&Item, Option<&str>))| {
                let found = found.as_ref().map(|found| found.digest.as_deref());
                found.is_some_and(|found| found.is_none() || wanted.is_none() || found == *wanted)
            };
            if attempt >= LOOKS.attempts || listed.iter().zip(wanted).all(is_there) {
                return Ok(listed);
            }
            clock.clock().sleep(LOOKS.pause(attempt, clock.clock()));
        }
        Ok(Vec::new())
    }

    /// The archive that the server has of an item, if it has one.
    pub(super) fn archive(&self, item: &Item, listed: Option<&Listed>) -> Result<Option<Vec<u8>>, UploadError> {
        let own = self.place.archive(item);
        let urls = listed.iter().flat_map(|listed| &listed.urls);
        let url = urls
            .filter_map(|url| resolve(&self.access.url, url).ok())
            .find(|url| matches!(url.scheme(), "http" | "https"))
            .unwrap_or(own);
        let limit = self.charts.settings.limits.archive;
        let answer = self
            .charts
            .connections
            .get(&self.access, &url, Wanted::Archive, limit)?;
        match answer.status {
            404 | 410 => Ok(None),
            _ if answer.is_success() => Ok(Some(answer.body)),
            _ => Err(status_error(&answer, "the archive that is there cannot be fetched").into()),
        }
    }

    /// The provenance file that the server has of an item.
    pub(super) fn provenance(&self, item: &Item) -> Result<Option<Vec<u8>>, UploadError> {
        let url = self.place.provenance(item);
        let limit = self.charts.settings.limits.archive;
        let answer = self
            .charts
            .connections
            .get(&self.access, &url, Wanted::Provenance, limit)?;
        Ok(answer.is_success().then_some(answer.body))
    }

    /// The digest under which the server has the content of an item already, packed by another program perhaps; `None` where it is
    /// other content, or nothing.
    pub(super) fn same_content(&self, item: &Item, listed: Option<&Listed>) -> Result<Option<String>, UploadError> {
        let found = self.archive(item, listed)?;
        let same = found.filter(|found| is_same_content(found, &item.archive));
        Ok(same.map(|found| sha256_hex(&found)))
    }

    /// Sends a request once, with the credentials of the repository.
    pub(super) fn send(&self, request: HttpRequest) -> Result<HttpAnswer, UploadError> {
        let request = with_login(request, self.access.login.as_ref());
        Ok(self.client()?.send(&request)?)
    }

    /// The client, its clock and its policy for retries.
    pub(super) fn client(&self) -> Result<Arc<HttpClient>, UploadError> {
        Ok(self.charts.connections.client(&self.access.tls)?)
    }

    /// What an answer that is not a success means.
    pub(super) fn refusal(&self, answer: &HttpAnswer) -> UploadError {
        UploadError::from_answer(answer, self.place.api, self.access.login.is_some())
    }

    /// Something that the user should know, although the push succeeds.
    pub(super) fn note(&self, text: String) {
        self.charts.connections.notes.add(text);
    }

    /// The address of the repository, for messages.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }
}

impl ServerIndex {
    fn field(&self, name: &str) -> Option<&Json> {
        self.0.as_ref()?.1.field(name)
    }
}

fn read_index(charts: &RemoteCharts, access: &Access) -> Result<HttpAnswer, UploadError> {
    let url = resolve(&access.url, INDEX).map_err(SourceError::new)?;
    Ok(charts
        .connections
        .get(access, &url, Wanted::Index, charts.settings.limits.index)?)
}

fn parse(answer: HttpAnswer, shown: &str) -> Result<ServerIndex, UploadError> {
    if !answer.is_success() {
        return Ok(ServerIndex(None));
    }
    let reader = IndexReader::open(&answer.body).map_err(|error| UploadError::Index {
        address: shown.to_owned(),
        error,
    })?;
    Ok(ServerIndex(Some((answer.body, reader))))
}
