//! Signature version 4 of AWS: a request and keys in, the request with date and `Authorization` out
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
//!
//! Path and query are signed as the request has them, so they must be encoded as the signature wants it: everything that is not
//! unreserved in RFC 3986, once.

use std::fmt::Write as _;

use hmac::{Hmac, Mac as _};
use reqwest::header::HeaderName;
use sha2::Sha256;

use crate::artifact::network::{HttpRequest, Secret, Url};
use crate::text::compact_sort::sort;
use crate::text::sha256::sha256_hex;

use super::aws_keys::AwsKeys;

const DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// What a signature is for, besides the request.
#[derive(Debug, Clone, Copy)]
pub struct SigningScope<'a> {
    /// The service, such as `s3`.
    pub service: &'a str,
    /// Its region.
    pub region: &'a str,
    /// When the request is signed, in seconds since 1970.
    pub now: u64,
    /// The header that has the token of temporary keys.
    pub token_header: &'a HeaderName,
}

/// Signs a request, all of whose headers must have been added before. `payload` is the SHA-256 of the body as hexadecimal digits, or
/// what a service has for bodies that are not signed.
pub fn sign_request(request: &mut HttpRequest, keys: &AwsKeys, scope: &SigningScope<'_>, payload: &str) {
    let time = timestamp(scope.now);
    request.headers.push((DATE, time.clone()));
    if let Some(token) = &keys.token {
        request
            .headers
            .push((scope.token_header.clone(), token.reveal().to_owned()));
    }
    let (headers, names) = canonical_headers(request);
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{names}\n{payload}",
        request.method,
        request.url.path(),
        canonical_query(&request.url)
    );
    let day = time.get(..8).unwrap_or_default();
    let place = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let text = format!(
        "AWS4-HMAC-SHA256\n{time}\n{place}\n{}",
        sha256_hex(canonical.as_bytes())
    );
    let mut key = format!("AWS4{}", keys.key.reveal()).into_bytes();
    for part in [day, scope.region, scope.service, "aws4_request"] {
        key = mac(&key, part);
    }
    request.authorization = Some(Secret::new(format!(
        "AWS4-HMAC-SHA256 Credential={}/{place}, SignedHeaders={names}, Signature={}",
        keys.id.reveal(),
        hex(&mac(&key, &text))
    )));
}

/// A text with everything percent-encoded that is not unreserved in RFC 3986; slashes too, unless they separate parts.
pub fn percent_encoded(text: &str, keeps_slashes: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') || (keeps_slashes && byte == b'/')
        {
            encoded.push(char::from(byte));
        } else {
            let _always = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// `20130524T000000Z`
fn timestamp(now: u64) -> String {
    let time = i64::try_from(now)
        .ok()
        .and_then(|now| jiff::Timestamp::from_second(now).ok());
    time.unwrap_or_default().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The headers, one a line, and their names.
fn canonical_headers(request: &HttpRequest) -> (String, String) {
    let host = request.url.host_str().unwrap_or_default();
    let host = request
        .url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut all = vec![("host", host.as_str())];
    all.extend(
        request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    sort(&mut all);
    let mut lines = String::new();
    for (name, value) in &all {
        let words: Vec<&str> = value.split_ascii_whitespace().collect();
        lines.push_str(&format!("{name}:{}\n", words.join(" ")));
    }
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    (lines, names.join(";"))
}

/// The parameters in their order, each with `=`.
fn canonical_query(url: &Url) -> String {
    let pairs = url.query().unwrap_or_default().split('&');
    let mut pairs: Vec<(&str, &str)> = pairs
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    sort(&mut pairs);
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
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
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _always = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::network::Method;

    const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
    /// 2013-05-24
    const EXAMPLE_DAY: u64 = 1_369_353_600;

    fn keys(id: &str, key: &str, token: Option<&str>) -> AwsKeys {
        AwsKeys {
            id: Secret::new(id),
            key: Secret::new(key),
            token: token.map(Secret::new),
            ends: None,
        }
    }

    /// The examples of the S3 documentation, "Authenticating Requests: Using the Authorization Header".
    #[test]
    fn requests_to_s3_are_signed_as_in_the_examples_of_its_documentation() {
        let keys = keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None);
        for (method, path, headers, body, names, signature) in [
            (
                Method::GET,
                "/test.txt",
                &[("range", "bytes=0-9")][..],
                "",
                "host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                Method::PUT,
                "/test%24file.text",
                &[
                    ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                    ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                ],
                "Welcome to Amazon S3.",
                "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            (
                Method::GET,
                "/?lifecycle",
                &[],
                "",
                "host;x-amz-content-sha256;x-amz-date",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
            (
                Method::GET,
                "/?prefix=J&max-keys=2",
                &[],
                "",
                "host;x-amz-content-sha256;x-amz-date",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ] {
            let url = Url::parse(&format!("https://examplebucket.s3.amazonaws.com{path}")).unwrap();
            let payload = sha256_hex(body.as_bytes());
            let mut request = HttpRequest::new(method, url, 1)
                .with_header(HeaderName::from_static("x-amz-content-sha256"), payload.clone());
            for (name, value) in headers {
                request = request.with_header(HeaderName::from_static(name), *value);
            }
            let scope = SigningScope {
                service: "s3",
                region: "us-east-1",
                now: EXAMPLE_DAY,
                token_header: &TOKEN,
            };
            sign_request(&mut request, &keys, &scope, &payload);
            let want = format!(
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders={names}, Signature={signature}"
            );
            assert_eq!(request.authorization.unwrap().reveal(), want, "{path}");
        }
    }

    /// What botocore 1.44 makes of the same request.
    #[test]
    fn requests_to_other_services_are_signed_as_botocore_signs_them() {
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
            let url = Url::parse("https://sts.eu-west-1.amazonaws.com/").unwrap();
            let mut request = HttpRequest::new(Method::POST, url, 1).with_header(
                reqwest::header::CONTENT_TYPE,
                "application/x-www-form-urlencoded; charset=utf-8",
            );
            let scope = SigningScope {
                service: "sts",
                region: "eu-west-1",
                now: 1_767_225_600,
                token_header: &TOKEN,
            };
            let payload = sha256_hex(b"Action=AssumeRole");
            sign_request(&mut request, &keys("id", "hunter2", token), &scope, &payload);
            let want = format!(
                "AWS4-HMAC-SHA256 Credential=id/20260101/eu-west-1/sts/aws4_request, SignedHeaders={names}, Signature={signature}"
            );
            assert_eq!(request.authorization.unwrap().reveal(), want);
        }
    }

    #[test]
    fn only_unreserved_characters_are_not_encoded() {
        for (text, keeps_slashes, want) in [
            ("a/~b-1.0.0+x_é", true, "a/~b-1.0.0%2Bx_%C3%A9"),
            ("a/b %", false, "a%2Fb%20%25"),
        ] {
            assert_eq!(percent_encoded(text, keeps_slashes), want);
        }
    }
}
