//! A role that keys may take (`AssumeRole` of STS): keys in, the role's temporary keys out. The request is signed with signature
//! version 4.

use hmac::{Hmac, Mac as _};
use reqwest::header::{CONTENT_TYPE, HeaderName};
use sha2::{Digest as _, Sha256};

use crate::artifact::network::{HttpClient, HttpRequest, Method, Secret, Url};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::redact::{redact_message, redact_url};

use super::aws_keys::AwsKeys;
use super::aws_login_error::AwsLoginError;

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
/// Longest part of the service's message that is shown, in characters.
const MAX_MESSAGE: usize = 300;

/// A role.
pub(super) struct Role<'p> {
    /// Its ARN.
    pub(super) arn: &'p str,
    /// Who takes it, for the log.
    pub(super) session: &'p str,
    /// What its owner agreed on with the user.
    pub(super) external_id: Option<&'p str>,
    /// For how many seconds.
    pub(super) seconds: Option<&'p str>,
}

/// The keys of a role.
///
/// # Errors
/// When the service does not give them.
pub(super) fn role_keys(
    role: &Role<'_>,
    keys: &AwsKeys,
    url: &Url,
    region: &str,
    client: &HttpClient,
) -> Result<AwsKeys, AwsLoginError> {
    let no_keys = |reason: String| AwsLoginError::NoKeys {
        url: redact_url(url.as_str()),
        reason,
    };
    let mut form = Url::parse("form:/").map_err(|_| no_keys("the form cannot be made".to_owned()))?;
    form.query_pairs_mut()
        .append_pair("Action", "AssumeRole")
        .append_pair("Version", "2011-06-15")
        .append_pair("RoleArn", role.arn)
        .append_pair("RoleSessionName", role.session);
    for (name, value) in [("ExternalId", role.external_id), ("DurationSeconds", role.seconds)] {
        if let Some(value) = value {
            form.query_pairs_mut().append_pair(name, value);
        }
    }
    let body = form.query().unwrap_or_default().as_bytes().to_vec();
    let now = i64::try_from(client.clock().now_unix_seconds()).unwrap_or_default();
    let time = jiff::Timestamp::from_second(now)
        .map_or_else(|_| String::new(), |now| now.strftime("%Y%m%dT%H%M%SZ").to_string());
    let request = HttpRequest {
        is_redirected: false,
        ..HttpRequest::new(Method::POST, url.clone(), SETTINGS_BYTES)
    };
    let mut request = request
        .with_header(CONTENT_TYPE, FORM)
        .with_header(DATE, time.clone())
        .with_authorization(Some(authorization(keys, url, region, &time, &body)));
    if let Some(token) = &keys.token {
        request = request.with_header(TOKEN, token.reveal());
    }
    request.body = Some(body);
    let answer = client.send(&request)?;
    let text = String::from_utf8_lossy(&answer.body);
    if !answer.is_success() {
        let code = element(&text, "Code").unwrap_or_default();
        let message = element(&text, "Message").unwrap_or_default();
        let said: String = format!("{code}: {message}")
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_MESSAGE)
            .collect();
        return Err(no_keys(format!("{}: {}", answer.status_text(), redact_message(&said))));
    }
    let secret = |name: &str| element(&text, name).map(Secret::new);
    let ends = element(&text, "Expiration").and_then(|time| time.parse::<jiff::Timestamp>().ok());
    match (secret("AccessKeyId"), secret("SecretAccessKey"), secret("SessionToken")) {
        (Some(id), Some(key), Some(token)) => Ok(AwsKeys {
            id,
            key,
            token: Some(token),
            ends: ends.and_then(|time| u64::try_from(time.as_second()).ok()),
        }),
        _ => Err(no_keys("the answer has no `Credentials`".to_owned())),
    }
}

/// The text of the first element of a name. Keys and times have no characters that XML escapes.
fn element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
}

/// `Authorization` of a form that is posted to the root of STS.
fn authorization(keys: &AwsKeys, url: &Url, region: &str, time: &str, body: &[u8]) -> Secret {
    let host = url.host_str().unwrap_or_default();
    let host = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut headers = format!("content-type:{FORM}\nhost:{host}\nx-amz-date:{time}\n");
    let mut names = "content-type;host;x-amz-date".to_owned();
    if let Some(token) = &keys.token {
        headers.push_str(&format!("x-amz-security-token:{}\n", token.reveal()));
        names.push_str(";x-amz-security-token");
    }
    let canonical = format!(
        "POST\n{}\n\n{headers}\n{names}\n{}",
        url.path(),
        hex(&Sha256::digest(body))
    );
    let day = time.get(..8).unwrap_or_default();
    let scope = format!("{day}/{region}/sts/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let mut key = format!("AWS4{}", keys.key.reveal()).into_bytes();
    for part in [day, region, "sts", "aws4_request"] {
        key = mac(&key, part);
    }
    let signature = hex(&mac(&key, &text));
    Secret::new(format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        keys.id.reveal()
    ))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // A key of any length is accepted.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What botocore 1.44 makes of the same request.
    #[test]
    fn requests_are_signed_as_botocore_signs_them() {
        let url = Url::parse("https://sts.eu-west-1.amazonaws.com/").unwrap();
        for (token, names, signature) in [
            (
                None,
                "content-type;host;x-amz-date",
                "6080dccc5ffbe02a92b75b756d1342cb9c9dbbe70bce985a5c5e4c40aaeee6f7",
            ),
            (
                Some("token"),
                "content-type;host;x-amz-date;x-amz-security-token",
                "3712577c59544f1b7c5ec8d78d7b244cf639941bfb744bd1337a034f997e5010",
            ),
        ] {
            let keys = AwsKeys {
                id: Secret::new("id"),
                key: Secret::new("hunter2"),
                token: token.map(Secret::new),
                ends: None,
            };
            let time = "20260101T000000Z";
            let signed = authorization(&keys, &url, "eu-west-1", time, b"Action=AssumeRole");
            let want = format!(
                "AWS4-HMAC-SHA256 Credential=id/20260101/eu-west-1/sts/aws4_request, SignedHeaders={names}, Signature={signature}"
            );
            assert_eq!(signed.reveal(), want);
        }
    }
}
