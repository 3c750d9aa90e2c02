//! The checkout: whether git knows it, how deep it is, its remote, and what changes are counted from.

use std::path::Path;

use super::Check;
use crate::config::ct_file::CtSettings;
use crate::delivery::git::{BaseName, RemoteName, WorkTree};
use crate::pipeline::run_base;
use crate::text::redact::redact_url;

/// Reads an environment variable; none where it is unset or empty.
type Variables<'v> = dyn Fn(&str) -> Option<String> + 'v;

/// Reads a file that an environment variable names.
type ReadEvent<'r> = dyn Fn(&str) -> std::io::Result<Vec<u8>> + 'r;

/// Checks the checkout that has a directory. `ct` are chart-testing's settings, if those are used.
pub fn check_git(
    directory: &Path,
    ct: Option<&CtSettings>,
    variables: &Variables<'_>,
    read: &ReadEvent<'_>,
) -> Vec<Check> {
    let tree = match WorkTree::of(directory) {
        Ok(tree) => tree,
        Err(error) => {
            let said = error.to_string();
            // git says the command too, below.
            let advice = if said.contains("safe.directory") {
                format!(
                    "someone else owns the files: `git config --global --add safe.directory {}` lets git read them",
                    directory.canonicalize().as_deref().unwrap_or(directory).display()
                )
            } else {
                "--changed, `diff` and --commit need a repository of git; the rest works without".to_owned()
            };
            return vec![Check::warning("git", said.lines().next().unwrap_or_default(), advice)];
        }
    };
    let remote = ct.map_or_else(RemoteName::origin, |ct| ct.remote.clone());
    let Ok(head) = tree.head_sha() else {
        let advice = "commit something: --changed and `diff` compare with a commit";
        return vec![Check::warning("git", "there is no commit yet", advice)];
    };
    let mut checks = vec![Check::works("git", format!("work tree {}", tree.top.display()))];
    let is_shallow = tree.is_shallow().unwrap_or(false);
    checks.push(if is_shallow {
        let advice = "--changed fetches what it needs; clone with the whole history (`fetch-depth: 0`, `GIT_DEPTH: 0`) where it may not";
        Check::warning("history", "the clone is shallow", advice)
    } else {
        Check::works("history", "the clone has all commits")
    });
    checks.push(match tree.remote_address(&remote) {
        Ok(address) => Check::works("remote", format!("{remote}: {}", redact_url(&address))),
        Err(_) => Check::warning(
            "remote",
            format!("there is no remote {remote}"),
            "--push and --pull-request need one: git remote add origin ADDRESS",
        ),
    });
    let base = run_base(variables, read, ct.and_then(|ct| ct.target_branch.as_ref()));
    let base = base.or_else(|| tree.usual_base(&remote));
    checks.push(check_base(&tree, base, &remote, &head, is_shallow));
    checks
}

/// The commit that changes are counted from. Commands fetch what is missing, which a check does not.
fn check_base(tree: &WorkTree, base: Option<BaseName>, remote: &RemoteName, head: &str, is_shallow: bool) -> Check {
    let Some(base) = base else {
        let found = format!("no variable of a CI system, no upstream branch, no {remote}/HEAD names one");
        return Check::warning("base", found, "--changed needs one: name it with --since instead");
    };
    let name = base.shown(remote);
    let here = tree.commit_named(&name).ok().or_else(|| match &base {
        BaseName::Branch(branch) => tree.commit_named(&branch.reference()).ok(),
        BaseName::Commit(_) => None,
    });
    let Some(tip) = here else {
        let found = format!("{name} is not in this clone");
        return Check::warning(
            "base",
            found,
            "--changed fetches it; where it may not, fetch it in a step before",
        );
    };
    match tree.merge_base(&tip, head) {
        Ok(Some(_)) => Check::works("base", format!("changes are counted from {name}")),
        Ok(None) if is_shallow => Check::warning(
            "base",
            format!("what HEAD and {name} have in common is not in this clone"),
            "--changed fetches it; where it may not, clone with the whole history",
        ),
        Ok(None) => Check::failed(
            "base",
            format!("HEAD and {name} have no commit in common"),
            Some("name another one with --since".to_owned()),
        ),
        Err(error) => Check::failed("base", error.to_string(), None),
    }
}
