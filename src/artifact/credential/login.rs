//! The credentials that are sent to one server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderName;

use crate::artifact::network::Secret;

/// The user name that stands for an identity token in docker's files and helpers.
const TOKEN_USER: &str = "<token>";

/// Credentials for one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// A user and a password.
    Basic {
        /// The user. Some services use a token as user name.
        username: Secret,
        /// The password.
        password: Secret,
    },
    /// An identity token, for which a registry's token service gives access tokens.
    IdentityToken(Secret),
    /// An access token, sent as it is.
    Bearer(Secret),
    /// A key that has a header of its own, such as `X-JFrog-Art-Api` or `PRIVATE-TOKEN`.
    ApiKey {
        /// The header.
        header: HeaderName,
        /// The key.
        key: Secret,
    },
}

impl Login {
    /// A user and a password; docker's `<token>` user has an identity token as password.
    pub fn new(username: &str, password: &str) -> Self {
        if username == TOKEN_USER {
            return Self::IdentityToken(Secret::new(password));
        }
        Self::Basic {
            username: Secret::new(username),
            password: Secret::new(password),
        }
    }

    /// The value of `Authorization` for a server that is asked directly; an identity token and a key with a header of its own have
    /// none.
    pub fn authorization(&self) -> Option<Secret> {
        match self {
            Self::Basic { username, password } => {
                let text = format!("{}:{}", username.reveal(), password.reveal());
                Some(Secret::new(format!("Basic {}", STANDARD.encode(text))))
            }
            Self::Bearer(token) => Some(Secret::new(format!("Bearer {}", token.reveal()))),
            Self::IdentityToken(_) | Self::ApiKey { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_sent_and_not_shown() {
        let basic = Login::new("me", "hunter2");
        assert_eq!(basic.authorization(), Some(Secret::new("Basic bWU6aHVudGVyMg==")));
        let token = Login::new("<token>", "hunter2");
        assert_eq!(token, Login::IdentityToken(Secret::new("hunter2")));
        assert_eq!(token.authorization(), None);
        let bearer = Login::Bearer(Secret::new("hunter2"));
        for login in [basic, token, bearer] {
            let shown = format!("{login:?} {:?}", login.authorization());
            assert!(!shown.contains("hunter2") && !shown.contains("bWU6"), "{shown}");
        }
    }
}
