//! The service that gives keys to a container: of ECS (`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`), and of EKS Pod Identity, Greengrass and
//! others (`AWS_CONTAINER_CREDENTIALS_FULL_URI`) (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use crate::artifact::network::{Clock, HttpClient, Method, NetworkSettings, RetryPolicy, Secret, TlsSettings, Url};
use crate::text::redact::redact_url;

use super::aws_keys::AwsKeys;
use super::aws_login_error::AwsLoginError;
use super::aws_settings::AwsSettings;
use super::local_service::{ask, local_client, local_request, read_json_keys};
use super::web_identity::token_in;

/// The service of ECS.
const SERVICE: &str = "http://169.254.170.2";
/// Addresses of services of ECS and EKS, which are in the machine itself.
const LOCAL: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

/// Whether variables name such a service.
pub(super) fn is_in_container(settings: &AwsSettings) -> bool {
    address(settings).is_some()
}

/// The variable and the address.
fn address(settings: &AwsSettings) -> Option<(&'static str, String)> {
    let named = |name: &'static str| Some((name, settings.get(name)?));
    let relative =
        named("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map(|(name, path)| (name, format!("{SERVICE}{path}")));
    relative.or_else(|| named("AWS_CONTAINER_CREDENTIALS_FULL_URI").map(|(name, url)| (name, url.to_owned())))
}

/// The keys of the container.
///
/// # Errors
/// When the address cannot be used, a token cannot be read, or the service does not give keys.
pub(super) fn container_keys(
    settings: &AwsSettings,
    network: &NetworkSettings,
    policy: RetryPolicy,
    clock: &Arc<dyn Clock>,
) -> Result<AwsKeys, AwsLoginError> {
    let (name, address) = address(settings).unwrap_or_default();
    let wrong = |reason: &str| AwsLoginError::Variable {
        name,
        reason: format!("is `{}`, {reason}", redact_url(&address)),
    };
    let url = Url::parse(&address).map_err(|_| wrong("which is not an address"))?;
    let client = match url.scheme() {
        "https" => HttpClient::new(network, &TlsSettings::default(), policy, Arc::clone(clock))?,
        "http" if is_local(&url) => local_client(policy, clock)?,
        _ => return Err(wrong("and keys are fetched without TLS from this machine only")),
    };
    let mut request = local_request(Method::GET, url.clone());
    request.authorization = authorization(settings)?;
    read_json_keys(&ask(&client, request)?, &url)
}

fn authorization(settings: &AwsSettings) -> Result<Option<Secret>, AwsLoginError> {
    let token = match settings.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(file) => Some(token_in(Path::new(file))?),
        None => settings.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(str::to_owned),
    };
    Ok(token.map(|token| Secret::new(token.trim_end())))
}

/// Whether an address is in this machine.
fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || LOCAL.contains(&address),
        Err(_) => host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_services_of_the_machine_are_local() {
        for (url, want) in [
            ("http://127.0.0.1:1/x", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:1/x", true),
            ("http://localhost/x", true),
            ("http://169.254.170.2/x", true),
            ("http://169.254.170.23/v1/credentials", true),
            ("http://[fd00:ec2::23]/v1/credentials", true),
            ("http://169.254.170.3/", false),
            ("http://localhost.example/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_local(&Url::parse(url).unwrap()), want, "{url}");
        }
    }
}
