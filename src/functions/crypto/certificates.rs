//! `genCA`, `genSignedCert` and their relatives: certificates with the fields and extensions Sprig's have, written in the
//! order Go's `crypto/x509` writes them.

use std::any::Any;
use std::net::IpAddr;
use std::rc::Rc;

use sha2::{Digest as _, Sha256};

use super::super::arguments::{bytes, int, string};
use super::super::encoding::BASE64;
use super::super::table::fixed;
use super::der::{bits, element, elements, integer, oid, read, sequence, tag};
use super::keys::{CERTIFICATE_KEY_BITS, HostRandom, PrivateKey, pem, read_pem};
use crate::template::{CallResult, Function, Host, List, Object, Parameter, Text, Value};

use Parameter::{Int, List as ListParameter, Named, Str};

/// Go's name of the certificate type.
const CERTIFICATE: &str = "sprig.certificate";

/// The functions of this family.
pub(in super::super) static FUNCTIONS: &[Function] = &[
    fixed("buildCustomCert", &[Str, Str], build_custom_cert),
    fixed("genCA", &[Str, Int], |host, a| authority(host, a, None)),
    fixed("genCAWithKey", &[Str, Int, Str], |host, a| {
        authority(host, a, Some(&string(a, 2)))
    }),
    fixed(
        "genSelfSignedCert",
        &[Str, ListParameter, ListParameter, Int],
        |host, a| self_signed(host, a, None),
    ),
    fixed(
        "genSelfSignedCertWithKey",
        &[Str, ListParameter, ListParameter, Int, Str],
        |host, a| self_signed(host, a, Some(&string(a, 4))),
    ),
    fixed(
        "genSignedCert",
        &[Str, ListParameter, ListParameter, Int, Named(CERTIFICATE)],
        |host, a| signed(host, a, None),
    ),
    fixed(
        "genSignedCertWithKey",
        &[Str, ListParameter, ListParameter, Int, Named(CERTIFICATE), Str],
        |host, a| signed(host, a, Some(&string(a, 5))),
    ),
];

/// A certificate and its key, as templates see them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Certificate {
    cert: String,
    key: String,
}

impl Object for Certificate {
    fn type_name(&self) -> &'static str {
        CERTIFICATE
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(Value::str(self.cert.as_str())),
            "Key" => Some(Value::str(self.key.as_str())),
            _ => None,
        }
    }

    fn call_method(&self, _name: &str, _arguments: &[Value]) -> Option<CallResult> {
        None
    }

    fn display(&self) -> Text {
        format!("{{{} {}}}", self.cert, self.key).into()
    }

    fn encoded(&self) -> Option<Value> {
        Some(Value::map_of([
            ("Cert", Value::str(self.cert.as_str())),
            ("Key", Value::str(self.key.as_str())),
        ]))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What is to be certified.
struct Request {
    common_name: String,
    addresses: Vec<IpAddr>,
    names: Vec<String>,
    days: i64,
    is_authority: bool,
}

/// Who signs: the name and key identifier of the issuer.
struct Issuer<'i> {
    name: Vec<u8>,
    key_identifier: Option<Vec<u8>>,
    key: &'i PrivateKey,
}

fn authority(host: &mut dyn Host, arguments: &[Value], key: Option<&str>) -> CallResult {
    let request = Request {
        common_name: string(arguments, 0),
        addresses: Vec::new(),
        names: Vec::new(),
        days: int(arguments, 1),
        is_authority: true,
    };
    let key = key_for(host, key)?;
    certify(host, &request, &key, None)
}

fn self_signed(host: &mut dyn Host, arguments: &[Value], key: Option<&str>) -> CallResult {
    let key = key_for(host, key)?;
    let request = request(arguments)?;
    certify(host, &request, &key, None)
}

fn signed(host: &mut dyn Host, arguments: &[Value], key: Option<&str>) -> CallResult {
    let key = key_for(host, key)?;
    let signer = match arguments.get(4) {
        Some(Value::Object(object)) => object.as_any().downcast_ref::<Certificate>().cloned(),
        _ => None,
    };
    let signer = signer.unwrap_or(Certificate {
        cert: String::new(),
        key: String::new(),
    });
    let (_, der) = read_pem(&signer.cert).ok_or("unable to decode certificate")?;
    let (name, key_identifier) =
        subject_of(&der).ok_or("error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate")?;
    let signer_key = PrivateKey::read(&signer.key).map_err(|error| format!("error parsing private key: {error}"))?;
    let request = request(arguments)?;
    certify(
        host,
        &request,
        &key,
        Some(&Issuer {
            name,
            key_identifier,
            key: &signer_key,
        }),
    )
}

fn build_custom_cert(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let decode = |index: usize, what: &str| {
        BASE64
            .decode(bytes(arguments, index))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(|_| format!("unable to decode base64 {what}"))
    };
    let cert = decode(0, "certificate")?;
    let key = decode(1, "private key")?;
    let (_, der) = read_pem(&cert).ok_or("unable to decode certificate")?;
    if subject_of(&der).is_none() {
        return Err("error parsing certificate: decodedCert.Bytes: x509: malformed certificate".into());
    }
    PrivateKey::read(&key).map_err(|error| format!("error parsing private key: {error}"))?;
    Ok(Value::Object(Rc::new(Certificate { cert, key })))
}

fn key_for(host: &mut dyn Host, given: Option<&str>) -> Result<PrivateKey, String> {
    match given {
        Some(text) => PrivateKey::read(text).map_err(|error| format!("parsing private key: {error}")),
        None => PrivateKey::rsa(&mut HostRandom(host), CERTIFICATE_KEY_BITS),
    }
}

fn request(arguments: &[Value]) -> Result<Request, String> {
    let items = |index: usize| match arguments.get(index) {
        Some(Value::List(list)) => list.items().to_vec(),
        _ => List::new(Vec::new()).items().to_vec(),
    };
    let addresses = items(1).into_iter().map(|item| match item {
        Value::Str(text) => {
            let text = text.to_str_lossy();
            text.parse::<IpAddr>().map_err(|_| format!("error parsing ip: {text}"))
        }
        other => Err(format!("error parsing ip: {} is not a string", other.display())),
    });
    let names = items(2).into_iter().map(|item| match item {
        Value::Str(text) => Ok(text.to_str_lossy().into_owned()),
        other => Err(format!(
            "error processing alternate dns name: {} is not a string",
            other.display()
        )),
    });
    Ok(Request {
        common_name: string(arguments, 0),
        addresses: addresses.collect::<Result<_, String>>()?,
        names: names.collect::<Result<_, String>>()?,
        days: int(arguments, 3),
        is_authority: false,
    })
}

fn certify(host: &mut dyn Host, request: &Request, key: &PrivateKey, issuer: Option<&Issuer<'_>>) -> CallResult {
    let mut serial = [0u8; 16];
    host.fill_random(&mut serial);
    let seconds = i64::try_from(host.now_unix_nanos() / 1_000_000_000).unwrap_or_default();
    let until = seconds.saturating_add(request.days.saturating_mul(86_400));
    let subject = common_name(&request.common_name);
    let (issuer_name, signing_key) =
        issuer.map_or((subject.as_slice(), key), |issuer| (issuer.name.as_slice(), issuer.key));
    let algorithm = signing_key.signature_algorithm()?;
    let (public, key_bits) = key.public_key()?;
    let extensions = extensions(request, &key_bits, issuer.filter(|issuer| issuer.name != subject));
    let to_sign = sequence(&[
        &element(0xA0, &integer(&[2])),
        &integer(&serial),
        &algorithm,
        issuer_name,
        &sequence(&[&time(seconds), &time(until)]),
        &subject,
        &public,
        &element(0xA3, &extensions),
    ]);
    let signature = signing_key.sign(&to_sign)?;
    let der = sequence(&[&to_sign, &algorithm, &bits(&signature)]);
    let certificate = Certificate {
        cert: pem("CERTIFICATE", &der),
        key: key.pem()?,
    };
    Ok(Value::Object(Rc::new(certificate)))
}

/// A name that holds a common name only; an empty one holds nothing.
fn common_name(name: &str) -> Vec<u8> {
    if name.is_empty() {
        return sequence(&[]);
    }
    let is_printable = |c: char| c.is_ascii_alphanumeric() || " '()+,-./:=?".contains(c);
    let kind = if name.chars().all(is_printable) {
        tag::PRINTABLE_STRING
    } else {
        tag::UTF8_STRING
    };
    let pair = sequence(&[&oid(&[0x55, 0x04, 0x03]), &element(kind, name.as_bytes())]);
    sequence(&[&element(tag::SET, &pair)])
}

/// Two digits of the year until 2049, four from then on.
fn time(seconds: i64) -> Vec<u8> {
    let time = jiff::Timestamp::from_second(seconds)
        .unwrap_or(jiff::Timestamp::MAX)
        .to_zoned(jiff::tz::TimeZone::UTC);
    let rest = format!(
        "{:02}{:02}{:02}{:02}{:02}Z",
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    let year = time.year();
    if (1950..2050).contains(&year) {
        element(tag::UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes())
    } else {
        element(tag::GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())
    }
}

fn extension(identifier: &[u8], is_critical: bool, content: &[u8]) -> Vec<u8> {
    let critical = if is_critical {
        element(tag::BOOLEAN, &[0xFF])
    } else {
        Vec::new()
    };
    sequence(&[&oid(identifier), &critical, &element(tag::OCTET_STRING, content)])
}

fn extensions(request: &Request, key_bits: &[u8], issuer: Option<&Issuer<'_>>) -> Vec<u8> {
    // Digital signature and key encipherment; an authority signs certificates as well.
    let usage: &[u8] = if request.is_authority { &[2, 0xA4] } else { &[5, 0xA0] };
    let server = oid(&[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]);
    let client = oid(&[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02]);
    let constraints = if request.is_authority {
        sequence(&[&element(tag::BOOLEAN, &[0xFF])])
    } else {
        sequence(&[])
    };
    let mut parts = vec![
        extension(&[0x55, 0x1D, 0x0F], true, &element(tag::BIT_STRING, usage)),
        extension(&[0x55, 0x1D, 0x25], false, &sequence(&[&server, &client])),
        extension(&[0x55, 0x1D, 0x13], true, &constraints),
    ];
    if request.is_authority {
        let digest = Sha256::digest(key_bits);
        let identifier = element(tag::OCTET_STRING, digest.get(..20).unwrap_or_default());
        parts.push(extension(&[0x55, 0x1D, 0x0E], false, &identifier));
    }
    if let Some(identifier) = issuer.and_then(|issuer| issuer.key_identifier.as_ref()) {
        parts.push(extension(
            &[0x55, 0x1D, 0x23],
            false,
            &sequence(&[&element(0x80, identifier)]),
        ));
    }
    if !request.names.is_empty() || !request.addresses.is_empty() {
        let mut names: Vec<u8> = request
            .names
            .iter()
            .flat_map(|name| element(0x82, name.as_bytes()))
            .collect();
        for address in &request.addresses {
            names.extend(match address {
                IpAddr::V4(address) => element(0x87, &address.octets()),
                IpAddr::V6(address) => element(0x87, &address.octets()),
            });
        }
        parts.push(extension(
            &[0x55, 0x1D, 0x11],
            request.common_name.is_empty(),
            &element(tag::SEQUENCE, &names),
        ));
    }
    element(tag::SEQUENCE, &parts.concat())
}

/// The subject of a certificate, whole, and its key identifier.
fn subject_of(der: &[u8]) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let (_, certificate, _) = read(der)?;
    let (_, to_sign, _) = read(certificate)?;
    let fields = elements(to_sign)?;
    // Version (optional), serial, algorithm, issuer, validity, subject.
    let offset = usize::from(fields.first()?.0 == 0xA0);
    let (subject_tag, subject) = fields.get(offset + 4)?;
    let (_, _public_key) = fields.get(offset + 5)?;
    let identifier = fields.iter().find(|(tag, _)| *tag == 0xA3).and_then(|(_, wrapped)| {
        let (_, list, _) = read(wrapped)?;
        elements(list)?.iter().find_map(|(_, extension)| {
            let parts = elements(extension)?;
            (parts.first()?.1 == [0x55, 0x1D, 0x0E]).then_some(())?;
            let (_, identifier, _) = read(parts.last()?.1)?;
            Some(identifier.to_vec())
        })
    });
    Some((element(*subject_tag, subject), identifier))
}
