//! Passwords and ciphers: `bcrypt`, `htpasswd`, `derivePassword`, `encryptAES`, `decryptAES`.
//!
//! Follows Sprig's `crypto.go`.

use aes::Aes256;
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockDecryptMut as _, BlockEncryptMut as _, KeyIvInit as _};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::super::arguments::{bytes, error, int, string};
use super::super::table::fixed;
use crate::engine::template::{CallResult, Function, Host, Parameter, Value};
use crate::text::go::base64;

use Parameter::Str;

/// Go's `bcrypt.DefaultCost`.
const BCRYPT_COST: u32 = 10;
/// Longest password that bcrypt accepts.
const BCRYPT_MAX_LENGTH: usize = 72;
/// Steps that a slow hash of a password counts as.
const HASH_COST: u64 = 400_000;
/// Steps that a derived password counts as: scrypt with 32 MiB of memory.
const DERIVATION_COST: u64 = 2_600_000;
/// Steps that a kibibyte counts as that is encrypted.
const CIPHER_COST: u64 = 256;
/// Size of an AES block.
const BLOCK: usize = 16;

/// The functions of this family.
pub(in super::super) static FUNCTIONS: &[Function] = &[
    fixed("bcrypt", &[Str], |host, a| {
        Ok(Value::str(bcrypt_hash(host, bytes(a, 0))))
    })
    .costing(HASH_COST),
    fixed("htpasswd", &[Str, Str], htpasswd).costing(HASH_COST),
    fixed(
        "derivePassword",
        &[Parameter::Named("uint32"), Str, Str, Str, Str],
        derive_password,
    )
    .costing(DERIVATION_COST),
    fixed("encryptAES", &[Str, Str], encrypt).costing_by_size(CIPHER_COST),
    fixed("decryptAES", &[Str, Str], decrypt).costing_by_size(CIPHER_COST),
];

/// The lowest cost that bcrypt accepts, for output that is only checked: a hash then takes a sixty-fourth of the time.
const CHECK_COST: u32 = 4;

fn bcrypt_hash(host: &mut dyn Host, password: &[u8]) -> String {
    const FAILED: &str = "failed to encrypt string with bcrypt:";
    if password.len() > BCRYPT_MAX_LENGTH {
        return format!("{FAILED} bcrypt: password length exceeds 72 bytes");
    }
    let mut salt = [0; 16];
    host.fill_random(&mut salt);
    let cost = if host.is_throwaway() { CHECK_COST } else { BCRYPT_COST };
    match bcrypt::hash_with_salt(password, cost, salt) {
        Ok(parts) => {
            let hash = parts.format_for_version(bcrypt::Version::TwoA);
            // Templates compare the prefix, so the hash names the usual cost.
            hash.replacen(&format!("${cost:02}$"), &format!("${BCRYPT_COST:02}$"), 1)
        }
        Err(problem) => format!("{FAILED} {problem}"),
    }
}

fn htpasswd(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let user = string(arguments, 0);
    if user.contains(':') {
        return Ok(Value::str(format!("invalid username: {user}")));
    }
    let hash = bcrypt_hash(host, bytes(arguments, 1));
    Ok(Value::str(format!("{user}:{hash}")))
}

/// The text that identifies the derivation scheme.
const SCHEME: &[u8] = b"com.lyndir.masterpassword";

fn templates(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => return None,
    })
}

const fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

fn length_prefix(text: &[u8]) -> [u8; 4] {
    u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes()
}

fn derive_password(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let counter = match arguments.first() {
        Some(Value::Uint32(counter)) => *counter,
        _ => u32::try_from(int(arguments, 0)).unwrap_or_default(),
    };
    let kind = string(arguments, 1);
    let Some(templates) = templates(&kind) else {
        return Ok(Value::str(format!("cannot find password template {kind}")));
    };
    let (password, user, site) = (bytes(arguments, 2), bytes(arguments, 3), bytes(arguments, 4));
    let salt = [SCHEME, &length_prefix(user), user].concat();
    let mut key = [0; 64];
    let derived = scrypt::Params::new(15, 8, 2, key.len())
        .map_err(|problem| problem.to_string())
        .and_then(|parameters| {
            scrypt::scrypt(password, &salt, &parameters, &mut key).map_err(|problem| problem.to_string())
        });
    if let Err(problem) = derived {
        return Ok(Value::str(format!("failed to derive password: {problem}")));
    }
    let message = [SCHEME, &length_prefix(site), site, &counter.to_be_bytes()].concat();
    let Ok(mut code) = Hmac::<Sha256>::new_from_slice(&key) else {
        return error("failed to derive password");
    };
    code.update(&message);
    let seed = code.finalize().into_bytes();
    let pick = |position: usize, length: usize| seed.get(position).map_or(0, |&byte| usize::from(byte)) % length.max(1);
    let template = templates.get(pick(0, templates.len())).copied().unwrap_or_default();
    let derived: Vec<u8> = template
        .bytes()
        .enumerate()
        .filter_map(|(position, class)| {
            let set = characters(class);
            set.get(pick(position + 1, set.len())).copied()
        })
        .collect();
    Ok(Value::str(derived))
}

/// The first 32 bytes of a password, padded with zeros.
fn cipher_key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    for (slot, byte) in key.iter_mut().zip(password) {
        *slot = *byte;
    }
    key
}

fn encrypt(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let plain = bytes(arguments, 1);
    if plain.is_empty() {
        return Ok(Value::str(""));
    }
    let mut vector = [0; BLOCK];
    host.fill_random(&mut vector);
    let cipher = cbc::Encryptor::<Aes256>::new(&cipher_key(bytes(arguments, 0)).into(), &vector.into());
    let mut out = vector.to_vec();
    out.extend(cipher.encrypt_padded_vec_mut::<Pkcs7>(plain));
    Ok(Value::str(base64::encode(&out)))
}

fn decrypt(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let encoded = bytes(arguments, 1);
    if encoded.is_empty() {
        return Ok(Value::str(""));
    }
    let encrypted = base64::decode(encoded)?;
    let Some((vector, body)) = encrypted.split_first_chunk::<BLOCK>() else {
        let length = encrypted.len();
        return error(format!(
            "runtime error: slice bounds out of range [:{BLOCK}] with capacity {length}"
        ));
    };
    if !body.len().is_multiple_of(BLOCK) {
        return error("crypto/cipher: input not full blocks");
    }
    let cipher = cbc::Decryptor::<Aes256>::new(&cipher_key(bytes(arguments, 0)).into(), vector.into());
    let Ok(plain) = cipher.decrypt_padded_vec_mut::<NoPadding>(body) else {
        return error("crypto/cipher: input not full blocks");
    };
    let Some(&padding) = plain.last() else {
        return error("runtime error: index out of range [-1]");
    };
    let Some(length) = plain.len().checked_sub(usize::from(padding)) else {
        let bound = i64::try_from(plain.len()).unwrap_or_default() - i64::from(padding);
        return error(format!("runtime error: slice bounds out of range [:{bound}]"));
    };
    Ok(Value::str(plain.get(..length).unwrap_or_default()))
}
