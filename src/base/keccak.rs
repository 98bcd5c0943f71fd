//! The sponge of SHA-3 and SHAKE (FIPS 202).

const ROUNDS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// The path of a lane and its rotations: steps rho and pi.
const PATH: [(usize, u32); 24] = [
    (10, 1),
    (7, 3),
    (11, 6),
    (17, 10),
    (18, 15),
    (3, 21),
    (5, 28),
    (16, 36),
    (8, 45),
    (21, 55),
    (24, 2),
    (4, 14),
    (15, 27),
    (23, 41),
    (19, 56),
    (13, 8),
    (12, 25),
    (2, 43),
    (20, 62),
    (14, 18),
    (22, 39),
    (9, 61),
    (6, 20),
    (1, 44),
];

fn permute(lanes: &mut [u64; 25]) {
    for constant in ROUNDS {
        let mut parity = [0; 5];
        for (place, lane) in lanes.iter().enumerate() {
            parity[place % 5] ^= lane;
        }
        for (place, lane) in lanes.iter_mut().enumerate() {
            let column = place % 5;
            *lane ^= parity[(column + 4) % 5] ^ parity[(column + 1) % 5].rotate_left(1);
        }
        let mut carried = lanes[1];
        for (place, turns) in PATH {
            carried = std::mem::replace(&mut lanes[place], carried.rotate_left(turns));
        }
        for row in lanes.chunks_exact_mut(5) {
            let old = [row[0], row[1], row[2], row[3], row[4]];
            for (column, lane) in row.iter_mut().enumerate() {
                *lane ^= !old[(column + 1) % 5] & old[(column + 2) % 5];
            }
        }
        lanes[0] ^= constant;
    }
}

/// A sponge.
#[derive(Clone, Debug)]
pub struct Sponge {
    lanes: [u64; 25],
    rate: usize,
    suffix: u8,
    filled: usize,
}

impl Sponge {
    /// An empty one that takes in and gives out `rate` bytes at a time; `suffix` tells its uses apart.
    #[must_use]
    pub const fn new(rate: usize, suffix: u8) -> Self {
        Self { lanes: [0; 25], rate, suffix, filled: 0 }
    }

    /// Bytes taken in at a time.
    #[must_use]
    pub const fn rate(&self) -> usize {
        self.rate
    }

    /// What tells its uses apart.
    #[must_use]
    pub const fn suffix(&self) -> u8 {
        self.suffix
    }

    fn mix(&mut self, at: usize, byte: u8) {
        self.lanes[at / 8] ^= u64::from(byte) << (at % 8 * 8);
    }

    /// Adds data.
    pub fn update(&mut self, data: &[u8]) {
        for &byte in data {
            self.mix(self.filled, byte);
            self.filled += 1;
            if self.filled == self.rate {
                permute(&mut self.lanes);
                self.filled = 0;
            }
        }
    }

    /// `length` bytes of output for the data so far.
    pub fn squeeze(&self, length: usize, out: &mut Vec<u8>) {
        let mut last = self.clone();
        last.mix(last.filled, last.suffix);
        last.mix(last.rate - 1, 0x80);
        let mut left = length;
        while left > 0 {
            permute(&mut last.lanes);
            let now = left.min(last.rate);
            out.extend(last.lanes.iter().flat_map(|lane| lane.to_le_bytes()).take(now));
            left -= now;
        }
    }
}
