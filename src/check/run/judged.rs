//! Rendered texts and their verdicts: renderings with other values or for other versions have most files in common, and each
//! is judged once, for all versions.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::request::FindImages;
use crate::kubernetes::validate::{Options, Resource, Target, check_text};

/// Bytes of texts that are kept.
const MAX_BYTES: usize = 64 << 20;

/// The verdicts on the files of one chart.
pub(super) struct Judged<'r> {
    targets: &'r [Target],
    options: Options,
    find_images: Option<FindImages>,
    known: HashMap<Arc<Vec<u8>>, Arc<JudgedText>, RandomState>,
    bytes: usize,
}

/// What there is to say of a text.
pub(super) struct JudgedText {
    /// The verdicts on all its documents, for all versions.
    pub(super) resources: Vec<Resource>,
    /// The images that its objects name, if they are wanted.
    pub(super) images: Vec<String>,
}

impl<'r> Judged<'r> {
    pub(super) fn new(targets: &'r [Target], options: Options, find_images: Option<FindImages>) -> Self {
        Self {
            targets,
            options,
            find_images,
            known: HashMap::default(),
            bytes: 0,
        }
    }

    /// Sets the namespace of objects that do not say it. Policies of the cluster may ask for it.
    pub(super) fn set_namespace(&mut self, namespace: &str) {
        if self.options.policies.is_some() && self.options.namespace != namespace {
            namespace.clone_into(&mut self.options.namespace);
            self.known.clear();
            self.bytes = 0;
        }
    }

    /// What there is to say of a text.
    pub(super) fn text(&mut self, text: &Arc<Vec<u8>>) -> Arc<JudgedText> {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        let judged = Arc::new(JudgedText {
            resources: check_text(text, self.targets, &self.options),
            images: self.find_images.map(|find| find(text)).unwrap_or_default(),
        });
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes <= MAX_BYTES {
            self.known.insert(Arc::clone(text), Arc::clone(&judged));
        }
        judged
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
        let words: FindImages = |text| vec![text.len().to_string()];
        let mut judged = Judged::new(&targets, options.clone(), Some(words));
        let autoscaler = "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: A}\n";
        let text = Arc::new(format!("{autoscaler}---\n- 1\n---\nkind: [").into_bytes());
        let all = judged.text(&text);
        assert!(Arc::ptr_eq(&all, &judged.text(&Arc::new(text.to_vec()))), "judged once");
        assert_eq!(all.images, [text.len().to_string()]);
        for target in &targets {
            let minor = target.catalog.minor();
            let alone = check_text(&text, std::slice::from_ref(target), &options);
            let found: Vec<&Resource> = all
                .resources
                .iter()
                .filter(|resource| is_about(resource, minor))
                .collect();
            let shown = |resource: &Resource| format!("{:?} {:?}", resource.status, resource.violations);
            assert_eq!(
                found.iter().map(|resource| shown(resource)).collect::<Vec<_>>(),
                alone.iter().map(shown).collect::<Vec<_>>()
            );
        }
    }
}
