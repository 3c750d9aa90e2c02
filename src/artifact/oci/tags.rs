//! The tags of a repository, and the repositories of a registry: all pages of either list.
//!
//! The number of names on a page is left to the registry: some take a requested number as the end of the list.

use std::collections::HashSet;

use reqwest::header::LINK;
use serde_json::Value as Json;

use crate::artifact::network::{HttpRequest, Method, Url};
use crate::text::limits::REGISTRY_ANSWER_BYTES;
use crate::text::redact::redact_url;

use super::oci_error::OciError;
use super::registry::{Purpose, Registry};

/// Most pages that are read.
const PAGES: usize = 1000;
/// Pages that may have few new names. A page has a hundred or more in the registries that have pages; beyond these, all pages together need
/// [`NAMES_OF_A_PAGE`] each, so that a list that grows by a name with each request ends soon.
const SPARSE_PAGES: usize = 64;
/// New names that each page has on average, beyond [`SPARSE_PAGES`].
const NAMES_OF_A_PAGE: usize = 10;
/// Most pages without a name that is new: some registries leave out names that the login may not see.
const PAGES_OF_KNOWN: usize = 8;
/// Most tags or repositories that are read.
const LISTED: usize = 500_000;

impl Registry {
    /// The tags of a repository, in the order of the registry.
    ///
    /// # Errors
    /// When the registry refuses, does not have the repository, or its pages do not end.
    pub fn tags(&self, repository: &str) -> Result<Vec<String>, OciError> {
        let first = self.url(repository, "tags/list")?;
        self.paged(repository, Purpose::Pull, &first, "tags")
    }

    /// The names of all repositories that the login may list. Many registries do not have this list, or refuse it: their answer
    /// is an error.
    ///
    /// # Errors
    /// When the registry refuses, does not have the list, or its pages do not end.
    pub fn repositories(&self) -> Result<Vec<String>, OciError> {
        let first = self.catalog_url()?;
        self.paged("", Purpose::Catalog, &first, "repositories")
    }

    /// The texts in a field of all pages of a list.
    fn paged(&self, repository: &str, purpose: Purpose, first: &Url, field: &str) -> Result<Vec<String>, OciError> {
        let mut url = first.clone();
        let mut found = Vec::new();
        let mut known = HashSet::new();
        let mut pages_of_known = 0;
        for pages in 1..=PAGES {
            let request = HttpRequest::new(Method::GET, url.clone(), REGISTRY_ANSWER_BYTES);
            let answer = self.send(repository, purpose, &request)?;
            let broken = |reason: String| OciError::broken(redact_url(url.as_str()), reason);
            let page: Json =
                serde_json::from_slice(&answer.body).map_err(|_| broken("its answer is not JSON".to_owned()))?;
            let before = found.len();
            match page.get(field) {
                Some(Json::Array(page)) => {
                    let names = page.iter().filter_map(Json::as_str);
                    found.extend(names.filter(|&name| known.insert(name.to_owned())).map(str::to_owned));
                }
                None | Some(Json::Null) => {}
                Some(_) => return Err(broken(format!("its answer is not a list of {field}"))),
            }
            if found.len() > LISTED {
                return Err(broken(format!("it has too many {field}")));
            }
            let Some(next) = answer
                .headers
                .get_all(LINK)
                .iter()
                .find_map(|link| next_of(link.to_str().ok()?))
            else {
                return Ok(found);
            };
            pages_of_known = if found.len() == before { pages_of_known + 1 } else { 0 };
            if pages_of_known > PAGES_OF_KNOWN {
                return Err(broken(format!("its pages of {field} do not end")));
            }
            if pages > SPARSE_PAGES + found.len() / NAMES_OF_A_PAGE {
                let names = found.len();
                return Err(broken(format!(
                    "its list has only {names} {field} on {pages} pages, and does not end"
                )));
            }
            let next = Self::resolve(&url, &next)?;
            if next.origin() != first.origin() {
                return Err(broken("its next page is on another host".to_owned()));
            }
            if next == url {
                return Err(broken("its next page is the same one".to_owned()));
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
