//! The files `~/.aws/config` and `~/.aws/credentials`: INI in, profiles out. A key of both files is that of the second.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Named, read_file};

use super::aws_login_error::AwsLoginError;
use super::aws_settings::AwsSettings;

/// Settings of a profile or session, by name in lower case.
type Section = BTreeMap<String, String>;

/// The profiles and sessions of both files.
#[derive(Default)]
pub(super) struct Profiles {
    profiles: BTreeMap<String, Section>,
    sessions: BTreeMap<String, Section>,
}

/// Which file it is: they name their sections differently.
#[derive(Clone, Copy)]
enum Kind {
    Config,
    Credentials,
}

impl Profiles {
    /// Reads both files; one that does not exist is empty.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn read(settings: &AwsSettings) -> Result<Self, AwsLoginError> {
        let mut profiles = Self::default();
        for (path, kind) in [
            (settings.config_file(), Kind::Config),
            (settings.credentials_file(), Kind::Credentials),
        ] {
            if let Some(path) = path {
                profiles.add(&read_text(&path)?, kind);
            }
        }
        Ok(profiles)
    }

    /// A setting of a profile.
    pub(super) fn get(&self, profile: &str, name: &str) -> Option<&str> {
        let value = self.profiles.get(profile)?.get(name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// A setting of a session.
    pub(super) fn session(&self, session: &str, name: &str) -> Option<&str> {
        self.sessions.get(session)?.get(name).map(String::as_str)
    }

    /// Whether there is such a profile.
    pub(super) fn has(&self, profile: &str) -> bool {
        self.profiles.contains_key(profile)
    }

    fn add(&mut self, text: &str, kind: Kind) {
        let mut section: Option<&mut Section> = None;
        for line in text.lines() {
            // Settings of one service are indented below its name.
            if line.starts_with([' ', '\t', '#', ';']) {
                continue;
            }
            if let Some(header) = line.strip_prefix('[') {
                let name = header.split(']').next().unwrap_or_default().trim();
                section = self.section(name, kind);
            } else if let (Some(section), Some((name, value))) = (&mut section, line.split_once('=')) {
                let end = [" #", " ;", "\t#", "\t;"]
                    .iter()
                    .filter_map(|mark| value.find(mark))
                    .min();
                let value = end.and_then(|end| value.get(..end)).unwrap_or(value);
                section.insert(name.trim().to_lowercase(), value.trim().to_owned());
            }
        }
    }

    /// The section of a header.
    fn section(&mut self, header: &str, kind: Kind) -> Option<&mut Section> {
        let (first, rest) = header.split_once([' ', '\t']).unwrap_or((header, ""));
        let name = rest.trim().trim_matches(['"', '\'']).to_owned();
        match (kind, first, name.is_empty()) {
            (Kind::Credentials, _, _) => Some(self.profiles.entry(header.to_owned()).or_default()),
            (Kind::Config, "default", true) => Some(self.profiles.entry(first.to_owned()).or_default()),
            (Kind::Config, "profile", false) => Some(self.profiles.entry(name).or_default()),
            (Kind::Config, "sso-session", false) => Some(self.sessions.entry(name).or_default()),
            _ => None,
        }
    }
}

fn read_text(path: &Path) -> Result<String, AwsLoginError> {
    match read_file(path, Named::ByUser, SETTINGS_BYTES) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(AwsLoginError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_of_both_files_are_one_profile() {
        let mut profiles = Profiles::default();
        let config = "x = before\n[default]\nregion = eu-west-1 # home\n[profile a b]\nAWS_ACCESS_KEY_ID=one\nsso_session = s\ns3 =\n  region = no\n[sso-session s]\nsso_region=x\n[b]\nregion=no\n";
        profiles.add(config, Kind::Config);
        profiles.add("[a b]\naws_access_key_id = two#2\n# c = d\n[b]\n", Kind::Credentials);
        for (profile, name, want) in [
            ("default", "region", Some("eu-west-1")),
            ("a b", "aws_access_key_id", Some("two#2")),
            ("a b", "sso_session", Some("s")),
            ("a b", "s3", None),
            ("a b", "region", None),
            ("b", "region", None),
            ("c", "region", None),
        ] {
            assert_eq!(profiles.get(profile, name), want, "{profile} {name}");
        }
        assert_eq!(profiles.session("s", "sso_region"), Some("x"));
        assert!(profiles.has("b") && !profiles.has("s"));
    }
}
