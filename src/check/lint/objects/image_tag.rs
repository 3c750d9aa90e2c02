//! `image-tag`: images without a tag, or with one that moves.

use super::object::Objects;
use super::report::ObjectReport;
use crate::text::rule::Rule;

pub(super) fn check(objects: &Objects<'_>, report: &mut ObjectReport<'_>) {
    for (object, pod) in objects.owners() {
        for list in ["containers", "initContainers"] {
            let pointer = format!("{pod}/spec/{list}");
            for index in 0..object.items(&pointer).len() {
                let at = format!("{pointer}/{index}/image");
                if let Some(fault) = fault(object.text(&at)) {
                    report.add(object, &at, Rule::ImageTag, &fault);
                }
            }
        }
    }
}

fn fault(image: &str) -> Option<String> {
    if image.is_empty() || image.contains('@') {
        return None;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once(':') {
        None => Some(format!("image {image:?} has no tag, which means latest")),
        Some((_, "latest")) => Some(format!("image {image:?} is whatever latest is when a pod starts")),
        Some((_, "")) => Some(format!("image {image:?} has an empty tag")),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn only_a_fixed_tag_or_a_digest_is_right() {
        for (image, is_right) in [
            ("web:1.2", true),
            ("registry:5000/web:1.2", true),
            ("web@sha256:0123", true),
            ("web", false),
            ("registry:5000/web", false),
            ("web:latest", false),
            ("web:", false),
            ("", true),
        ] {
            assert_eq!(fault(image).is_none(), is_right, "{image}");
        }
    }
}
