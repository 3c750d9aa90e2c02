//! Where the objects of a bucket are: endpoint, region and style of addressing in, addresses out.
//!
//! Without an endpoint the address is Amazon's, with the bucket in the path, or in the host name where that is wanted
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>). An endpoint for the second style has the bucket already.

use crate::artifact::credential::{aws_domain, percent_encoded};
use crate::artifact::network::Url;

/// Where the name of the bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// In the path.
    Path,
    /// In the host name.
    Host,
    /// In the host name, with the zone that the name ends with: a directory bucket.
    Zone,
}

/// The address of a bucket.
#[derive(Debug, Clone)]
pub(super) struct S3Address {
    endpoint: Option<Url>,
    bucket: String,
    style: Style,
    region: String,
    /// Scheme, host and port of the bucket, and the start of the path.
    base: Url,
}

impl S3Address {
    /// The address of a bucket in a region; `None` if there cannot be such an address.
    pub(super) fn new(endpoint: Option<Url>, bucket: &str, style: Style, region: &str) -> Option<Self> {
        let base = base(endpoint.as_ref(), bucket, style, region)?;
        Some(Self {
            endpoint,
            bucket: bucket.to_owned(),
            style,
            region: region.to_owned(),
            base,
        })
    }

    /// The region.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// The address in another region.
    pub(super) fn in_region(&self, region: &str) -> Option<Self> {
        Self::new(self.endpoint.clone(), &self.bucket, self.style, region)
    }

    /// The bucket, with parameters of a request.
    pub(super) fn bucket(&self, parameters: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        let parameters: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{}={}", percent_encoded(name, false), percent_encoded(value, false)))
            .collect();
        url.set_query(Some(&parameters.join("&")));
        url
    }

    /// An object; `None` if its key has a part `.` or `..`, which no address can have.
    pub(super) fn object(&self, key: &str) -> Option<Url> {
        let path = format!(
            "{}/{}",
            self.base.path().trim_end_matches('/'),
            percent_encoded(key, true)
        );
        let mut url = self.base.clone();
        url.set_path(&path);
        (url.path() == path).then_some(url)
    }
}

/// The address of a bucket, without user and password.
fn base(endpoint: Option<&Url>, bucket: &str, style: Style, region: &str) -> Option<Url> {
    let domain = aws_domain(region);
    let is_in_host_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let can_be_host = !bucket.is_empty() && bucket.bytes().all(is_in_host_name);
    let mut url = match (endpoint, style) {
        (Some(endpoint), _) => endpoint.clone(),
        (None, Style::Path) => Url::parse(&format!("https://s3.{region}.{domain}")).ok()?,
        (None, Style::Host) if can_be_host => Url::parse(&format!("https://{bucket}.s3.{region}.{domain}")).ok()?,
        (None, Style::Zone) if can_be_host => {
            let zone = zone(bucket)?;
            Url::parse(&format!("https://{bucket}.s3express-{zone}.{region}.{domain}")).ok()?
        }
        (None, Style::Host | Style::Zone) => return None,
    };
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    if style == Style::Path {
        let path = format!(
            "{}/{}",
            url.path().trim_end_matches('/'),
            percent_encoded(bucket, false)
        );
        url.set_path(&path);
        if url.path() != path {
            return None;
        }
    }
    Some(url)
}

/// The zone of a directory bucket: `charts--use1-az4--x-s3` is in `use1-az4`.
fn zone(bucket: &str) -> Option<&str> {
    let (_, zone) = bucket.strip_suffix("--x-s3")?.rsplit_once("--")?;
    Some(zone).filter(|zone| !zone.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_in_the_path_or_the_host_name() {
        for (endpoint, bucket, style, want) in [
            (None, "b", Style::Path, Some("https://s3.eu-west-1.amazonaws.com/b")),
            (
                None,
                "b.c",
                Style::Host,
                Some("https://b.c.s3.eu-west-1.amazonaws.com/"),
            ),
            (
                None,
                "b--euw1-az1--x-s3",
                Style::Zone,
                Some("https://b--euw1-az1--x-s3.s3express-euw1-az1.eu-west-1.amazonaws.com/"),
            ),
            (None, "b", Style::Zone, None),
            (None, "b@c", Style::Host, None),
            (None, "..", Style::Path, None),
            (
                Some("http://me:x@h:9000/p/"),
                "b",
                Style::Path,
                Some("http://h:9000/p/b"),
            ),
            (Some("https://b.h"), "b", Style::Host, Some("https://b.h/")),
        ] {
            let endpoint = endpoint.map(|url| Url::parse(url).unwrap());
            let address = S3Address::new(endpoint, bucket, style, "eu-west-1");
            assert_eq!(
                address.map(|address| address.base.to_string()).as_deref(),
                want,
                "{bucket}"
            );
        }
        let address = S3Address::new(None, "b", Style::Path, "eu-west-1").unwrap();
        let moved = address.in_region("cn-north-1").unwrap();
        assert_eq!(moved.base.as_str(), "https://s3.cn-north-1.amazonaws.com.cn/b");
    }

    #[test]
    fn keys_are_encoded_once_and_never_lead_elsewhere() {
        let address = S3Address::new(Url::parse("http://h").ok(), "b", Style::Path, "r").unwrap();
        for (key, want) in [
            ("a-1.0.0+x.tgz", Some("http://h/b/a-1.0.0%2Bx.tgz")),
            ("p/~é ?#%2F.tgz", Some("http://h/b/p/~%C3%A9%20%3F%23%252F.tgz")),
            ("p//q", Some("http://h/b/p//q")),
            ("p/../q", None),
            ("./q", None),
            ("p/.hidden/..x", Some("http://h/b/p/.hidden/..x")),
        ] {
            let url = address.object(key).map(|url| url.to_string());
            assert_eq!(url.as_deref(), want, "{key}");
        }
        let url = address.bucket(&[("list-type", "2"), ("prefix", "a/b +&=")]);
        assert_eq!(url.as_str(), "http://h/b?list-type=2&prefix=a%2Fb%20%2B%26%3D");
    }
}
