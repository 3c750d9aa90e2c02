//! Who sends payloads, and how each is recognised.

use std::fmt;

use serde_json::Value as Json;

use super::fields::Fields;
use super::payload::Payload;
use super::payload_error::PayloadError;
use super::{amazon, cloud_events, github, google, products, registries};
use crate::text::near::nearest;

/// Who sends a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Azure Container Registry.
    Acr,
    /// Alibaba Cloud Container Registry.
    Aliyun,
    /// `CDEvents`.
    CdEvents,
    /// `CloudEvents` of any other sender.
    CloudEvents,
    /// CNCF distribution, and the registries made of it: GitLab's, docker's.
    Distribution,
    /// Docker Hub.
    DockerHub,
    /// Amazon ECR, through `EventBridge`.
    Ecr,
    /// GitHub's packages: `package` and `registry_package`.
    GitHub,
    /// GitHub's `repository_dispatch` and `workflow_dispatch`.
    GitHubDispatch,
    /// Google's Artifact Registry and Container Registry, through Pub/Sub.
    Google,
    /// Harbor.
    Harbor,
    /// `JFrog` Artifactory.
    JFrog,
    /// Mirantis Secure Registry.
    Mirantis,
    /// A pipeline of one's own: `image`, or `name`, `tag` and `digest`.
    Pipeline,
    /// Sonatype Nexus.
    Nexus,
    /// Quay.
    Quay,
}

/// A name that does not belong to a sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no sender `{text}`{hint}: name one of {names}", names = Sender::names().collect::<Vec<_>>().join(", "))]
pub struct UnknownSender {
    text: String,
    hint: String,
}

type Recognise = fn(&Json) -> bool;
type Read = fn(&Fields<'_>, &mut Payload) -> Result<(), PayloadError>;

struct Row {
    sender: Sender,
    /// What `--sender` takes.
    name: &'static str,
    title: &'static str,
    recognise: Recognise,
    read: Read,
}

const fn row(sender: Sender, name: &'static str, title: &'static str, recognise: Recognise, read: Read) -> Row {
    Row {
        sender,
        name,
        title,
        recognise,
        read,
    }
}

/// In the order in which they are tried: those whose payloads others are like come first.
static SENDERS: [Row; 16] = [
    row(
        Sender::GitHub,
        "github",
        "GitHub Packages",
        github::is_package,
        github::read_package,
    ),
    row(
        Sender::GitHubDispatch,
        "github-dispatch",
        "GitHub Actions",
        github::is_dispatch,
        github::read_dispatch,
    ),
    row(
        Sender::Google,
        "google",
        "Google Artifact Registry",
        google::is_message,
        google::read,
    ),
    row(Sender::Ecr, "ecr", "Amazon ECR", amazon::is_ecr, amazon::read_ecr),
    row(
        Sender::CdEvents,
        "cdevents",
        "CDEvents",
        cloud_events::is_cd_event,
        cloud_events::read_cd_event,
    ),
    row(
        Sender::Harbor,
        "harbor",
        "Harbor",
        products::is_harbor,
        products::read_harbor,
    ),
    row(
        Sender::JFrog,
        "jfrog",
        "JFrog Artifactory",
        products::is_jfrog,
        products::read_jfrog,
    ),
    row(
        Sender::Nexus,
        "nexus",
        "Sonatype Nexus",
        products::is_nexus,
        products::read_nexus,
    ),
    row(
        Sender::Mirantis,
        "mirantis",
        "Mirantis Secure Registry",
        products::is_mirantis,
        products::read_mirantis,
    ),
    row(
        Sender::CloudEvents,
        "cloudevents",
        "CloudEvents",
        cloud_events::is_cloud_event,
        cloud_events::read_cloud_event,
    ),
    row(
        Sender::Distribution,
        "distribution",
        "CNCF distribution",
        registries::is_distribution,
        registries::read_distribution,
    ),
    row(
        Sender::Acr,
        "acr",
        "Azure Container Registry",
        registries::is_acr,
        registries::read_acr,
    ),
    row(
        Sender::Aliyun,
        "aliyun",
        "Alibaba Cloud Container Registry",
        registries::is_aliyun,
        registries::read_aliyun,
    ),
    row(
        Sender::DockerHub,
        "docker-hub",
        "Docker Hub",
        registries::is_docker_hub,
        registries::read_docker_hub,
    ),
    row(Sender::Quay, "quay", "Quay", registries::is_quay, registries::read_quay),
    row(
        Sender::Pipeline,
        "pipeline",
        "a pipeline",
        registries::is_pipeline,
        registries::read_pipeline,
    ),
];

/// Other names of senders.
const ALIASES: [(&str, Sender); 8] = [
    ("artifactory", Sender::JFrog),
    ("azure", Sender::Acr),
    ("docker-registry", Sender::Distribution),
    ("dockerhub", Sender::DockerHub),
    ("gar", Sender::Google),
    ("gcr", Sender::Google),
    ("ghcr", Sender::GitHub),
    ("gitlab", Sender::Distribution),
];

impl Sender {
    /// The names that `--sender` takes, without other names of the same.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SENDERS.iter().map(|row| row.name)
    }

    /// The sender of a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn parse(text: &str) -> Result<Self, UnknownSender> {
        let alias = ALIASES.into_iter().find(|(name, _)| *name == text);
        let named = SENDERS.iter().find(|row| row.name == text).map(|row| row.sender);
        named.or(alias.map(|(_, sender)| sender)).ok_or_else(|| {
            let near = nearest(text, Self::names());
            UnknownSender {
                text: text.to_owned(),
                hint: near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)")),
            }
        })
    }

    /// The name that `--sender` takes.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.name)
    }

    /// The name of the product.
    pub fn title(self) -> &'static str {
        self.row().map_or("", |row| row.title)
    }

    /// Whose payload this is like.
    pub(super) fn recognise(json: &Json) -> Option<Self> {
        json.is_object().then_some(())?;
        SENDERS.iter().find(|row| (row.recognise)(json)).map(|row| row.sender)
    }

    pub(super) fn read(self, fields: &Fields<'_>, payload: &mut Payload) -> Result<(), PayloadError> {
        self.row().map_or(Ok(()), |row| (row.read)(fields, payload))
    }

    fn row(self) -> Option<&'static Row> {
        SENDERS.iter().find(|row| row.sender == self)
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
