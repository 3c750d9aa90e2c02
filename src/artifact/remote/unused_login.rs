//! Whether a login that a user gives can be sent: the one place that decides. In: the addresses of the repositories that a command
//! is about. Out: nothing, or the address that has no use for a login.
//!
//! Helm ignores it. A user who gives a password expects that it decides who reads or writes, so it is refused instead.

use crate::text::redact::redact_url;

/// A login that would not be sent to any of the repositories.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("--username and --password are not used for {0}")]
pub struct UnusedLogin(String);

impl UnusedLogin {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        let scheme = self.0.split_once("://").map_or("", |(scheme, _)| scheme);
        match scheme {
            "s3" => {
                "leave them out: they are for https:// and oci://; s3:// uses AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role"
            }
            "gs" => {
                "leave them out: they are for https:// and oci://; gs:// uses GOOGLE_APPLICATION_CREDENTIALS or the login of gcloud"
            }
            _ => "leave them out: they are for https:// and oci://; a directory needs no login",
        }
    }
}

/// Refuses a login that none of the repositories can use. With several, it is for those that can.
///
/// # Errors
/// When there are addresses, and none is of HTTP or of a registry.
pub fn check_login_is_used<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Result<(), UnusedLogin> {
    let uses_logins = |address: &str| {
        let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
        ["http", "https", "oci"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    };
    let mut first = None;
    for address in addresses {
        if uses_logins(address) {
            return Ok(());
        }
        first = first.or(Some(address));
    }
    first.map_or(Ok(()), |address| Err(UnusedLogin(redact_url(address))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_for_servers_and_registries() {
        for (addresses, refused) in [
            (&["https://h/charts"][..], None),
            (&["HTTP://h"], None),
            (&["oci://h/charts"], None),
            (&["s3://b/p"], Some("s3://b/p")),
            (&["gs://b/p"], Some("gs://b/p")),
            (&["file:///srv/charts"], Some("file:///srv/charts")),
            (&["s3://b/p", "oci://h/charts"], None),
            (&["s3://b/p", "file://d"], Some("s3://b/p")),
            (&[], None),
        ] {
            let found = check_login_is_used(addresses.iter().copied()).err();
            assert_eq!(found.as_ref().map(|error| error.0.as_str()), refused, "{addresses:?}");
        }
    }

    #[test]
    fn advice_names_the_login_of_the_kind() {
        for (address, words) in [
            ("s3://b", "AWS_PROFILE"),
            ("gs://b", "gcloud"),
            ("file://d", "a directory"),
        ] {
            let error = check_login_is_used([address]).unwrap_err();
            assert!(
                error.hint().contains(words) && error.hint().contains("https:// and oci://"),
                "{address}"
            );
        }
    }
}
