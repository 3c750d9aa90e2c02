//! What a notification says besides its form: what was published, and where the run was made from. Packages, variables of the CI system and a
//! directory in; texts and JSON out.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::build_source::BuildSource;
use super::pull_request::Variables;
use crate::artifact::repository::GitRef;
use crate::delivery::git::WorkTree;
use crate::report::{PublishedPackage, packages_json};
use crate::text::redact::redact_message;

/// Packages that a subject names.
const NAMED: usize = 10;

/// What a command changed.
#[derive(Debug, Clone)]
pub struct NoticedChange {
    /// What happened, in a line.
    pub subject: String,
    /// What changed, in lines for people.
    pub lines: String,
    /// The same for programs.
    pub details: Map<String, Json>,
}

impl NoticedChange {
    /// Packages that were published; nothing where there are none.
    pub fn published(packages: &[PublishedPackage]) -> Option<Self> {
        if packages.is_empty() {
            return None;
        }
        let named: Vec<String> = packages
            .iter()
            .take(NAMED)
            .map(|package| format!("{} {}", package.name, package.version))
            .collect();
        let mut subject = format!("published {}", named.join(", "));
        if packages.len() > NAMED {
            subject.push_str(&format!(" and {} more", packages.len() - NAMED));
        }
        let lines = packages.iter().map(|package| {
            let repository = redact_message(&package.repository);
            format!(
                "{} {} in {repository}, sha256:{}\n",
                package.name, package.version, package.digest
            )
        });
        Some(Self {
            subject,
            lines: lines.collect(),
            details: Map::from_iter([("packages".to_owned(), packages_json(packages))]),
        })
    }
}

/// What a run was made from: repository, branch or tag, commit, and who committed it. The directory is an absolute path.
pub fn notice_source(variables: &Variables<'_>, directory: &Path) -> Json {
    let build = BuildSource::find(variables, directory);
    let (branch, tag) = match &build.git_ref {
        Some(GitRef::Branch(name)) => (Some(name), None),
        Some(GitRef::Tag(name)) => (None, Some(name)),
        None => (None, None),
    };
    let tree = WorkTree::of(directory).ok();
    let person = |(name, email): (String, String)| json!({"name": name, "email": email});
    let committer = tree.as_ref().and_then(|tree| tree.last_committer().ok()).map(person);
    let author = tree.as_ref().and_then(|tree| tree.last_author().ok()).map(person);
    let repository = ["GITHUB_REPOSITORY", "CI_PROJECT_PATH"]
        .iter()
        .find_map(|name| variables(name));
    json!({
        "repository": repository,
        "branch": branch,
        "tag": tag,
        "commit": build.sha,
        "build": build.number,
        "committer": committer,
        "author": author,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_names_a_few_packages() {
        assert!(NoticedChange::published(&[]).is_none());
        let package = |number: usize| PublishedPackage {
            name: format!("web{number}"),
            version: "1.0.0".to_owned(),
            repository: "https://ann:hunter2@charts.example.com".to_owned(),
            digest: "ab".to_owned(),
        };
        let all: Vec<PublishedPackage> = (0..12).map(package).collect();
        let change = NoticedChange::published(&all[..2]).unwrap();
        assert_eq!(change.subject, "published web0 1.0.0, web1 1.0.0");
        let change = NoticedChange::published(&all).unwrap();
        assert!(change.subject.ends_with("web9 1.0.0 and 2 more"), "{}", change.subject);
        assert_eq!(change.lines.lines().count(), 12);
        assert!(!change.lines.contains("hunter2"), "{}", change.lines);
        assert_eq!(change.details["packages"][11]["name"], "web11");
    }
}
