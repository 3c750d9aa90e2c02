//! Answers of registries, each asked for once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use super::tag_source::{SourceImage, TagSource};

/// What was answered, by question.
type Answers<Q, A> = Mutex<HashMap<Q, Result<A, String>>>;

/// A source whose answers are kept: files that change while they are edited are looked at again, and registries are not.
pub struct KnownTags<'s> {
    source: &'s dyn TagSource,
    tags: Answers<String, Vec<String>>,
    images: Answers<(String, String), SourceImage>,
    charts: Answers<(String, String), Vec<String>>,
}

impl<'s> KnownTags<'s> {
    /// Knows nothing yet.
    pub fn new(source: &'s dyn TagSource) -> Self {
        Self {
            source,
            tags: Mutex::default(),
            images: Mutex::default(),
            charts: Mutex::default(),
        }
    }
}

fn known<Q: Hash + Eq, A: Clone>(
    answers: &Answers<Q, A>,
    question: Q,
    ask: impl FnOnce() -> Result<A, String>,
) -> Result<A, String> {
    let kept = || answers.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(answer) = kept().get(&question) {
        return answer.clone();
    }
    // Others are not kept waiting: a question that two ask at once is asked twice.
    let answer = ask();
    kept().insert(question, answer.clone());
    answer
}

impl TagSource for KnownTags<'_> {
    fn tags(&self, repository: &str) -> Result<Vec<String>, String> {
        known(&self.tags, repository.to_owned(), || self.source.tags(repository))
    }

    fn image(&self, repository: &str, tag: &str) -> Result<SourceImage, String> {
        let question = (repository.to_owned(), tag.to_owned());
        known(&self.images, question, || self.source.image(repository, tag))
    }

    fn chart_versions(&self, repository: &str, chart: &str) -> Result<Vec<String>, String> {
        let question = (repository.to_owned(), chart.to_owned());
        known(&self.charts, question, || self.source.chart_versions(repository, chart))
    }

    fn has_chart(&self, repository: &str, chart: &str) -> bool {
        self.source.has_chart(repository, chart)
    }

    fn has(&self, repository: &str) -> bool {
        self.source.has(repository)
    }

    fn is_expected(&self) -> bool {
        self.source.is_expected()
    }

    fn repositories(&self) -> Vec<String> {
        self.source.repositories()
    }
}
