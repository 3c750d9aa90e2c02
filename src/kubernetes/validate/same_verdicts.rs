//! Verdicts of several versions of Kubernetes on a document: the same verdict is kept once.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::resource::Resource;

/// What a verdict depends on besides the document: its definitions, its lifecycle, and rules that came with a version.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) definitions: u64,
    pub(super) deprecation: Option<String>,
    pub(super) has_relaxed_names: bool,
}

/// Adds the verdicts of one more version to those from `first` on.
pub(super) fn join(resources: &mut Vec<Resource>, first: usize, found: Vec<Resource>) {
    let mut places: HashMap<usize, Vec<usize>, RandomState> = HashMap::default();
    for (index, known) in resources.iter().enumerate().skip(first) {
        places.entry(known.offset).or_default().push(index);
    }
    for resource in found {
        let here = places.entry(resource.offset).or_default();
        let same = here
            .iter()
            .copied()
            .find(|&index| resources.get(index).is_some_and(|known| known.is_same(&resource)));
        if let Some(known) = same.and_then(|index| resources.get_mut(index)) {
            known.minors.extend(resource.minors);
        } else {
            here.push(resources.len());
            resources.push(resource);
        }
    }
}
