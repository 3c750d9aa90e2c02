//! Random text and numbers: `randAlphaNum` and its relatives, `randInt`, `randBytes`, `uuidv4`, `shuffle`.
//!
//! Every random byte comes from the host, so a host with fixed bytes gives a fixed rendering. The form of the results
//! follows Sprig's `strings.go` and `crypto.go`.

use super::super::arguments::{error, int, string};
use super::super::table::fixed;
use crate::engine::template::{CallResult, Function, Host, Parameter, Value};
use crate::text::go::base64;

use Parameter::{Int, Str};

/// Longest random text.
const MAX_LENGTH: i64 = 1 << 24;

/// Steps that a random character counts as: of thirteen random bytes one is a digit.
const CHARACTER_COST: u64 = 2;
/// Steps that a kibibyte counts as that is shuffled: one for each character, which gets a random number and another place.
const SHUFFLE_COST: u64 = 1_024;

/// The functions of this family.
pub(in super::super) static FUNCTIONS: &[Function] = &[
    fixed("randAlphaNum", &[Int], |host, a| {
        text(host, int(a, 0), u8::is_ascii_alphanumeric)
    }),
    fixed("randAlpha", &[Int], |host, a| {
        text(host, int(a, 0), u8::is_ascii_alphabetic)
    }),
    fixed("randNumeric", &[Int], |host, a| {
        text(host, int(a, 0), u8::is_ascii_digit)
    }),
    fixed("randAscii", &[Int], |host, a| {
        text(host, int(a, 0), |byte| matches!(byte, b' '..=b'~'))
    }),
    fixed("randInt", &[Int, Int], random_int),
    fixed("randBytes", &[Int], random_bytes),
    fixed("uuidv4", &[], uuid),
    fixed("shuffle", &[Str], shuffle).costing_by_size(SHUFFLE_COST),
];

/// The given number of random characters of a set; none when the count is negative.
fn text(host: &mut dyn Host, count: i64, belongs: fn(&u8) -> bool) -> CallResult {
    if count > MAX_LENGTH {
        return error("runtime error: makeslice: len out of range");
    }
    host.spend(u64::try_from(count).unwrap_or_default() * CHARACTER_COST)?;
    let count = usize::try_from(count).unwrap_or_default();
    let mut out = Vec::with_capacity(count);
    let mut buffer = [0; 64];
    while out.len() < count {
        host.fill_random(&mut buffer);
        let wanted = count - out.len();
        // Rejecting bytes outside the set keeps every character equally likely.
        out.extend(buffer.iter().map(|byte| byte & 0x7f).filter(belongs).take(wanted));
    }
    Ok(Value::str(out))
}

/// A number below `limit`, each as likely; `limit` is positive.
fn below(host: &mut dyn Host, limit: u64) -> u64 {
    let excess = (u64::MAX % limit + 1) % limit;
    loop {
        let mut buffer = [0; 8];
        host.fill_random(&mut buffer);
        let number = u64::from_le_bytes(buffer);
        if number <= u64::MAX - excess {
            return number % limit;
        }
    }
}

fn random_int(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let (low, high) = (int(arguments, 0), int(arguments, 1));
    let span = high.wrapping_sub(low);
    match u64::try_from(span) {
        Ok(span) if span > 0 => Ok(Value::Int(low.wrapping_add_unsigned(below(host, span)))),
        _ => error("invalid argument to Intn"),
    }
}

fn random_bytes(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let count = int(arguments, 0);
    let Some(length) = usize::try_from(count).ok().filter(|_| count <= MAX_LENGTH) else {
        return error("runtime error: makeslice: len out of range");
    };
    let mut buffer = vec![0; length];
    host.fill_random(&mut buffer);
    Ok(Value::str(base64::encode(&buffer)))
}

fn uuid(host: &mut dyn Host, _: &[Value]) -> CallResult {
    let mut bytes = [0; 16];
    host.fill_random(&mut bytes);
    let number = u128::from_be_bytes(bytes);
    let version = 0x4_u128 << 76;
    let variant = 0x2_u128 << 62;
    let number = number & !(0xf_u128 << 76) & !(0x3_u128 << 62) | version | variant;
    let digits = format!("{number:032x}");
    let mut out = String::with_capacity(36);
    for (position, digit) in digits.chars().enumerate() {
        if matches!(position, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(digit);
    }
    Ok(Value::str(out))
}

fn shuffle(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let mut characters: Vec<char> = string(arguments, 0).chars().collect();
    for last in (1..characters.len()).rev() {
        let limit = u64::try_from(last + 1).unwrap_or(1);
        let other = usize::try_from(below(host, limit)).unwrap_or_default();
        characters.swap(last, other);
    }
    Ok(Value::str(characters.into_iter().collect::<String>()))
}
