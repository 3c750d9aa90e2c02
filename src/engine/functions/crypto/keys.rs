//! Private keys: `genPrivateKey`, and keys read from PEM for the certificate functions.
//!
//! Follows Sprig's `crypto.go`: RSA as PKCS#1, elliptic curves as SEC 1, Ed25519 as PKCS#8, DSA in OpenSSL's layout. Random
//! bytes come from the host.

use std::sync::{Mutex, PoisonError};

use ed25519_dalek::Signer as _;

use super::super::arguments::string;
use super::super::table::fixed;
use super::der::{self, Reader, bit_string, element, sequence, unsigned};
use super::rsa::RsaKey;
use super::{dsa, pem, rsa};
use crate::engine::template::{CallResult, Function, Host, Parameter, Value};

use Parameter::Str;

/// Steps that an elliptic key, or a certificate with a key that is given, counts as.
pub(super) const KEY_COST: u64 = 200_000;
/// Steps that a certificate with a new RSA key counts as.
pub(super) const CERTIFICATE_COST: u64 = 500_000;
/// Steps that an RSA or DSA key of `genPrivateKey` counts as: its search takes many times as long.
const LARGE_KEY_COST: u64 = 3_800_000;

/// Cubed bytes of an RSA key that is read and signs in the time of a step: both take eight times as long for a key of twice the length.
const KEY_BYTES_CUBED: u64 = 70_000;

/// The functions of this family.
pub(in super::super) static FUNCTIONS: &[Function] = &[fixed("genPrivateKey", &[Str], generate).costing(KEY_COST)];

/// Size of keys that `genPrivateKey` makes.
const LARGE_RSA: usize = 4_096;
/// Size of keys for certificates.
pub(super) const CERTIFICATE_RSA: usize = 2_048;

const RSA_OID: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const RSA_SHA256_OID: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
const EC_OID: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
const P256_OID: &[u8] = b"\x2a\x86\x48\xce\x3d\x03\x01\x07";
const P384_OID: &[u8] = b"\x2b\x81\x04\x00\x22";
const ECDSA_SHA256_OID: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x02";
const ECDSA_SHA384_OID: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x03";
const ED25519_OID: &[u8] = b"\x2b\x65\x70";

/// A private key of any kind.
pub(super) enum PrivateKey {
    Rsa(Box<RsaKey>),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    Ed25519(ed25519_dalek::SigningKey),
    /// Only carried: certificates cannot be signed with it.
    Dsa(Vec<u8>),
}

fn generate(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let kind = string(arguments, 0);
    if matches!(kind.as_str(), "" | "rsa" | "dsa") {
        host.spend(LARGE_KEY_COST - KEY_COST)?;
    }
    let key = match kind.as_str() {
        "" | "rsa" => PrivateKey::rsa(host, LARGE_RSA),
        "dsa" => PrivateKey::Dsa(dsa::generate(host)),
        "ecdsa" => PrivateKey::p256(host),
        "ed25519" => {
            let mut seed = [0; 32];
            host.fill_random(&mut seed);
            PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
        }
        _ => return Ok(Value::str(format!("Unknown type {kind}"))),
    };
    Ok(Value::str(key.to_pem()))
}

/// Steps that reading a key from PEM, and signing with it, count as beyond the call.
pub(super) fn cost_of_key(text: &[u8]) -> u64 {
    let length = pem::decode(text).map_or(0, |(_, der)| der.len().min(rsa::MOST_BYTES) as u64);
    length.pow(3) / KEY_BYTES_CUBED
}

impl PrivateKey {
    /// A new RSA key.
    pub(super) fn rsa(host: &mut dyn Host, bits: usize) -> Self {
        static KEPT: Mutex<Vec<(usize, RsaKey)>> = Mutex::new(Vec::new());
        if !host.is_throwaway() {
            return Self::Rsa(Box::new(RsaKey::generate(host, bits)));
        }
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = kept.iter().find(|(size, _)| *size == bits) {
            return Self::Rsa(Box::new(key.clone()));
        }
        let key = RsaKey::generate(host, bits);
        kept.push((bits, key.clone()));
        Self::Rsa(Box::new(key))
    }

    fn p256(host: &mut dyn Host) -> Self {
        loop {
            let mut bytes = [0; 32];
            host.fill_random(&mut bytes);
            // Nearly every number below 2^256 is a key.
            if let Ok(key) = p256::SecretKey::from_slice(&bytes) {
                return Self::P256(key);
            }
        }
    }

    /// The key in the PEM block that Sprig writes for its kind.
    pub(super) fn to_pem(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => pem::encode("RSA PRIVATE KEY", &key.to_pkcs1()),
            Self::P256(key) => pem::encode("EC PRIVATE KEY", &self.sec1(&key.to_bytes(), P256_OID)),
            Self::P384(key) => pem::encode("EC PRIVATE KEY", &self.sec1(&key.to_bytes(), P384_OID)),
            Self::Ed25519(key) => {
                let algorithm = sequence(&[&element(der::OBJECT_ID, ED25519_OID)]);
                let secret = element(der::OCTET_STRING, &element(der::OCTET_STRING, &key.to_bytes()));
                pem::encode("PRIVATE KEY", &sequence(&[&unsigned(&[0]), &algorithm, &secret]))
            }
            Self::Dsa(der) => pem::encode("DSA PRIVATE KEY", der),
        }
    }

    fn sec1(&self, secret: &[u8], curve: &[u8]) -> Vec<u8> {
        let curve = element(0xa0, &element(der::OBJECT_ID, curve));
        let public = element(0xa1, &bit_string(&self.public_bits()));
        let secret = element(der::OCTET_STRING, secret);
        sequence(&[&unsigned(&[1]), &secret, &curve, &public])
    }

    /// Content of the public key's bit string.
    pub(super) fn public_bits(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => key.to_public(),
            Self::P256(key) => {
                let public = p256::ecdsa::VerifyingKey::from(key.public_key());
                public.to_encoded_point(false).as_bytes().to_vec()
            }
            Self::P384(key) => {
                let public = p384::ecdsa::VerifyingKey::from(key.public_key());
                public.to_encoded_point(false).as_bytes().to_vec()
            }
            Self::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
            Self::Dsa(_) => Vec::new(),
        }
    }

    /// `SubjectPublicKeyInfo`.
    pub(super) fn public_info(&self) -> Vec<u8> {
        let object = |oid: &[u8]| element(der::OBJECT_ID, oid);
        let algorithm = match self {
            Self::Rsa(_) => sequence(&[&object(RSA_OID), &element(der::NULL, &[])]),
            Self::P256(_) => sequence(&[&object(EC_OID), &object(P256_OID)]),
            Self::P384(_) => sequence(&[&object(EC_OID), &object(P384_OID)]),
            Self::Ed25519(_) => sequence(&[&object(ED25519_OID)]),
            Self::Dsa(_) => Vec::new(),
        };
        sequence(&[&algorithm, &bit_string(&self.public_bits())])
    }

    /// The algorithm identifier of signatures by this key; none for keys that cannot sign certificates.
    pub(super) fn signature_algorithm(&self) -> Option<Vec<u8>> {
        let object = |oid: &[u8]| element(der::OBJECT_ID, oid);
        Some(match self {
            Self::Rsa(_) => sequence(&[&object(RSA_SHA256_OID), &element(der::NULL, &[])]),
            Self::P256(_) => sequence(&[&object(ECDSA_SHA256_OID)]),
            Self::P384(_) => sequence(&[&object(ECDSA_SHA384_OID)]),
            Self::Ed25519(_) => sequence(&[&object(ED25519_OID)]),
            Self::Dsa(_) => return None,
        })
    }

    /// Signs a message.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Self::Rsa(key) => key.sign(message),
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(key).sign(message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = p384::ecdsa::SigningKey::from(key).sign(message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
            Self::Dsa(_) => Err("x509: certificate private key does not implement crypto.Signer".to_owned()),
        }
    }

    /// Reads a key from PEM.
    pub(super) fn from_pem(text: &[u8]) -> Result<Self, String> {
        let Some((kind, bytes)) = pem::decode(text) else {
            return Err("no PEM data in input".to_owned());
        };
        if kind == "PRIVATE KEY" {
            return Self::from_pkcs8(&bytes).ok_or_else(|| format!("decoding PEM as PKCS#8: {}", malformed("pkcs8")));
        }
        match kind.strip_suffix(" PRIVATE KEY") {
            None => Err(format!("no private key data in PEM block of type {kind}")),
            Some("RSA") => RsaKey::from_pkcs1(&bytes)
                .map(|key| Self::Rsa(Box::new(key)))
                .ok_or_else(|| format!("parsing RSA private key from PEM: {}", malformed("pkcs1PrivateKey"))),
            Some("EC") => Self::from_sec1(&bytes, None)
                .ok_or_else(|| format!("parsing EC private key from PEM: {}", malformed("ecPrivateKey"))),
            Some("DSA") => match Reader::new(&bytes).expect(der::SEQUENCE) {
                Some(key) => Ok(Self::Dsa(key.whole.to_vec())),
                None => Err(format!(
                    "parsing DSA private key from PEM: {}",
                    malformed("DSAKeyFormat")
                )),
            },
            Some(other) => Err(format!("invalid private key type {other}")),
        }
    }

    fn from_pkcs8(bytes: &[u8]) -> Option<Self> {
        let mut fields = Reader::new(bytes).expect(der::SEQUENCE)?.inner();
        fields.expect(der::INTEGER)?;
        let mut algorithm = fields.expect(der::SEQUENCE)?.inner();
        let secret = fields.expect(der::OCTET_STRING)?.content;
        match algorithm.expect(der::OBJECT_ID)?.content {
            RSA_OID => RsaKey::from_pkcs1(secret).map(|key| Self::Rsa(Box::new(key))),
            EC_OID => Self::from_sec1(secret, Some(algorithm.expect(der::OBJECT_ID)?.content)),
            ED25519_OID => {
                let seed = Reader::new(secret).expect(der::OCTET_STRING)?.content;
                let seed: [u8; 32] = seed.try_into().ok()?;
                Some(Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)))
            }
            _ => None,
        }
    }

    /// An elliptic curve key; the curve may be named outside.
    fn from_sec1(bytes: &[u8], curve: Option<&[u8]>) -> Option<Self> {
        let mut fields = Reader::new(bytes).expect(der::SEQUENCE)?.inner();
        fields.expect(der::INTEGER)?;
        let secret = fields.expect(der::OCTET_STRING)?.content;
        let named = fields
            .optional(0xa0)
            .and_then(|field| field.inner().expect(der::OBJECT_ID));
        let curve = curve.or_else(|| named.map(|object| object.content))?;
        match curve {
            P256_OID => p256::SecretKey::from_slice(secret).ok().map(Self::P256),
            P384_OID => p384::SecretKey::from_slice(secret).ok().map(Self::P384),
            _ => None,
        }
    }
}

/// Go's text for DER of another form.
fn malformed(structure: &str) -> String {
    format!("asn1: structure error: malformed {structure}")
}
