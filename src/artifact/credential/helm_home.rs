//! Where Helm keeps its files: the variables and defaults of `pkg/helmpath` and `pkg/cli`.

use std::path::PathBuf;

/// Where Helm's files are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelmHome {
    /// The list of repositories.
    pub repositories: PathBuf,
    /// Logins of registries, in docker's format.
    pub registry_config: PathBuf,
    /// Archives by their digest.
    pub content_cache: PathBuf,
}

/// A system whose places for files differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Unix,
    Mac,
    Windows,
}

const HERE: System = if cfg!(windows) {
    System::Windows
} else if cfg!(target_os = "macos") {
    System::Mac
} else {
    System::Unix
};

/// The user's directory; the root where none is known. Never the working directory, whose files anyone may have written.
pub(super) fn home(variable: &dyn Fn(&str) -> Option<String>) -> PathBuf {
    let found = variable("HOME").or_else(|| {
        cfg!(windows).then(|| {
            variable("USERPROFILE").or_else(|| Some(format!("{}{}", variable("HOMEDRIVE")?, variable("HOMEPATH")?)))
        })?
    });
    found.map_or_else(|| PathBuf::from("/"), PathBuf::from)
}

impl HelmHome {
    /// The places that variables name.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        Self::on(HERE, variable)
    }

    fn on(system: System, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let place = |helm: &str, xdg: &str, default: &dyn Fn() -> PathBuf| match (variable(helm), variable(xdg)) {
            (Some(directory), _) => PathBuf::from(directory),
            (None, Some(directory)) => PathBuf::from(directory).join("helm"),
            (None, None) => default().join("helm"),
        };
        let named = |name: &str| variable(name).map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let config = place("HELM_CONFIG_HOME", "XDG_CONFIG_HOME", &|| match system {
            System::Unix => home(variable).join(".config"),
            System::Mac => home(variable).join("Library").join("Preferences"),
            System::Windows => named("APPDATA"),
        });
        let cache = place("HELM_CACHE_HOME", "XDG_CACHE_HOME", &|| match system {
            System::Unix => home(variable).join(".cache"),
            System::Mac => home(variable).join("Library").join("Caches"),
            System::Windows => named("TEMP"),
        });
        let or = |name: &str, default: PathBuf| variable(name).map_or(default, PathBuf::from);
        Self {
            repositories: or("HELM_REPOSITORY_CONFIG", config.join("repositories.yaml")),
            registry_config: or("HELM_REGISTRY_CONFIG", config.join("registry").join("config.json")),
            content_cache: or("HELM_CONTENT_CACHE", cache.join("content")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn places_are_those_of_helm() {
        for (system, variables, repositories, cache) in [
            (
                System::Unix,
                &[("HOME", "/h")][..],
                "/h/.config/helm/repositories.yaml",
                "/h/.cache/helm/content",
            ),
            (
                System::Unix,
                &[],
                "/.config/helm/repositories.yaml",
                "/.cache/helm/content",
            ),
            (
                System::Unix,
                &[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x"), ("XDG_CACHE_HOME", "/y")],
                "/x/helm/repositories.yaml",
                "/y/helm/content",
            ),
            (
                System::Unix,
                &[
                    ("HELM_CONFIG_HOME", "/c"),
                    ("XDG_CONFIG_HOME", "/x"),
                    ("HELM_CACHE_HOME", "/k"),
                ],
                "/c/repositories.yaml",
                "/k/content",
            ),
            (
                System::Unix,
                &[
                    ("HELM_REPOSITORY_CONFIG", "/r.yaml"),
                    ("HELM_CONTENT_CACHE", "/z"),
                    ("HELM_CACHE_HOME", "/k"),
                ],
                "/r.yaml",
                "/z",
            ),
            (
                System::Mac,
                &[("HOME", "/h")],
                "/h/Library/Preferences/helm/repositories.yaml",
                "/h/Library/Caches/helm/content",
            ),
            (
                System::Windows,
                &[("APPDATA", "/a"), ("TEMP", "/t")],
                "/a/helm/repositories.yaml",
                "/t/helm/content",
            ),
        ] {
            let lookup = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let home = HelmHome::on(system, &lookup);
            assert_eq!(home.repositories, Path::new(repositories), "{variables:?}");
            assert_eq!(home.content_cache, Path::new(cache), "{variables:?}");
        }
    }
}
