//! Powers modulo an odd number of some hundreds of digits, by Montgomery's multiplication: what making RSA and DSA keys
//! spends its time on.
//!
//! In: numbers of `N` limbs of 64 bits, the lowest first. Out: their powers. Follows what Go's
//! `crypto/internal/fips140/bigmod` does, without being constant in time: a key that a template makes is printed by it.

use num_bigint::BigUint;

/// Bits of the exponent that one multiplication covers.
const WINDOW: usize = 4;

/// An odd number whose highest bit is set.
pub(super) struct Modulus<const N: usize> {
    limbs: [u64; N],
    /// The negative inverse of the lowest limb, modulo 2^64.
    inverse: u64,
    /// One in Montgomery's form: 2^(64·N) modulo the number.
    one: [u64; N],
    /// The number minus one in Montgomery's form.
    last: [u64; N],
}

impl<const N: usize> Modulus<N> {
    /// Nothing for a number that is even, or does not fill its limbs.
    pub(super) fn new(number: &BigUint) -> Option<Self> {
        let limbs = limbs(number).filter(|_| number.bit(0) && number.bits() == 64 * N as u64)?;
        let lowest = *limbs.first()?;
        let mut inverse = lowest;
        // Each round doubles the number of bits that are right: three at first.
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(lowest.wrapping_mul(inverse)));
        }
        let mut modulus = Self {
            limbs,
            inverse: inverse.wrapping_neg(),
            one: [0; N],
            last: [0; N],
        };
        // Subtracting from zero leaves 2^(64·N) minus the number.
        subtract(&mut modulus.one, &modulus.limbs);
        modulus.last = modulus.limbs;
        subtract(&mut modulus.last, &modulus.one);
        Some(modulus)
    }

    /// Whether the number passes the Miller-Rabin test with the base two.
    pub(super) fn passes_base_two(&self) -> bool {
        let (exponent, twos) = self.odd_part();
        let mut power = self.one;
        for bit in exponent {
            power = self.square(&power);
            if bit {
                self.double(&mut power);
            }
        }
        self.is_root_of_one(power, twos)
    }

    /// Whether the number passes the Miller-Rabin test with a random base. The base counts as being in Montgomery's form
    /// already, since it is as random in any.
    pub(super) fn passes(&self, base: &[u64; N]) -> bool {
        let (exponent, twos) = self.odd_part();
        self.is_root_of_one(self.raise(base, &exponent), twos)
    }

    /// The bits of the odd part of the number minus one, the highest first, and how many twos that part is multiplied by.
    fn odd_part(&self) -> (Vec<bool>, usize) {
        let mut bits: Vec<bool> = bits_of(&self.limbs).skip(1).collect();
        let twos = 1 + bits.iter().take_while(|bit| !**bit).count();
        bits.drain(..twos - 1);
        bits.reverse();
        (bits, twos)
    }

    fn is_root_of_one(&self, mut power: [u64; N], twos: usize) -> bool {
        if power == self.one {
            return true;
        }
        for _ in 1..twos {
            if power == self.last {
                return true;
            }
            power = self.square(&power);
        }
        power == self.last
    }

    /// A power of a number in Montgomery's form.
    fn raise(&self, base: &[u64; N], exponent: &[bool]) -> [u64; N] {
        let mut powers = vec![self.one];
        for _ in 1..1 << WINDOW {
            let last = powers.last().unwrap_or(base);
            powers.push(self.multiply(last, base));
        }
        let (head, windows) = exponent.split_at(exponent.len() % WINDOW);
        let mut power = self.one;
        for window in std::iter::once(head).chain(windows.chunks(WINDOW)) {
            let mut digit = 0;
            for bit in window {
                power = self.square(&power);
                digit = digit << 1 | usize::from(*bit);
            }
            if let Some(factor) = powers.get(digit).filter(|_| digit > 0) {
                power = self.multiply(&power, factor);
            }
        }
        power
    }

    fn multiply(&self, a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        let mut product = [[0; N]; 2];
        let mut rest = product.as_flattened_mut();
        for &digit in b {
            let Some((row, after)) = rest.split_first_chunk_mut::<N>() else {
                break;
            };
            let carry = add_product(row, a, digit);
            if let Some(next) = after.first_mut() {
                *next = carry;
            }
            rest = rest.get_mut(1..).unwrap_or_default();
        }
        self.reduce(&mut product)
    }

    /// As a multiplication by itself, which needs half of the products.
    fn square(&self, a: &[u64; N]) -> [u64; N] {
        let mut product = [[0; N]; 2];
        let digits = product.as_flattened_mut();
        for (at, &digit) in a.iter().enumerate() {
            let others = a.get(at + 1..).unwrap_or_default();
            let row = digits.get_mut(2 * at + 1..=at + N).unwrap_or_default();
            if let Some((last, row)) = row.split_last_mut() {
                *last = add_product(row, others, digit);
            }
        }
        let (mut shifted, mut carry) = (0, false);
        for (pair, &digit) in digits.as_chunks_mut::<2>().0.iter_mut().zip(a) {
            let [low, high] = *pair;
            let (square_low, square_high) = digit.carrying_mul(digit, 0);
            let (sum_low, carry_low) = (low << 1 | shifted).carrying_add(square_low, carry);
            let (sum_high, carry_high) = (high << 1 | low >> 63).carrying_add(square_high, carry_low);
            *pair = [sum_low, sum_high];
            (shifted, carry) = (high >> 63, carry_high);
        }
        self.reduce(&mut product)
    }

    /// A product divided by 2^(64·N), modulo the number.
    fn reduce(&self, product: &mut [[u64; N]; 2]) -> [u64; N] {
        let mut rest = product.as_flattened_mut();
        let mut overflow = false;
        for _ in 0..N {
            let Some((row, after)) = rest.split_first_chunk_mut::<N>() else {
                break;
            };
            let factor = row.first().map_or(0, |lowest| lowest.wrapping_mul(self.inverse));
            let carry = add_product(row, &self.limbs, factor);
            if let Some(next) = after.first_mut() {
                (*next, overflow) = next.carrying_add(carry, overflow);
            }
            rest = rest.get_mut(1..).unwrap_or_default();
        }
        let [_, mut reduced] = *product;
        self.bring_below(&mut reduced, overflow);
        reduced
    }

    /// Subtracts the number once, if the result is not below it.
    fn bring_below(&self, number: &mut [u64; N], overflow: bool) {
        let mut less = *number;
        let is_below = subtract(&mut less, &self.limbs);
        if overflow || !is_below {
            *number = less;
        }
    }

    fn double(&self, number: &mut [u64; N]) {
        let mut carry = 0;
        for limb in &mut *number {
            (*limb, carry) = (*limb << 1 | carry, *limb >> 63);
        }
        self.bring_below(number, carry != 0);
    }

    /// A number as it is, from Montgomery's form.
    fn out_of_form(&self, number: &[u64; N]) -> BigUint {
        let mut product = [*number, [0; N]];
        number_of(&self.reduce(&mut product))
    }
}

/// Adds the product of a number and a digit to a row of the same length, and returns what is carried out of it.
#[inline]
fn add_product(row: &mut [u64], number: &[u64], digit: u64) -> u64 {
    let mut carry = 0;
    for (sum, &limb) in row.iter_mut().zip(number) {
        (*sum, carry) = limb.carrying_mul_add(digit, *sum, carry);
    }
    carry
}

/// Subtracts, and returns whether the result would be negative.
fn subtract<const N: usize>(from: &mut [u64; N], number: &[u64; N]) -> bool {
    let mut borrow = false;
    for (limb, &other) in from.iter_mut().zip(number) {
        (*limb, borrow) = limb.borrowing_sub(other, borrow);
    }
    borrow
}

/// The bits of a number, the lowest first.
fn bits_of(limbs: &[u64]) -> impl Iterator<Item = bool> {
    limbs.iter().flat_map(|limb| (0..64).map(move |at| limb >> at & 1 == 1))
}

/// The limbs of a number; nothing if it does not fit.
pub(super) fn limbs<const N: usize>(number: &BigUint) -> Option<[u64; N]> {
    let mut limbs = [0; N];
    let digits = number.iter_u64_digits();
    if digits.len() > N {
        return None;
    }
    for (limb, digit) in limbs.iter_mut().zip(digits) {
        *limb = digit;
    }
    Some(limbs)
}

fn number_of(limbs: &[u64]) -> BigUint {
    let bytes: Vec<u8> = limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect();
    BigUint::from_bytes_le(&bytes)
}

/// A power modulo a number: with the multiplication above for the sizes of keys, otherwise as the crate for large numbers
/// does it.
pub(super) fn power(base: &BigUint, exponent: &BigUint, modulus: &BigUint) -> BigUint {
    let found = match modulus.bits() {
        1_024 => power_of_size::<16>(base, exponent, modulus),
        2_048 => power_of_size::<32>(base, exponent, modulus),
        _ => None,
    };
    found.unwrap_or_else(|| base.modpow(exponent, modulus))
}

fn power_of_size<const N: usize>(base: &BigUint, exponent: &BigUint, modulus: &BigUint) -> Option<BigUint> {
    let reduced = Modulus::<N>::new(modulus)?;
    let base = limbs(&((base << (64 * N)) % modulus))?;
    let digits: Vec<u64> = exponent.iter_u64_digits().collect();
    let mut bits: Vec<bool> = bits_of(&digits).collect();
    bits.reverse();
    Some(reduced.out_of_form(&reduced.raise(&base, &bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of a size with patterns that make carries: all ones, alternating limbs, and others that look random.
    fn numbers(bits: u64) -> Vec<BigUint> {
        let all = (BigUint::from(1_u8) << bits) - 1_u8;
        let mut mixed = BigUint::from(3_u8).pow(3_000) % &all;
        mixed.set_bit(0, true);
        mixed.set_bit(bits - 1, true);
        let holes = &all ^ &((BigUint::from(u64::MAX)) << 64_u32);
        vec![all, mixed, holes]
    }

    #[test]
    fn powers_are_those_of_the_crate() {
        for bits in [1_024, 2_048] {
            for modulus in numbers(bits) {
                for base in numbers(bits).into_iter().chain(numbers(64)) {
                    for exponent in [BigUint::from(65_537_u32), BigUint::from(0_u8), &modulus - 1_u8] {
                        let expected = base.modpow(&exponent, &modulus);
                        assert_eq!(
                            power(&base, &exponent, &modulus),
                            expected,
                            "{base} ^ {exponent} % {modulus}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn even_and_short_numbers_are_not_a_modulus() {
        let full = (BigUint::from(1_u8) << 1_024_u32) - 1_u8;
        assert!(Modulus::<16>::new(&full).is_some());
        for number in [&full - 1_u8, &full >> 1_u32, &full * 2_u8] {
            assert!(Modulus::<16>::new(&number).is_none(), "{number}");
        }
    }

    /// Primes that two elliptic curves use, and composite numbers.
    #[test]
    fn primes_pass() {
        let p256 = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
        let secp256k1 = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
        let number = |text: &str| BigUint::parse_bytes(text.as_bytes(), 16).expect("is a number");
        let half = (BigUint::from(1_u8) << 127_u32) - 1_u8;
        for (text, candidate, base_two, random) in [
            ("P-256", number(p256), true, true),
            ("secp256k1", number(secp256k1), true, true),
            ("a product", ((&half * &half) << 2_u32) + 3_u8, false, false),
            ("all ones", number(&"f".repeat(64)), false, false),
        ] {
            let modulus = Modulus::<4>::new(&candidate).expect(text);
            assert_eq!(modulus.passes_base_two(), base_two, "{text}");
            assert_eq!(modulus.passes(&[0x9e37_79b9_7f4a_7c15; 4]), random, "{text}");
        }
    }
}
