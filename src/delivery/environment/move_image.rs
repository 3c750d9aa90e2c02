//! An image of a release that gets another version, in the values of the release.

use super::running::Running;
use crate::delivery::image::ImageReference;

impl Running<'_> {
    /// Has an image move, in the values. Gives why it cannot.
    pub(super) fn move_image(&mut self, at: usize, new: &ImageReference) -> Option<String> {
        let Some(image) = self.images.get_mut(at) else {
            return Some("it is not there".to_owned());
        };
        let (tag, digest) = (
            new.tag.clone().unwrap_or_default(),
            new.digest.clone().unwrap_or_default(),
        );
        let (mut has_tag, mut has_digest) = (false, false);
        for key in &image.keys {
            let Some(leaf) = self.values.get_mut(&key.path).filter(|leaf| leaf.is_scalar) else {
                continue;
            };
            let old = image.image.clone();
            if key.is_whole {
                leaf.text = new.to_string();
                (has_tag, has_digest) = (true, true);
            } else if Some(&leaf.text) == old.tag.as_ref() {
                leaf.text.clone_from(&tag);
                has_tag = true;
            } else if Some(&leaf.text) == old.digest.as_ref() {
                leaf.text.clone_from(&digest);
                has_digest = true;
            }
        }
        if !has_tag {
            return Some(format!(
                "its tag, at {}, is not one that a values file can set by itself",
                image.place
            ));
        }
        if image.image.digest.is_some() && (!has_digest || digest.is_empty()) {
            return Some("it is pinned by a digest that is not a value, or whose new one is not known".to_owned());
        }
        image.image = new.clone();
        None
    }
}
