//! Private keys: made, printed as PEM the way Sprig prints them, and read back.

use p256::ecdsa::signature::Signer as _;
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::pkcs8::DecodePrivateKey as _;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _};
use rsa::rand_core::{CryptoRng, Error as RngError, RngCore};
use rsa::signature::SignatureEncoding as _;
use rsa::traits::PublicKeyParts as _;

use super::super::encoding::BASE64;
use super::super::table::fixed;
use super::der::{bits, element, integer, oid, sequence, tag};
use crate::template::{CallResult, Function, Host, Parameter, Value};

/// The functions of this family.
pub(in super::super) static FUNCTIONS: &[Function] = &[fixed("genPrivateKey", &[Parameter::Str], gen_private_key)];

/// Bits of the RSA keys behind certificates.
pub(super) const CERTIFICATE_KEY_BITS: usize = 2048;
/// Bits of the RSA keys of `genPrivateKey`.
const PRIVATE_KEY_BITS: usize = 4096;

/// `1.2.840.113549.1.1.1`
const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
/// `1.2.840.113549.1.1.11`
const SHA256_WITH_RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
/// `1.2.840.10045.2.1`
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// `1.2.840.10045.3.1.7`
const P256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
/// `1.2.840.10045.4.3.2`
const ECDSA_WITH_SHA256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];
/// `1.3.101.112`
const ED25519: &[u8] = &[0x2B, 0x65, 0x70];

/// A private key.
pub(super) enum PrivateKey {
    Rsa(Box<rsa::RsaPrivateKey>),
    Ec(p256::SecretKey),
    Ed25519(Box<ed25519_dalek::SigningKey>),
    /// Only made and printed: no certificate is signed with one.
    Dsa(Vec<u8>),
}

/// The host's random bytes for the key libraries.
pub(super) struct HostRandom<'h>(pub(super) &'h mut dyn Host);

impl RngCore for HostRandom<'_> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill_random(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill_random(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_random(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), RngError> {
        self.0.fill_random(bytes);
        Ok(())
    }
}

impl CryptoRng for HostRandom<'_> {}

fn gen_private_key(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let kind = super::super::arguments::string(arguments, 0);
    let mut random = HostRandom(host);
    let key = match kind.as_str() {
        "" | "rsa" => PrivateKey::rsa(&mut random, PRIVATE_KEY_BITS)?,
        "dsa" => PrivateKey::dsa(&mut random),
        "ecdsa" => PrivateKey::Ec(p256::SecretKey::random(&mut random)),
        "ed25519" => PrivateKey::Ed25519(Box::new(ed25519_dalek::SigningKey::generate(&mut random))),
        other => return Ok(Value::str(format!("Unknown type {other}"))),
    };
    Ok(Value::str(key.pem()?))
}

/// Text between PEM's lines, 64 characters each.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let encoded = BASE64.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in encoded.chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// Label and content of the first PEM block.
pub(super) fn read_pem(text: &str) -> Option<(String, Vec<u8>)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let digits: String = body
        .lines()
        .filter(|line| !line.contains(':'))
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    Some((label.to_owned(), BASE64.decode(digits.as_bytes()).ok()?))
}

impl PrivateKey {
    pub(super) fn rsa(random: &mut HostRandom<'_>, bits: usize) -> Result<Self, String> {
        let key =
            rsa::RsaPrivateKey::new(random, bits).map_err(|error| format!("error generating rsa key: {error}"))?;
        Ok(Self::Rsa(Box::new(key)))
    }

    fn dsa(random: &mut HostRandom<'_>) -> Self {
        let components = dsa::Components::generate(random, dsa::KeySize::DSA_2048_256);
        let key = dsa::SigningKey::generate(random, components);
        let public = key.verifying_key();
        let components = public.components();
        let numbers = [components.p(), components.q(), components.g(), public.y(), key.x()];
        let mut parts = vec![integer(&[0])];
        parts.extend(numbers.iter().map(|number| integer(&number.to_bytes_be())));
        Self::Dsa(element(tag::SEQUENCE, &parts.concat()))
    }

    /// The key as Sprig prints it.
    pub(super) fn pem(&self) -> Result<String, String> {
        Ok(match self {
            Self::Rsa(key) => {
                let der = key.to_pkcs1_der().map_err(|error| error.to_string())?;
                pem("RSA PRIVATE KEY", der.as_bytes())
            }
            Self::Ec(key) => {
                let der = key.to_sec1_der().map_err(|error| error.to_string())?;
                pem("EC PRIVATE KEY", &with_curve(&der))
            }
            Self::Ed25519(key) => {
                let seed = element(tag::OCTET_STRING, key.as_bytes());
                let algorithm = sequence(&[&oid(ED25519)]);
                let der = sequence(&[&integer(&[0]), &algorithm, &element(tag::OCTET_STRING, &seed)]);
                pem("PRIVATE KEY", &der)
            }
            Self::Dsa(der) => pem("DSA PRIVATE KEY", der),
        })
    }

    /// Reads a key, with Sprig's errors.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let (label, der) = read_pem(text).ok_or("no PEM data in input")?;
        match label.as_str() {
            "PRIVATE KEY" => {
                if let Ok(key) = rsa::RsaPrivateKey::from_pkcs8_der(&der) {
                    return Ok(Self::Rsa(Box::new(key)));
                }
                if let Ok(key) = p256::SecretKey::from_pkcs8_der(&der) {
                    return Ok(Self::Ec(key));
                }
                ed25519_dalek::SigningKey::from_pkcs8_der(&der)
                    .map(|key| Self::Ed25519(Box::new(key)))
                    .map_err(|error| format!("decoding PEM as PKCS#8: {error}"))
            }
            "RSA PRIVATE KEY" => rsa::RsaPrivateKey::from_pkcs1_der(&der)
                .map(|key| Self::Rsa(Box::new(key)))
                .map_err(|error| format!("parsing RSA private key from PEM: {error}")),
            "EC PRIVATE KEY" => p256::SecretKey::from_sec1_der(&der)
                .map(Self::Ec)
                .map_err(|error| format!("parsing EC private key from PEM: {error}")),
            "DSA PRIVATE KEY" => Ok(Self::Dsa(der)),
            other if other.ends_with(" PRIVATE KEY") => Err(format!("invalid private key type {other}")),
            other => Err(format!("no private key data in PEM block of type {other}")),
        }
    }

    /// `SubjectPublicKeyInfo`, and the key's own bits in it.
    pub(super) fn public_key(&self) -> Result<(Vec<u8>, Vec<u8>), String> {
        let (algorithm, key) = match self {
            Self::Rsa(key) => {
                let numbers = sequence(&[&integer(&key.n().to_bytes_be()), &integer(&key.e().to_bytes_be())]);
                (sequence(&[&oid(RSA_ENCRYPTION), &element(tag::NULL, &[])]), numbers)
            }
            Self::Ec(key) => {
                let point = key.public_key().to_encoded_point(false).as_bytes().to_vec();
                (sequence(&[&oid(EC_PUBLIC_KEY), &oid(P256)]), point)
            }
            Self::Ed25519(key) => (sequence(&[&oid(ED25519)]), key.verifying_key().to_bytes().to_vec()),
            Self::Dsa(_) => return Err(unsupported()),
        };
        Ok((sequence(&[&algorithm, &bits(&key)]), key))
    }

    /// The algorithm this key signs with.
    pub(super) fn signature_algorithm(&self) -> Result<Vec<u8>, String> {
        Ok(match self {
            Self::Rsa(_) => sequence(&[&oid(SHA256_WITH_RSA), &element(tag::NULL, &[])]),
            Self::Ec(_) => sequence(&[&oid(ECDSA_WITH_SHA256)]),
            Self::Ed25519(_) => sequence(&[&oid(ED25519)]),
            Self::Dsa(_) => return Err(unsupported()),
        })
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        Ok(match self {
            Self::Rsa(key) => {
                let signer = rsa::pkcs1v15::SigningKey::<sha2::Sha256>::new((**key).clone());
                signer.try_sign(message).map_err(|error| error.to_string())?.to_vec()
            }
            Self::Ec(key) => {
                let signer = p256::ecdsa::SigningKey::from(key);
                let signature: p256::ecdsa::Signature = signer.try_sign(message).map_err(|error| error.to_string())?;
                signature.to_der().as_bytes().to_vec()
            }
            Self::Ed25519(key) => {
                let signature: ed25519_dalek::Signature = key.try_sign(message).map_err(|error| error.to_string())?;
                signature.to_bytes().to_vec()
            }
            Self::Dsa(_) => return Err(unsupported()),
        })
    }
}

fn unsupported() -> String {
    "error creating certificate: x509: only RSA, ECDSA and Ed25519 keys supported".to_owned()
}

/// Go writes the curve into SEC 1 keys, between key and point; the library leaves it out.
fn with_curve(der: &[u8]) -> Vec<u8> {
    let parts = super::der::read(der).and_then(|(_, content, _)| super::der::elements(content));
    let Some(parts) = parts.filter(|parts| parts.iter().all(|(tag, _)| *tag != 0xA0)) else {
        return der.to_vec();
    };
    let mut content = Vec::new();
    for (index, (part_tag, part)) in parts.iter().enumerate() {
        if index == 2 {
            content.extend(element(0xA0, &oid(P256)));
        }
        content.extend(element(*part_tag, part));
    }
    element(tag::SEQUENCE, &content)
}
