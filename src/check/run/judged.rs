//! Rendered texts and their verdicts: renderings with other values or for other versions have most files in common, and each
//! is judged once, for all versions.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::kubernetes::validate::{Options, Resource, Target, check_text};

/// Bytes of texts that are kept.
const MAX_BYTES: usize = 64 << 20;

/// The verdicts on the files of one chart.
pub(super) struct Judged<'r> {
    targets: &'r [Target],
    options: Options,
    known: HashMap<Arc<Vec<u8>>, Arc<Vec<Resource>>, RandomState>,
    bytes: usize,
}

impl<'r> Judged<'r> {
    pub(super) fn new(targets: &'r [Target], options: Options) -> Self {
        Self {
            targets,
            options,
            known: HashMap::default(),
            bytes: 0,
        }
    }

    /// The verdicts on all documents of a text, for all versions.
    pub(super) fn resources(&mut self, text: &Arc<Vec<u8>>) -> Arc<Vec<Resource>> {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        let resources = Arc::new(check_text(text, self.targets, &self.options));
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes <= MAX_BYTES {
            self.known.insert(Arc::clone(text), Arc::clone(&resources));
        }
        resources
    }
}

/// Whether a verdict is about a minor version of Kubernetes. One that no schema was needed for is about all.
pub(super) fn is_about(resource: &Resource, minor: u8) -> bool {
    resource.minors.is_empty() || resource.minors.contains(&minor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::validate::Catalog;

    #[test]
    fn a_text_is_judged_once_for_all_versions() {
        let targets = ["1.25", "1.35"].map(|version| Target::embedded(Catalog::find(version).expect("is embedded")));
        let options = Options::default();
        let mut judged = Judged::new(&targets, options.clone());
        let autoscaler = "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: A}\n";
        let text = Arc::new(format!("{autoscaler}---\n- 1\n---\nkind: [").into_bytes());
        let all = judged.resources(&text);
        assert!(
            Arc::ptr_eq(&all, &judged.resources(&Arc::new(text.to_vec()))),
            "judged once"
        );
        for target in &targets {
            let minor = target.catalog.minor();
            let alone = check_text(&text, std::slice::from_ref(target), &options);
            let found: Vec<&Resource> = all.iter().filter(|resource| is_about(resource, minor)).collect();
            let shown = |resource: &Resource| format!("{:?} {:?}", resource.status, resource.violations);
            assert_eq!(
                found.iter().map(|resource| shown(resource)).collect::<Vec<_>>(),
                alone.iter().map(shown).collect::<Vec<_>>()
            );
        }
    }
}
