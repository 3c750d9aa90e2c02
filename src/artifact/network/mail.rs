//! Mail over SMTP: a server's address and a message in, an error without secrets out. The crate `lettre` speaks the protocol; the message is
//! made elsewhere.

use std::time::Duration;

use lettre::address::{Address, Envelope};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{SmtpTransport, Transport as _};

use super::http::Url;
use super::secret::Secret;
use super::tls::choose_provider;

/// Longest time for one step of the conversation.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Why a message was not handed over. It names neither the server nor whoever logs in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The address of the server cannot be used.
    #[error(
        "its value is not an address such as smtps://user:password@host, or smtp://host:587?tls=required for STARTTLS"
    )]
    Address,
    /// A password would be sent unencrypted.
    #[error("its value has a password and no encryption: write smtps://, or add ?tls=required for STARTTLS")]
    Unencrypted,
    /// A sender or recipient is not an address.
    #[error("an address of e-mail cannot be used")]
    Mailbox,
    /// The server refused it.
    #[error("the server's answer is {0}")]
    Refused(String),
    /// Its certificate is not trusted, or there is no encryption.
    #[error("no encrypted connection comes about")]
    Tls,
    /// There is no server, or it does not speak SMTP.
    #[error("there is no answer")]
    NoAnswer,
}

impl From<SmtpError> for MailError {
    fn from(error: SmtpError) -> Self {
        match error.status() {
            Some(code) => Self::Refused(code.to_string()),
            None if error.is_tls() => Self::Tls,
            None => Self::NoAnswer,
        }
    }
}

/// Hands a message to a server.
///
/// # Errors
/// When the address of the server cannot be used, or the server does not take the message.
pub fn send_mail(server: &Secret, (from, to): (&str, &str), message: &[u8]) -> Result<(), MailError> {
    let address = server.reveal().trim();
    let url = Url::parse(address).map_err(|_| MailError::Address)?;
    let is_encrypted = match (url.scheme(), url.query()) {
        ("smtps", None) | ("smtp", Some("tls=required")) => true,
        ("smtp", None) => false,
        _ => return Err(MailError::Address),
    };
    if url.host_str().is_none_or(str::is_empty) || !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(MailError::Address);
    }
    if url.password().is_some() && !is_encrypted {
        return Err(MailError::Unencrypted);
    }
    choose_provider();
    let mailbox = |text: &str| text.parse::<Address>().map_err(|_| MailError::Mailbox);
    let envelope = Envelope::new(Some(mailbox(from)?), vec![mailbox(to)?]).map_err(|_| MailError::Mailbox)?;
    let transport = SmtpTransport::from_url(address).map_err(|_| MailError::Address)?;
    let transport = transport.timeout(Some(TIME_LIMIT)).build();
    transport.send_raw(&envelope, message)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_servers_are_checked_before_anything_is_sent() {
        for (server, want) in [
            ("mail.example.com", MailError::Address),
            ("https://mail.example.com", MailError::Address),
            ("smtp://mail.example.com?tls=opportunistic", MailError::Address),
            ("smtp://mail.example.com/name", MailError::Address),
            ("smtps://", MailError::Address),
            ("smtp://ci:hunter2@mail.example.com", MailError::Unencrypted),
            ("smtp://127.0.0.1:1", MailError::NoAnswer),
        ] {
            let sent = send_mail(&Secret::new(server), ("a@example.com", "b@example.com"), b"");
            let error = sent.expect_err(server);
            assert_eq!(error, want, "{server}");
            assert!(!error.to_string().contains("hunter2"));
        }
        let sent = send_mail(&Secret::new("smtp://127.0.0.1:1"), ("a@example.com", "b>\r\nx"), b"");
        assert_eq!(sent, Err(MailError::Mailbox));
    }
}
