//! Addresses and networks, in Go's words (`net/netip`, and `k8s.io/apiserver/pkg/cel/library/{ip,cidr}.go`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::text::go::quote::quote;

use super::value::Network;

/// An address without a zone, and not an IPv4 address in IPv6.
///
/// # Errors
/// The server's words for another text.
pub fn address(text: &str) -> Result<IpAddr, String> {
    let shown = quote(text.as_bytes());
    let (address, zone) = parse(text)
        .map_err(|words| format!("IP Address {shown} parse error during conversion from string: {words}"))?;
    if zone.is_some() {
        return Err(format!("IP address {shown} with zone value is not allowed"));
    }
    if is_mapped(address) {
        return Err(format!("IPv4-mapped IPv6 address {shown} is not allowed"));
    }
    Ok(address)
}

/// A network, its bits after the prefix as they are written.
///
/// # Errors
/// The server's words for another text.
pub fn network(text: &str) -> Result<Network, String> {
    let found = prefix(text).map_err(|words| {
        let shown = quote(text.as_bytes());
        format!("network address parse error during conversion from string: netip.ParsePrefix({shown}): {words}")
    })?;
    if is_mapped(found.address) {
        let shown = quote(text.as_bytes());
        return Err(format!("IPv4-mapped IPv6 address {shown} is not allowed"));
    }
    Ok(found)
}

fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

impl Network {
    /// The network without bits after the prefix.
    #[must_use]
    pub fn masked(self) -> Self {
        let bits = u32::from(self.bits);
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        };
        Self {
            address,
            bits: self.bits,
        }
    }

    /// Whether an address is in it.
    pub fn contains(self, address: IpAddr) -> bool {
        let other = Self {
            address,
            bits: self.bits,
        };
        self.address.is_ipv4() == address.is_ipv4() && self.masked().address == other.masked().address
    }

    /// Whether all of a network is in it.
    pub fn contains_network(self, other: Self) -> bool {
        self.bits <= other.bits && self.contains(other.address)
    }

    /// As it is written.
    pub fn text(self) -> String {
        format!("{}/{}", self.address, self.bits)
    }
}

fn prefix(text: &str) -> Result<Network, String> {
    let Some((address, bits)) = text.rsplit_once('/') else {
        return Err("no '/'".to_owned());
    };
    let (address, zone) = parse(address)?;
    if zone.is_some() {
        return Err("IPv6 zones cannot be present in a prefix".to_owned());
    }
    let bad = || format!("bad bits after slash: {}", quote(bits.as_bytes()));
    if bits.is_empty() || !bits.bytes().all(|byte| byte.is_ascii_digit()) || (bits.len() > 1 && bits.starts_with('0')) {
        return Err(bad());
    }
    let number: u64 = bits.parse().map_err(|_| bad())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let out_of_range = || "prefix length out of range".to_owned();
    let bits = u8::try_from(number).map_err(|_| out_of_range())?;
    if bits > most {
        return Err(out_of_range());
    }
    Ok(Network { address, bits })
}

/// `netip.ParseAddr`: the address and its zone.
fn parse(text: &str) -> Result<(IpAddr, Option<&str>), String> {
    let fault = |words: &str| format!("ParseAddr({}): {words}", quote(text.as_bytes()));
    let at = |words: &str, rest: &str| fault(&format!("{words} (at {})", quote(rest.as_bytes())));
    match text.find(['.', ':', '%']).and_then(|index| text.as_bytes().get(index)) {
        Some(b'.') => parse_four(text)
            .map(|address| (IpAddr::V4(address), None))
            .map_err(|reason| reason.words(&fault, &at)),
        Some(b':') => {
            let (address, zone) = match text.split_once('%') {
                Some((_, "")) => return Err(fault("zone must be a non-empty string")),
                Some((address, zone)) => (address, Some(zone)),
                None => (text, None),
            };
            let address = parse_six(address).map_err(|reason| reason.words(&fault, &at))?;
            Ok((IpAddr::V6(address), zone))
        }
        Some(_) => Err(fault("missing IPv6 address")),
        None => Err(fault("unable to parse IP")),
    }
}

/// Why a text is not an address, and the rest of it where that shows.
struct Reason<'t> {
    words: &'static str,
    rest: Option<&'t str>,
}

impl<'t> Reason<'t> {
    const fn plain(words: &'static str) -> Self {
        Self { words, rest: None }
    }

    const fn at(words: &'static str, rest: &'t str) -> Self {
        Self {
            words,
            rest: Some(rest),
        }
    }

    fn words(&self, fault: &impl Fn(&str) -> String, at: &impl Fn(&str, &str) -> String) -> String {
        match self.rest {
            Some(rest) if !rest.is_empty() => at(self.words, rest),
            _ => fault(self.words),
        }
    }
}

fn parse_four(text: &str) -> Result<Ipv4Addr, Reason<'_>> {
    let mut fields = [0_u8; 4];
    let (mut value, mut position, mut digits) = (0_u32, 0_usize, 0);
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        let rest = text.get(index..).unwrap_or_default();
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(Reason::plain("IPv4 field has octet with leading zero"));
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(Reason::plain("IPv4 field has value >255"));
                }
            }
            b'.' => {
                if index == 0 || index + 1 == bytes.len() || bytes.get(index - 1) == Some(&b'.') {
                    return Err(Reason::at("IPv4 field must have at least one digit", rest));
                }
                if position == 3 {
                    return Err(Reason::plain("IPv4 address too long"));
                }
                if let Some(field) = fields.get_mut(position) {
                    *field = u8::try_from(value).unwrap_or_default();
                }
                position += 1;
                (value, digits) = (0, 0);
            }
            _ => return Err(Reason::at("unexpected character", rest)),
        }
    }
    if position < 3 {
        return Err(Reason::plain("IPv4 address too short"));
    }
    let [.., last] = &mut fields;
    *last = u8::try_from(value).unwrap_or_default();
    Ok(Ipv4Addr::from(fields))
}

fn parse_six(text: &str) -> Result<Ipv6Addr, Reason<'_>> {
    let mut groups: Vec<u16> = Vec::new();
    let mut ellipsis = None;
    let mut rest = text;
    if let Some(after) = rest.strip_prefix("::") {
        ellipsis = Some(0);
        rest = after;
        if rest.is_empty() {
            return Ok(Ipv6Addr::UNSPECIFIED);
        }
    }
    while groups.len() < 8 {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digits > 4 {
            return Err(Reason::at("each group must have 4 or less digits", rest));
        }
        let Some(group) = rest
            .get(..digits)
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
        else {
            return Err(Reason::at(
                "each colon-separated field must have at least one digit",
                rest,
            ));
        };
        if rest.as_bytes().get(digits) == Some(&b'.') {
            if ellipsis.is_none() && groups.len() != 6 {
                return Err(Reason::at(
                    "embedded IPv4 address must replace the final 2 fields of the address",
                    rest,
                ));
            }
            if groups.len() > 6 {
                let words = "too many hex fields to fit an embedded IPv4 at the end of the address";
                return Err(Reason::at(words, rest));
            }
            let [a, b, c, d] = parse_four(rest)?.octets();
            groups.extend([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
            rest = "";
            break;
        }
        groups.push(group);
        rest = rest.get(digits..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        let Some(after) = rest.strip_prefix(':') else {
            return Err(Reason::at("unexpected character, want colon", rest));
        };
        if after.is_empty() {
            return Err(Reason::at("colon must be followed by more characters", rest));
        }
        rest = after;
        if let Some(after) = rest.strip_prefix(':') {
            if ellipsis.is_some() {
                return Err(Reason::at("multiple :: in address", rest));
            }
            ellipsis = Some(groups.len());
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return Err(Reason::at("trailing garbage after address", rest));
    }
    match (ellipsis, 8_usize.checked_sub(groups.len())) {
        (None, Some(1..)) => return Err(Reason::plain("address string too short")),
        (Some(_), Some(0)) => return Err(Reason::plain("the :: must expand to at least one field of zeros")),
        (Some(at), Some(missing)) => {
            let tail = groups.split_off(at.min(groups.len()));
            groups.resize(groups.len() + missing, 0);
            groups.extend(tail);
        }
        _ => {}
    }
    let groups: [u16; 8] = groups.try_into().unwrap_or_default();
    Ok(Ipv6Addr::from(groups))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_refused_in_gos_words() {
        for (text, words) in [
            ("192.168.0.1.0", "IPv4 address too long"),
            ("1.2.3", "IPv4 address too short"),
            ("1.2.3.", "IPv4 field must have at least one digit (at \".\")"),
            ("256.1.1.1", "IPv4 field has value >255"),
            ("01.1.1.1", "IPv4 field has octet with leading zero"),
            ("1:2", "address string too short"),
            ("1::2::3", "multiple :: in address (at \":3\")"),
            ("12345::", "each group must have 4 or less digits (at \"12345::\")"),
            ("x", "unable to parse IP"),
        ] {
            let shown = quote(text.as_bytes());
            let wanted =
                format!("IP Address {shown} parse error during conversion from string: ParseAddr({shown}): {words}");
            assert_eq!(address(text).unwrap_err(), wanted);
        }
        for text in [
            "::1",
            "1::",
            "::ffff:0:1.2.3.4",
            "2001:db8::68",
            "1:2:3:4:5:6:7:8",
            "0.0.0.0",
        ] {
            assert_eq!(
                address(text),
                text.parse::<IpAddr>().map_err(|error| error.to_string()),
                "{text}"
            );
        }
        assert!(address("::ffff:1.2.3.4").unwrap_err().starts_with("IPv4-mapped"));
        assert!(address("fe80::1%eth0").unwrap_err().contains("with zone"));
    }

    #[test]
    fn networks_contain_addresses() {
        let read = |text: &str| network(text).expect(text);
        assert!(read("10.0.0.0/8").contains("10.1.2.3".parse().unwrap()));
        assert!(!read("10.0.0.0/8").contains("11.1.2.3".parse().unwrap()));
        assert!(read("0.0.0.0/0").contains("11.1.2.3".parse().unwrap()));
        assert!(read("2001:db8::/32").contains_network(read("2001:db8::/33")));
        assert!(!read("2001:db8::/33").contains_network(read("2001:db8::/32")));
        assert_eq!(read("192.168.1.7/24").masked().text(), "192.168.1.0/24");
        assert!(
            network("10.0.0.0/33")
                .unwrap_err()
                .ends_with("prefix length out of range")
        );
    }
}
