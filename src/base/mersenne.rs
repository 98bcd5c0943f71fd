//! The Mersenne Twister (MT19937), with which `random` makes its numbers.

const SIZE: usize = 624;
const MIDDLE: usize = 397;

/// The generator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mersenne {
    state: [u32; SIZE],
    index: usize,
}

impl Mersenne {
    /// How many words the state has.
    pub const STATE_WORDS: usize = SIZE;

    fn from_word(seed: u32) -> Self {
        let mut state = [0; SIZE];
        let mut word = seed;
        for (index, place) in (0u32..).zip(&mut state) {
            if index > 0 {
                word = 1_812_433_253u32.wrapping_mul(word ^ (word >> 30)).wrapping_add(index);
            }
            *place = word;
        }
        Self { state, index: SIZE }
    }

    /// A generator seeded by `key`, which is not empty.
    #[must_use]
    pub fn from_key(key: &[u32]) -> Self {
        let key = if key.is_empty() { &[0] } else { key };
        let mut this = Self::from_word(19_650_218);
        let state = &mut this.state;
        let mix = |state: &[u32; SIZE], i: usize, factor: u32| {
            let before = state[i - 1];
            state[i] ^ (before ^ (before >> 30)).wrapping_mul(factor)
        };
        let (mut i, mut j) = (1, 0);
        for _ in 0..SIZE.max(key.len()) {
            let counted = u32::try_from(j).unwrap_or(0);
            state[i] = mix(state, i, 1_664_525).wrapping_add(key[j]).wrapping_add(counted);
            i += 1;
            j = (j + 1) % key.len();
            if i >= SIZE {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        for _ in 1..SIZE {
            let counted = u32::try_from(i).unwrap_or(0);
            state[i] = mix(state, i, 1_566_083_941).wrapping_sub(counted);
            i += 1;
            if i >= SIZE {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        state[0] = 0x8000_0000;
        this
    }

    /// A generator in a state that [`state`](Self::state) gave. None for an impossible one.
    #[must_use]
    pub fn from_state(words: &[u32], index: usize) -> Option<Self> {
        let state = words.try_into().ok()?;
        if index > SIZE { None } else { Some(Self { state, index }) }
    }

    /// The state: words and the index of the next one.
    #[must_use]
    pub fn state(&self) -> (&[u32], usize) {
        (&self.state, self.index)
    }

    /// The next 32 bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.index >= SIZE {
            self.renew();
        }
        let mut y = self.state[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn renew(&mut self) {
        for i in 0..SIZE {
            let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % SIZE] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + MIDDLE) % SIZE] ^ (y >> 1) ^ odd;
        }
        self.index = 0;
    }

    /// The next float of [0, 1), of 53 bits.
    pub fn next_f64(&mut self) -> f64 {
        let (high, low) = (self.next_u32() >> 5, self.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }
}
