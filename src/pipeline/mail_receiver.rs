//! Who gets a notification by e-mail: whoever committed what it is about. The server and the sender come from the environment; the address
//! from git, so it must be of a domain that the environment allows.

use serde_json::Value as Json;

use super::mail_message::{MailAddress, mail_message};
use super::notify::Notice;
use super::pull_request::Variables;
use crate::artifact::network::{Secret, send_mail};
use crate::text::visible::shown_line;

/// Variable with the address of the server.
const SERVER: &str = "CHARTWRIGHT_NOTIFY_SMTP";
/// Variable with the address of the sender.
const SENDER: &str = "CHARTWRIGHT_NOTIFY_FROM";
/// Variable with the domains that mail is sent to.
const DOMAINS: &str = "CHARTWRIGHT_NOTIFY_DOMAINS";

/// A server of e-mail, and whom it is used for.
#[derive(Debug, Clone)]
pub(super) struct MailReceiver {
    server: Secret,
    from: Option<String>,
    domains: Option<String>,
}

impl MailReceiver {
    /// What variables name.
    pub(super) fn from_variables(variable: &Variables<'_>) -> Option<Self> {
        Some(Self {
            server: Secret::new(variable(SERVER)?),
            from: variable(SENDER),
            domains: variable(DOMAINS),
        })
    }

    /// Sends a notice to the committer, or to the author where a forge committed. The error says why it was not sent.
    pub(super) fn send(&self, notice: &Notice) -> Result<(), String> {
        let from = self.from.as_deref().and_then(|from| MailAddress::parse(from.trim()));
        let from = from.ok_or_else(|| {
            format!("no e-mail: {SENDER} is not an address such as chartwright@example.com, which mail is sent from")
        })?;
        let people: Vec<&str> = ["committer", "author"]
            .into_iter()
            .filter_map(|who| notice.source.get(who)?.get("email").and_then(Json::as_str))
            .collect();
        let Some(first) = people.first() else {
            return Err("no e-mail: git does not say who committed".to_owned());
        };
        let allowed = people
            .iter()
            .filter_map(|text| MailAddress::parse(text))
            .find(|address| self.allows(address, &from));
        let Some(to) = allowed else {
            let shown = shown_line(first);
            return Err(format!(
                "no e-mail to {}: it is not of a domain in {DOMAINS}, by default that of {SENDER}",
                shown.trim_end()
            ));
        };
        let message = mail_message(notice, (&from, &to));
        send_mail(&self.server, (&from.to_string(), &to.to_string()), &message)
            .map_err(|error| format!("the notification by {SERVER} was not sent: {error}"))
    }

    /// Whether mail may go to an address: whoever may push a commit chooses it.
    fn allows(&self, address: &MailAddress, from: &MailAddress) -> bool {
        let own = from.domain();
        let listed = self.domains.as_deref().unwrap_or(own).split([',', ' ']);
        let mut listed = listed.map(str::trim).filter(|domain| !domain.is_empty());
        listed.any(|domain| domain == "*" || domain.eq_ignore_ascii_case(address.domain()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_goes_to_domains_that_are_allowed() {
        let from = MailAddress::parse("ci@example.com").unwrap();
        for (domains, address, is_allowed) in [
            (None, "ada@example.com", true),
            (None, "ada@EXAMPLE.com", true),
            (None, "ada@ci.example.com", false),
            (None, "ada@evil.example", false),
            (Some("example.org, example.net"), "ada@example.net", true),
            (Some("example.org"), "ada@example.com", false),
            (Some("*"), "ada@evil.example", true),
            (Some(""), "ada@example.com", false),
        ] {
            let receiver = MailReceiver {
                server: Secret::new("smtps://mail.example.com"),
                from: None,
                domains: domains.map(str::to_owned),
            };
            let address = MailAddress::parse(address).unwrap();
            assert_eq!(receiver.allows(&address, &from), is_allowed, "{domains:?} {address}");
        }
    }
}
