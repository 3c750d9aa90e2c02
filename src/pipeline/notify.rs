//! Notifications of what a command changed: a message for a chat, JSON for a program, and e-mail for the committer.
//!
//! In: environment variables that name the receivers, what changed. Out: requests, and a warning for each that failed. Addresses and the
//! secret come from the environment alone: whoever may write a branch may not send anything elsewhere. Both are secrets, so no warning
//! shows them. The message has the form that Slack documents for incoming webhooks, which Mattermost and others accept as well.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName};
use serde_json::{Value as Json, json};

use crate::artifact::network::{HttpClient, HttpError, HttpRequest, Method, RetryPolicy, Secret, Url};
use crate::delivery::event::signature;
use crate::text::visible::{fitting, shown_line, visible_lines};

use super::mail_receiver::MailReceiver;
use super::notice_content::NoticedChange;
use super::pull_request::Variables;

/// Variable with the address of a chat.
const CHAT: &str = "CHARTWRIGHT_NOTIFY_SLACK";
/// Variable with the address of a program.
const WEBHOOK: &str = "CHARTWRIGHT_NOTIFY_WEBHOOK";
/// Variable with the secret that requests to it are signed with.
const WEBHOOK_SECRET: &str = "CHARTWRIGHT_NOTIFY_SECRET";
/// Longest time for one attempt.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Most bytes of an answer, which is not looked at.
const ANSWER_BYTES: u64 = 64 << 10;

/// Attempts to notify: a receiver that is away does not keep a pipeline waiting.
pub const NOTIFY_POLICY: RetryPolicy = RetryPolicy {
    attempts: 2,
    first_pause: Duration::from_millis(200),
    longest_pause: Duration::from_secs(1),
    longest_wait: Duration::from_secs(2),
};

/// What a command changed, and in which run.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The command, such as `ci`.
    pub command: &'static str,
    /// What it changed.
    pub change: NoticedChange,
    /// When, as RFC 3339.
    pub time: String,
    /// The page of the CI system about the run.
    pub run: Option<String>,
    /// Where: branch, commit, who committed.
    pub source: Json,
}

/// Where notices are sent.
#[derive(Debug, Clone, Default)]
pub struct Receivers {
    chat: Option<Secret>,
    webhook: Option<Secret>,
    secret: Option<Secret>,
    mail: Option<MailReceiver>,
}

impl Receivers {
    /// Those that variables name.
    pub fn from_variables(variable: &Variables<'_>) -> Self {
        let find = |name| variable(name).map(Secret::new);
        Self {
            chat: find(CHAT),
            webhook: find(WEBHOOK),
            secret: find(WEBHOOK_SECRET),
            mail: MailReceiver::from_variables(variable),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.chat.is_none() && self.webhook.is_none() && self.mail.is_none()
    }

    /// Sends a notice to all of them; a warning for each that did not get it.
    pub fn send(&self, client: &HttpClient, notice: &Notice) -> Vec<String> {
        let chat = self
            .chat
            .iter()
            .map(|address| (CHAT, address, chat_message(notice), None));
        let webhook = self
            .webhook
            .iter()
            .map(|address| (WEBHOOK, address, message(notice), self.secret.as_ref()));
        let sent = chat.chain(webhook).map(|(variable, address, body, secret)| {
            let failed = post(client, address, body.to_string().into_bytes(), secret).err()?;
            Some(format!("the notification to {variable} was not sent: {failed}"))
        });
        let mut failed: Vec<String> = sent.flatten().collect();
        failed.extend(self.mail.as_ref().and_then(|mail| mail.send(notice).err()));
        failed
    }
}

/// JSON for a program.
fn message(notice: &Notice) -> Json {
    let mut message = json!({
        "version": 1,
        "command": notice.command,
        "subject": fitting(&notice.change.subject),
        "time": notice.time,
        "run": notice.run,
        "source": notice.source,
        "changes": fitting(&notice.change.lines),
    });
    if let Some(message) = message.as_object_mut() {
        message.extend(notice.change.details.clone());
    }
    message
}

/// A message for a chat, in which nothing that was input is a link or calls somebody: all of it stands in code.
fn chat_message(notice: &Notice) -> Json {
    let escaped = |text: &str| {
        let text = fitting(text).into_owned();
        visible_lines(&text)
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    let code = |text: &str| format!("`{}`", escaped(&shown_line(text)).replace('`', "'"));
    let mut text = format!(
        "*chartwright {}*: {}",
        notice.command,
        code(notice.change.subject.trim())
    );
    let changes = notice.change.lines.trim();
    if !changes.is_empty() {
        text.push_str(&format!("\n```{}```", escaped(changes).replace("```", "'''")));
    }
    let author = notice
        .source
        .get("committer")
        .and_then(|committer| committer.get("email"))
        .and_then(Json::as_str);
    if let Some(author) = author {
        text.push_str(&format!("\ncommitted by {}", code(author)));
    }
    if let Some(run) = &notice.run {
        text.push_str(&format!("\n{}", escaped(run)));
    }
    json!({ "text": text })
}

/// Sends a body. The error has neither the address nor the secret.
fn post(client: &HttpClient, address: &Secret, body: Vec<u8>, secret: Option<&Secret>) -> Result<(), String> {
    let url = Url::parse(address.reveal().trim()).ok();
    let is_usable =
        |url: &Url| matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    let url = url
        .filter(is_usable)
        .ok_or("its value is not an address such as https://host/path, without a user")?;
    let mut request = HttpRequest {
        is_redirected: false,
        time_limit: TIME_LIMIT,
        ..HttpRequest::new(Method::POST, url, ANSWER_BYTES)
    }
    .with_header(CONTENT_TYPE, "application/json");
    if let Some(secret) = secret {
        let signed = signature(&body, secret.reveal().as_bytes()).ok_or("the secret cannot be used")?;
        request = request.with_header(HeaderName::from_static("x-signature"), signed);
    }
    request.body = Some(body);
    match client.send(&request) {
        Ok(answer) if answer.is_success() => Ok(()),
        Ok(answer) => Err(format!("the answer is {}", answer.status_text())),
        Err(HttpError::Transport {
            refusal: Some(refusal), ..
        }) => Err(refusal.hint().to_owned()),
        Err(HttpError::Transport { .. }) => Err("there is no answer".to_owned()),
        Err(HttpError::TooLarge { .. }) => Ok(()),
        Err(HttpError::Redirect { .. } | HttpError::Request { .. }) => Err("it cannot be sent there".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice() -> Notice {
        Notice {
            command: "ci",
            change: change("published web 1.2.3", ""),
            time: "2026-01-01T00:00:00Z".to_owned(),
            run: None,
            source: json!({"committer": {"email": "me@example.org"}}),
        }
    }

    fn change(subject: &str, lines: &str) -> NoticedChange {
        NoticedChange {
            subject: subject.to_owned(),
            lines: lines.to_owned(),
            details: serde_json::Map::from_iter([("packages".to_owned(), json!([{"name": "web"}]))]),
        }
    }

    #[test]
    fn messages_to_a_chat_call_no_user() {
        for (subject, changes, want) in [
            (
                "published web 1.2.3\n",
                "",
                "*chartwright ci*: `published web 1.2.3`\ncommitted by `me@example.org`",
            ),
            (
                "<!channel> & <https://x|y>",
                "",
                "*chartwright ci*: `&lt;!channel&gt; &amp; &lt;https://x|y&gt;`\ncommitted by `me@example.org`",
            ),
            (
                "a",
                "b ``` <@U1>\n",
                "*chartwright ci*: `a`\n```b ''' &lt;@U1&gt;```\ncommitted by `me@example.org`",
            ),
        ] {
            let notice = Notice {
                change: change(subject, changes),
                ..notice()
            };
            assert_eq!(chat_message(&notice), json!({ "text": want }));
        }
        let hostile = Notice {
            change: change("@channel [a](b)` https://x\n@here", ""),
            source: json!({"committer": {"email": "https://evil.example/`@channel"}}),
            ..notice()
        };
        assert_eq!(
            chat_message(&hostile)["text"],
            "*chartwright ci*: `@channel [a](b)' https://x␊@here`\ncommitted by `https://evil.example/'@channel`"
        );
        let long = Notice {
            change: change("a", &"x".repeat(1 << 20)),
            run: Some("https://ci/1".to_owned()),
            ..notice()
        };
        assert!(chat_message(&long).to_string().len() < 8 << 10);
        assert!(chat_message(&long).to_string().ends_with("https://ci/1\"}"));
        assert!(message(&long).to_string().len() < 8 << 10);
    }

    #[test]
    fn programs_get_what_changed() {
        let want = json!({
            "version": 1,
            "command": "ci",
            "subject": "published web 1.2.3",
            "time": "2026-01-01T00:00:00Z",
            "run": null,
            "source": {"committer": {"email": "me@example.org"}},
            "changes": "",
            "packages": [{"name": "web"}],
        });
        assert_eq!(message(&notice()), want);
    }
}
