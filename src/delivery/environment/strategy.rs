//! How a new version of a release takes the place of the old one, where that is not left to its Deployment: blue and green, or a canary.

use std::time::Duration;

use serde::Deserialize;

use crate::text::go::duration::parse_duration;

/// Longest name of a release that Helm accepts.
const LONGEST_NAME: usize = 53;
/// Longest pause after a step.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);
/// Most steps of a canary.
const MOST_STEPS: usize = 20;

/// How a new version takes the place of the old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    /// Two releases beside each other, and a Service that selects the pods of one.
    BlueGreen(BlueGreen),
    /// A second release that gets a part of the requests, in steps.
    Canary(Canary),
}

/// Two releases, `NAME-blue` and `NAME-green`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlueGreen {
    /// The Service that selects the pods of one of them.
    pub service: String,
    /// How long the new one is watched after the switch.
    pub pause: Duration,
    /// Whether the old one is left beside the new one, for the way back.
    pub keeps_old: bool,
}

/// A second release, `NAME-canary`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// The Service that selects the pods of both, where chartwright makes it.
    pub service: Option<String>,
    /// The key of the value that is the number of replicas.
    pub replicas: String,
    /// How many percent of the pods are new ones in each step.
    pub weights: Vec<u8>,
    /// How long each step is watched.
    pub pause: Duration,
}

/// The keys of `strategy`, as files have them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StrategyKeys {
    /// `blueGreen`.
    pub blue_green: Option<BlueGreenKeys>,
    /// `canary`.
    pub canary: Option<CanaryKeys>,
}

/// The keys of `blueGreen`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlueGreenKeys {
    /// `service`.
    pub service: String,
    /// `pause`: a duration such as `2m`.
    #[serde(default)]
    pub pause: Option<String>,
    /// `keepOld`.
    #[serde(default)]
    pub keep_old: bool,
}

/// The keys of `canary`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CanaryKeys {
    /// `service`.
    #[serde(default)]
    pub service: Option<String>,
    /// `replicas`: the key of a value.
    #[serde(default)]
    pub replicas: Option<String>,
    /// `weights`: percent.
    #[serde(default)]
    pub weights: Vec<u8>,
    /// `pause`: a duration such as `2m`.
    #[serde(default)]
    pub pause: Option<String>,
}

impl StrategyKeys {
    /// What they say of a release.
    ///
    /// # Errors
    /// When they do not name one strategy, or Helm or Kubernetes would refuse what they say in the middle of a run.
    pub fn read(self, release: &str) -> Result<Strategy, String> {
        let strategy = match (self.blue_green, self.canary) {
            (Some(keys), None) => Strategy::BlueGreen(BlueGreen {
                service: service(keys.service)?,
                pause: pause(keys.pause.as_deref())?,
                keeps_old: keys.keep_old,
            }),
            (None, Some(keys)) => Strategy::Canary(Canary {
                service: keys.service.map(service).transpose()?,
                replicas: keys.replicas.unwrap_or_else(|| "replicaCount".to_owned()),
                weights: keys.weights,
                pause: pause(keys.pause.as_deref())?,
            }),
            _ => return Err("`strategy` needs one of `blueGreen` and `canary`".to_owned()),
        };
        strategy.check(release)?;
        Ok(strategy)
    }
}

/// The name of a Service: a label, as DNS has them.
fn service(name: String) -> Result<String, String> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_right = (1..=63).contains(&name.len())
        && name.bytes().all(is_inner)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-');
    if is_right {
        Ok(name)
    } else {
        Err(format!("`service`: `{name}` is not a name of a Service"))
    }
}

fn pause(written: Option<&str>) -> Result<Duration, String> {
    let Some(written) = written else {
        return Ok(Duration::ZERO);
    };
    let nanoseconds = parse_duration(written.as_bytes()).map_err(|error| format!("`pause`: {error}"))?;
    match u64::try_from(nanoseconds).map(Duration::from_nanos) {
        Ok(pause) if pause <= LONGEST_PAUSE => Ok(pause),
        _ => Err(format!("`pause`: `{written}` is not from 0 to 24h")),
    }
}

/// The colours of blue and green.
const COLOURS: [&str; 2] = ["blue", "green"];

impl Strategy {
    /// The names of the releases that Helm may have of a release with this strategy.
    pub fn helm_names(strategy: Option<&Self>, release: &str) -> Vec<String> {
        match strategy {
            None => vec![release.to_owned()],
            Some(Self::BlueGreen(_)) => COLOURS.map(|colour| format!("{release}-{colour}")).to_vec(),
            Some(Self::Canary(_)) => vec![release.to_owned(), canary_name(release)],
        }
    }

    /// The Service that chartwright makes for it.
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::BlueGreen(own) => Some(&own.service),
            Self::Canary(own) => own.service.as_deref(),
        }
    }

    /// The names of the releases that Helm may have of a release with any strategy, or without one.
    pub fn all_helm_names(release: &str) -> Vec<String> {
        let colours = COLOURS.map(|colour| format!("{release}-{colour}"));
        let others = [release.to_owned(), canary_name(release)];
        others.into_iter().chain(colours).collect()
    }

    /// Checks what Helm and Kubernetes would refuse later, in the middle of a run.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn check(&self, release: &str) -> Result<(), String> {
        let name = Self::helm_names(Some(self), release)
            .into_iter()
            .max_by_key(String::len)
            .unwrap_or_default();
        if name.len() > LONGEST_NAME {
            return Err(format!(
                "`strategy` makes a release `{name}`, and names of releases have at most {LONGEST_NAME} letters"
            ));
        }
        if let Self::Canary(canary) = self {
            let weights = &canary.weights;
            let rises = weights.windows(2).all(|pair| pair.first() < pair.last());
            if weights.is_empty()
                || weights.len() > MOST_STEPS
                || !rises
                || weights.iter().any(|one| !(1..100).contains(one))
            {
                return Err(format!(
                    "`weights` of a canary must be from 1 to {MOST_STEPS} numbers of percent, from 1 to 99, each higher than the one before"
                ));
            }
        }
        Ok(())
    }
}

/// The name of the canary of a release.
pub fn canary_name(release: &str) -> String {
    format!("{release}-canary")
}

impl Canary {
    /// How many new pods there must be beside the old ones in a step, so that of all the requests its part reaches them. The old ones stay.
    pub fn replicas_of_step(weight: u8, old: u64) -> u64 {
        let weight = u64::from(weight.clamp(1, 99));
        old.saturating_mul(weight).div_ceil(100 - weight).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_gets_its_part_of_the_pods() {
        for (weight, old, want) in [
            (10, 9, 1),
            (10, 10, 2),
            (50, 4, 4),
            (1, 3, 1),
            (99, 1, 99),
            (25, 0, 1),
            (20, 4, 1),
        ] {
            assert_eq!(Canary::replicas_of_step(weight, old), want, "{weight} % beside {old}");
        }
    }

    #[test]
    fn steps_rise_and_names_are_short_enough() {
        let canary = |weights: &[u8]| {
            Strategy::Canary(Canary {
                service: None,
                replicas: "replicaCount".to_owned(),
                weights: weights.to_vec(),
                pause: Duration::ZERO,
            })
        };
        for (strategy, release, is_right) in [
            (canary(&[10, 50]), "web", true),
            (canary(&[99]), "web", true),
            (canary(&[]), "web", false),
            (canary(&[50, 10]), "web", false),
            (canary(&[10, 10]), "web", false),
            (canary(&[0]), "web", false),
            (canary(&[100]), "web", false),
            (canary(&[10]), &"w".repeat(47), false),
            (canary(&[10]), &"w".repeat(46), true),
        ] {
            assert_eq!(strategy.check(release).is_ok(), is_right, "{strategy:?} {release}");
        }
    }
}
