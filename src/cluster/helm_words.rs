//! What Helm says when the API server refuses an object: its words in, the object and the field they are about out.

use std::time::Duration;

use super::pods::Problem;

/// What API servers say, with the reason it is called by. The first that fits counts.
const REASONS: [(&str, &str); 9] = [
    ("field is immutable", "ImmutableField"),
    ("exceeded quota", "QuotaExceeded"),
    ("admission webhook", "RefusedByWebhook"),
    ("ValidatingAdmissionPolicy", "RefusedByPolicy"),
    ("violates PodSecurity", "RefusedByPodSecurity"),
    ("is forbidden", "Forbidden"),
    ("is invalid", "Invalid"),
    ("no matches for kind", "UnknownKind"),
    ("not found", "NotFound"),
];

/// What Helm says about a single object.
pub(super) fn problem_of_words(words: &str) -> Option<Problem> {
    let (_, reason) = REASONS.into_iter().find(|(mark, _)| words.contains(mark))?;
    let message = last_line(words);
    let (kind, name) = object_of(words).unwrap_or_default();
    let field = field_of(words);
    Some(Problem {
        kind,
        name,
        pod: None,
        container: None,
        reason: reason.to_owned(),
        message,
        image: None,
        field,
        certain_after: Some(Duration::ZERO),
    })
}

/// What the API server says about one object, whose kind and name are known.
pub(super) fn problem_of_object(kind: &str, name: &str, words: &str) -> Problem {
    let reason = REASONS.into_iter().find(|(mark, _)| words.contains(mark));
    Problem {
        kind: kind.to_owned(),
        name: name.to_owned(),
        pod: None,
        container: None,
        reason: reason.map_or("Refused", |(_, reason)| reason).to_owned(),
        message: last_line(words),
        image: None,
        field: field_of(words),
        certain_after: Some(Duration::ZERO),
    }
}

/// The last line that says something, without what programs put before it.
fn last_line(words: &str) -> String {
    let line = words
        .lines()
        // It says what to do, and not what is wrong.
        .filter(|line| !line.contains("ensure CRDs are installed first"))
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or(words)
        .trim();
    let line = line.trim_start_matches("Error: ");
    // What kubectl says before the server's words.
    let line = line.rsplit_once("\"STDIN\": ").map_or(line, |(_, line)| line);
    line.strip_prefix("Error from server ")
        .and_then(|rest| rest.split_once("): "))
        .map_or(line, |(_, line)| line)
        .to_owned()
}

/// The object: `Deployment.apps "web" is invalid`, `deployments.apps "web" is forbidden`, `object shop/web apps/v1, Kind=Deployment`,
/// `cannot patch "web" with kind Deployment`.
fn object_of(words: &str) -> Option<(String, String)> {
    if let Some((before, after)) = words.split_once(", Kind=") {
        let kind: String = after.chars().take_while(char::is_ascii_alphanumeric).collect();
        let mut parts = before.rsplit(' ');
        let _version = parts.next();
        let name = parts.next()?.rsplit('/').next()?;
        return Some((kind, name.to_owned()));
    }
    if let Some((before, after)) = words.split_once("no matches for kind \"") {
        let name = before
            .split_once("for name: \"")
            .and_then(|(_, rest)| rest.split('"').next());
        return Some((after.split('"').next()?.to_owned(), name.unwrap_or_default().to_owned()));
    }
    if let Some((before, after)) = words.split_once("\" with kind ") {
        let kind: String = after.chars().take_while(char::is_ascii_alphanumeric).collect();
        return Some((kind, before.rsplit('"').next()?.to_owned()));
    }
    for mark in ["\" is invalid", "\" is forbidden", "\" already exists", "\" not found"] {
        if let Some((before, _)) = words.split_once(mark) {
            let (before, name) = before.rsplit_once('"')?;
            let word = before.trim_end().rsplit([' ', '\n']).next()?;
            let kind = word.split('.').next()?;
            return Some((kind.to_owned(), name.to_owned()));
        }
    }
    None
}

/// The field after `is invalid: `, such as `spec.selector` or `spec.template.spec.containers[0].image`.
fn field_of(words: &str) -> Vec<String> {
    let Some((_, after)) = words.split_once("is invalid: ") else {
        return Vec::new();
    };
    let end = after.find(": ").unwrap_or(0);
    let path = after.get(..end).unwrap_or_default().trim_start_matches('[');
    let is_path = |c: char| c.is_ascii_alphanumeric() || ".-_[]/".contains(c);
    if path.is_empty() || !path.chars().all(is_path) {
        return Vec::new();
    }
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (member, index) = part.split_once('[').unwrap_or((part, ""));
        steps.push(member.to_owned());
        if !index.is_empty() {
            steps.push(format!("[{index}"));
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_and_the_field_are_read_from_helms_words() {
        for (words, want) in [
            (
                r#"Error: UPGRADE FAILED: server-side apply failed for object shop/web apps/v1, Kind=Deployment: Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable"#,
                ("ImmutableField", "Deployment", "web", "spec.selector"),
            ),
            (
                r#"Error: UPGRADE FAILED: cannot patch "web" with kind Service: Service "web" is invalid: spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"#,
                ("Invalid", "Service", "web", "spec.ports.[0].port"),
            ),
            (
                r#"Error: failed to create resource: deployments.apps "web" is forbidden: User "x" cannot create resource "deployments" in API group "apps" in the namespace "shop""#,
                ("Forbidden", "deployments", "web", ""),
            ),
            (
                "Error: resource mapping not found for name: \"a\" namespace: \"\" from \"\": no matches for kind \"Widget\" in version \"example.org/v1\"\nensure CRDs are installed first",
                ("UnknownKind", "Widget", "a", ""),
            ),
            (
                r#"Error: INSTALLATION FAILED: create: failed to create: namespaces "gone" not found"#,
                ("NotFound", "namespaces", "gone", ""),
            ),
        ] {
            let found = problem_of_words(words).unwrap();
            let field = found.field.join(".");
            assert_eq!(
                (
                    found.reason.as_str(),
                    found.kind.as_str(),
                    found.name.as_str(),
                    field.as_str()
                ),
                want
            );
        }
        assert!(problem_of_words("Error: UPGRADE FAILED: context deadline exceeded").is_none());
    }
}
