//! The tags of a repository, all pages of them.
//!
//! The number of tags on a page is left to the registry: some take a requested number as the end of the list.

use reqwest::header::LINK;
use serde_json::Value as Json;

use crate::artifact::network::{HttpRequest, Method};
use crate::text::limits::REGISTRY_ANSWER_BYTES;
use crate::text::redact::redact_url;

use super::oci_error::OciError;
use super::registry::{Purpose, Registry};

/// Most pages that are read.
const PAGES: usize = 1000;
/// Most tags that are read.
const TAGS: usize = 500_000;

impl Registry {
    /// The tags of a repository, in the order of the registry.
    ///
    /// # Errors
    /// When the registry refuses, does not have the repository, or its pages do not end.
    pub fn tags(&self, repository: &str) -> Result<Vec<String>, OciError> {
        let first = self.url(repository, "tags/list")?;
        let mut url = first.clone();
        let mut tags = Vec::new();
        for _ in 0..PAGES {
            let request = HttpRequest::new(Method::GET, url.clone(), REGISTRY_ANSWER_BYTES);
            let answer = self.send(repository, Purpose::Pull, &request)?;
            let broken = |reason: &str| OciError::broken(redact_url(url.as_str()), reason);
            let page: Json = serde_json::from_slice(&answer.body).map_err(|_| broken("its answer is not JSON"))?;
            match page.get("tags") {
                Some(Json::Array(page)) => tags.extend(page.iter().filter_map(Json::as_str).map(str::to_owned)),
                None | Some(Json::Null) => {}
                Some(_) => return Err(broken("its answer is not a list of tags")),
            }
            if tags.len() > TAGS {
                return Err(broken("it has too many tags"));
            }
            let Some(next) = answer
                .headers
                .get_all(LINK)
                .iter()
                .find_map(|link| next_of(link.to_str().ok()?))
            else {
                return Ok(tags);
            };
            let next = Self::resolve(&url, &next)?;
            if next.origin() != first.origin() {
                return Err(broken("its next page is on another host"));
            }
            if next == url {
                return Err(broken("its next page is the same one"));
            }
            url = next;
        }
        Err(OciError::broken(redact_url(first.as_str()), "its pages do not end"))
    }
}

/// The address of the next page in a header `Link`: `</v2/…?last=x>; rel="next"`.
fn next_of(header: &str) -> Option<String> {
    header.split('<').skip(1).find_map(|link| {
        let (address, parameters) = link.split_once('>')?;
        let is_next = parameters.split([';', ',']).any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            name.trim() == "rel" && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
        });
        is_next.then(|| address.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found() {
        for (header, want) in [
            (
                "</v2/a/tags/list?last=x&n=5>; rel=\"next\"",
                Some("/v2/a/tags/list?last=x&n=5"),
            ),
            ("<https://h/a>;rel=next", Some("https://h/a")),
            ("</first>; rel=\"first\", </next>; rel=\"next\"", Some("/next")),
            ("</a>; rel=\"prev\"", None),
            ("", None),
            ("/a; rel=next", None),
        ] {
            assert_eq!(next_of(header).as_deref(), want, "{header}");
        }
    }
}
