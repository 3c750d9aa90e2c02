//! `repositories` of the configuration: names, addresses, the branches and tags that are published to each, and how archives are
//! named there.
//!
//! In: the entries as written. Out: [`NamedRepositories`], or what is wrong with the place of it among the entries.

use std::path::Path;

use serde::Deserialize;

use crate::artifact::package::VersionSuffix;
use crate::artifact::remote::{
    NamedRepositories, NamedRepository, PublishTarget, RefPattern, RefRules, UnknownApi, UploadApi,
};
use crate::artifact::repository::store::{S3Options, S3OptionsError};
use crate::artifact::repository::{Location, ObjectPathTemplate, RefKind};

/// The name that chooses by branch or tag.
pub const BY_RULE: &str = "auto";

/// A repository, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepositoryEntry {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Patterns of the branches whose charts are published there.
    #[serde(default)]
    pub branches: Vec<String>,
    /// Patterns of the tags whose charts are published there.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Where archives are in it: a template.
    pub path: Option<String>,
    /// What is added to the versions of charts that are packaged for it: a template.
    pub version_suffix: Option<String>,
    /// The server behind an address of HTTP.
    pub api: Option<String>,
    /// Encryption of objects in S3.
    pub sse: Option<String>,
    /// Key of the encryption.
    pub sse_kms_key_id: Option<String>,
    /// Who may read objects in S3.
    pub acl: Option<String>,
}

/// An entry that cannot be used: keys and numbers below `repositories`, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EntryError {
    pub(super) path: Vec<String>,
    pub(super) message: String,
}

/// The repositories of the entries. Relative directories are relative to `base`.
///
/// # Errors
/// When an entry cannot be used, or no branch or tag would ever get to it.
pub(super) fn named_repositories(entries: &[RepositoryEntry], base: &Path) -> Result<NamedRepositories, EntryError> {
    let mut repositories = NamedRepositories::default();
    for (number, entry) in entries.iter().enumerate() {
        let repository = named_repository(entry, base).and_then(|repository| {
            check_name(&repository, &repositories.named)?;
            check_rules(&repository, &repositories.named)?;
            Ok(repository)
        });
        let repository = repository.map_err(|(mut path, message)| {
            path.insert(0, number.to_string());
            EntryError { path, message }
        })?;
        repositories.named.push(repository);
    }
    Ok(repositories)
}

/// Keys below the entry, and what is wrong.
pub(super) type Wrong = (Vec<String>, String);

fn at(key: &str) -> impl Fn(String) -> Wrong {
    move |message| (vec![key.to_owned()], message)
}

fn named_repository(entry: &RepositoryEntry, base: &Path) -> Result<NamedRepository, Wrong> {
    let target = PublishTarget::parse(&entry.url, base).map_err(|error| at("url")(error.to_string()))?;
    if let PublishTarget::Server(repository) = &target
        && repository.has_login()
    {
        return Err(at("url")(format!(
            "`{target}` is written with a login: leave it out, and keep it with `helm repo add` or in HELM_REPO_* variables"
        )));
    }
    let target = with_api(target, entry)?;
    let template = match &entry.path {
        Some(text) => Some(ObjectPathTemplate::parse(text).map_err(|error| at("path")(error.to_string()))?),
        None => None,
    };
    let suffix = match &entry.version_suffix {
        Some(text) => Some(VersionSuffix::parse(text).map_err(|error| at("versionSuffix")(error.to_string()))?),
        None => None,
    };
    let repository = NamedRepository {
        name: entry.name.clone(),
        rules: ref_rules(&entry.branches, &entry.tags)?,
        target,
        suffix,
    };
    let repository = with_s3_options(repository, entry)?;
    match template {
        Some(template) => with_path(repository, template),
        None => Ok(repository),
    }
}

/// The target with the server that it is.
fn with_api(target: PublishTarget, entry: &RepositoryEntry) -> Result<PublishTarget, Wrong> {
    let Some(text) = &entry.api else { return Ok(target) };
    let api: UploadApi = text.parse().map_err(|error: UnknownApi| at("api")(error.to_string()))?;
    match target {
        PublishTarget::Server(_) => Ok(target.with_api(Some(api))),
        target => Err(at("api")(format!(
            "{target} is not an address of http or https, and this names the server behind one"
        ))),
    }
}

/// The repository with options of S3.
fn with_s3_options(mut repository: NamedRepository, entry: &RepositoryEntry) -> Result<NamedRepository, Wrong> {
    let (sse, key, acl) = (
        entry.sse.as_deref(),
        entry.sse_kms_key_id.as_deref(),
        entry.acl.as_deref(),
    );
    let options = S3Options::new(sse, key, acl).map_err(|error| {
        let key = match &error {
            S3OptionsError::Encryption(_) => "sse",
            S3OptionsError::KeyUnused(_) => "sseKmsKeyId",
            S3OptionsError::Acl(_) => "acl",
        };
        at(key)(error.to_string())
    })?;
    match &mut repository.target {
        PublishTarget::Indexed(target) if matches!(target.location, Location::S3 { .. }) => target.s3 = options,
        target => {
            let given = [("sse", sse), ("sseKmsKeyId", key), ("acl", acl)];
            if let Some((key, _)) = given.iter().find(|(_, value)| value.is_some()) {
                return Err(at(key)(format!("{target} is not in S3, and this is an option of S3")));
            }
        }
    }
    Ok(repository)
}

/// The repository with a template for the names of archives.
fn with_path(mut repository: NamedRepository, template: ObjectPathTemplate) -> Result<NamedRepository, Wrong> {
    for (needed, other, word) in [
        (RefKind::Branch, RefKind::Tag, "tags"),
        (RefKind::Tag, RefKind::Branch, "branches"),
    ] {
        if template.ref_kind() == Some(needed) && !repository.rules(other).is_empty() {
            let needed = needed.word();
            let message = format!(
                "`{template}` has {{{needed}}}, and the repository has rules for {word}: leave it out, or write two repositories"
            );
            return Err(at("path")(message));
        }
    }
    match &mut repository.target {
        PublishTarget::Indexed(target) => target.place.template = Some(template),
        PublishTarget::Registry(_) => {
            let message = "a registry has a path of its own for each chart, ending with its name and version";
            return Err(at("path")(message.to_owned()));
        }
        PublishTarget::Server(_) => {
            return Err(at("path")("the server chooses where archives are".to_owned()));
        }
    }
    Ok(repository)
}

/// The rules of an entry.
pub(super) fn ref_rules(branches: &[String], tags: &[String]) -> Result<RefRules, Wrong> {
    Ok(RefRules {
        branches: patterns("branches", branches)?,
        tags: patterns("tags", tags)?,
    })
}

fn patterns(key: &str, texts: &[String]) -> Result<Vec<RefPattern>, Wrong> {
    let patterns = texts.iter().enumerate().map(|(number, text)| {
        RefPattern::parse(text).map_err(|error| (vec![key.to_owned(), number.to_string()], error.to_string()))
    });
    patterns.collect()
}

fn check_name(repository: &NamedRepository, before: &[NamedRepository]) -> Result<(), Wrong> {
    let name = &repository.name;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || !name.bytes().all(is_allowed) {
        return Err(at("name")(format!(
            "`{name}` is not a name: it has letters, digits, `-`, `_` and `.`"
        )));
    }
    if name == BY_RULE {
        return Err(at("name")(format!(
            "`{BY_RULE}` is not allowed as a name: `--to {BY_RULE}` chooses by branch or tag"
        )));
    }
    if before.iter().any(|other| other.name == *name) {
        return Err(at("name")(format!("there is a repository `{name}` before this one")));
    }
    Ok(())
}

/// The first rule that matches decides, so one behind a rule for everything decides nothing.
fn check_rules(repository: &NamedRepository, before: &[NamedRepository]) -> Result<(), Wrong> {
    for (key, kind) in [("branches", RefKind::Branch), ("tags", RefKind::Tag)] {
        for (number, rule) in repository.rules(kind).iter().enumerate() {
            let covers = |earlier: &RefPattern| earlier.is_everything() || earlier == rule;
            let by = before
                .iter()
                .find_map(|other| Some((other, other.rules(kind).iter().find(|earlier| covers(earlier))?)));
            if let Some((other, earlier)) = by {
                let path = vec![key.to_owned(), number.to_string()];
                let message = format!(
                    "`{rule}` never decides: the repository {} before it has `{earlier}`, which matches the same {key}; write the repository with the wider pattern last",
                    other.name
                );
                return Err((path, message));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::file::Config;
    use super::*;
    use crate::artifact::remote::NoDestination;
    use crate::artifact::repository::GitRef;

    const THREE: &str = "\
repositories:
- name: staging
  url: s3://charts/staging
  branches: [main, 'release/*']
- name: production
  url: oci://registry.example.com/charts
  tags: ['v*']
- name: develop
  url: gs://charts-develop
  branches: ['*']
  path: '{chart}/{branch}/{chart}-{version}.tgz'
  versionSuffix: '-{branch}.{n}+{sha}'
- {name: archive, url: file://archive}
";

    fn config(text: &str) -> Result<Config, String> {
        Config::parse(text.as_bytes(), Path::new("chartwright.yaml")).map_err(|error| error.to_string())
    }

    fn repositories(text: &str) -> NamedRepositories {
        named_repositories(&config(text).unwrap().repositories, Path::new("/base")).unwrap()
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let all = repositories(THREE);
        for (git_ref, want) in [
            (
                Some(GitRef::Branch("main".to_owned())),
                "branch main: repository staging (s3://charts/staging)",
            ),
            (
                Some(GitRef::Branch("release/1.x".to_owned())),
                "branch release/1.x: repository staging (s3://charts/staging)",
            ),
            (
                Some(GitRef::Branch("mainly".to_owned())),
                "branch mainly: repository develop (gs://charts-develop)",
            ),
            (
                Some(GitRef::Tag("v1.0.0".to_owned())),
                "tag v1.0.0: repository production (oci://registry.example.com/charts)",
            ),
            (
                Some(GitRef::Tag("nightly".to_owned())),
                "no repository is configured for tag nightly: staging has branches main, release/*; production has tags v*; develop has branches *; archive has no rules",
            ),
            (
                None,
                "neither the CI system nor git names a branch or tag, which decides on the repository: ",
            ),
        ] {
            let found = all.destination_of(git_ref.as_ref());
            let shown = match &found {
                Ok(destination) => destination.reason.clone(),
                Err(error) => error.to_string(),
            };
            assert!(shown.starts_with(want), "{shown}");
        }
        let named = all.named_destination("archive", None).unwrap();
        assert_eq!(named.reason, "repository archive (file:///base/archive)");
        let error = all.named_destination("stagin", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no repository `stagin`, did you mean `staging`?"
        );
        let error = all.named_destination("x", None).unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no repository `x`: there are staging, production, develop, archive"
        );
        let none = NamedRepositories::default().destination_of(None);
        assert_eq!(none, Err(NoDestination::NoRepositories));
        let develop = all.destination_of(Some(&GitRef::Branch("x".to_owned()))).unwrap();
        assert!(develop.suffix.is_some());
        let PublishTarget::Indexed(target) = develop.target else {
            panic!("a bucket")
        };
        assert_eq!(target.place.git_ref, Some(GitRef::Branch("x".to_owned())));
        assert!(target.place.template.is_some());
    }

    #[test]
    fn entries_that_cannot_be_used_are_refused_at_their_place() {
        let entry = |more: &str| format!("repositories:\n- name: a\n  url: s3://b\n  branches: [main]\n{more}\n");
        for (text, want) in [
            (entry("  path: '{chart}{version}.tgz'"), "5:9: `{chart}{version}.tgz` is not a path of archives: nothing separates"),
            (entry("  path: '{tag}/{chart}-{version}.tgz'"), "5:9: `{tag}/{chart}-{version}.tgz` has {tag}, and the repository has rules for branches"),
            (entry("  versionSuffix: x"), "5:18: `x` is not a suffix of versions"),
            (entry("  tags: [v*, '[0-9]']"), "5:14: `[0-9]` is not a pattern of names"),
            (entry("  sse: aes"), "5:8: `aes` is not an encryption of S3"),
            (entry("  sse: AES256\n  sseKmsKeyId: k"), "6:16: a key of the key management service is for aws:kms"),
            (entry("  acl: publik-read"), "5:8: `publik-read` is not a canned access control list of S3"),
            (entry("- {name: b, url: gs://c, acl: private}"), "5:31: gs://c is not in S3, and this is an option of S3"),
            (entry("  colour: red"), "5:3: unknown field `colour`"),
            (entry("- {name: a, url: s3://c}"), "5:10: there is a repository `a` before this one"),
            (entry("- {name: auto, url: s3://c}"), "5:10: `auto` is not allowed as a name"),
            (entry("- {name: 'a b', url: s3://c}"), "5:10: `a b` is not a name"),
            (entry("- {name: b, url: ftp://c}"), "5:18: `ftp://c` is not a chart repository"),
            (entry("- {name: b, url: 'https://me:hunter2@h/x'}"), "5:18: `https://h/x` is written with a login"),
            (entry("- {name: b, url: oci://h/c, path: '{chart}/{version}.tgz'}"), "5:35: a registry has a path of its own"),
            (entry("- {name: b, url: s3://c, branches: [x, main]}"), "5:40: `main` never decides: the repository a before it has `main`,"),
            (
                "repositories:\n- {name: a, url: s3://a, branches: ['*']}\n- {name: b, url: s3://b, branches: [main]}\n".to_owned(),
                "3:37: `main` never decides: the repository a before it has `*`, which matches the same branches; write the repository with the wider pattern last",
            ),
            ("repositories:\n- {url: s3://a}\n".to_owned(), "2:3: missing field `name`"),
            (
                "repository: s3://a\nrepositories: [{name: a, url: s3://a}]\n".to_owned(),
                "1:13: `repository` and `repositories` are both given: give the repository a name among the others",
            ),
        ] {
            let error = config(&text).expect_err(&text);
            assert!(error.starts_with(&format!("chartwright.yaml:{want}")), "{error}");
        }
        assert!(config(THREE).is_ok());
    }

    #[test]
    fn addresses_lie_under_the_repository_that_has_them() {
        let text =
            format!("{THREE}- {{name: inner, url: 's3://charts/staging/inner'}}\n- {{name: top, url: s3://whole}}\n");
        let all = repositories(&text);
        for (url, want) in [
            ("s3://charts/staging/web-1.0.0.tgz", Some("staging web 1.0.0 -")),
            ("s3://charts/staging/inner/web-1.0.0.tgz", Some("inner web 1.0.0 -")),
            ("s3://whole/web-1.0.0-rc.1.tgz", Some("top web 1.0.0-rc.1 -")),
            (
                "gs://charts-develop/web/feature/x/web-1.0.0-feature-x.3+ab.tgz",
                Some("develop web 1.0.0-feature-x.3+ab branch feature/x"),
            ),
            (
                "oci://registry.example.com/charts/web:1.0.0_a",
                Some("production web 1.0.0+a -"),
            ),
            ("file:///base/archive/web-1.0.0.tgz", Some("archive web 1.0.0 -")),
            // Not below any of them, though their texts begin alike.
            ("s3://charts/staging-evil/web-1.0.0.tgz", None),
            ("s3://charts-evil/staging/web-1.0.0.tgz", None),
            ("gs://charts-develop.evil/web/x/web-1.0.0.tgz", None),
            ("oci://registry.example.com.evil/charts/web:1.0.0", None),
            ("oci://registry.example.com/charts-evil/web:1.0.0", None),
            ("file:///base/archive2/web-1.0.0.tgz", None),
            ("gs://charts/staging/web-1.0.0.tgz", None),
            ("S3://charts/staging/web-1.0.0.tgz", None),
            ("s3://CHARTS/staging/web-1.0.0.tgz", None),
            ("https://charts/staging/web-1.0.0.tgz", None),
            ("charts/staging/web-1.0.0.tgz", None),
            // What could lead out of them, or mean something else to another program.
            ("s3://charts/staging/../other/web-1.0.0.tgz", None),
            ("s3://charts/other/../staging/web-1.0.0.tgz", None),
            ("s3://charts/staging/./web-1.0.0.tgz", None),
            ("s3://charts/staging//web-1.0.0.tgz", None),
            ("s3://charts//staging/web-1.0.0.tgz", None),
            ("s3://charts/staging/%2e%2e/web-1.0.0.tgz", None),
            ("s3://charts/staging/web%2d1.0.0.tgz", None),
            ("s3://charts/staging/..\\web-1.0.0.tgz", None),
            ("s3://charts/staging/web-1.0.0.tgz?versionId=1", None),
            ("s3://charts/staging/web-1.0.0.tgz#x", None),
            ("s3://charts/staging/web-1.0.0.tgz\n", None),
            ("s3://me@charts/staging/web-1.0.0.tgz", None),
            ("oci://me@registry.example.com/charts/web:1.0.0", None),
            // Nothing that a push makes.
            ("s3://charts/staging", None),
            ("s3://charts/staging/", None),
            ("s3://charts/staging/index.yaml", None),
            ("s3://charts/staging/web-1.0.0.tgz.prov", None),
            ("s3://charts/staging/deep/web-1.0.0.tgz", None),
            ("gs://charts-develop/web-1.0.0.tgz", None),
            ("gs://charts-develop/web/x/other-1.0.0.tgz", None),
            ("oci://registry.example.com/charts/web", None),
            ("oci://registry.example.com/charts/deep/web:1.0.0", None),
            ("oci://registry.example.com/charts/web:latest", None),
            ("oci://registry.example.com/charts/web:1.0.0@sha256:aa", None),
            ("oci://registry.example.com/charts/web:1.0.0:2.0.0", None),
            ("", None),
        ] {
            let found = all.repository_of(url).map(|(repository, parts)| {
                let git_ref = parts
                    .git_ref
                    .map_or_else(|| "-".to_owned(), |git_ref| git_ref.to_string());
                format!("{} {} {} {git_ref}", repository.name, parts.chart, parts.version)
            });
            assert_eq!(found.as_deref(), want, "{url}");
        }
    }
}
