//! The login for a registry, from the first place that has one: flags, Helm's file, docker's, podman's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::credential_error::CredentialError;
use super::credential_helper::{TIME_LIMIT, helper_login};
use super::docker_config::{DockerConfig, Source};
use super::helm_home::home;
use super::login::Login;

/// The places with logins for registries. Files are read when a login is needed.
#[derive(Debug, Clone)]
pub struct RegistryLogins {
    given: Option<Login>,
    files: Vec<PathBuf>,
    limit: Duration,
}

impl RegistryLogins {
    /// Logins from Helm's file (`registry_config`) and from those that variables name: docker's (`DOCKER_CONFIG`) and podman's
    /// (`REGISTRY_AUTH_FILE`, `XDG_RUNTIME_DIR`, `~/.config/containers/auth.json`). One that is given is used for every registry.
    pub fn from_variables(
        given: Option<Login>,
        registry_config: PathBuf,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let docker = match variable("DOCKER_CONFIG") {
            Some(directory) => PathBuf::from(directory),
            None => home(variable).join(".docker"),
        };
        let mut files = vec![registry_config, docker.join("config.json")];
        if let Some(file) = variable("REGISTRY_AUTH_FILE") {
            files.push(PathBuf::from(file));
        } else {
            if let Some(directory) = variable("XDG_RUNTIME_DIR") {
                files.push(PathBuf::from(directory).join("containers").join("auth.json"));
            }
            let config = match variable("XDG_CONFIG_HOME") {
                Some(directory) => PathBuf::from(directory),
                None => home(variable).join(".config"),
            };
            files.push(config.join("containers").join("auth.json"));
        }
        Self {
            given,
            files,
            limit: TIME_LIMIT,
        }
    }

    /// The same without the login that is given: for registries that an index names, and not the user.
    #[must_use]
    pub fn without_given(self) -> Self {
        Self { given: None, ..self }
    }

    /// The login for a repository of a registry, if there is one.
    ///
    /// # Errors
    /// When a file or a helper that is responsible cannot be used.
    pub fn login(&self, host: &str, repository: &str) -> Result<Option<Login>, CredentialError> {
        if let Some(login) = &self.given {
            return Ok(Some(login.clone()));
        }
        Ok(self.find(host, repository)?.map(|(login, _)| login))
    }

    /// The file that has the login for a repository of a registry, or names the helper that has it.
    ///
    /// # Errors
    /// When a file or a helper that is responsible cannot be used.
    pub fn login_file(&self, host: &str, repository: &str) -> Result<Option<&Path>, CredentialError> {
        Ok(self.find(host, repository)?.map(|(_, file)| file))
    }

    fn find(&self, host: &str, repository: &str) -> Result<Option<(Login, &Path)>, CredentialError> {
        for path in &self.files {
            let found = match DockerConfig::read(path)?.source(host, repository) {
                Some(Source::Login(login)) => Some(login),
                Some(Source::Helper { name, server }) => helper_login(&name, &server, self.limit)?,
                None => None,
            };
            if let Some(login) = found {
                return Ok(Some((login, path)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_first_file_with_a_login_wins() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, host: &str, user: &str| {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = format!(r#"{{"auths": {{"{host}": {{"username": "{user}", "password": "hunter2"}}}}}}"#);
            fs::write(&path, text).unwrap();
            path
        };
        let helm = write("helm.json", "a.io", "helm");
        write("docker/config.json", "b.io", "docker");
        let podman = write("auth.json", "c.io", "podman");
        let variable = |name: &str| match name {
            "DOCKER_CONFIG" => Some(directory.path().join("docker").display().to_string()),
            "REGISTRY_AUTH_FILE" => Some(podman.display().to_string()),
            _ => None,
        };
        let logins = RegistryLogins::from_variables(None, helm.clone(), &variable);
        for (host, want) in [
            ("a.io", Some("helm")),
            ("b.io", Some("docker")),
            ("c.io", Some("podman")),
            ("d.io", None),
        ] {
            let found = logins.login(host, "x").unwrap();
            assert_eq!(found, want.map(|user| Login::new(user, "hunter2")), "{host}");
            let file = logins.login_file(host, "x").unwrap();
            assert_eq!(file.is_some(), want.is_some(), "{host}");
        }
        let given = RegistryLogins::from_variables(Some(Login::new("me", "hunter2")), helm, &variable);
        assert_eq!(given.login("d.io", "x").unwrap(), Some(Login::new("me", "hunter2")));
        assert!(!format!("{given:?}").contains("hunter2"));
        assert_eq!(given.without_given().login("d.io", "x").unwrap(), None);
    }
}
