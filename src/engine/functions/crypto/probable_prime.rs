//! A quick test for primes: whether `2^(n-1)` is 1 modulo `n`. Nearly every number that passes it is a prime, and no prime fails; what
//! passes is tested thoroughly afterwards.
//!
//! Powers of two are squared and doubled only, in Montgomery's form: for `a` it has `a·R` modulo `n`, where `R` is the power of two after
//! `n`. Dividing by `R` needs no division (P. L. Montgomery, "Modular Multiplication Without Trial Division", 1985). Two rows of products are added at
//! a time, since the processor works on both while it waits for the carry of one.

/// Bytes of a limb.
const LIMB: usize = 8;

/// Whether a number may be a prime, given as little-endian bytes. One whose highest bit is not set, or whose length is not that of an even number of
/// limbs, always may be.
pub(super) fn may_be_prime(number: &[u8]) -> bool {
    Modulus::new(number).is_none_or(|modulus| modulus.passes())
}

/// An odd number.
struct Modulus {
    limbs: Vec<u64>,
    /// What its lowest limb is multiplied with to give -1.
    negative_inverse: u64,
}

impl Modulus {
    fn new(bytes: &[u8]) -> Option<Self> {
        let limbs: Vec<u64> = bytes
            .chunks_exact(LIMB)
            .filter_map(|chunk| Some(u64::from_le_bytes(chunk.try_into().ok()?)))
            .collect();
        let (first, last) = (*limbs.first()?, *limbs.last()?);
        let has_usual_form =
            bytes.len().is_multiple_of(2 * LIMB) && limbs.len() >= 4 && first % 2 == 1 && last >> 63 == 1;
        if !has_usual_form {
            return None;
        }
        // Newton's iteration: each step doubles the number of bits that are right, of three at first.
        let mut inverse = first;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(first.wrapping_mul(inverse)));
        }
        Some(Self {
            limbs,
            negative_inverse: inverse.wrapping_neg(),
        })
    }

    fn passes(&self) -> bool {
        // R - n, since n is more than half of R.
        let mut carry = true;
        let one: Vec<u64> = self
            .limbs
            .iter()
            .map(|limb| {
                let (sum, carries) = (!limb).overflowing_add(u64::from(carry));
                carry = carries;
                sum
            })
            .collect();
        let mut power = one.clone();
        let mut products = vec![0; 2 * one.len()];
        for (at, limb) in self.limbs.iter().enumerate().rev() {
            // Only the lowest bit of n - 1 differs from that of n.
            let exponent = if at == 0 { limb - 1 } else { *limb };
            for bit in (0..u64::BITS).rev() {
                self.square(&mut power, &mut products);
                if exponent >> bit & 1 == 1 {
                    self.double(&mut power);
                }
            }
        }
        power == one
    }

    fn double(&self, value: &mut [u64]) {
        let mut carry = 0;
        for limb in value.iter_mut() {
            let next = *limb >> 63;
            *limb = *limb << 1 | carry;
            carry = next;
        }
        self.reduce_once(value, carry == 1);
    }

    /// Subtracts the modulus from a value that is not less, `exceeds` if it has another bit above its limbs.
    fn reduce_once(&self, value: &mut [u64], exceeds: bool) {
        if !exceeds && value.iter().rev().lt(self.limbs.iter().rev()) {
            return;
        }
        let mut borrow = false;
        for (limb, other) in value.iter_mut().zip(&self.limbs) {
            let (difference, first) = limb.overflowing_sub(*other);
            let (difference, second) = difference.overflowing_sub(u64::from(borrow));
            *limb = difference;
            borrow = first || second;
        }
    }

    /// Squares a value in Montgomery's form. `products` has twice as many limbs.
    fn square(&self, value: &mut [u64], products: &mut [u64]) {
        multiply_pairs(value, products);
        double_and_add_squares(value, products);
        let exceeds = self.divide(products);
        value.copy_from_slice(products.get(value.len()..).unwrap_or_default());
        self.reduce_once(value, exceeds);
    }

    /// Divides by R modulo the modulus: adds multiples of it until the lower half is zero. The upper half is the quotient; whether it has another
    /// bit.
    #[expect(
        clippy::indexing_slicing,
        reason = "the lengths are those of `new`, and `products` has twice as many limbs"
    )]
    fn divide(&self, products: &mut [u64]) -> bool {
        let modulus = self.limbs.as_slice();
        let count = modulus.len();
        let mut above = 0;
        for row in (0..count).step_by(2) {
            let (mut carry, mut other_carry) = (0, 0);
            let factor = products[row].wrapping_mul(self.negative_inverse);
            add_product(modulus[0], factor, products[row], &mut carry);
            let second = add_product(modulus[1], factor, products[row + 1], &mut carry);
            let other_factor = second.wrapping_mul(self.negative_inverse);
            add_product(modulus[0], other_factor, second, &mut other_carry);
            let middle = &mut products[row + 2..row + count];
            (carry, other_carry) = add_rows(middle, &modulus[1..], (factor, other_factor), (carry, other_carry));
            let sum = u128::from(products[row + count]) + u128::from(carry) + u128::from(above);
            products[row + count] = add_product(modulus[count - 1], other_factor, low(sum), &mut other_carry);
            let sum = u128::from(products[row + count + 1]) + u128::from(other_carry) + (sum >> 64);
            products[row + count + 1] = low(sum);
            above = high(sum);
        }
        above != 0
    }
}

/// The products of each limb with those after it.
#[expect(
    clippy::indexing_slicing,
    reason = "the value has an even number of limbs, and `products` twice as many"
)]
fn multiply_pairs(value: &[u64], products: &mut [u64]) {
    let count = value.len();
    products.fill(0);
    for row in (0..count).step_by(2) {
        let (factor, other_factor) = (value[row], value[row + 1]);
        let (mut carry, mut other_carry) = (0, 0);
        products[2 * row + 1] = add_product(other_factor, factor, products[2 * row + 1], &mut carry);
        if row + 2 == count {
            products[row + count] = carry;
            break;
        }
        products[2 * row + 2] = add_product(value[row + 2], factor, products[2 * row + 2], &mut carry);
        let middle = &mut products[2 * row + 3..row + count];
        (carry, other_carry) = add_rows(middle, &value[row + 2..], (factor, other_factor), (carry, other_carry));
        products[row + count] = add_product(value[count - 1], other_factor, carry, &mut other_carry);
        products[row + count + 1] = other_carry;
    }
}

/// Doubles the products of different limbs, and adds the squares of all.
fn double_and_add_squares(value: &[u64], products: &mut [u64]) {
    let (mut shifted_in, mut carry) = (0, 0);
    for (pair, limb) in products.chunks_exact_mut(2).zip(value) {
        let [lower, upper] = pair else { return };
        let square = u128::from(*limb) * u128::from(*limb);
        let doubled = (*lower << 1 | shifted_in, *upper << 1 | *lower >> 63);
        shifted_in = *upper >> 63;
        let sum = u128::from(doubled.0) + u128::from(low(square)) + u128::from(carry);
        *lower = low(sum);
        let sum = u128::from(doubled.1) + u128::from(high(square)) + (sum >> 64);
        *upper = low(sum);
        carry = high(sum);
    }
}

/// Adds the products of a number's limbs with two factors to `sums`, those with the second one limb further up.
#[inline]
fn add_rows(sums: &mut [u64], limbs: &[u64], factors: (u64, u64), carries: (u64, u64)) -> (u64, u64) {
    let (mut carry, mut other_carry) = carries;
    let later = limbs.get(1..).unwrap_or_default();
    for ((sum, later), limb) in sums.iter_mut().zip(later).zip(limbs) {
        let first = add_product(*later, factors.0, *sum, &mut carry);
        *sum = add_product(*limb, factors.1, first, &mut other_carry);
    }
    (carry, other_carry)
}

/// `limb · factor + sum + carry`: its lower half; the upper one is the new carry.
#[inline]
fn add_product(limb: u64, factor: u64, sum: u64, carry: &mut u64) -> u64 {
    let total = u128::from(limb) * u128::from(factor) + u128::from(sum) + u128::from(*carry);
    *carry = high(total);
    low(total)
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
const fn low(value: u128) -> u64 {
    value as u64
}

#[inline]
const fn high(value: u128) -> u64 {
    low(value >> 64)
}

#[cfg(test)]
mod tests {
    use crypto_bigint::{BoxedUint, Odd};
    use crypto_primes::hazmat::{SetBits, SmallFactorsSieve, random_odd_integer};
    use crypto_primes::{Flavor, is_prime};

    use super::super::host_random::HostRandom;
    use super::super::host_random::tests::Repeating;
    use super::*;

    #[test]
    fn it_agrees_with_the_thorough_test() {
        let mut host = Repeating(0x5a);
        let mut random = HostRandom::new(&mut host);
        let (mut primes, mut others) = (0, 0);
        for bits in [256, 384, 512] {
            let bits = std::num::NonZeroU32::new(bits).expect("is not zero");
            for _ in 0..3 {
                let start: Odd<BoxedUint> =
                    random_odd_integer(&mut random, bits, SetBits::TwoMsb).expect("bits are enough");
                let candidates = SmallFactorsSieve::new(start.get(), bits, false).expect("bits are enough");
                for candidate in candidates.take(80) {
                    let want = is_prime(Flavor::Any, &candidate);
                    assert_eq!(may_be_prime(&candidate.to_le_bytes()), want, "{candidate}");
                    *(if want { &mut primes } else { &mut others }) += 1;
                }
            }
        }
        assert!(primes > 10 && others > 100, "{primes} primes, {others} others");
    }

    #[test]
    fn numbers_of_another_form_are_left_to_the_thorough_test() {
        // Even; without the highest bit; of an odd number of limbs; short; none.
        for bytes in [
            &[[0_u8; 31].as_slice(), &[255]].concat()[..],
            &[[255_u8; 31].as_slice(), &[127]].concat(),
            &[255; 24],
            &[255; 16],
            &[255; 33],
            &[],
        ] {
            assert!(may_be_prime(bytes), "{bytes:?}");
        }
        // 2^256 - 1 is 3 · 5 · …, 2^256 - 189 is the largest prime below 2^256.
        assert!(!may_be_prime(&[255; 32]));
        let prime = [[67_u8].as_slice(), &[255; 31]].concat();
        assert!(may_be_prime(&prime));
    }
}
