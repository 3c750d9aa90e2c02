//! The images of a chart, by the ways in which it is deployed: what its renderings name in, the same without secrets out.

use std::collections::BTreeSet;

use crate::check::finding::SecretValues;
use crate::text::ordered::CollectOrdered as _;

/// The images that the objects of a rendering name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderingImages {
    /// What findings call the rendering.
    pub rendering: String,
    /// The references as they are rendered.
    pub images: BTreeSet<String>,
}

impl RenderingImages {
    /// Hides secrets: a reference may be put together from anything.
    pub(super) fn hide(&mut self, secrets: &SecretValues) {
        let images = std::mem::take(&mut self.images).into_iter();
        self.images = images.map(|image| secrets.hide(&image).into_owned()).collect_set();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_references_are_hidden() {
        let mut found = RenderingImages {
            rendering: "prod".to_owned(),
            images: ["a/web:1".to_owned(), "a/T0ken-one:1".to_owned()].into(),
        };
        let mut secrets = SecretValues::default();
        secrets.add("T0ken-one");
        found.hide(&secrets);
        assert_eq!(found.images, ["a/***:1".to_owned(), "a/web:1".to_owned()].into());
    }
}
