//! What Helm demands of Chart.yaml before it renders anything: `Metadata.Validate`.

use std::collections::BTreeSet;

use super::dependency::Dependency;
use super::metadata::Metadata;
use crate::text::semver::Version;

impl Metadata {
    /// Cleans the texts of control characters, then checks the required fields. The error's text is Helm's.
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
                "validation: chart.metadata.name {:?} is not allowed",
                self.name
            ));
        }
        if self.name.contains('/') {
            return Err(format!("validation: chart.metadata.name {:?} is invalid", self.name));
        }
        if self.version.is_empty() {
            return Err("validation: chart.metadata.version is required".to_owned());
        }
        if Version::parse(&self.version).is_err() {
            return Err(format!(
                "validation: chart.metadata.version {:?} is invalid",
                self.version
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
                let name = dependency.effective_name();
                return Err(format!(
                    "validation: more than one dependency with name or alias {name:?}"
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
                "validation: dependency {:?} has disallowed characters in the alias",
                self.name
            ))
        }
    }
}

/// White space becomes a space, characters that Go's `unicode.IsPrint` refuses go away.
fn sanitize(text: &mut String) {
    if text.bytes().all(|byte| (b' '..0x7F).contains(&byte)) {
        return;
    }
    *text = text
        .chars()
        .filter_map(|c| {
            if c.is_whitespace() {
                Some(' ')
            } else if c.is_control() || is_format_or_private(c) {
                None
            } else {
                Some(c)
            }
        })
        .collect();
}

/// The general categories Cf and Co, as far as they occur in text.
const fn is_format_or_private(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}' | '\u{E0001}'..='\u{E007F}'
        | '\u{F0000}'..='\u{10FFFD}')
}
