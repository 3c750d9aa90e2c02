//! Addresses and networks (`k8s.io/apiserver/pkg/cel/library/{ip,cidr}.go`).

use std::net::IpAddr;

use super::super::address::{address, network};
use super::super::budget::{Budget, Fault, Outcome};
use super::super::value::{Network, Value};
use super::arguments::{no_function, one};

/// `ip(text)`, and `cidr.ip()`.
pub fn ip(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    match one::<&Value>(name, arguments)? {
        Value::String(text) => address(text).map(Value::Ip).map_err(Fault::Error),
        Value::Network(network) => Ok(Value::Ip(network.address)),
        _ => Err(no_function(name, arguments)),
    }
}

/// `isIP(text)`
pub fn is_ip(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let text: &str = one(name, arguments)?;
    Ok(Value::Bool(address(text).is_ok()))
}

/// `ip.isCanonical(text)`
pub fn is_canonical(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let text: &str = one(name, arguments)?;
    let address = address(text).map_err(Fault::Error)?;
    Ok(Value::Bool(address.to_string() == text))
}

/// What an address is, by the names of methods.
pub fn property(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let [Value::Ip(address)] = arguments else {
        return Err(no_function(name, arguments));
    };
    let is_link_local = |address: &IpAddr| match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    Ok(match name {
        "family" => Value::Int(if address.is_ipv4() { 4 } else { 6 }),
        "isUnspecified" => Value::Bool(address.is_unspecified()),
        "isLoopback" => Value::Bool(address.is_loopback()),
        "isLinkLocalMulticast" => Value::Bool(match address {
            IpAddr::V4(address) => address.octets().starts_with(&[224, 0, 0]),
            IpAddr::V6(address) => {
                address.octets().first() == Some(&0xff) && address.octets().get(1).is_some_and(|byte| byte & 0x0f == 2)
            }
        }),
        "isLinkLocalUnicast" => Value::Bool(is_link_local(address)),
        "isGlobalUnicast" => {
            let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
            let is_special = address.is_unspecified() || address.is_loopback() || address.is_multicast();
            Value::Bool(!is_broadcast && !is_special && !is_link_local(address))
        }
        _ => return Err(no_function(name, arguments)),
    })
}

/// `cidr(text)`
pub fn cidr(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let text: &str = one(name, arguments)?;
    read(text).map(Value::Network)
}

fn read(text: &str) -> Outcome<Network> {
    network(text).map_err(|words| {
        Fault::error(format!(
            "network address parse error during conversion from string: {words}"
        ))
    })
}

/// `isCIDR(text)`
pub fn is_cidr(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let text: &str = one(name, arguments)?;
    Ok(Value::Bool(network(text).is_ok()))
}

/// `prefixLength()`, `masked()`
pub fn of_network(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    match (name, arguments) {
        ("prefixLength", [Value::Network(network)]) => Ok(Value::Int(i64::from(network.bits))),
        ("masked", [Value::Network(network)]) => Ok(Value::Network(network.masked())),
        _ => Err(no_function(name, arguments)),
    }
}

/// `containsIP(address)`
pub fn contains_ip(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    match arguments {
        [Value::Network(network), Value::Ip(address)] => Ok(Value::Bool(network.contains(*address))),
        // The server looks at the wrong operand, and finds no error in it.
        [Value::Network(network), Value::String(text)] => match address(text) {
            Ok(address) => Ok(Value::Bool(network.contains(address))),
            Err(_) => Err(Fault::no_overload()),
        },
        _ => Err(no_function(name, arguments)),
    }
}

/// `containsCIDR(network)`
pub fn contains_network(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    match arguments {
        [Value::Network(network), Value::Network(other)] => Ok(Value::Bool(network.contains_network(*other))),
        [Value::Network(network), Value::String(text)] => Ok(Value::Bool(network.contains_network(read(text)?))),
        _ => Err(no_function(name, arguments)),
    }
}
