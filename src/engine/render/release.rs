//! `.Release`, and the rules for its name.

use crate::engine::template::Value;
use crate::kubernetes::names::NameSyntax;

/// Longest release name, in bytes.
const MAX_NAME_LENGTH: usize = 53;

/// The name `helm template CHART` gives a release when none is given.
pub const fn default_release_name() -> &'static str {
    "release-name"
}

/// The release that a chart is rendered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// The operation that templates see.
    pub operation: Operation,
}

/// The operation behind `.Release.IsInstall` and `.Release.IsUpgrade`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The first installation: revision 1.
    Install,
    /// `--is-upgrade`: still revision 1.
    Upgrade,
    /// A revision of a release in a cluster: the first is an installation, the others are upgrades.
    Revision(u64),
    /// Linting: neither, and revision 0.
    Lint,
}

/// A release name that Helm refuses, in its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseNameError {
    /// Empty.
    #[error("release name check failed: release name \"\": no name provided")]
    Missing,
    /// Too long or not made of DNS labels.
    #[error(
        r"release name check failed: release name {0:?}: invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53"
    )]
    Invalid(String),
}

/// Checks a release name: dotted DNS labels, at most 53 bytes.
///
/// # Errors
/// The name is empty, too long, or not made of DNS labels.
pub fn validate_release_name(name: &str) -> Result<(), ReleaseNameError> {
    if name.is_empty() {
        return Err(ReleaseNameError::Missing);
    }
    if name.len() <= MAX_NAME_LENGTH && NameSyntax::Subdomain.is_match(name) {
        Ok(())
    } else {
        Err(ReleaseNameError::Invalid(name.to_owned()))
    }
}

impl Release {
    /// The map templates see.
    pub fn object(&self) -> Value {
        let (is_install, revision) = match self.operation {
            Operation::Install => (true, 1),
            Operation::Upgrade => (false, 1),
            Operation::Revision(number) => (number <= 1, i64::try_from(number).unwrap_or(i64::MAX)),
            Operation::Lint => (false, 0),
        };
        let is_upgrade = !is_install && self.operation != Operation::Lint;
        Value::map_of([
            ("Name", Value::str(self.name.as_str())),
            ("Namespace", Value::str(self.namespace.as_str())),
            ("IsUpgrade", Value::Bool(is_upgrade)),
            ("IsInstall", Value::Bool(is_install)),
            ("Revision", Value::Int(revision)),
            ("Service", Value::str("Helm")),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dotted_dns_labels() {
        for (name, want) in [
            ("a", true),
            ("my-release.v2", true),
            ("My", false),
            ("-a", false),
            ("a-", false),
            ("a..b", false),
            ("a_b", false),
        ] {
            assert_eq!(validate_release_name(name).is_ok(), want, "{name}");
        }
        assert!(validate_release_name(&"a".repeat(53)).is_ok());
        assert!(validate_release_name(&"a".repeat(54)).is_err());
        assert_eq!(validate_release_name(""), Err(ReleaseNameError::Missing));
    }

    #[test]
    fn revisions_are_those_of_the_release() {
        for (operation, want) in [
            (Operation::Install, "true false 1"),
            (Operation::Upgrade, "false true 1"),
            (Operation::Revision(1), "true false 1"),
            (Operation::Revision(7), "false true 7"),
            (Operation::Lint, "false false 0"),
        ] {
            let release = Release {
                name: "web".to_owned(),
                namespace: "shop".to_owned(),
                operation,
            };
            let Value::Map(map) = release.object() else { panic!() };
            let text = |key: &str| match map.get(key.as_bytes()) {
                Some(Value::Bool(value)) => value.to_string(),
                Some(Value::Int(value)) => value.to_string(),
                other => panic!("{other:?}"),
            };
            assert_eq!(["IsInstall", "IsUpgrade", "Revision"].map(text).join(" "), want);
        }
    }
}
