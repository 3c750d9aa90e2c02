//! X.509 certificates: `genCA`, `genSelfSignedCert`, `genSignedCert`, their `WithKey` twins, `buildCustomCert`.
//!
//! Follows Sprig's `crypto.go` and the output of Go's `x509.CreateCertificate`: the same fields and extensions in the
//! same order. Serial numbers and keys come from the host's random bytes, dates from its clock.

use std::any::Any as StdAny;
use std::net::IpAddr;
use std::rc::Rc;

use sha2::{Digest as _, Sha256};

use super::super::arguments::{any, bytes, error, int};
use super::super::display::plain;
use super::super::go_time::{Time, Zone};
use super::super::kinds::elements;
use super::super::table::fixed;
use super::der::{self, Reader, bit_string, element, sequence, unsigned};
use super::keys::{CERTIFICATE_COST, CERTIFICATE_RSA, KEY_COST, PrivateKey, cost_of_key};
use super::pem;
use crate::engine::template::{CallError, CallResult, Function, Host, Object, Parameter, StructField, Text, Value};
use crate::text::go::base64;
use crate::text::go::quote::quote;

use Parameter::{Int, List, Named, Str};

const CERTIFICATE: Parameter = Named("sprig.certificate");

/// The functions of this family.
pub(in super::super) static FUNCTIONS: &[Function] = &[
    fixed("buildCustomCert", &[Str, Str], build_custom),
    fixed("genCA", &[Str, Int], |host, a| {
        let key = new_key(host);
        certificate_authority(host, a, &key)
    })
    .costing(CERTIFICATE_COST),
    fixed("genCAWithKey", &[Str, Int, Str], |host, a| {
        let key = given_key(host, bytes(a, 2))?;
        certificate_authority(host, a, &key)
    })
    .costing(KEY_COST),
    fixed("genSelfSignedCert", &[Str, List, List, Int], |host, a| {
        let key = new_key(host);
        self_signed(host, a, &key)
    })
    .costing(CERTIFICATE_COST),
    fixed("genSelfSignedCertWithKey", &[Str, List, List, Int, Str], |host, a| {
        let key = given_key(host, bytes(a, 4))?;
        self_signed(host, a, &key)
    })
    .costing(KEY_COST),
    fixed("genSignedCert", &[Str, List, List, Int, CERTIFICATE], |host, a| {
        let key = new_key(host);
        signed(host, a, &key)
    })
    .costing(CERTIFICATE_COST),
    fixed(
        "genSignedCertWithKey",
        &[Str, List, List, Int, CERTIFICATE, Str],
        |host, a| {
            let key = given_key(host, bytes(a, 5))?;
            signed(host, a, &key)
        },
    )
    .costing(KEY_COST),
];

/// Sprig's `certificate`: PEM of a certificate and of its key.
#[derive(Debug, Clone)]
pub(in super::super) struct Certificate {
    cert: Text,
    key: Text,
}

impl Object for Certificate {
    fn type_name(&self) -> &'static str {
        "sprig.certificate"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(Value::Str(self.cert.clone())),
            "Key" => Some(Value::Str(self.key.clone())),
            _ => None,
        }
    }

    fn call_method(&self, _: &str, _: &[Value]) -> Option<CallResult> {
        None
    }

    fn display(&self) -> Text {
        Text::from([b"{", self.cert.as_bytes(), b" ", self.key.as_bytes(), b"}"].concat())
    }

    fn struct_fields(&self) -> Option<Vec<StructField>> {
        Some(vec![
            StructField::new("Cert", Value::Str(self.cert.clone())),
            StructField::new("Key", Value::Str(self.key.clone())),
        ])
    }

    fn as_any(&self) -> &dyn StdAny {
        self
    }
}

impl Certificate {
    fn value(cert: impl Into<Text>, key: impl Into<Text>) -> Value {
        Value::Object(Rc::new(Self {
            cert: cert.into(),
            key: key.into(),
        }))
    }
}

fn new_key(host: &mut dyn Host) -> PrivateKey {
    PrivateKey::rsa(host, CERTIFICATE_RSA)
}

fn given_key(host: &mut dyn Host, text: &[u8]) -> Result<PrivateKey, CallError> {
    host.spend(cost_of_key(text))?;
    PrivateKey::from_pem(text).map_err(|problem| CallError::Message(format!("parsing private key: {problem}")))
}

/// The contents of a new certificate.
struct Request {
    common_name: Vec<u8>,
    addresses: Vec<IpAddr>,
    names: Vec<Vec<u8>>,
    is_authority: bool,
    serial: [u8; 16],
    not_before: Time,
    not_after: Time,
}

/// The part of a signer that a certificate names.
struct Issuer {
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
}

fn request(host: &mut dyn Host, arguments: &[Value], days_at: usize, is_authority: bool) -> Result<Request, CallError> {
    let (addresses, names) = if is_authority {
        (Vec::new(), Vec::new())
    } else {
        (addresses(any(arguments, 1))?, names(any(arguments, 2))?)
    };
    let mut serial = [0; 16];
    host.fill_random(&mut serial);
    let not_before = Time::from_unix_nanos(host.now_unix_nanos(), Zone::Utc);
    let lifetime = int(arguments, days_at).saturating_mul(86_400);
    let not_after = Time::from_unix(not_before.unix_seconds.saturating_add(lifetime), Zone::Utc);
    Ok(Request {
        common_name: bytes(arguments, 0).to_vec(),
        addresses,
        names,
        is_authority,
        serial,
        not_before,
        not_after,
    })
}

fn addresses(list: &Value) -> Result<Vec<IpAddr>, CallError> {
    let items = elements(list).unwrap_or_default();
    let parse = |item: &Value| {
        let shown = String::from_utf8_lossy(&plain(item)).into_owned();
        if !matches!(item, Value::Str(_)) {
            return error(format!("error parsing ip: {shown} is not a string"));
        }
        shown
            .parse()
            .map_err(|_| CallError::Message(format!("error parsing ip: {shown}")))
    };
    items.iter().map(parse).collect()
}

fn names(list: &Value) -> Result<Vec<Vec<u8>>, CallError> {
    let items = elements(list).unwrap_or_default();
    let read = |item: &Value| {
        if let Value::Str(text) = item {
            return Ok(text.as_bytes().to_vec());
        }
        let shown = String::from_utf8_lossy(&plain(item)).into_owned();
        error(format!("error processing alternate dns name: {shown} is not a string"))
    };
    items.iter().map(read).collect()
}

fn certificate_authority(host: &mut dyn Host, arguments: &[Value], key: &PrivateKey) -> CallResult {
    let request = request(host, arguments, 1, true)?;
    issue(&request, key, None, key)
}

fn self_signed(host: &mut dyn Host, arguments: &[Value], key: &PrivateKey) -> CallResult {
    let request = request(host, arguments, 3, false)?;
    issue(&request, key, None, key)
}

fn signed(host: &mut dyn Host, arguments: &[Value], key: &PrivateKey) -> CallResult {
    let authority = match arguments.get(4) {
        Some(Value::Object(object)) => object.as_any().downcast_ref::<Certificate>(),
        _ => None,
    };
    let (cert, signer_key) = authority.map_or((&b""[..], &b""[..]), |authority| {
        (authority.cert.as_bytes(), authority.key.as_bytes())
    });
    let Some((_, cert)) = pem::decode(cert) else {
        return error("unable to decode certificate");
    };
    let Some((issuer, public_info)) = read_certificate(&cert) else {
        return error("error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate");
    };
    host.spend(cost_of_key(signer_key))?;
    let signer = PrivateKey::from_pem(signer_key)
        .map_err(|problem| CallError::Message(format!("error parsing private key: {problem}")))?;
    let request = request(host, arguments, 3, false)?;
    if public_info != signer.public_info() {
        return error("error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey");
    }
    issue(&request, key, Some(&issuer), &signer)
}

fn build_custom(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let Ok(cert) = base64::decode(bytes(arguments, 0)) else {
        return error("unable to decode base64 certificate");
    };
    let Ok(key) = base64::decode(bytes(arguments, 1)) else {
        return error("unable to decode base64 private key");
    };
    let Some((_, body)) = pem::decode(&cert) else {
        return error("unable to decode certificate");
    };
    if read_certificate(&body).is_none() {
        return error("error parsing certificate: decodedCert.Bytes: x509: malformed certificate");
    }
    host.spend(cost_of_key(&key))?;
    if let Err(problem) = PrivateKey::from_pem(&key) {
        return error(format!("error parsing private key: {problem}"));
    }
    Ok(Certificate::value(cert, key))
}

/// Subject, key identifier and public key of a certificate.
fn read_certificate(der: &[u8]) -> Option<(Issuer, Vec<u8>)> {
    const KEY_ID: &[u8] = b"\x55\x1d\x0e";
    let mut fields = Reader::new(der)
        .expect(der::SEQUENCE)?
        .inner()
        .expect(der::SEQUENCE)?
        .inner();
    fields.optional(0xa0);
    fields.expect(der::INTEGER)?;
    // Signature algorithm, issuer, validity.
    for _ in 0..3 {
        fields.expect(der::SEQUENCE)?;
    }
    let subject = fields.expect(der::SEQUENCE)?.whole.to_vec();
    let public_info = fields.expect(der::SEQUENCE)?.whole.to_vec();
    fields.optional(0x81);
    fields.optional(0x82);
    let mut key_id = None;
    if let Some(extensions) = fields.optional(0xa3) {
        let mut extensions = extensions.inner().expect(der::SEQUENCE)?.inner();
        while let Some(extension) = extensions.next() {
            let mut parts = extension.inner();
            let is_key_id = parts.expect(der::OBJECT_ID)?.content == KEY_ID;
            parts.optional(1);
            let value = parts.expect(der::OCTET_STRING)?;
            if is_key_id {
                key_id = value.inner().expect(der::OCTET_STRING).map(|id| id.content.to_vec());
            }
        }
    }
    Some((Issuer { subject, key_id }, public_info))
}

/// Signs a certificate for `key`; without an issuer it is signed by itself.
fn issue(request: &Request, key: &PrivateKey, issuer: Option<&Issuer>, signer: &PrivateKey) -> CallResult {
    let failed = |problem: String| CallError::Message(format!("error creating certificate: {problem}"));
    let Some(algorithm) = signer.signature_algorithm() else {
        return Err(failed(
            "x509: certificate private key does not implement crypto.Signer".to_owned(),
        ));
    };
    let subject = subject(&request.common_name);
    let issuer_name = issuer.map_or(&subject, |issuer| &issuer.subject);
    let authority_key = issuer
        .filter(|issuer| issuer.subject != subject)
        .and_then(|issuer| issuer.key_id.as_deref());
    let extensions = extensions(request, key, authority_key).map_err(failed)?;
    let validity = sequence(&[&date(&request.not_before), &date(&request.not_after)]);
    let body = sequence(&[
        &element(0xa0, &unsigned(&[2])),
        &unsigned(&request.serial),
        &algorithm,
        issuer_name,
        &validity,
        &subject,
        &key.public_info(),
        &element(0xa3, &element(der::SEQUENCE, &extensions)),
    ]);
    let signature = signer.sign(&body).map_err(failed)?;
    let certificate = sequence(&[&body, &algorithm, &bit_string(&signature)]);
    Ok(Certificate::value(
        pem::encode("CERTIFICATE", &certificate),
        key.to_pem(),
    ))
}

/// A distinguished name of only a common name, or of nothing.
fn subject(common_name: &[u8]) -> Vec<u8> {
    const COMMON_NAME: &[u8] = b"\x55\x04\x03";
    const PRINTABLE: u8 = 0x13;
    const UTF8: u8 = 0x0c;
    if common_name.is_empty() {
        return sequence(&[]);
    }
    let is_printable = |byte: &u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte);
    let tag = if common_name.iter().all(is_printable) {
        PRINTABLE
    } else {
        UTF8
    };
    let attribute = sequence(&[&element(der::OBJECT_ID, COMMON_NAME), &element(tag, common_name)]);
    sequence(&[&element(der::SET, &attribute)])
}

/// A date in the form that its century requires.
fn date(time: &Time) -> Vec<u8> {
    const UTC_TIME: u8 = 0x17;
    const GENERALIZED_TIME: u8 = 0x18;
    let long = time.format(b"20060102150405Z");
    let year = long.get(..4).unwrap_or_default();
    if (&b"1950"[..]..&b"2050"[..]).contains(&year) {
        return element(UTC_TIME, long.get(2..).unwrap_or_default());
    }
    element(GENERALIZED_TIME, &long)
}

fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { b"\x01\x01\xff" } else { b"" };
    sequence(&[
        &element(der::OBJECT_ID, oid),
        critical,
        &element(der::OCTET_STRING, value),
    ])
}

/// Extensions in the order Go writes them.
fn extensions(request: &Request, key: &PrivateKey, authority_key: Option<&[u8]>) -> Result<Vec<u8>, String> {
    const SERVER_AUTH: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x01";
    const CLIENT_AUTH: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x02";
    // Digital signature and key encipherment; an authority signs certificates too.
    let usage: &[u8] = if request.is_authority { b"\x02\xa4" } else { b"\x05\xa0" };
    let mut out = extension(b"\x55\x1d\x0f", true, &element(der::BIT_STRING, usage));
    let purposes = sequence(&[
        &element(der::OBJECT_ID, SERVER_AUTH),
        &element(der::OBJECT_ID, CLIENT_AUTH),
    ]);
    out.extend(extension(b"\x55\x1d\x25", false, &purposes));
    let constraints: &[u8] = if request.is_authority { b"\x01\x01\xff" } else { b"" };
    out.extend(extension(b"\x55\x1d\x13", true, &sequence(&[constraints])));
    if request.is_authority {
        let digest = Sha256::digest(key.public_bits());
        let id = digest.get(..20).unwrap_or_default();
        out.extend(extension(b"\x55\x1d\x0e", false, &element(der::OCTET_STRING, id)));
    }
    if let Some(id) = authority_key {
        out.extend(extension(b"\x55\x1d\x23", false, &sequence(&[&element(0x80, id)])));
    }
    if !request.names.is_empty() || !request.addresses.is_empty() {
        let names = alternative_names(request)?;
        out.extend(extension(b"\x55\x1d\x11", request.common_name.is_empty(), &names));
    }
    Ok(out)
}

fn alternative_names(request: &Request) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for name in &request.names {
        if !name.is_ascii() {
            let shown = quote(name);
            return Err(format!("x509: {shown} cannot be encoded as an IA5String"));
        }
        out.extend(element(0x82, name));
    }
    for address in &request.addresses {
        out.extend(match address.to_canonical() {
            IpAddr::V4(address) => element(0x87, &address.octets()),
            IpAddr::V6(address) => element(0x87, &address.octets()),
        });
    }
    Ok(element(der::SEQUENCE, &out))
}
