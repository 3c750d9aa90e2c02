//! Addresses without the parts that may be secret: user, password, query (tokens, signatures) and fragment. Every
//! address that reaches a message passes through here.

use std::borrow::Cow;

/// One address as it may be shown. The whole text is treated as one address, spaces included.
pub fn redact_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        return without_query(without_user(url)).into_owned();
    };
    // A password with a `/` that should have been escaped.
    let rest = without_user(rest);
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{}", without_query(path))
}

/// Whether a text can stand before `://`. What cannot is a part of the address: `https:/me:password@host?from=https://other` has one
/// slash, which readers of addresses forgive.
fn is_scheme(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
}

/// A message with every address in it redacted.
pub fn redact_message(message: &str) -> String {
    redact_each(message, redact_url).into_owned()
}

/// A message with the user and the password of every address in it left out, for messages that are otherwise another program's,
/// byte for byte.
pub fn redact_users(message: &str) -> String {
    let redact_user = |url: &str| {
        let has_user = url.split_once("://").is_some_and(|(_, rest)| {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            authority.contains('@') || without_user(rest) != rest
        });
        if has_user { redact_url(url) } else { url.to_owned() }
    };
    redact_each(message, redact_user).into_owned()
}

fn redact_each(message: &str, redact: impl Fn(&str) -> String) -> Cow<'_, str> {
    if !message.contains("://") {
        return Cow::Borrowed(message);
    }
    let mut shown = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find("://") {
        let (before, from_separator) = rest.split_at(at);
        let scheme = before
            .rfind(|c: char| !is_scheme(c.encode_utf8(&mut [0; 4])))
            .map_or(0, |last| {
                last + before
                    .get(last..)
                    .and_then(|text| text.chars().next())
                    .map_or(1, char::len_utf8)
            });
        let end = from_separator
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '(' | ')'))
            .unwrap_or(from_separator.len());
        let (url_rest, after) = from_separator.split_at(end);
        let (text, scheme) = before.split_at(scheme);
        shown.push_str(text);
        shown.push_str(&redact(&format!("{scheme}{url_rest}")));
        rest = after;
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// A text with `*` for each byte of an address that [`redact_url`] leaves out, so that places in the text stay what they are.
pub fn hide_in_addresses(text: &str) -> String {
    let hide = |url: &str| {
        let Some((scheme, rest)) = url.split_once("://") else {
            return url.to_owned();
        };
        let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let user = rest.get(..authority).and_then(|authority| authority.rfind('@'));
        let user = user.unwrap_or(rest.len() - without_user(rest).len());
        let query = rest
            .get(user..)
            .and_then(|rest| rest.find(['?', '#']))
            .map_or(rest.len(), |at| user + at + 1);
        let mut out = format!("{scheme}://");
        for (at, character) in rest.char_indices() {
            if at < user || at >= query {
                out.push_str(&"*".repeat(character.len_utf8()));
            } else {
                out.push(character);
            }
        }
        out
    };
    redact_each(text, hide).into_owned()
}

/// The text after `user:password@`, if it begins that way. A port is not a password.
fn without_user(text: &str) -> &str {
    let Some((user, password)) = text.split_once(':') else {
        return text;
    };
    if user.contains(['/', '?', '#', '@']) {
        return text;
    }
    match password.rsplit_once('@') {
        Some((password, host)) if !begins_with_port(password) => host,
        _ => text,
    }
}

fn begins_with_port(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && text.as_bytes().get(digits) == Some(&b'/')
}

/// A fragment that is a JSON pointer stays: it says which part of a schema is meant.
fn without_query(text: &str) -> Cow<'_, str> {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    match text.split_once('#') {
        Some((before, pointer))
            if pointer.is_empty() || (pointer.starts_with('/') && !pointer.contains(['=', '&'])) =>
        {
            let kept = path.len() == before.len();
            if kept {
                Cow::Borrowed(text)
            } else {
                Cow::Owned(format!("{path}#{pointer}"))
            }
        }
        _ => Cow::Borrowed(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_secrets() {
        for (url, want) in [
            (
                "https://me:hunter2@host/a/b.json?token=hunter2",
                "https://host/a/b.json",
            ),
            ("https://hunter2@host:8443/a#hunter2", "https://host:8443/a"),
            ("https://me:hun/ter2@host/a", "https://host/a"),
            ("https://me:hun@ter2@host/a", "https://host/a"),
            ("http://host", "http://host"),
            ("http://host?sig=hunter2", "http://host"),
            ("http://host:80/pkg@1.2/x", "http://host:80/pkg@1.2/x"),
            ("s3://bucket/prefix?secret=hunter2", "s3://bucket/prefix"),
            ("file:///srv/charts", "file:///srv/charts"),
            ("file:///a.json#/$defs/b", "file:///a.json#/$defs/b"),
            ("https://h/a.json?x=hunter2#/a", "https://h/a.json#/a"),
            ("https://h/a#/access_token=hunter2", "https://h/a"),
            (
                "http://json-schema.org/draft-07/schema#",
                "http://json-schema.org/draft-07/schema#",
            ),
            ("me:hunter2@host/charts", "host/charts"),
            ("https:/me:hunter2@host/a?b=https://c d", "host/a"),
            ("https:me:hunter2@host/a https://c d", "host/a https://c d"),
            ("charts/web", "charts/web"),
            (
                "https://me:hunter2@host/{{ .Group }}/x.json?t=hunter2",
                "https://host/{{ .Group }}/x.json",
            ),
        ] {
            assert_eq!(redact_url(url), want);
        }
    }

    #[test]
    fn what_is_hidden_keeps_its_length() {
        for (text, want) in [
            ("a: \"https://me:pw@h/x?t=é\" # b", "a: \"https://*****@h/x?****\" # b"),
            ("https://pw@h", "https://**@h"),
            ("https://h:80/a@b", "https://h:80/a@b"),
            ("a://b:c/d@h", "a://******h"),
        ] {
            assert_eq!(hide_in_addresses(text), want);
            assert_eq!(want.len(), text.len());
        }
    }

    #[test]
    fn users_are_left_out_of_messages_of_others() {
        for (message, want) in [
            ("got https://me:hunter2@host/x?y=1", "got https://host/x"),
            ("see https://host/x?y=1#z", "see https://host/x?y=1#z"),
            ("at 'file:///a.json#/b'", "at 'file:///a.json#/b'"),
        ] {
            assert_eq!(redact_users(message), want);
        }
    }

    #[test]
    fn addresses_in_messages_are_found() {
        for (message, want) in [
            (
                "cannot reach \"http://me:hunter2@host/x?y=hunter2\": refused",
                "cannot reach \"http://host/x\": refused",
            ),
            ("é http://a:hunter2@h https://b:hunter2@h!", "é http://h https://h!"),
            ("no address: a@b, 1:2", "no address: a@b, 1:2"),
            ("://", "://"),
        ] {
            let shown = redact_message(message);
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(shown, want);
        }
    }
}
