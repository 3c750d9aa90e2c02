//! What Helm requires of Chart.yaml before it renders anything: `Metadata.Validate`.

use std::collections::BTreeSet;

use super::dependency::Dependency;
use super::metadata::Metadata;
use crate::text::go::quote::quote;
use crate::text::go::unicode::is_print;
use crate::text::semver::Version;

impl Metadata {
    /// Removes control characters from the texts, then checks the required fields. The error's text is Helm's.
    ///
    /// # Errors
    /// For the first field that is missing or wrong.
    pub fn validate(&mut self) -> Result<(), String> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            sanitize(text);
        }
        self.sources.iter_mut().chain(&mut self.keywords).for_each(sanitize);
        if self.api_version.is_empty() {
            return Err("validation: chart.metadata.apiVersion is required".to_owned());
        }
        if self.name.is_empty() {
            return Err("validation: chart.metadata.name is required".to_owned());
        }
        if self.name == "." || self.name == ".." {
            return Err(format!(
                "validation: chart.metadata.name {} is not allowed",
                quote(self.name.as_bytes())
            ));
        }
        if self.name.contains('/') {
            return Err(format!(
                "validation: chart.metadata.name {} is invalid",
                quote(self.name.as_bytes())
            ));
        }
        if self.version.is_empty() {
            return Err("validation: chart.metadata.version is required".to_owned());
        }
        if Version::parse(&self.version).is_err() {
            return Err(format!(
                "validation: chart.metadata.version {} is invalid",
                quote(self.version.as_bytes())
            ));
        }
        if !matches!(self.chart_type.as_str(), "" | "application" | "library") {
            return Err("validation: chart.metadata.type must be application or library".to_owned());
        }
        for maintainer in &mut self.maintainers {
            let maintainer = maintainer
                .as_mut()
                .ok_or("validation: maintainers must not contain empty or null nodes")?;
            [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url]
                .into_iter()
                .for_each(sanitize);
        }
        self.validate_dependencies()
    }

    fn validate_dependencies(&mut self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for dependency in &mut self.dependencies {
            let dependency = dependency
                .as_mut()
                .ok_or("validation: dependencies must not contain empty or null nodes")?;
            dependency.validate()?;
            if !names.insert(dependency.effective_name().to_owned()) {
                let name = quote(dependency.effective_name().as_bytes());
                return Err(format!(
                    "validation: more than one dependency with name or alias {name}"
                ));
            }
        }
        Ok(())
    }
}

impl Dependency {
    fn validate(&mut self) -> Result<(), String> {
        for text in [
            &mut self.name,
            &mut self.version,
            &mut self.repository,
            &mut self.condition,
        ] {
            sanitize(text);
        }
        self.tags.iter_mut().for_each(sanitize);
        if self
            .alias
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        {
            Ok(())
        } else {
            Err(format!(
                "validation: dependency {} has disallowed characters in the alias",
                quote(self.name.as_bytes())
            ))
        }
    }
}

/// White space becomes a space, characters that are not printable in Go are removed.
fn sanitize(text: &mut String) {
    if text.bytes().all(|byte| (b' '..0x7F).contains(&byte)) {
        return;
    }
    *text = text
        .chars()
        .filter_map(|c| {
            if c.is_whitespace() {
                Some(' ')
            } else {
                is_print(c).then_some(c)
            }
        })
        .collect();
}

#[cfg(test)]
mod tests {
    use super::Metadata;

    /// Helm 4.3's words, with Go's quotes.
    #[test]
    fn names_are_quoted_as_go_quotes_them() {
        for (name, version, expected) in [
            ("..", "1.0.0", "validation: chart.metadata.name \"..\" is not allowed"),
            (
                "a/\u{600}\u{1fae9}",
                "1.0.0",
                "validation: chart.metadata.name \"a/\" is invalid",
            ),
            (
                "a",
                "\u{1c89}'",
                "validation: chart.metadata.version \"\\u1c89'\" is invalid",
            ),
        ] {
            let mut metadata = Metadata {
                api_version: "v2".to_owned(),
                name: name.to_owned(),
                version: version.to_owned(),
                ..Metadata::default()
            };
            assert_eq!(metadata.validate(), Err(expected.to_owned()));
        }
    }
}
