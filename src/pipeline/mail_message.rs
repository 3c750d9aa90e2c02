//! A notification as a message of e-mail: a notice and addresses in, the bytes of the message out (RFC 5322, RFC 2047). Nothing that was input
//! can end a header: texts that are not plain are encoded.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::notify::Notice;
use crate::text::sha256::sha256_hex;
use crate::text::visible::{fitting, shown_line, visible_lines};

/// Longest address (RFC 5321, 4.5.3.1.3, without its brackets).
const ADDRESS_BYTES: usize = 254;
/// Bytes of a text in an encoded word, which has 75 characters at most.
const WORD_BYTES: usize = 39;
/// Longest subject that is not encoded.
const PLAIN_BYTES: usize = 60;
/// Longest subject.
const SUBJECT_BYTES: usize = 400;
/// Characters of a line of the encoded body.
const LINE: usize = 76;

/// An address of e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress {
    text: String,
    at: usize,
}

impl MailAddress {
    /// Reads an address such as `ada@example.com`; none of names, comments, quoted texts or more than ASCII is one.
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.rsplit_once('@')?;
        let is_atom = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        };
        let is_label = |part: &str| {
            let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            !part.is_empty() && part.bytes().all(is_word) && !part.starts_with('-') && !part.ends_with('-')
        };
        let is_right = text.len() <= ADDRESS_BYTES && local.split('.').all(is_atom) && domain.split('.').all(is_label);
        is_right.then(|| Self {
            text: text.to_owned(),
            at: local.len(),
        })
    }

    /// Its domain.
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The message about a notice.
pub(super) fn mail_message(notice: &Notice, (from, to): (&MailAddress, &MailAddress)) -> Vec<u8> {
    let subject = shown_line(&fitting(notice.change.subject.trim()));
    let subject = format!("chartwright {}: {}", notice.command, subject.trim_end());
    let body = STANDARD.encode(body(notice));
    let mut text = format!(
        "From: chartwright <{from}>\r\nTo: <{to}>\r\nSubject: {}\r\n",
        header_text(&subject)
    );
    if let Some(date) = mail_date(&notice.time) {
        text.push_str(&format!("Date: {date}\r\n"));
    }
    let id = sha256_hex(format!("{subject}\n{}\n{body}", notice.time).as_bytes());
    text.push_str(&format!(
        "Message-ID: <{}@{}>\r\n",
        id.get(..32).unwrap_or_default(),
        from.domain()
    ));
    text.push_str("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    text.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
        text.push_str(line);
        text.push_str("\r\n");
        rest = more;
    }
    text.into_bytes()
}

/// What the message says: what happened, what changed, and where.
fn body(notice: &Notice) -> String {
    let source = |name: &str| notice.source.get(name).and_then(serde_json::Value::as_str);
    let shown = |text: &str| shown_line(&fitting(text));
    let mut text = format!("{}\n", shown(notice.change.subject.trim()).trim_end());
    let changes = fitting(notice.change.lines.trim()).into_owned();
    if !changes.is_empty() {
        text.push_str(&format!("\n{}\n", visible_lines(&changes)));
    }
    text.push('\n');
    let of = [
        ("repository", source("repository")),
        ("branch", source("branch")),
        ("tag", source("tag")),
        ("commit", source("commit")),
        ("run", notice.run.as_deref()),
    ];
    for (name, value) in of {
        if let Some(value) = value {
            text.push_str(&format!("{name}: {}\n", shown(value).trim_end()));
        }
    }
    text
}

/// A text in a header: as it is where it is plain, else in encoded words.
fn header_text(text: &str) -> String {
    let text = text.get(..text.floor_char_boundary(SUBJECT_BYTES)).unwrap_or(text);
    let is_plain = |b: u8| (b' '..=b'~').contains(&b);
    if text.len() <= PLAIN_BYTES && text.bytes().all(is_plain) && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, more) = rest.split_at(rest.floor_char_boundary(WORD_BYTES));
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
        rest = more;
    }
    words.join("\r\n ")
}

/// A time of RFC 3339 as messages have it.
fn mail_date(time: &str) -> Option<String> {
    let time: jiff::Timestamp = time.parse().ok()?;
    Some(time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::notice_content::NoticedChange;
    use super::*;

    #[test]
    fn addresses_are_plain_ones() {
        for (text, is_address) in [
            ("ada@example.com", true),
            ("ada.b+c@ci.example.com", true),
            ("ada@localhost", true),
            ("ada", false),
            ("@example.com", false),
            ("ada@", false),
            ("ada@example..com", false),
            ("ada@-example.com", false),
            ("ada@example.com>", false),
            ("<ada@example.com>", false),
            ("ada@[127.0.0.1]", false),
            ("\"a b\"@example.com", false),
            ("ada@example.com\r\nBcc: eve@example.com", false),
            ("ada@example.com, eve@example.com", false),
            ("ada@example.com eve", false),
            ("ada\n@example.com", false),
            ("ädä@example.com", false),
            ("-oQ/tmp@example.com", true),
        ] {
            assert_eq!(MailAddress::parse(text).is_some(), is_address, "{text:?}");
        }
        let long = format!("{}@example.com", "a".repeat(ADDRESS_BYTES));
        assert!(MailAddress::parse(&long).is_none());
        assert_eq!(MailAddress::parse("a@b.example").unwrap().domain(), "b.example");
    }

    fn message(subject: &str, lines: &str) -> String {
        let notice = Notice {
            command: "apply",
            change: NoticedChange {
                subject: subject.to_owned(),
                lines: lines.to_owned(),
                details: serde_json::Map::new(),
            },
            time: "2026-11-29T04:05:06Z".to_owned(),
            run: Some("https://ci.example/1".to_owned()),
            source: json!({"commit": "5f0c", "branch": "main"}),
        };
        let address = |text| MailAddress::parse(text).unwrap();
        let bytes = mail_message(&notice, (&address("ci@example.com"), &address("ada@example.com")));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_message_has_its_headers_and_an_encoded_body() {
        let text = message("production: web is deployed, revision 3", "web 1 -> 2\n");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let lines: Vec<&str> = head.split("\r\n").collect();
        assert_eq!(
            lines[..4],
            [
                "From: chartwright <ci@example.com>",
                "To: <ada@example.com>",
                "Subject: chartwright apply: production: web is deployed, revision 3",
                "Date: Sun, 29 Nov 2026 04:05:06 +0000",
            ]
        );
        let body = STANDARD.decode(body.replace("\r\n", "")).unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            "production: web is deployed, revision 3\n\nweb 1 -> 2\n\nbranch: main\ncommit: 5f0c\nrun: https://ci.example/1\n"
        );
    }

    #[test]
    fn nothing_that_was_input_adds_a_header() {
        for subject in [
            "a\r\nBcc: eve@example.com",
            "a\nBcc: eve@example.com",
            "a\rBcc: eve@example.com",
            "=?utf-8?Q?a=0D=0ABcc:_eve@example.com?=",
            "é\u{2028}\r\n\r\nbody",
            &"ä".repeat(2000),
        ] {
            let text = message(subject, "x\r\n.\r\nQUIT\r\n");
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let names: Vec<&str> = head
                .split("\r\n")
                .filter(|line| !line.starts_with(' '))
                .map(|line| line.split(':').next().unwrap())
                .collect();
            assert_eq!(
                names,
                [
                    "From",
                    "To",
                    "Subject",
                    "Date",
                    "Message-ID",
                    "Auto-Submitted",
                    "MIME-Version",
                    "Content-Type",
                    "Content-Transfer-Encoding",
                ],
                "{head}"
            );
            assert!(
                text.split("\r\n")
                    .all(|line| line.len() <= 78 && !line.contains(['\r', '\n'])),
                "{head}"
            );
            assert!(body.split("\r\n").all(|line| line != "."), "{body}");
        }
    }
}
