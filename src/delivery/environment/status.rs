//! What runs where: a row for each image and chart of each environment, compared with the first environment that runs it.

use std::cmp::Ordering;

use super::model::{Deploys, Trigger};
use super::running::{Running, RunningImage};
use crate::delivery::image::last_name;
use crate::delivery::track::{Step, compare, step};

/// One line of the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRow {
    /// The environment.
    pub environment: String,
    /// The release.
    pub release: String,
    /// The repository of an image, or the reference of a chart.
    pub what: String,
    /// The tag or the version; empty without one.
    pub version: String,
    /// The digest; empty without one.
    pub digest: String,
    /// Where it is written.
    pub place: String,
    /// How far it moves by itself, where a trigger of the release says it.
    pub track: Option<String>,
    /// How it compares with the first environment.
    pub lag: Lag,
}

/// How a version compares with that of the first environment that runs the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lag {
    /// This is the first.
    First,
    /// It is the same.
    Same,
    /// It is another.
    Other {
        /// The first environment.
        of: String,
        /// What runs there.
        version: String,
        /// Which of the two is newer; none where that cannot be said.
        order: Option<Ordering>,
        /// How large the step to it is.
        step: Option<Step>,
    },
}

/// The rows of all releases, in the order of the environments.
pub fn status(all: &[Running<'_>]) -> Vec<StatusRow> {
    let mut rows: Vec<(String, StatusRow)> = Vec::new();
    for running in all {
        let row = |what: &str, version: &str, digest: &str, place: String| StatusRow {
            environment: running.environment.name.text.clone(),
            release: running.release.name.text.clone(),
            what: what.to_owned(),
            version: version.to_owned(),
            digest: digest.to_owned(),
            place,
            track: None,
            lag: Lag::First,
        };
        let mut found: Vec<(String, StatusRow)> = Vec::new();
        if let Deploys::Chart { reference, version } = &running.release.deploys {
            let place = format!("{}:{}", version.place.file.path(), version.place.position().line);
            let track = running.release.triggers.iter().find_map(|trigger| match trigger {
                Trigger::Chart { track } => Some(track.to_string()),
                Trigger::Image { .. } => None,
            });
            let row = row(reference, &version.text, "", place);
            found.push((format!("chart {reference}"), StatusRow { track, ..row }));
        }
        found.extend(running.images.iter().map(|image| {
            let (tag, digest) = (image.image.tag.as_deref(), image.image.digest.as_deref());
            let row = row(
                &image.image.repository,
                tag.unwrap_or_default(),
                digest.unwrap_or_default(),
                image.place.clone(),
            );
            let track = image.track.as_ref().map(ToString::to_string);
            (identity(image), StatusRow { track, ..row })
        }));
        for (identity, mut row) in found {
            let first = rows
                .iter()
                .find(|(known, first)| *known == identity && first.release == row.release);
            if let Some((_, first)) = first {
                row.lag = lag(first, &row);
            }
            rows.push((identity, row));
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// What makes images of two environments the same one: the values that name them, else the last part of their repository.
fn identity(image: &RunningImage) -> String {
    image
        .keys
        .first()
        .map_or_else(|| last_name(&image.image.repository), |key| key.path.join("."))
}

fn lag(first: &StatusRow, row: &StatusRow) -> Lag {
    if (&first.version, &first.digest) == (&row.version, &row.digest) {
        return Lag::Same;
    }
    let is_retagged = first.version == row.version;
    Lag::Other {
        of: first.environment.clone(),
        version: if is_retagged { &first.digest } else { &first.version }.clone(),
        order: compare(&row.version, &first.version).filter(|_| !is_retagged),
        step: step(&row.version, &first.version).filter(|_| !is_retagged),
    }
}

impl Lag {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::First => String::new(),
            Self::Same => "same".to_owned(),
            Self::Other {
                of,
                version,
                order,
                step,
            } => {
                let size = step.map_or(String::new(), |step| format!(" ({})", step.name()));
                let how = match order {
                    Some(Ordering::Less) => format!("behind {of}"),
                    Some(Ordering::Greater) => format!("ahead of {of}"),
                    _ => format!("not that of {of}"),
                };
                format!("{how}: {version}{size}")
            }
        }
    }
}
