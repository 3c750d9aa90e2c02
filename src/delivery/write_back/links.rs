//! Where the source of an image is, as its labels say: the changes between two revisions, or the one that it was made from.
//!
//! Labels are text that whoever made the image chose: only plain addresses of http and https come out, without credentials.

use crate::artifact::network::Url;
use crate::delivery::bump::MovedImage;
use crate::delivery::poll::{ImageOrigin, TagSource};

/// Longest address.
const LONGEST: usize = 500;

/// The addresses about an image that moves; none where its labels or the registry do not say.
pub fn image_links(moved: &MovedImage, source: &dyn TagSource) -> Vec<String> {
    // A chart of a repository has no labels.
    if moved.new.repository.contains("://") {
        return Vec::new();
    }
    let origin = |tag: Option<&str>| {
        let image = source.image(&moved.new.repository, tag?).ok()?;
        Some(image.origin)
    };
    let Some(new) = origin(moved.new.tag.as_deref()) else {
        return Vec::new();
    };
    let old = origin(
        moved
            .old
            .tag
            .as_deref()
            .filter(|tag| Some(*tag) != moved.new.tag.as_deref()),
    );
    link(&old.unwrap_or_default(), &new).into_iter().collect()
}

/// One address: a comparison where both revisions are known and of the same source, else the revision, else the source.
fn link(old: &ImageOrigin, new: &ImageOrigin) -> Option<String> {
    let (base, is_gitlab) = plain_address(new.source.as_deref()?)?;
    let dash = if is_gitlab { "/-" } else { "" };
    let revision = |origin: &ImageOrigin| origin.revision.clone().filter(|revision| is_revision(revision));
    let same_source = old
        .source
        .as_deref()
        .and_then(plain_address)
        .is_some_and(|(old, _)| old == base);
    Some(match (revision(old).filter(|_| same_source), revision(new)) {
        (Some(old), Some(new)) if old != new => format!("{base}{dash}/compare/{old}...{new}"),
        (_, Some(new)) => format!("{base}{dash}/commit/{new}"),
        (_, None) => base,
    })
}

/// An address as it is written in a message, and whether GitLab's paths follow it.
fn plain_address(text: &str) -> Option<(String, bool)> {
    let mut url = Url::parse(text.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    let is_gitlab = url
        .host_str()
        .is_some_and(|host| host.split('.').any(|part| part == "gitlab"));
    let address = url.as_str().trim_end_matches('/');
    let address = address.strip_suffix(".git").unwrap_or(address);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '/' | ':' | '%' | '+');
    (address.len() <= LONGEST && address.chars().all(is_plain)).then(|| (address.to_owned(), is_gitlab))
}

fn is_revision(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(source: &str, revision: &str) -> ImageOrigin {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        ImageOrigin {
            source: some(source),
            revision: some(revision),
        }
    }

    #[test]
    fn labels_become_plain_addresses() {
        let (old, new) = ("0123456789", "abcdef0123");
        for (was, is, want) in [
            (
                origin("https://github.com/acme/web", old),
                origin("https://github.com/acme/web.git", new),
                Some("https://github.com/acme/web/compare/0123456789...abcdef0123"),
            ),
            (
                origin("https://gitlab.com/acme/web", old),
                origin("https://gitlab.com/acme/web/", new),
                Some("https://gitlab.com/acme/web/-/compare/0123456789...abcdef0123"),
            ),
            (
                origin("https://github.com/acme/other", old),
                origin("https://github.com/acme/web", new),
                Some("https://github.com/acme/web/commit/abcdef0123"),
            ),
            (
                origin("", ""),
                origin(
                    "https://me:hunter2@git.example.com/acme/web?token=hunter2#x",
                    "main; rm",
                ),
                Some("https://git.example.com/acme/web"),
            ),
            (origin("", ""), origin("javascript:alert(1)", new), None),
            (origin("", ""), origin("git@github.com:acme/web.git", new), None),
            (origin("", ""), origin("https://h/x)[skip ci]", new), None),
            (origin("", ""), origin("", new), None),
        ] {
            assert_eq!(link(&was, &is).as_deref(), want, "{is:?}");
        }
    }
}
