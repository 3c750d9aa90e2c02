//! From a challenge and a login to the value of `Authorization`: basic, or a token of the registry's token service.

use reqwest::header::CONTENT_TYPE;
use serde_json::Value as Json;

use crate::artifact::credential::Login;
use crate::artifact::network::{HttpClient, HttpRequest, Method, Secret, Url};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::redact::redact_url;

use super::challenge::Challenge;
use super::oci_error::OciError;

/// Our name to token services.
const CLIENT: &str = "chartwright";

/// The value of `Authorization` that a challenge asks for; `None` where it asks for a login that we do not have.
///
/// # Errors
/// When the token service refuses or cannot be reached.
pub(super) fn authorize(
    client: &HttpClient,
    registry: &Url,
    challenge: &Challenge,
    scope: &str,
    login: Option<&Login>,
) -> Result<Option<Secret>, OciError> {
    match (challenge, login) {
        (Challenge::Basic, login) => Ok(login.and_then(Login::authorization)),
        (Challenge::Bearer { .. }, Some(login @ Login::Bearer(_))) => Ok(login.authorization()),
        (Challenge::Bearer { realm, service }, login) => {
            let realm = checked_realm(registry, realm)?;
            let request = match login {
                Some(Login::IdentityToken(token)) => exchange(realm, service.as_deref(), scope, token),
                login => question(realm, service.as_deref(), scope, login),
            };
            let answer = client.send(&request)?;
            if !answer.is_success() {
                return Err(OciError::from_answer(&answer, login.is_some()));
            }
            token_of(&answer.body)
                .map(Some)
                .ok_or_else(|| OciError::broken(redact_url(answer.url.as_str()), "its answer has no token"))
        }
    }
}

/// A service to which credentials may be sent: never without TLS for a registry that has it.
fn checked_realm(registry: &Url, realm: &str) -> Result<Url, OciError> {
    let broken = |reason: &str| OciError::broken(format!("the token service {}", redact_url(realm)), reason);
    let url = Url::parse(realm).map_err(|_| broken("is not a URL"))?;
    match (registry.scheme(), url.scheme()) {
        (_, "https") | ("http", "http") => Ok(url),
        _ => Err(broken(
            "is not an address of https, which credentials of this registry need",
        )),
    }
}

/// `GET realm?service=…&scope=…`, with user and password if there are any.
fn question(mut url: Url, service: Option<&str>, scope: &str, login: Option<&Login>) -> HttpRequest {
    {
        let mut query = url.query_pairs_mut();
        if let Some(service) = service {
            query.append_pair("service", service);
        }
        query.append_pair("scope", scope);
    }
    HttpRequest::new(Method::GET, url, SETTINGS_BYTES).with_authorization(login.and_then(Login::authorization))
}

/// `POST realm` with an identity token.
fn exchange(url: Url, service: Option<&str>, scope: &str, token: &Secret) -> HttpRequest {
    // The crate that spells addresses spells forms as well.
    let mut form = url.clone();
    form.set_query(None);
    form.query_pairs_mut()
        .append_pair("grant_type", "refresh_token")
        .append_pair("service", service.unwrap_or_default())
        .append_pair("scope", scope)
        .append_pair("client_id", CLIENT)
        .append_pair("refresh_token", token.reveal());
    let mut request = HttpRequest::new(Method::POST, url, SETTINGS_BYTES)
        .with_header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body = Some(form.query().unwrap_or_default().as_bytes().to_vec());
    request
}

fn token_of(body: &[u8]) -> Option<Secret> {
    let answer: Json = serde_json::from_slice(body).ok()?;
    let text = |field: &str| {
        answer
            .get(field)
            .and_then(Json::as_str)
            .filter(|token| !token.is_empty())
    };
    let token = text("token").or_else(|| text("access_token"))?;
    Some(Secret::new(format!("Bearer {token}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_services_are_asked_as_the_specification_says() {
        let url = Url::parse("https://auth.example.com/token?x=y").unwrap();
        let scope = "repository:a/b:pull,push";
        let asked = question(url.clone(), Some("r"), scope, Some(&Login::new("me", "hunter2")));
        let want = "https://auth.example.com/token?x=y&service=r&scope=repository%3Aa%2Fb%3Apull%2Cpush";
        assert_eq!(asked.url.as_str(), want);
        assert_eq!(asked.authorization, Some(Secret::new("Basic bWU6aHVudGVyMg==")));
        let exchanged = exchange(url, Some("r"), scope, &Secret::new("a+b/c="));
        assert_eq!(exchanged.url.as_str(), "https://auth.example.com/token?x=y");
        assert_eq!(
            String::from_utf8(exchanged.body.unwrap()).unwrap(),
            "grant_type=refresh_token&service=r&scope=repository%3Aa%2Fb%3Apull%2Cpush&client_id=chartwright&refresh_token=a%2Bb%2Fc%3D"
        );
    }

    #[test]
    fn credentials_do_not_leave_tls() {
        for (registry, realm, is_fine) in [
            ("https://r", "https://a/token", true),
            ("http://r", "http://a/token", true),
            ("http://r", "https://a/token", true),
            ("https://r", "http://a/token", false),
            ("https://r", "file:///etc/passwd", false),
            ("http://r", "file:///etc/passwd", false),
            ("https://r", "token", false),
        ] {
            let registry = Url::parse(registry).unwrap();
            assert_eq!(checked_realm(&registry, realm).is_ok(), is_fine, "{registry} {realm}");
        }
    }

    #[test]
    fn tokens_are_read() {
        for (body, want) in [
            (r#"{"token": "t", "access_token": "a"}"#, Some("Bearer t")),
            (r#"{"access_token": "a", "expires_in": 300}"#, Some("Bearer a")),
            (r#"{"token": ""}"#, None),
            ("", None),
        ] {
            assert_eq!(token_of(body.as_bytes()), want.map(Secret::new), "{body}");
        }
    }
}
