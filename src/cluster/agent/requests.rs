//! What requests may ask of the agent: method, path, headers and body in, what is answered or done out. Whatever changes anything needs the
//! token; events of registries need the signature of their sender.

use crate::delivery::event::{Header, check_signature, read_payload};

/// Longest name of somebody who approves, in bytes.
const LONGEST_NAME: usize = 200;

/// A request over HTTP.
#[derive(Debug, Clone, Copy)]
pub struct AgentRequest<'r> {
    /// `GET`, `POST`
    pub method: &'r str,
    /// The path, without what follows a question mark.
    pub path: &'r str,
    /// The headers.
    pub headers: &'r [Header],
    /// The body.
    pub body: &'r [u8],
}

/// What the agent is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentAction {
    /// Fetch the repository now.
    Sync,
    /// Apply an environment although it waits for approval.
    Approve {
        /// The environment.
        environment: String,
        /// Who approves, as they say.
        who: String,
        /// The commit that they saw.
        commit: String,
    },
    /// Bring a release back to the revision before, in its cluster.
    RollBack {
        /// The environment.
        environment: String,
        /// The release.
        release: String,
    },
    /// Copy the versions of an environment to another.
    Promote {
        /// The environment whose versions are taken.
        from: String,
        /// The environment whose files are edited.
        to: String,
    },
    /// Move the images that an event names.
    Event(Vec<u8>),
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentRoute {
    /// The page.
    Page,
    /// The metrics.
    Metrics,
    /// That the agent runs.
    Health,
    /// Whether it has the repository.
    Ready,
    /// It is understood, and there is nothing to do: an event of a pull, for example, which looking up what was pushed causes as well.
    Nothing,
    /// It is done.
    Accepted(AgentAction),
    /// It is not: the status of the answer, and why.
    Refused(u16, &'static str),
    /// Nothing is asked that way: the status of the answer, and why. Browsers ask for icons, for example.
    NotHere(u16, &'static str),
}

/// What a request leads to. `token` is what whoever changes something must know, `secret` what senders of events sign with; without them
/// it is refused.
pub fn route(
    request: AgentRequest<'_>,
    token: Option<&str>,
    secret: Option<&str>,
    names: &dyn Fn(&str) -> bool,
) -> AgentRoute {
    match (request.method, request.path) {
        ("GET" | "HEAD", "/") => AgentRoute::Page,
        ("GET" | "HEAD", "/metrics") => AgentRoute::Metrics,
        ("GET" | "HEAD", "/healthz") => AgentRoute::Health,
        ("GET" | "HEAD", "/readyz") => AgentRoute::Ready,
        ("POST", "/event") => event(request, token, secret),
        ("POST", "/sync" | "/approve" | "/rollback" | "/promote") => action(request, token, names),
        (_, "/" | "/metrics" | "/healthz" | "/readyz" | "/event" | "/sync" | "/approve" | "/rollback" | "/promote") => {
            AgentRoute::NotHere(405, "this is not asked that way")
        }
        _ => AgentRoute::NotHere(404, "there is nothing here"),
    }
}

fn event(request: AgentRequest<'_>, token: Option<&str>, secret: Option<&str>) -> AgentRoute {
    let Ok(payload) = read_payload(request.body, None) else {
        return AgentRoute::Refused(400, "the event is not understood");
    };
    if !has_token(request, token) {
        let Some(secret) = secret else {
            return AgentRoute::Refused(403, "no secret is set for events, so none is believed");
        };
        let is_signed = |sender| check_signature(sender, request.body, request.headers, secret.as_bytes()).is_ok();
        if payload.senders.is_empty() || !payload.senders.iter().all(|sender| is_signed(*sender)) {
            return AgentRoute::Refused(401, "the signature is not that of the sender");
        }
    }
    if payload.pushed.is_empty() {
        return AgentRoute::Nothing;
    }
    AgentRoute::Accepted(AgentAction::Event(request.body.to_vec()))
}

fn action(request: AgentRequest<'_>, token: Option<&str>, names: &dyn Fn(&str) -> bool) -> AgentRoute {
    if token.is_none() {
        return AgentRoute::Refused(403, "no token is set, so nothing can be changed here");
    }
    if !has_token(request, token) {
        return AgentRoute::Refused(401, "the token is missing or wrong");
    }
    let field = |name: &str| form_field(request.body, name).unwrap_or_default();
    let environment = field("environment");
    let unknown = AgentRoute::Refused(400, "there is no such environment");
    match request.path {
        "/sync" => AgentRoute::Accepted(AgentAction::Sync),
        "/approve" if names(&environment) => {
            let (who, commit) = (field("who"), field("commit"));
            if commit.is_empty() {
                return AgentRoute::Refused(400, "the commit that is approved is not named");
            }
            if who.chars().any(char::is_control) || who.len() > LONGEST_NAME {
                return AgentRoute::Refused(400, "this is not a name");
            }
            AgentRoute::Accepted(AgentAction::Approve {
                environment,
                who,
                commit,
            })
        }
        "/rollback" if names(&environment) => match field("release") {
            release if is_name(&release) => AgentRoute::Accepted(AgentAction::RollBack { environment, release }),
            _ => AgentRoute::Refused(400, "there is no such release"),
        },
        "/promote" => {
            let to = field("to");
            if names(&environment) && names(&to) && environment != to {
                AgentRoute::Accepted(AgentAction::Promote { from: environment, to })
            } else {
                unknown
            }
        }
        _ => unknown,
    }
}

/// Whether a text can be the name of a release, and no flag of a command.
fn is_name(text: &str) -> bool {
    crate::engine::render::validate_release_name(text).is_ok()
}

/// Whether a request has the token: in a header, or in the field of a form.
fn has_token(request: AgentRequest<'_>, token: Option<&str>) -> bool {
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return false;
    };
    let header = request
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("authorization"));
    let bearer = header.and_then(|header| header.value.strip_prefix("Bearer "));
    let given = bearer.map(str::to_owned).or_else(|| form_field(request.body, "token"));
    given.is_some_and(|given| is_same(given.as_bytes(), token.as_bytes()))
}

/// Compares in a time that does not depend on where texts differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differing == 0
}

/// A field of a form: `name=a+b%20c&…`.
fn form_field(body: &[u8], name: &str) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    let (_, value) = body
        .split('&')
        .filter_map(|part| part.split_once('='))
        .find(|(key, _)| *key == name)?;
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routed(method: &str, path: &str, body: &str, authorization: Option<&str>, token: Option<&str>) -> AgentRoute {
        let headers: Vec<Header> = authorization
            .iter()
            .map(|value| Header {
                name: "Authorization".to_owned(),
                value: (*value).to_owned(),
            })
            .collect();
        let request = AgentRequest {
            method,
            path,
            headers: &headers,
            body: body.as_bytes(),
        };
        route(request, token, None, &|name| name == "testing" || name == "production")
    }

    #[test]
    fn nothing_changes_without_the_token() {
        let approve = AgentAction::Approve {
            environment: "testing".to_owned(),
            who: "Ada L.".to_owned(),
            commit: "abc".to_owned(),
        };
        for (path, body, authorization, token, want) in [
            ("/sync", "", None, None, Err(403)),
            ("/sync", "", Some("Bearer "), Some(""), Err(401)),
            ("/sync", "", None, Some("t0ken"), Err(401)),
            ("/sync", "", Some("Bearer t0ken"), Some("t0ken"), Ok(AgentAction::Sync)),
            ("/sync", "token=t0ken", None, Some("t0ken"), Ok(AgentAction::Sync)),
            ("/sync", "token=t0kenX", None, Some("t0ken"), Err(401)),
            (
                "/approve",
                "token=t0ken&environment=testing&who=Ada+L%2E&commit=abc",
                None,
                Some("t0ken"),
                Ok(approve),
            ),
            (
                "/approve",
                "token=t0ken&environment=testing&who=a",
                None,
                Some("t0ken"),
                Err(400),
            ),
            (
                "/approve",
                "token=t0ken&environment=testing&who=a%0Ab&commit=abc",
                None,
                Some("t0ken"),
                Err(400),
            ),
            (
                "/approve",
                "token=t0ken&environment=other",
                None,
                Some("t0ken"),
                Err(400),
            ),
            (
                "/rollback",
                "token=t0ken&environment=testing&release=--kubeconfig",
                None,
                Some("t0ken"),
                Err(400),
            ),
            (
                "/promote",
                "token=t0ken&environment=testing&to=testing",
                None,
                Some("t0ken"),
                Err(400),
            ),
            ("/event", "{}", None, Some("t0ken"), Err(400)),
        ] {
            let found = match routed("POST", path, body, authorization, token) {
                AgentRoute::Accepted(action) => Ok(action),
                AgentRoute::Refused(status, _) => Err(status),
                other => panic!("{other:?}"),
            };
            assert_eq!(found, want, "{path} {body}");
        }
        let event = |action: &str| {
            format!(
                "{{\"events\":[{{\"action\":\"{action}\",\"target\":{{\"repository\":\"shop/web\",\"tag\":\"1.0\",\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\"}},\"request\":{{\"host\":\"registry:5000\"}}}}]}}"
            )
        };
        let of_event = |action: &str| routed("POST", "/event", &event(action), Some("Bearer t0ken"), Some("t0ken"));
        assert!(matches!(of_event("push"), AgentRoute::Accepted(AgentAction::Event(_))));
        assert_eq!(of_event("pull"), AgentRoute::Nothing);
        assert_eq!(routed("GET", "/", "", None, None), AgentRoute::Page);
        assert!(matches!(
            routed("GET", "/sync", "", None, Some("t0ken")),
            AgentRoute::NotHere(405, _)
        ));
        assert!(matches!(
            routed("GET", "/favicon.ico", "", None, None),
            AgentRoute::NotHere(404, _)
        ));
    }
}
