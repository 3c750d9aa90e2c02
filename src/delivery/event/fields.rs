//! Fields of a payload, with their paths for the errors.

use serde_json::Value as Json;

use super::payload_error::PayloadError;
use super::pushed::{Kind, Pushed};
use super::sender::Sender;
use crate::delivery::image::ImageReference;

/// The media type of the configuration of a chart in a registry.
const CHART_CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";

/// A part of a payload.
#[derive(Debug, Clone)]
pub(super) struct Fields<'j> {
    pub(super) sender: Sender,
    pub(super) value: &'j Json,
    /// The dotted path of this part; empty for all of it.
    path: String,
}

impl<'j> Fields<'j> {
    pub(super) const fn root(sender: Sender, value: &'j Json) -> Self {
        Self {
            sender,
            value,
            path: String::new(),
        }
    }

    /// The path of a field as errors show it. `pointer` is a JSON pointer.
    fn field(&self, pointer: &str) -> String {
        let inside = pointer.trim_start_matches('/').replace('/', ".");
        match (self.path.as_str(), inside.as_str()) {
            ("", inside) => inside.to_owned(),
            (path, "") => path.to_owned(),
            (path, inside) => format!("{path}.{inside}"),
        }
    }

    pub(super) fn missing(&self, pointer: &str) -> PayloadError {
        PayloadError::Missing {
            sender: self.sender,
            field: self.field(pointer),
        }
    }

    pub(super) fn wrong(&self, pointer: &str, reason: impl Into<String>) -> PayloadError {
        PayloadError::Value {
            sender: self.sender,
            field: self.field(pointer),
            reason: reason.into(),
        }
    }

    fn wrong_type(&self, pointer: &str, wanted: &'static str) -> PayloadError {
        PayloadError::Type {
            sender: self.sender,
            field: self.field(pointer),
            wanted,
        }
    }

    /// A text; `None` where it is absent, null or empty.
    pub(super) fn optional(&self, pointer: &str) -> Result<Option<&'j str>, PayloadError> {
        match self.value.pointer(pointer) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.wrong_type(pointer, "a text")),
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&self, pointer: &str) -> Result<&'j str, PayloadError> {
        self.optional(pointer)?.ok_or_else(|| self.missing(pointer))
    }

    /// The parts of a list.
    pub(super) fn list(&self, pointer: &str) -> Result<Vec<Self>, PayloadError> {
        let items = match self.value.pointer(pointer) {
            None | Some(Json::Null) => return Err(self.missing(pointer)),
            Some(Json::Array(items)) => items,
            Some(_) => return Err(self.wrong_type(pointer, "a list")),
        };
        let part = |(index, value)| Self {
            sender: self.sender,
            value,
            path: format!("{}[{index}]", self.field(pointer)),
        };
        Ok(items.iter().enumerate().map(part).collect())
    }

    /// A part that is a mapping.
    pub(super) fn part(&self, pointer: &str) -> Result<Self, PayloadError> {
        match self.value.pointer(pointer) {
            None | Some(Json::Null) => Err(self.missing(pointer)),
            Some(value @ Json::Object(_)) => Ok(Self {
                sender: self.sender,
                value,
                path: self.field(pointer),
            }),
            Some(_) => Err(self.wrong_type(pointer, "a mapping")),
        }
    }

    /// What was pushed, when all of its parts may be what they say. `pointer` is the field that errors name.
    pub(super) fn pushed(
        &self,
        pointer: &str,
        host: Option<&str>,
        (repository, tag, digest): (&str, &str, Option<&str>),
    ) -> Result<Pushed, PayloadError> {
        let pushed = Pushed {
            kind: Kind::Image,
            scheme: None,
            host: host.map(str::to_owned),
            repository: repository.to_owned(),
            tag: tag.to_owned(),
            digest: digest.map(str::to_owned),
        };
        ImageReference::parse(&pushed.to_string()).map_err(|error| self.wrong(pointer, error.to_string()))?;
        Ok(pushed)
    }

    /// The same for a whole reference: `host/repository:tag`, and a digest that is known apart from it.
    pub(super) fn pushed_as(
        &self,
        pointer: &str,
        reference: &str,
        digest: Option<&str>,
    ) -> Result<Option<Pushed>, PayloadError> {
        let parsed = ImageReference::parse(reference).map_err(|error| self.wrong(pointer, error.to_string()))?;
        let Some(pushed) = Pushed::of_reference(&parsed) else {
            return Ok(None);
        };
        let digest = digest.or(parsed.digest.as_deref());
        let what = (pushed.repository.as_str(), pushed.tag.as_str(), digest);
        self.pushed(pointer, pushed.host.as_deref(), what).map(Some)
    }
}

/// What has a configuration of this media type.
pub(super) fn kind_of(config_media_type: Option<&str>) -> Kind {
    if config_media_type == Some(CHART_CONFIG) {
        Kind::Chart
    } else {
        Kind::Image
    }
}

/// The host of a URL or of a reference that begins with a host; none where there is none.
pub(super) fn host_of(text: &str) -> Option<&str> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    Some(host).filter(|host| !host.is_empty())
}
