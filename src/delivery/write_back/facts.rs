//! What a commit is about: a plan in, the images that move and the files that change out, as messages name them.

use std::path::{Path, PathBuf};

use crate::check::finding::SecretValues;
use crate::delivery::bump::{BumpPlan, MovedImage};
use crate::delivery::image::ImageReference;

/// Characters of a digest that are shown.
const DIGEST: usize = "sha256:".len() + 12;
/// Most images whose links are looked up.
const LINKED: usize = 20;

/// Addresses of what an image was made from, and of what is new in it.
pub type ImageLinks<'l> = &'l dyn Fn(&MovedImage) -> Vec<String>;

/// An image that moves, in the files that name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageMove {
    /// Its repository.
    pub repository: String,
    /// The tag, or the start of the digest; empty where it is not known.
    pub old: String,
    /// The same afterwards.
    pub new: String,
    /// The files, from the top of the work tree.
    pub files: Vec<String>,
    /// Addresses of its source.
    pub links: Vec<String>,
}

/// What a commit is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitFacts {
    /// The images.
    pub moves: Vec<ImageMove>,
    /// The files that change, from the top of the work tree.
    pub files: Vec<String>,
    /// A line for each value that changes, without secrets.
    pub changes: Vec<String>,
}

impl CommitFacts {
    /// What a plan changes in the work tree at `top`.
    pub fn of(plan: &BumpPlan, top: &Path, links: ImageLinks<'_>) -> Self {
        let mut moves: Vec<ImageMove> = Vec::new();
        for moved in &plan.moved {
            let location = plan.files.iter().find(|file| file.path == moved.file);
            let file = location.map_or_else(|| moved.file.clone(), |file| path_in(top, &file.location));
            let (old, new) = versions(&moved.old, &moved.new);
            let is_same = |known: &&mut ImageMove| {
                known.repository == moved.new.repository && known.old == old && known.new == new
            };
            if let Some(known) = moves.iter_mut().find(is_same) {
                if !known.files.contains(&file) {
                    known.files.push(file);
                }
                continue;
            }
            moves.push(ImageMove {
                repository: moved.new.repository.clone(),
                old,
                new,
                files: vec![file],
                links: if moves.len() < LINKED { links(moved) } else { Vec::new() },
            });
        }
        let mut secrets = SecretValues::default();
        for file in &plan.files {
            secrets.add_text(&file.old);
            secrets.add_text(&file.new);
        }
        let changes = plan.shown_changes(Some(&secrets));
        Self {
            moves,
            files: plan.changed_files().map(|file| path_in(top, &file.location)).collect(),
            changes: changes.lines().map(str::to_owned).collect(),
        }
    }
}

/// The file that a path leads to, links followed.
pub(super) fn resolved(location: &Path) -> PathBuf {
    location.canonicalize().unwrap_or_else(|_| location.to_owned())
}

/// The path of a file from the top of the work tree, with `/` between its parts.
pub(super) fn path_in(top: &Path, location: &Path) -> String {
    let location = resolved(location);
    let inside = location.strip_prefix(resolved(top)).unwrap_or(&location);
    let parts = inside.iter().map(|part| part.to_string_lossy().into_owned());
    parts.collect::<Vec<_>>().join("/")
}

fn versions(old: &ImageReference, new: &ImageReference) -> (String, String) {
    if old.tag == new.tag || new.tag.is_none() {
        let short = |image: &ImageReference| {
            let digest = image.digest.as_deref().unwrap_or_default();
            digest.get(..DIGEST).unwrap_or(digest).to_owned()
        };
        return (short(old), short(new));
    }
    let tag = |image: &ImageReference| image.tag.clone().unwrap_or_default();
    (tag(old), tag(new))
}
