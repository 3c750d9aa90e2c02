//! IP addresses and address ranges: text in, addresses and their faults out. Follows `ParseIPSloppy` of
//! `k8s.io/utils/net`, `ValidateEndpointIP` of `pkg/apis/core/validation` and `ValidateIPBlock` of
//! `pkg/apis/networking/validation`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address that a text spells. Leading zeros of IPv4 are accepted, as the API server does for old fields.
pub(super) fn parse_ip(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Some(IpAddr::V6(address));
    }
    let mut bytes = [0; 4];
    let mut parts = text.split('.');
    for byte in &mut bytes {
        let part = parts.next().filter(|part| !part.is_empty())?;
        if !part.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        *byte = u8::try_from(part.parse::<u32>().ok()?).ok()?;
    }
    parts.next().is_none().then(|| IpAddr::V4(Ipv4Addr::from(bytes)))
}

/// Why an address cannot be that of an endpoint; nothing if it can, or is not an address.
pub(super) fn endpoint_fault(text: &str) -> Option<String> {
    let address = parse_ip(text)?.to_canonical();
    let (is_local, is_local_multicast) = match address {
        IpAddr::V4(address) => (address.is_link_local(), matches!(address.octets(), [224, 0, 0, _])),
        IpAddr::V6(address) => {
            let [first, second, ..] = address.octets();
            (address.is_unicast_link_local(), first == 0xff && second & 0x0f == 0x02)
        }
    };
    if address.is_unspecified() {
        Some(format!("may not be unspecified ({text})"))
    } else if address.is_loopback() {
        Some("may not be in the loopback range (127.0.0.0/8, ::1/128)".to_owned())
    } else if is_local {
        Some("may not be in the link-local range (169.254.0.0/16, fe80::/10)".to_owned())
    } else if is_local_multicast {
        Some("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".to_owned())
    } else {
        None
    }
}

/// Whether a range lies in another one and is smaller; also true if one of the texts is not a range.
pub(super) fn is_strict_subset(inner: &str, outer: &str) -> bool {
    let (Some((inner, inner_bits)), Some((outer, outer_bits))) = (parse_range(inner), parse_range(outer)) else {
        return true;
    };
    let first_bits = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()).checked_shr(32 - outer_bits),
        IpAddr::V6(address) => Some(address.to_bits().checked_shr(128 - outer_bits).unwrap_or(0)),
    };
    inner.is_ipv4() == outer.is_ipv4() && inner_bits > outer_bits && first_bits(inner) == first_bits(outer)
}

/// The address and the length of a range, in bits.
fn parse_range(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    let address = parse_ip(address)?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.parse().ok().filter(|&bits| bits <= most)?;
    Some((address, bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed_sloppily() {
        for (text, want) in [
            ("10.0.0.1", Some("10.0.0.1")),
            ("010.0.0.01", Some("10.0.0.1")),
            ("255.255.255.255", Some("255.255.255.255")),
            ("::1", Some("::1")),
            ("10.0.0.256", None),
            ("10.0.0", None),
            ("10.0.0.0.1", None),
            ("10..0.1", None),
            ("10.0.0.+1", None),
            ("", None),
            ("a", None),
        ] {
            assert_eq!(
                parse_ip(text).map(|address| address.to_string()).as_deref(),
                want,
                "{text}"
            );
        }
    }

    #[test]
    fn some_addresses_are_not_those_of_endpoints() {
        for (text, is_fine) in [
            ("192.0.2.1", true),
            ("2001:db8::1", true),
            ("0.0.0.0", false),
            ("::", false),
            ("127.0.0.1", false),
            ("127.255.255.255", false),
            ("128.0.0.0", true),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("169.254.255.255", false),
            ("169.255.0.0", true),
            ("fe80::1", false),
            ("fec0::1", true),
            ("224.0.0.255", false),
            ("224.0.1.0", true),
            ("ff02::1", false),
            ("ff05::1", true),
        ] {
            assert_eq!(endpoint_fault(text).is_none(), is_fine, "{text}");
        }
    }

    #[test]
    fn ranges_lie_in_others() {
        for (inner, outer, want) in [
            ("10.1.0.0/16", "10.0.0.0/8", true),
            ("10.0.0.0/9", "10.0.0.0/8", true),
            ("10.0.0.0/8", "10.0.0.0/8", false),
            ("10.0.0.0/7", "10.0.0.0/8", false),
            ("11.0.0.0/16", "10.0.0.0/8", false),
            ("10.0.0.1/32", "0.0.0.0/0", true),
            ("::1/128", "::/0", true),
            ("::/0", "::/0", false),
            ("2001:db8::/64", "2001:db8::/32", true),
            ("2001:db9::/64", "2001:db8::/32", false),
            ("10.0.0.0/16", "::/0", false),
            ("x", "10.0.0.0/8", true),
        ] {
            assert_eq!(is_strict_subset(inner, outer), want, "{inner} in {outer}");
        }
    }
}
