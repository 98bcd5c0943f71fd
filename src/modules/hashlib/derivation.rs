//! Keys out of passwords: PBKDF2 (RFC 8018) and scrypt (RFC 7914).

use objects::core::errors::PyResult;
use objects::core::vm::Vm;
use objects::types::bytes::shared::room;

use super::digest::{Algorithm, Keyed};

/// How many rounds run between two looks at what waits: a signal, another thread.
const ROUNDS: usize = 1024;

/// `length` bytes by PBKDF2 with HMAC.
///
/// # Errors
/// MemoryError, and what a signal handler raises.
pub(super) fn pbkdf2(
    vm: Vm<'_>,
    algorithm: &'static Algorithm,
    password: &[u8],
    salt: &[u8],
    iterations: usize,
    length: usize,
) -> PyResult<Vec<u8>> {
    let begun = Keyed::new(algorithm, password);
    let mut out = room(vm, length)?;
    let mut nth: u32 = 0;
    while out.len() < length {
        nth = nth.wrapping_add(1);
        let mut mac = begun.clone();
        mac.update(salt);
        mac.update(&nth.to_be_bytes());
        let mut last = mac.digest();
        let mut block = last.clone();
        for round in 1..iterations {
            if round % ROUNDS == 0 {
                vm.poll()?;
            }
            let mut mac = begun.clone();
            mac.update(&last);
            last = mac.digest();
            for (byte, other) in block.iter_mut().zip(&last) {
                *byte ^= other;
            }
        }
        vm.poll()?;
        block.truncate(length - out.len());
        out.extend_from_slice(&block);
    }
    Ok(out)
}

/// What makes scrypt costly.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// How many blocks of memory: a power of two.
    pub(super) n: usize,
    /// How large a block is, in units of 128 bytes.
    pub(super) r: usize,
    /// How many times it is done.
    pub(super) p: usize,
}

/// `length` bytes by scrypt. The cost has been checked: its products fit.
///
/// # Errors
/// MemoryError, and what a signal handler raises.
pub(super) fn scrypt(
    vm: Vm<'_>,
    password: &[u8],
    salt: &[u8],
    cost: Cost,
    length: usize,
) -> PyResult<Vec<u8>> {
    let Some(sha256) = Algorithm::spelt("sha256") else { return Ok(Vec::new()) };
    let words = 32 * cost.r;
    let mut mixed = pbkdf2(vm, sha256, password, salt, 1, cost.p * words * 4)?;
    let mut memory: Vec<u32> = Vec::new();
    if memory.try_reserve_exact(cost.n * words).is_err() {
        return Err(vm.memory_error());
    }
    for chunk in mixed.chunks_exact_mut(words * 4) {
        let mut block: Vec<u32> = chunk
            .chunks_exact(4)
            .map(|word| u32::from_le_bytes(word.try_into().unwrap_or_default()))
            .collect();
        mix(vm, &mut block, &mut memory, cost.n)?;
        for (place, word) in chunk.chunks_exact_mut(4).zip(&block) {
            place.copy_from_slice(&word.to_le_bytes());
        }
    }
    drop(memory);
    pbkdf2(vm, sha256, password, &mixed, 1, length)
}

/// scryptROMix: fills the memory with a chain of blocks and walks through it as the blocks themselves say.
fn mix(vm: Vm<'_>, block: &mut [u32], memory: &mut Vec<u32>, n: usize) -> PyResult<()> {
    let words = block.len();
    let mut spare = vec![0; words];
    memory.clear();
    for round in 0..n {
        if round % ROUNDS == 0 {
            vm.poll()?;
        }
        memory.extend_from_slice(block);
        mix_block(block, &mut spare);
    }
    for round in 0..n {
        if round % ROUNDS == 0 {
            vm.poll()?;
        }
        let chosen = block.get(words - 16).copied().unwrap_or(0) as usize & (n - 1);
        let other = memory.get(chosen * words..(chosen + 1) * words).unwrap_or_default();
        for (word, other) in block.iter_mut().zip(other) {
            *word ^= other;
        }
        mix_block(block, &mut spare);
    }
    Ok(())
}

/// scryptBlockMix: each 64 bytes through Salsa20/8 with what came before; even ones go to the front.
fn mix_block(block: &mut [u32], spare: &mut [u32]) {
    let half = block.len() / 2;
    let mut running = [0_u32; 16];
    running.copy_from_slice(&block[block.len() - 16..]);
    for (nth, part) in block.chunks_exact(16).enumerate() {
        for (word, other) in running.iter_mut().zip(part) {
            *word ^= other;
        }
        salsa20_8(&mut running);
        let start = nth / 2 * 16 + if nth % 2 == 0 { 0 } else { half };
        spare[start..start + 16].copy_from_slice(&running);
    }
    block.copy_from_slice(spare);
}

/// The core of Salsa20 with eight rounds.
fn salsa20_8(block: &mut [u32; 16]) {
    const QUARTERS: [[usize; 4]; 8] = [
        [0, 4, 8, 12],
        [5, 9, 13, 1],
        [10, 14, 2, 6],
        [15, 3, 7, 11],
        [0, 1, 2, 3],
        [5, 6, 7, 4],
        [10, 11, 8, 9],
        [15, 12, 13, 14],
    ];
    let mut x = *block;
    for _ in 0..4 {
        for [a, b, c, d] in QUARTERS {
            x[b] ^= x[a].wrapping_add(x[d]).rotate_left(7);
            x[c] ^= x[b].wrapping_add(x[a]).rotate_left(9);
            x[d] ^= x[c].wrapping_add(x[b]).rotate_left(13);
            x[a] ^= x[d].wrapping_add(x[c]).rotate_left(18);
        }
    }
    for (word, added) in block.iter_mut().zip(x) {
        *word = word.wrapping_add(added);
    }
}
