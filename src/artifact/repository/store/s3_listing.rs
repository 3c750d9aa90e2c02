//! A page of `ListObjectsV2`: XML in, keys with their sizes and the token of the next page out.

use crate::text::xml::{XmlError, each_element};

/// A page of a listing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// Keys and sizes in bytes.
    pub(super) objects: Vec<(String, u64)>,
    /// The token of the next page, if there is one.
    pub(super) next: Option<String>,
}

/// A page that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ListingError {
    /// Not XML.
    #[error("the listing cannot be read: {0}")]
    Xml(#[from] XmlError),
    /// XML of something else, such as a page of a proxy.
    #[error("the answer is not a listing")]
    Other,
    /// There are more objects, but the store does not say how to ask for them.
    #[error("the listing is not complete, and has no token for the rest")]
    NoToken,
    /// A key or a size that cannot be read.
    #[error("the listing has a key or a size that cannot be read")]
    Object,
}

impl Listing {
    /// Reads a page.
    ///
    /// # Errors
    /// When it is not a listing, or is incomplete.
    pub(super) fn read(xml: &str) -> Result<Self, ListingError> {
        let mut objects = Vec::new();
        let (mut key, mut size) = (None, None);
        let (mut next, mut is_truncated, mut is_encoded, mut is_listing) = (None, false, false, false);
        each_element(xml, &mut |names, text| match names {
            [_, "Contents", "Key"] => key = Some(text.to_owned()),
            [_, "Contents", "Size"] => size = text.trim().parse().ok(),
            [_, "Contents"] => objects.push((key.take(), size.take())),
            [_, "NextContinuationToken"] => next = Some(text.to_owned()).filter(|token| !token.is_empty()),
            [_, "IsTruncated"] => is_truncated = text.trim() == "true",
            [_, "EncodingType"] => is_encoded = text.trim() == "url",
            ["ListBucketResult"] => is_listing = true,
            _ => {}
        })?;
        if !is_listing {
            return Err(ListingError::Other);
        }
        let objects = objects.into_iter().map(|(key, size)| {
            let key = if is_encoded { decoded(&key?)? } else { key? };
            Some((key, size?))
        });
        let objects: Option<Vec<_>> = objects.collect();
        Ok(Self {
            objects: objects.ok_or(ListingError::Object)?,
            next: match (is_truncated, next) {
                (false, _) => None,
                (true, Some(next)) => Some(next),
                (true, None) => return Err(ListingError::NoToken),
            },
        })
    }
}

/// A key of a listing with `encoding-type=url`: percent-encoded, and some stores write `+` for a space.
fn decoded(key: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(key.len());
    let mut parts = key.split('%');
    let plain = |bytes: &mut Vec<u8>, text: &str| bytes.extend(text.bytes().map(|b| if b == b'+' { b' ' } else { b }));
    plain(&mut bytes, parts.next().unwrap_or_default());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        plain(&mut bytes, rest);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(inside: &str) -> String {
        format!("<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\">{inside}</ListBucketResult>")
    }

    #[test]
    fn keys_sizes_and_the_next_page_are_read() {
        let object =
            |key: &str| format!("<Contents><Key>{key}</Key><ETag>&quot;x&quot;</ETag><Size>7</Size></Contents>");
        for (inside, keys, next) in [
            (String::new(), &[][..], None),
            (object("a&amp;b+%2B") + &object("&#x1;"), &["a&b+%2B", "\u{1}"], None),
            (
                format!("<EncodingType>url</EncodingType>{}", object("%C3%A9+a%2Bb~%01/c")),
                &["é a+b~\u{1}/c"],
                None,
            ),
            (
                format!(
                    "<IsTruncated>true</IsTruncated>{}<NextContinuationToken>a&amp;=</NextContinuationToken>",
                    object("a")
                ),
                &["a"],
                Some("a&="),
            ),
            (
                "<IsTruncated>false</IsTruncated><NextContinuationToken>x</NextContinuationToken>".to_owned(),
                &[],
                None,
            ),
        ] {
            let listing = Listing::read(&page(&inside)).unwrap();
            let found: Vec<&str> = listing.objects.iter().map(|(key, _)| key.as_str()).collect();
            assert_eq!((found, listing.next.as_deref()), (keys.to_vec(), next), "{inside}");
            assert!(listing.objects.iter().all(|(_, size)| *size == 7));
        }
    }

    #[test]
    fn pages_that_would_lose_objects_are_refused() {
        let encoded = |key: &str| {
            page(&format!(
                "<EncodingType>url</EncodingType><Contents><Key>{key}</Key><Size>1</Size></Contents>"
            ))
        };
        for (xml, want) in [
            (page("<IsTruncated>true</IsTruncated>"), ListingError::NoToken),
            ("<html></html>".to_owned(), ListingError::Other),
            (page("<Contents><Key>a</Key></Contents>"), ListingError::Object),
            (page("<Contents><Size>1</Size></Contents>"), ListingError::Object),
            (encoded("%f"), ListingError::Object),
            (encoded("%éa"), ListingError::Object),
            (encoded("%ff"), ListingError::Object),
        ] {
            assert_eq!(Listing::read(&xml), Err(want), "{xml}");
        }
        assert!(matches!(Listing::read("<ListBucketResult>"), Err(ListingError::Xml(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(<Contents>|</Contents>|<Key>|</Key>|<EncodingType>url</EncodingType>|%|&#|\\PC){0,30}") {
            drop(Listing::read(&page(&text)));
        }
    }
}
