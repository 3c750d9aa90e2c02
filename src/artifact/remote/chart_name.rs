//! What a user means with the name of a chart, by the rules of Helm's `LocateChart` and `ResolveChartVersion`: a directory or an archive of
//! this machine, else a chart of a repository or registry. In: the name and `--repo`. Out: the place.

use std::path::Path;

use crate::text::redact::redact_url;

use super::chart_source::SourceError;

/// Where a chart that a user names is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartPlace<'n> {
    /// A directory or an archive of this machine.
    Here(&'n Path),
    /// In a repository or registry.
    Remote(RemoteName<'n>),
}

/// The name of a chart that is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteName<'n> {
    /// A chart of the repository that `--repo` names.
    InRepository {
        /// The address of the repository, or `@name` of Helm's list.
        repository: &'n str,
        /// The chart.
        chart: &'n str,
    },
    /// `name/chart`: a chart of a repository of Helm's list.
    Listed {
        /// The name of the repository.
        repository: &'n str,
        /// The chart.
        chart: &'n str,
    },
    /// `oci://…`
    InRegistry(&'n str),
    /// `https://….tgz`
    AtAddress(&'n str),
}

/// A name that does not lead to a chart. The text is Helm's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChartNameError {
    /// A path of this machine that does not exist.
    #[error("path {0:?} not found")]
    NoPath(String),
    /// Neither a path that exists nor the name of a chart elsewhere.
    #[error("non-absolute URLs should be in form of repo_name/path_to_chart, got: {0}")]
    NotAName(String),
}

impl<'n> RemoteName<'n> {
    /// The name of a chart that is fetched, whatever this machine has; `repository` is `--repo`.
    ///
    /// # Errors
    /// When the text does not name a chart of a repository.
    pub fn parse(name: &'n str, repository: Option<&'n str>) -> Result<Self, ChartNameError> {
        if let Some(repository) = given(repository) {
            return Ok(Self::InRepository {
                repository,
                chart: name,
            });
        }
        if name.starts_with("oci://") {
            return Ok(Self::InRegistry(name));
        }
        if name.starts_with("https://") || name.starts_with("http://") {
            return Ok(Self::AtAddress(name));
        }
        match name.split_once('/') {
            Some((repository, chart))
                if !repository.is_empty() && !chart.trim_matches('/').is_empty() && !name.contains("://") =>
            {
                Ok(Self::Listed { repository, chart })
            }
            _ => Err(ChartNameError::NotAName(redact_url(name))),
        }
    }

    /// Whether the text could as well be a path of this machine.
    pub const fn may_be_path(&self) -> bool {
        matches!(self, Self::Listed { .. })
    }
}

impl From<ChartNameError> for SourceError {
    fn from(error: ChartNameError) -> Self {
        let (ChartNameError::NoPath(name) | ChartNameError::NotAName(name)) = error;
        Self::usage(format!("`{name}` does not name a chart of a repository")).with_hint(
            "write repo/name, oci://host/path/name, https://host/name-1.0.0.tgz, or the name with --repo URL",
        )
    }
}

/// Finds the place that a name means. With `--repo` it is that of a chart of the repository; otherwise a path that exists goes before
/// a repository of the same name, and one that begins with `/` or `.` is never anything else.
///
/// # Errors
/// When the name leads nowhere.
pub fn find_place<'n>(name: &'n str, repository: Option<&'n str>) -> Result<ChartPlace<'n>, ChartNameError> {
    let name = name.trim();
    if given(repository).is_none() {
        let path = Path::new(name);
        if path.exists() {
            return Ok(ChartPlace::Here(path));
        }
        if path.is_absolute() || name.starts_with('.') {
            return Err(ChartNameError::NoPath(redact_url(name)));
        }
    }
    RemoteName::parse(name, repository).map(ChartPlace::Remote)
}

/// A flag that is set to nothing is not given.
fn given(repository: Option<&str>) -> Option<&str> {
    repository.filter(|repository| !repository.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place as a line.
    fn shown(name: &str, repository: Option<&str>) -> String {
        match find_place(name, repository) {
            Ok(ChartPlace::Here(path)) => format!("here {}", path.display()),
            Ok(ChartPlace::Remote(RemoteName::InRepository { repository, chart })) => {
                format!("{chart} of {repository}")
            }
            Ok(ChartPlace::Remote(RemoteName::Listed { repository, chart })) => format!("{chart} of list {repository}"),
            Ok(ChartPlace::Remote(RemoteName::InRegistry(reference))) => format!("registry {reference}"),
            Ok(ChartPlace::Remote(RemoteName::AtAddress(url))) => format!("address {url}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn names_mean_what_they_mean_for_helm() {
        // The tests run in the directory of the package, which has these paths.
        for (name, repository, want) in [
            ("fixtures/shop", None, "here fixtures/shop"),
            (" fixtures/shop ", None, "here fixtures/shop"),
            ("src", None, "here src"),
            ("src", Some(""), "here src"),
            ("src", Some("https://h"), "src of https://h"),
            ("fixtures/shop", Some("@shop"), "fixtures/shop of @shop"),
            ("shop/web", None, "web of list shop"),
            ("shop/a/web", None, "a/web of list shop"),
            ("oci://h/a/web:1.0.0", None, "registry oci://h/a/web:1.0.0"),
            ("https://h/web-1.0.0.tgz", None, "address https://h/web-1.0.0.tgz"),
            ("http://h/web-1.0.0.tgz", None, "address http://h/web-1.0.0.tgz"),
            ("./shop/web", None, "path \"./shop/web\" not found"),
            ("/no/such/web", None, "path \"/no/such/web\" not found"),
            ("/no/such/web", Some("https://h"), "/no/such/web of https://h"),
        ] {
            assert_eq!(shown(name, repository), want, "{name}");
        }
        for (name, got) in [
            ("web", "web"),
            ("web/", "web/"),
            ("web//", "web//"),
            ("", ""),
            ("ftp://me:hunter2@h/c.tgz", "ftp://…@h/c.tgz"),
        ] {
            let text = shown(name, None);
            assert!(
                text.starts_with("non-absolute URLs should be in form of repo_name/path_to_chart, got: "),
                "{text}"
            );
            assert!(
                !text.contains("hunter2") && (name.contains("://") || text.ends_with(&format!(": {got}"))),
                "{text}"
            );
        }
    }
}
