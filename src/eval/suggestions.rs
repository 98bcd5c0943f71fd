//! The closest name to a misspelt one, as CPython's `suggestions.c` measures it.

const LENGTH_MAX: usize = 40;
const MOVE: usize = 2;
const CASE: usize = 1;

fn substitution(a: u8, b: u8) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE
    } else {
        MOVE
    }
}

fn distance(a: &[u8], b: &[u8], bound: usize) -> usize {
    let prefix = a.iter().zip(b).take_while(|(left, right)| left == right).count();
    let (a, b) = (&a[prefix..], &b[prefix..]);
    let suffix =
        a.iter().rev().zip(b.iter().rev()).take_while(|(left, right)| left == right).count();
    let (a, b) = (&a[..a.len() - suffix], &b[..b.len() - suffix]);
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) * MOVE;
    }
    if a.len() > LENGTH_MAX || b.len() > LENGTH_MAX {
        return bound + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|n| n * MOVE).collect();
    let mut result = 0;
    for (index, &right) in b.iter().enumerate() {
        let mut diagonal = index * MOVE;
        result = (index + 1) * MOVE;
        let mut least = usize::MAX;
        let mut left_cost = result;
        for (cost, &left) in row.iter_mut().zip(a) {
            let substituted = diagonal + substitution(right, left);
            diagonal = *cost;
            let moved = left_cost.min(diagonal) + MOVE;
            result = substituted.min(moved);
            left_cost = result;
            *cost = result;
            least = least.min(result);
        }
        if least > bound {
            return bound + 1;
        }
    }
    result
}

/// The candidate closest to `name`, if one is close enough.
pub(crate) fn closest<'c>(name: &str, candidates: &'c [String]) -> Option<&'c str> {
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == name {
            continue;
        }
        let mut bound = (name.len() + candidate.len() + 3) * MOVE / 6;
        if let Some((known, _)) = best {
            bound = bound.min(known.saturating_sub(1));
        }
        let found = distance(name.as_bytes(), candidate.as_bytes(), bound);
        if found <= bound && best.is_none_or(|(known, _)| found < known) {
            best = Some((found, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}
