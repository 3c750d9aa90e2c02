//! Which of a repository's tags an image should move to.
//!
//! Follows `KubeCD`'s tracks as `kubecd_cases.jsonl` states them: what is written in its source for tags that are dates, variants
//! or aliases of each other was found to be wrong there.

use std::cmp::Ordering;

use super::allowed::Track;
use super::tag_filter::TagFilter;
use super::tag_version::{TagVersion, is_hash};
use crate::text::semver::Version;

/// A tag of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// When its image was made, in nanoseconds since 1970; only [`Track::Newest`] asks.
    pub created: Option<i128>,
}

/// What may be chosen.
#[derive(Debug, Clone)]
pub struct Choosing {
    /// How far the image may move.
    pub track: Track,
    /// Which tags are looked at.
    pub filter: Option<TagFilter>,
    /// Whether pre-releases may be chosen although the image is at a release.
    pub prereleases: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice<'t> {
    /// The image should move to this tag.
    Move(&'t str),
    /// No tag is newer under the track.
    Stay,
    /// The track compares versions, and the tag of the image is none.
    NotAVersion,
}

/// The tag that never is chosen: what it names changes without a word.
const LATEST: &str = "latest";

impl Choosing {
    /// A track, without a filter and pre-releases.
    #[cfg(test)]
    pub const fn of(track: Track) -> Self {
        Self {
            track,
            filter: None,
            prereleases: false,
        }
    }

    /// The same for versions of a chart: the highest is the newest, since indexes are made again with other times, and a filter is about tags
    /// of images.
    #[must_use]
    pub fn among_charts(&self) -> Self {
        Self {
            track: match &self.track {
                Track::Newest => Track::MajorVersion,
                track => track.clone(),
            },
            filter: None,
            prereleases: self.prereleases,
        }
    }

    /// The tag that an image at `current` should move to. `tags` are in the registry's order; of tags that are equal in every
    /// respect the first is chosen.
    pub fn choose<'t>(&self, current: &str, tags: &'t [Tag]) -> Choice<'t> {
        match self.track {
            Track::Newest => self.newest(current, tags),
            _ => self.highest(current, tags),
        }
    }

    /// Whether a tag is looked at.
    pub fn looks_at(&self, name: &str) -> bool {
        self.compared(name).is_some()
    }

    /// The part of a tag that is compared; nothing for one that is not looked at.
    fn compared<'n>(&self, name: &'n str) -> Option<&'n str> {
        match &self.filter {
            Some(filter) => filter.compared(name),
            None => (name != LATEST).then_some(name),
        }
    }

    /// A tag that is not listed any more counts as older than all.
    fn newest<'t>(&self, current: &str, tags: &'t [Tag]) -> Choice<'t> {
        let listed = tags.iter().find(|tag| tag.name == current);
        let since = listed.and_then(|tag| tag.created);
        let branch = branch(current);
        // A filter that leaves the tag of the image out says what is wanted from now on.
        let at = self.compared(current).and_then(TagVersion::parse);
        let newer = tags
            .iter()
            .filter(|tag| tag.name != current && tag.created > since && self.compared(&tag.name).is_some())
            .filter(|tag| branch.is_none() || self.filter.is_some() || self::branch(&tag.name) == branch)
            .filter(|tag| at.as_ref().is_none_or(|at| self.is_of_kind(at, &tag.name)));
        let newest = newer.reduce(|newest, tag| if tag.created > newest.created { tag } else { newest });
        newest.map_or(Choice::Stay, |tag| Choice::Move(&tag.name))
    }

    /// Whether a tag keeps what the version of the image says besides its numbers: its variant, its `v`, and how it counts. A plain
    /// version may be followed by a tag that is none.
    fn is_of_kind(&self, at: &TagVersion, name: &str) -> bool {
        match self.compared(name).map(TagVersion::parse) {
            Some(Some(next)) => next.is_comparable(at) && next.is_spelt_as(at),
            Some(None) => !at.is_marked(),
            None => false,
        }
    }

    fn highest<'t>(&self, current: &str, tags: &'t [Tag]) -> Choice<'t> {
        // A filter that leaves the tag of the image out still says what is wanted from now on.
        let at = self.compared(current).unwrap_or(current);
        let Some(at) = TagVersion::parse(at) else {
            return Choice::NotAVersion;
        };
        let newer = tags.iter().filter_map(|tag| {
            let version = TagVersion::parse(self.compared(&tag.name)?)?;
            self.is_wanted(&at, &version).then_some((tag, version))
        });
        let highest = newer.reduce(|highest, next| {
            let order = next.1.compare(&highest.1);
            let fitness = next.1.fitness(&at).cmp(&highest.1.fitness(&at));
            if order.then(fitness).is_gt() { next } else { highest }
        });
        highest.map_or(Choice::Stay, |(tag, _)| Choice::Move(&tag.name))
    }

    /// Whether a version follows the one of the image under the track.
    fn is_wanted(&self, at: &TagVersion, next: &TagVersion) -> bool {
        next.is_comparable(at)
            && next.keeps_prefix_of(at)
            && next.compare(at).is_gt()
            && self.is_within(&at.version, next)
    }

    fn is_within(&self, at: &Version, next: &TagVersion) -> bool {
        let version = &next.version;
        let allows_prerelease = self.prereleases || (!at.pre.is_empty() && matches!(self.track, Track::MajorVersion));
        let is_offered = !next.is_prerelease() || allows_prerelease;
        match &self.track {
            Track::PatchLevel => is_offered && (version.major, version.minor) == (at.major, at.minor),
            Track::MinorVersion => is_offered && version.major == at.major,
            Track::MajorVersion => is_offered,
            // A range that names a pre-release asks for some.
            Track::Range(range, _) => range.check(version),
            Track::Newest => false,
        }
    }
}

/// The branch of a tag such as `main-3842bd0`: another branch's build is another image.
fn branch(tag: &str) -> Option<&str> {
    let (branch, hash) = tag.rsplit_once('-')?;
    let is_branch =
        is_hash(hash) && hash.bytes().any(|byte| byte.is_ascii_digit()) && TagVersion::parse(branch).is_none();
    is_branch.then_some(branch)
}

/// How large the step between two tags is; nothing where it cannot be said, as between commits.
pub fn step(from: &str, to: &str) -> Option<Step> {
    let (from, to) = (TagVersion::parse(from)?, TagVersion::parse(to)?);
    if !from.is_comparable(&to) {
        return None;
    }
    let (a, b) = (&from.version, &to.version);
    Some(match (a.major == b.major, a.minor == b.minor) {
        (false, _) => Step::Major,
        (true, false) => Step::Minor,
        (true, true) => Step::Patch,
    })
}

/// The order of two tags; nothing where it cannot be said, as between commits.
pub fn compare(one: &str, other: &str) -> Option<Ordering> {
    let (one, other) = (TagVersion::parse(one)?, TagVersion::parse(other)?);
    one.is_comparable(&other).then(|| one.version.compare(&other.version))
}

/// The size of a step between versions, smallest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The third number, a pre-release or a build of the same version.
    Patch,
    /// The second number.
    Minor,
    /// The first number.
    Major,
}

impl Step {
    /// Its name: `major`, `minor`, `patch`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
        }
    }
}
