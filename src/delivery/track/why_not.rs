//! Why a tag that was pushed is not the one that an image moves to.

use std::cmp::Ordering;

use super::allowed::Track;
use super::choose::{Choice, Choosing, Tag, compare};

impl Choosing {
    /// Why an image at `current` does not move to a tag, and the flag that would let it; nothing where it has the tag, or where the tag is one that it moves to (which
    /// [`Track::Newest`] does not see).
    pub fn why_not(&self, current: &str, name: &str) -> Option<String> {
        let tag = Tag {
            name: name.to_owned(),
            created: Some(0),
        };
        let tags = [tag];
        let moves = |choosing: &Self| matches!(choosing.choose(current, &tags), Choice::Move(_));
        if name == current {
            return None;
        }
        if moves(self) {
            // Which image was made last is not seen in its tag.
            let is_by_time = matches!(self.track, Track::Newest);
            return is_by_time.then(|| format!("its image was not made after that of {current}"));
        }
        if !self.looks_at(name) {
            return Some(match self.filter {
                Some(_) => "--filter leaves it out".to_owned(),
                None => "what it names changes, so it is never written".to_owned(),
            });
        }
        let all = Self {
            track: Track::MajorVersion,
            ..self.clone()
        };
        let all_with_prereleases = Self {
            prereleases: true,
            ..all.clone()
        };
        let same_with_prereleases = Self {
            prereleases: true,
            ..self.clone()
        };
        Some(if moves(&all) {
            format!(
                "it is outside of the track {}; --track MajorVersion reaches it",
                self.track
            )
        } else if moves(&same_with_prereleases) {
            "it is a pre-release; --prerelease accepts it".to_owned()
        } else if moves(&all_with_prereleases) {
            "it is a pre-release outside of the track; --track MajorVersion --prerelease reaches it".to_owned()
        } else {
            match compare(name, current) {
                Some(Ordering::Less | Ordering::Equal) => format!("it is not newer than {current}"),
                _ => format!("it is not the same kind of tag as {current}; bump --image writes any tag"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tag_filter::TagFilter;
    use super::*;

    #[test]
    fn a_tag_that_is_not_chosen_has_a_reason() {
        let patch = Choosing::of(Track::PatchLevel);
        let filtered = Choosing {
            filter: Some(TagFilter::parse("^1").expect("a filter")),
            ..Choosing::of(Track::MajorVersion)
        };
        for (choosing, current, name, want) in [
            (&patch, "1.2.3", "1.2.4", None),
            (&patch, "1.2.3", "1.2.3", None),
            (
                &patch,
                "1.2.3",
                "1.3.0",
                Some("it is outside of the track PatchLevel; --track MajorVersion reaches it"),
            ),
            (
                &patch,
                "1.2.3",
                "1.2.4-rc1",
                Some("it is a pre-release; --prerelease accepts it"),
            ),
            (
                &patch,
                "1.2.3",
                "2.0.0-rc1",
                Some("it is a pre-release outside of the track; --track MajorVersion --prerelease reaches it"),
            ),
            (&patch, "1.2.3", "1.2.2", Some("it is not newer than 1.2.3")),
            (
                &patch,
                "1.2.3",
                "latest",
                Some("what it names changes, so it is never written"),
            ),
            (
                &patch,
                "1.2.3",
                "1.2.4-alpine",
                Some("it is not the same kind of tag as 1.2.3; bump --image writes any tag"),
            ),
            (&filtered, "1.2.3", "2.0.0", Some("--filter leaves it out")),
            (
                &Choosing::of(Track::Newest),
                "1.2.3",
                "1.2.4",
                Some("its image was not made after that of 1.2.3"),
            ),
        ] {
            assert_eq!(choosing.why_not(current, name).as_deref(), want, "{current} {name}");
        }
    }
}
