//! BLAKE2 with all of its parameters (RFC 7693 and the tree mode of the original paper).

/// What a hash is asked for, besides the data.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<'a> {
    /// Bytes of the digest.
    pub digest_size: u8,
    /// The key.
    pub key: &'a [u8],
    /// The salt.
    pub salt: &'a [u8],
    /// The personalization.
    pub person: &'a [u8],
    /// How many children a node of the tree has.
    pub fanout: u8,
    /// How deep the tree is.
    pub depth: u8,
    /// Bytes of a leaf.
    pub leaf_size: u32,
    /// Which node of its level this is.
    pub node_offset: u64,
    /// The level of this node.
    pub node_depth: u8,
    /// Bytes of the digests within the tree.
    pub inner_size: u8,
    /// Whether this is the last node of its level.
    pub last_node: bool,
}

const SIGMA: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

macro_rules! variant {
    (
        $(#[$meta:meta])* $name:ident, $word:ty, $bytes:literal, $block:literal, $rounds:literal,
        [$r1:literal, $r2:literal, $r3:literal, $r4:literal], $iv:expr, $node_bytes:literal
    ) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name {
            state: [$word; 8],
            count: u128,
            block: [u8; $block],
            filled: usize,
            digest_size: usize,
            last_node: bool,
        }

        impl $name {
            /// Bytes of a block.
            pub const BLOCK: usize = $block;
            const IV: [$word; 8] = $iv;

            /// A hash of nothing yet.
            #[must_use]
            pub fn new(parameters: &Parameters<'_>) -> Self {
                let mut words = [0; $bytes * 8];
                let key_size = parameters.key.len().min($bytes * 8);
                words[0] = parameters.digest_size;
                words[1] = u8::try_from(key_size).unwrap_or(0);
                words[2] = parameters.fanout;
                words[3] = parameters.depth;
                words[4..8].copy_from_slice(&parameters.leaf_size.to_le_bytes());
                let node = parameters.node_offset.to_le_bytes();
                words[8..8 + $node_bytes].copy_from_slice(&node[..$node_bytes]);
                words[8 + $node_bytes] = parameters.node_depth;
                words[9 + $node_bytes] = parameters.inner_size;
                let (salt, person) = ($bytes * 4, $bytes * 6);
                for (place, byte) in words[salt..person].iter_mut().zip(parameters.salt) {
                    *place = *byte;
                }
                for (place, byte) in words[person..].iter_mut().zip(parameters.person) {
                    *place = *byte;
                }
                let mut state = Self::IV;
                for (word, raw) in state.iter_mut().zip(words.chunks_exact($bytes)) {
                    *word ^= Self::word(raw);
                }
                let mut this = Self {
                    state,
                    count: 0,
                    block: [0; $block],
                    filled: 0,
                    digest_size: usize::from(parameters.digest_size),
                    last_node: parameters.last_node,
                };
                if key_size > 0 {
                    let mut block = [0; $block];
                    block[..key_size].copy_from_slice(&parameters.key[..key_size]);
                    this.update(&block);
                }
                this
            }

            fn word(raw: &[u8]) -> $word {
                let mut bytes = [0; $bytes];
                bytes.copy_from_slice(raw);
                <$word>::from_le_bytes(bytes)
            }

            /// Adds data.
            pub fn update(&mut self, mut data: &[u8]) {
                while !data.is_empty() {
                    // The last block waits: it is marked as such when it is known to be the last.
                    if self.filled == $block {
                        self.count += $block;
                        self.compress(false);
                        self.filled = 0;
                    }
                    let (now, later) = data.split_at(data.len().min($block - self.filled));
                    self.block[self.filled..self.filled + now.len()].copy_from_slice(now);
                    self.filled += now.len();
                    data = later;
                }
            }

            #[expect(clippy::cast_possible_truncation, reason = "the two halves of a counter")]
            fn compress(&mut self, is_last: bool) {
                let mut m = [0; 16];
                for (word, raw) in m.iter_mut().zip(self.block.chunks_exact($bytes)) {
                    *word = Self::word(raw);
                }
                let mut v = [0; 16];
                v[..8].copy_from_slice(&self.state);
                v[8..].copy_from_slice(&Self::IV);
                v[12] ^= self.count as $word;
                v[13] ^= (self.count >> <$word>::BITS) as $word;
                if is_last {
                    v[14] = !v[14];
                    if self.last_node {
                        v[15] = !v[15];
                    }
                }
                for round in 0..$rounds {
                    let order = &SIGMA[round % 10];
                    let columns = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]];
                    let diagonals = [[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];
                    for (nth, [a, b, c, d]) in columns.into_iter().chain(diagonals).enumerate() {
                        let (x, y) = (m[order[2 * nth]], m[order[2 * nth + 1]]);
                        v[a] = v[a].wrapping_add(v[b]).wrapping_add(x);
                        v[d] = (v[d] ^ v[a]).rotate_right($r1);
                        v[c] = v[c].wrapping_add(v[d]);
                        v[b] = (v[b] ^ v[c]).rotate_right($r2);
                        v[a] = v[a].wrapping_add(v[b]).wrapping_add(y);
                        v[d] = (v[d] ^ v[a]).rotate_right($r3);
                        v[c] = v[c].wrapping_add(v[d]);
                        v[b] = (v[b] ^ v[c]).rotate_right($r4);
                    }
                }
                for (nth, word) in self.state.iter_mut().enumerate() {
                    *word ^= v[nth] ^ v[nth + 8];
                }
            }

            /// The digest of the data so far.
            #[must_use]
            pub fn digest(&self) -> Vec<u8> {
                let mut last = self.clone();
                last.count += last.filled as u128;
                last.block[last.filled..].fill(0);
                last.compress(true);
                let bytes = last.state.iter().flat_map(|word| word.to_le_bytes());
                bytes.take(self.digest_size).collect()
            }

            /// Bytes of the digest.
            #[must_use]
            pub fn digest_size(&self) -> usize {
                self.digest_size
            }
        }
    };
}

variant! {
    /// BLAKE2b: words of 64 bits.
    Blake2b, u64, 8, 128, 12, [32, 24, 16, 63],
    [
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ],
    8
}

variant! {
    /// BLAKE2s: words of 32 bits.
    Blake2s, u32, 4, 64, 10, [16, 12, 8, 7],
    [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ],
    6
}
