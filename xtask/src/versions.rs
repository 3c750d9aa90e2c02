//! The versions that the tasks work for, read from the constants of the library, so that each is written once.

use std::ops::RangeInclusive;

use crate::module::FetchError;

const SOURCE: &str = include_str!("../../src/kubernetes/version.rs");

/// Minor versions of Kubernetes whose schemas are embedded.
///
/// # Errors
/// When the library's constant is not written as expected here.
pub(crate) fn embedded_minors() -> Result<RangeInclusive<u8>, FetchError> {
    constant("EMBEDDED_MINORS: RangeInclusive<u8>")
        .and_then(|text| text.split_once("..="))
        .and_then(|(first, last)| Some(first.parse().ok()?..=last.parse().ok()?))
        .ok_or(FetchError::Constant("EMBEDDED_MINORS"))
}

/// The minor version of Helm's Kubernetes client library.
///
/// # Errors
/// As [`embedded_minors`].
pub(crate) fn helm_client_minor() -> Result<u8, FetchError> {
    constant("HELM_CLIENT_MINOR: u8")
        .and_then(|text| text.parse().ok())
        .ok_or(FetchError::Constant("HELM_CLIENT_MINOR"))
}

/// What a constant is set to.
fn constant(declaration: &str) -> Option<&'static str> {
    let rest = SOURCE.split(&format!("pub const {declaration} = ")).nth(1)?;
    rest.split(';').next()
}
