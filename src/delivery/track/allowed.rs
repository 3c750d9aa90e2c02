//! How far an image may move by itself.

use std::fmt;

use crate::text::near::nearest;
use crate::text::semver::Constraint;

/// What a track allows. The names are `KubeCD`'s.
#[derive(Debug, Clone)]
pub enum Track {
    /// Versions with the same first two numbers.
    PatchLevel,
    /// Versions with the same first number.
    MinorVersion,
    /// All later versions.
    MajorVersion,
    /// The tag that was made last, whatever it is called.
    Newest,
    /// Versions in a range: `~1.4`, `^2`, `>=1.2 <3`.
    Range(Box<Constraint>, String),
}

/// A text that names no track.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown track `{text}`{hint}: name PatchLevel, MinorVersion, MajorVersion, Newest or a range such as ~1.4")]
pub struct UnknownTrack {
    text: String,
    hint: String,
}

/// The names of tracks.
const NAMES: [(&str, Track); 4] = [
    ("PatchLevel", Track::PatchLevel),
    ("MinorVersion", Track::MinorVersion),
    ("MajorVersion", Track::MajorVersion),
    ("Newest", Track::Newest),
];

impl Track {
    /// Reads a track's name, or a range of versions.
    ///
    /// # Errors
    /// When it is neither: names are not matched loosely, since a track that is misspelt would hold an image where it is.
    pub fn parse(text: &str) -> Result<Self, UnknownTrack> {
        if let Some((_, track)) = NAMES.into_iter().find(|(name, _)| *name == text) {
            return Ok(track);
        }
        let seems_range = text.starts_with(|first: char| first.is_ascii_digit() || "~^<>=!*vx".contains(first));
        if let Some(range) = seems_range.then(|| Constraint::parse(text).ok()).flatten() {
            return Ok(Self::Range(Box::new(range), text.to_owned()));
        }
        let near = nearest(text, NAMES.iter().map(|(name, _)| *name));
        Err(UnknownTrack {
            text: text.to_owned(),
            hint: near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)")),
        })
    }
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PatchLevel => "PatchLevel",
            Self::MinorVersion => "MinorVersion",
            Self::MajorVersion => "MajorVersion",
            Self::Newest => "Newest",
            Self::Range(_, text) => text,
        })
    }
}
