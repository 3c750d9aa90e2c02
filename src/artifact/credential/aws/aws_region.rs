//! Regions of AWS: names in, the domain of their services out.

/// Whether a text may be the name of a region, which is part of host names. Stores other than Amazon's have `_` in theirs.
pub fn is_region(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !text.is_empty() && text.bytes().all(is_part)
}

/// The domain of the services of a region.
pub fn aws_domain(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}
