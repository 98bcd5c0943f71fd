//! Python's hashes: keyed SipHash-1-3 for text and bytes, numbers modulo 2**61 - 1, tuples.
#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "hashes are bits"
)]

use std::hash::Hasher;

use crate::float::arith::frexp;

/// The modulus of the hashes of numbers.
pub const MODULUS: u64 = (1 << 61) - 1;
/// The hash of infinity.
pub const INFINITY: i64 = 314_159;
/// The factor of a complex number's imaginary part.
pub const IMAGINARY: u64 = 1_000_003;

/// The secret of [`bytes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HashKey {
    /// Low half.
    pub k0: u64,
    /// High half.
    pub k1: u64,
}

impl HashKey {
    /// The key that `PYTHONHASHSEED=seed` stands for; 0 switches the key off.
    #[must_use]
    pub fn from_seed(seed: u32) -> Self {
        if seed == 0 {
            return Self::default();
        }
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(214_013).wrapping_add(2_531_011);
            (state >> 16) & 0xff
        };
        let mut word =
            || (0..8).fold(0u64, |word, place| word | (u64::from(next()) << (8 * place)));
        let k0 = word();
        Self { k0, k1: word() }
    }
}

/// A hash is never -1, which means an error in CPython.
#[inline]
#[must_use]
pub const fn avoid_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

/// The hash of bytes or of a str's characters as they are stored (`Py_HashBuffer`).
#[must_use]
pub fn bytes(key: HashKey, data: &[u8]) -> i64 {
    if data.is_empty() {
        return 0;
    }
    avoid_minus_one(siphash13(key, data) as i64)
}

/// SipHash-1-3.
#[must_use]
pub fn siphash13(key: HashKey, data: &[u8]) -> u64 {
    let mut v = [
        key.k0 ^ 0x736f_6d65_7073_6575,
        key.k1 ^ 0x646f_7261_6e64_6f6d,
        key.k0 ^ 0x6c79_6765_6e65_7261,
        key.k1 ^ 0x7465_6462_7974_6573,
    ];
    for word in data.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*word);
        v[3] ^= word;
        sip_round(&mut v);
        v[0] ^= word;
    }
    let word = rest_word(data) | ((data.len() as u64) << 56);
    v[3] ^= word;
    sip_round(&mut v);
    v[0] ^= word;
    v[2] ^= 0xff;
    for _ in 0..3 {
        sip_round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

/// The bytes behind the last whole word, as a word.
#[inline]
fn rest_word(data: &[u8]) -> u64 {
    let rest = data.len() % 8;
    if let Some(last) = data.last_chunk::<8>() {
        // The bytes are the upper ones of the last eight; in two steps, since there may be none.
        return u64::from_le_bytes(*last) >> (8 * (7 - rest)) >> 8;
    }
    if let (Some(first), Some(last)) = (data.first_chunk::<4>(), data.last_chunk::<4>()) {
        let [first, last] = [first, last].map(|half| u64::from(u32::from_le_bytes(*half)));
        return first | last << (8 * (rest - 4));
    }
    data.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

#[inline]
fn sip_round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[2] = v[2].rotate_left(32);
}

/// The hash of an int of a machine word.
#[inline]
#[must_use]
pub fn int(number: i64) -> i64 {
    // Most numbers are their own hash.
    if number.unsigned_abs() < MODULUS {
        return avoid_minus_one(number);
    }
    let rest = (number.unsigned_abs() % MODULUS) as i64;
    avoid_minus_one(if number < 0 { -rest } else { rest })
}

/// The hash of a float; None for nan, whose hash is its object's.
#[must_use]
pub fn float(number: f64) -> Option<i64> {
    if number.is_nan() {
        return None;
    }
    if number.is_infinite() {
        return Some(if number > 0.0 { INFINITY } else { -INFINITY });
    }
    let (fraction, exponent) = frexp(number.abs());
    // 53 bits of fraction as an integer; then a rotation in 61 bits is the product with the power of two.
    let (mantissa, exponent) = ((fraction * 9_007_199_254_740_992.0) as u64, exponent - 53);
    let turn = exponent.rem_euclid(61) as u32;
    let rest = if turn == 0 {
        mantissa
    } else {
        ((mantissa << turn) & MODULUS) | (mantissa >> (61 - turn))
    };
    let rest = if rest == MODULUS { 0 } else { rest } as i64;
    Some(avoid_minus_one(if number < 0.0 { -rest } else { rest }))
}

/// The hash of a complex number out of those of its parts.
#[must_use]
pub fn complex(real: i64, imaginary: i64) -> i64 {
    avoid_minus_one((real as u64).wrapping_add(IMAGINARY.wrapping_mul(imaginary as u64)) as i64)
}

/// The hash of an object by its address.
#[must_use]
pub const fn address(address: u64) -> i64 {
    avoid_minus_one(address.rotate_right(4) as i64)
}

/// The hash of a tuple, fed with the hashes of its items: xxHash's round for each.
#[derive(Clone, Copy, Debug)]
pub struct TupleHash {
    state: u64,
    length: u64,
}

const PRIME_1: u64 = 11_400_714_785_074_694_791;
const PRIME_2: u64 = 14_029_467_366_897_019_727;
const PRIME_5: u64 = 2_870_177_450_012_600_261;

impl Default for TupleHash {
    fn default() -> Self {
        Self { state: PRIME_5, length: 0 }
    }
}

impl TupleHash {
    /// Takes the next item's hash.
    #[inline]
    pub fn push(&mut self, hash: i64) {
        let state = self.state.wrapping_add((hash as u64).wrapping_mul(PRIME_2));
        self.state = state.rotate_left(31).wrapping_mul(PRIME_1);
        self.length += 1;
    }

    /// The hash of a slice, which leaves the number of items out.
    #[must_use]
    pub fn finish_without_length(self) -> i64 {
        let hash = self.state as i64;
        if hash == -1 { 1_546_275_796 } else { hash }
    }

    /// The hash.
    #[inline]
    #[must_use]
    pub fn finish(self) -> i64 {
        let hash = self.state.wrapping_add(self.length ^ (PRIME_5 ^ 3_527_539)) as i64;
        if hash == -1 { 1_546_275_796 } else { hash }
    }
}

/// A quick hash of short texts and small records for the compiler's own maps: a source can harm only its own compilation with
/// collisions.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuickHasher(u64);

impl QuickHasher {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.mix(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        self.mix(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}
