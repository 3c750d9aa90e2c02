//! Notes on images that stay: the reasons for each file in, sentences for people out, each once.

use std::collections::HashSet;
use std::path::Path;

use super::chart_places::LeftImage;

/// Sentences about images that stay, with the file in which each would move.
#[derive(Debug, Default)]
pub struct LeftNotes(Vec<(Option<String>, String)>);

impl LeftNotes {
    /// Adds an image of a chart; `shown` names files.
    pub fn add(&mut self, image: &LeftImage, shown: &dyn Fn(&str) -> String) {
        let file = image.reason.file().map(str::to_owned);
        let reason = image.reason.sentence(shown);
        self.0
            .push((file, format!("{} is left alone: {reason}", image.reference)));
    }

    /// Adds a sentence that holds whatever files are edited.
    pub fn add_sentence(&mut self, sentence: String) {
        self.0.push((None, sentence));
    }

    /// Adds those of another file.
    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// The sentences, each once, except those about images of files that are edited as well.
    pub fn sentences(self, is_edited: &dyn Fn(&Path) -> bool) -> Vec<String> {
        let mut known = HashSet::new();
        let others = self
            .0
            .into_iter()
            .filter(|(file, _)| !file.as_ref().is_some_and(|file| is_edited(Path::new(file))));
        others
            .map(|(_, sentence)| sentence)
            .filter(|sentence| known.insert(sentence.clone()))
            .collect()
    }
}
