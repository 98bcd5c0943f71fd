//! Message digests by name: every algorithm that OpenSSL's names reach, behind one type.

use base::blake2::{Blake2b, Blake2s, Parameters};
use base::keccak::Sponge;
use sha2::digest::DynDigest;

/// An algorithm, with its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Algorithm {
    /// The name as `hashlib` spells it.
    pub(super) name: &'static str,
    /// The other spellings, in lower case.
    aliases: &'static [&'static str],
    /// Bytes of a digest; 0 where the caller says how many.
    pub(super) digest_size: usize,
    /// Bytes of a block.
    pub(super) block_size: usize,
}

const fn row(
    name: &'static str,
    aliases: &'static [&'static str],
    digest_size: usize,
    block_size: usize,
) -> Algorithm {
    Algorithm { name, aliases, digest_size, block_size }
}

pub(super) static MD5: Algorithm = row("md5", &["ssl3-md5"], 16, 64);
pub(super) static SHA1: Algorithm = row("sha1", &["sha-1", "ssl3-sha1"], 20, 64);
pub(super) static SHA224: Algorithm = row("sha224", &["sha-224", "sha2-224"], 28, 64);
pub(super) static SHA256: Algorithm = row("sha256", &["sha-256", "sha2-256"], 32, 64);
pub(super) static SHA384: Algorithm = row("sha384", &["sha-384", "sha2-384"], 48, 128);
pub(super) static SHA512: Algorithm = row("sha512", &["sha-512", "sha2-512"], 64, 128);

/// Every algorithm.
pub(super) static ALGORITHMS: [Algorithm; 19] = [
    MD5,
    SHA1,
    SHA224,
    SHA256,
    SHA384,
    SHA512,
    row("sha512_224", &["sha512-224", "sha-512/224", "sha2-512/224"], 28, 128),
    row("sha512_256", &["sha512-256", "sha-512/256", "sha2-512/256"], 32, 128),
    row("sha3_224", &["sha3-224"], 28, 144),
    row("sha3_256", &["sha3-256"], 32, 136),
    row("sha3_384", &["sha3-384"], 48, 104),
    row("sha3_512", &["sha3-512"], 64, 72),
    row("shake_128", &["shake128", "shake-128"], 0, 168),
    row("shake_256", &["shake256", "shake-256"], 0, 136),
    row("blake2b", &["blake2b512", "blake2b-512"], 64, 128),
    row("blake2s", &["blake2s256", "blake2s-256"], 32, 64),
    row("ripemd160", &["ripemd-160", "ripemd", "rmd160"], 20, 64),
    row("sm3", &[], 32, 64),
    row("md5-sha1", &[], 36, 64),
];

impl Algorithm {
    /// The algorithm of a name in any of its spellings.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        let name = name.to_ascii_lowercase();
        ALGORITHMS.iter().find(|row| row.name == name || row.aliases.contains(&name.as_str()))
    }

    /// The algorithm that `hashlib` spells so, in lower or upper case.
    pub(super) fn spelt(name: &str) -> Option<&'static Self> {
        ALGORITHMS.iter().find(|row| row.name.eq_ignore_ascii_case(name))
    }

    /// Whether its digest is as long as the caller wants.
    pub(super) const fn is_extendable(&self) -> bool {
        self.digest_size == 0
    }
}

/// A digest being fed.
#[derive(Clone)]
pub(super) struct Digest {
    pub(super) algorithm: &'static Algorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    /// One of the RustCrypto crates.
    Plain(Box<dyn DynDigest>),
    /// MD5 and SHA-1 of the same data, one behind the other.
    Md5Sha1([Box<dyn DynDigest>; 2]),
    Sponge(Box<Sponge>),
    Blake2b(Box<Blake2b>),
    Blake2s(Box<Blake2s>),
}

/// What a state has taken in, as a digest.
fn finish(state: &dyn DynDigest) -> Box<[u8]> {
    state.box_clone().finalize()
}

/// BLAKE2 without key, salt or tree.
fn plain(digest_size: u8) -> Parameters<'static> {
    Parameters {
        digest_size,
        key: &[],
        salt: &[],
        person: &[],
        fanout: 1,
        depth: 1,
        leaf_size: 0,
        node_offset: 0,
        node_depth: 0,
        inner_size: 0,
        last_node: false,
    }
}

impl Digest {
    /// A digest of nothing yet.
    pub(super) fn new(algorithm: &'static Algorithm) -> Self {
        fn plain_state<D: DynDigest + Default + 'static>() -> State {
            State::Plain(Box::<D>::default())
        }
        let sponge = |suffix| State::Sponge(Box::new(Sponge::new(algorithm.block_size, suffix)));
        let state = match algorithm.name {
            "md5" => plain_state::<md5::Md5>(),
            "sha1" => plain_state::<sha1::Sha1>(),
            "sha224" => plain_state::<sha2::Sha224>(),
            "sha256" => plain_state::<sha2::Sha256>(),
            "sha384" => plain_state::<sha2::Sha384>(),
            "sha512" => plain_state::<sha2::Sha512>(),
            "sha512_224" => plain_state::<sha2::Sha512_224>(),
            "sha512_256" => plain_state::<sha2::Sha512_256>(),
            "ripemd160" => plain_state::<ripemd::Ripemd160>(),
            "sm3" => plain_state::<sm3::Sm3>(),
            "md5-sha1" => {
                State::Md5Sha1([Box::<md5::Md5>::default(), Box::<sha1::Sha1>::default()])
            }
            "blake2b" => State::Blake2b(Box::new(Blake2b::new(&plain(64)))),
            "blake2s" => State::Blake2s(Box::new(Blake2s::new(&plain(32)))),
            "shake_128" | "shake_256" => sponge(0x1f),
            _ => sponge(6),
        };
        Self { algorithm, state }
    }

    /// Takes more data in.
    pub(super) fn update(&mut self, data: &[u8]) {
        match &mut self.state {
            State::Plain(state) => state.update(data),
            State::Md5Sha1(both) => both.iter_mut().for_each(|state| state.update(data)),
            State::Sponge(state) => state.update(data),
            State::Blake2b(state) => state.update(data),
            State::Blake2s(state) => state.update(data),
        }
    }

    /// The digest of the data so far; empty where the caller has to say its length.
    pub(super) fn digest(&self) -> Vec<u8> {
        match &self.state {
            State::Plain(state) => finish(&**state).into_vec(),
            State::Md5Sha1(both) => both.iter().flat_map(|state| finish(&**state)).collect(),
            State::Sponge(state) => {
                let mut out = Vec::with_capacity(self.algorithm.digest_size);
                state.squeeze(self.algorithm.digest_size, &mut out);
                out
            }
            State::Blake2b(state) => state.digest(),
            State::Blake2s(state) => state.digest(),
        }
    }

    /// Appends `length` bytes of an extendable digest.
    pub(super) fn squeeze(&self, length: usize, out: &mut Vec<u8>) {
        if let State::Sponge(state) = &self.state {
            state.squeeze(length, out);
        }
    }
}

/// A keyed digest (RFC 2104).
#[derive(Clone)]
pub(super) struct Keyed {
    inner: Digest,
    outer: Digest,
}

impl Keyed {
    /// A digest of nothing yet under a key; not for extendable algorithms.
    pub(super) fn new(algorithm: &'static Algorithm, key: &[u8]) -> Self {
        let mut block = vec![0_u8; algorithm.block_size];
        let short = if key.len() > block.len() {
            let mut digest = Digest::new(algorithm);
            digest.update(key);
            digest.digest()
        } else {
            key.to_vec()
        };
        for (place, byte) in block.iter_mut().zip(short) {
            *place = byte;
        }
        let begin = |mask: u8| {
            let mut digest = Digest::new(algorithm);
            digest.update(&block.iter().map(|byte| byte ^ mask).collect::<Vec<_>>());
            digest
        };
        Self { inner: begin(0x36), outer: begin(0x5c) }
    }

    pub(super) const fn algorithm(&self) -> &'static Algorithm {
        self.inner.algorithm
    }

    /// Takes more data in.
    pub(super) fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }

    /// The digest of the data so far.
    pub(super) fn digest(&self) -> Vec<u8> {
        let mut outer = self.outer.clone();
        outer.update(&self.inner.digest());
        outer.digest()
    }
}
