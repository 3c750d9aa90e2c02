//! `helm repo add` for each chart repository of environments.yaml, and `helm repo update`.
//!
//! In: the repositories, and variables for the names of their certificates' files. Out: commands, and what they read on standard input: the
//! password of an address, which arguments must not have.

use super::super::program::ProgramCall;
use super::expand::{ExpandError, Variables, expand};
use crate::check::finding::Location;
use crate::delivery::environment::ChartRepository;
use crate::text::go::url;

/// A command, and what it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUp {
    /// The command.
    pub call: ProgramCall,
    /// What it reads on standard input. May be secret.
    pub input: Vec<u8>,
}

/// A repository that cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: `{key}` of the repository `{name}`: {source}")]
pub struct RepositoryError {
    place: Location,
    key: &'static str,
    name: String,
    source: ExpandError,
}

/// The commands that make helm know the repositories.
///
/// # Errors
/// When the name of a file has a variable that is not set and has to be, or what is not understood.
pub fn set_up_repositories(
    repositories: &[ChartRepository],
    variables: Variables<'_>,
) -> Result<Vec<SetUp>, RepositoryError> {
    // Helm adds no registries: it asks them without.
    let known = repositories.iter().filter(|one| !one.url.starts_with("oci://"));
    let mut calls: Vec<SetUp> = known.map(|one| add(one, variables)).collect::<Result<_, _>>()?;
    // Without any, helm fails.
    if !calls.is_empty() {
        calls.push(SetUp {
            call: ProgramCall::new("helm", ["repo", "update"]),
            input: Vec::new(),
        });
    }
    Ok(calls)
}

fn add(repository: &ChartRepository, variables: Variables<'_>) -> Result<SetUp, RepositoryError> {
    let (url, login) = without_login(&repository.url);
    let mut call = ProgramCall::new("helm", ["repo", "add", &repository.name.text, &url]);
    for (flag, key, file) in [
        ("--ca-file", "caFile", &repository.ca_file),
        ("--cert-file", "certFile", &repository.cert_file),
        ("--key-file", "keyFile", &repository.key_file),
    ] {
        let Some(file) = file else { continue };
        let file = expand(file, variables).map_err(|source| RepositoryError {
            place: repository.name.place.clone(),
            key,
            name: repository.name.text.clone(),
            source,
        })?;
        call = call.and([flag, &file]);
    }
    let mut input = Vec::new();
    if let Some((user, password)) = login {
        call = call.and(["--username", &user, "--password-stdin"]);
        input = password;
    }
    Ok(SetUp { call, input })
}

/// An address without its user and password, and those.
fn without_login(address: &str) -> (String, Option<(String, Vec<u8>)>) {
    let found = url::parse(address.as_bytes()).ok();
    let found = found.and_then(|mut url| {
        let (user, password) = url.user.take()?;
        let login = (
            String::from_utf8_lossy(&user).into_owned(),
            password.unwrap_or_default(),
        );
        Some((String::from_utf8_lossy(&url.text()).into_owned(), Some(login)))
    });
    found.unwrap_or_else(|| (address.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::super::super::test_environments::environments;
    use super::*;

    #[test]
    fn repositories_are_added_and_then_updated() {
        let all = environments(
            "helmRepos:\n- {name: a, url: 'https://a.example.org/charts'}\n\
             - {name: b, url: 'https://b.example.org', caFile: '$DIR/ca.pem', certFile: '${DIR}/c.pem', keyFile: '${KEY:-k.pem}'}\n\
             - {name: c, url: 'oci://c.example.org/charts'}\n\
             - {name: d, url: 'https://me:hunter%2F2@d.example.org:8443/x'}\n",
        );
        let variables = |name: &str| (name == "DIR").then(|| "/etc/my ca".to_owned());
        let calls = set_up_repositories(&all.chart_repositories, &variables).unwrap();
        let shown: Vec<String> = calls.iter().map(|one| one.call.to_string()).collect();
        assert_eq!(
            shown,
            [
                "helm repo add a https://a.example.org/charts",
                "helm repo add b https://b.example.org --ca-file '/etc/my ca/ca.pem' --cert-file '/etc/my ca/c.pem' --key-file k.pem",
                "helm repo add d https://d.example.org:8443/x --username me --password-stdin",
                "helm repo update",
            ]
        );
        let inputs: Vec<&[u8]> = calls.iter().map(|one| one.input.as_slice()).collect();
        assert_eq!(inputs, [&b""[..], b"", b"hunter/2", b""]);
        assert_eq!(
            set_up_repositories(&all.chart_repositories[2..3], &variables),
            Ok(Vec::new())
        );
    }

    #[test]
    fn a_variable_that_has_to_be_set_is_named_with_its_place() {
        let all = environments("helmRepos:\n- {name: a, url: 'https://a.example.org', keyFile: '${KEY:?set it}'}\n");
        let error = set_up_repositories(&all.chart_repositories, &|_| None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environments.yaml:2:10: `keyFile` of the repository `a`: KEY: set it"
        );
    }
}
