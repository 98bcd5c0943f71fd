//! Normal forms: decomposition, canonical order, composition.

use base::unicode::{self, version_3_2};
use unicode_normalization::char::{compose, decompose_canonical, decompose_compatible};

/// A normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    is_composed: bool,
    is_compatible: bool,
}

impl Form {
    /// The form of this name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let (is_composed, is_compatible) = match name {
            "NFC" => (true, false),
            "NFD" => (false, false),
            "NFKC" => (true, true),
            "NFKD" => (false, true),
            _ => return None,
        };
        Some(Self { is_composed, is_compatible })
    }
}

/// The text in a normal form, of the present version or of 3.2. Lone surrogates stay as they are.
pub(super) fn normalized(points: &[u32], form: Form, is_old: bool) -> Vec<u32> {
    let mut out = Vec::with_capacity(points.len());
    for &point in points {
        decompose(point, form, is_old, &mut out);
    }
    put_in_order(&mut out);
    if form.is_composed {
        composed(&out)
    } else {
        out.into_iter().map(|(point, _)| point).collect()
    }
}

/// A character and its combining class.
type Classed = (u32, u8);

fn decompose(point: u32, form: Form, is_old: bool, out: &mut Vec<Classed>) {
    let mut push = |point| out.push((point, unicode::combining(point)));
    if is_old {
        if !version_3_2::is_assigned(point) {
            return push(point);
        }
        if let Some(other) = version_3_2::corrected_decomposition(point) {
            return push(other);
        }
    }
    match char::from_u32(point) {
        None => push(point),
        Some(c) if form.is_compatible => decompose_compatible(c, |c| push(u32::from(c))),
        Some(c) => decompose_canonical(c, |c| push(u32::from(c))),
    }
}

/// Sorts each run of combining characters by class; those of the same class stay in their order.
fn put_in_order(points: &mut [Classed]) {
    for run in points.split_mut(|&(_, class)| class == 0) {
        run.sort_by_key(|&(_, class)| class);
    }
}

/// Joins what has a composed form, each character with the starter before it unless something in between blocks it.
fn composed(points: &[Classed]) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::with_capacity(points.len());
    let mut starter = None;
    let mut blocking = None;
    for &(point, class) in points {
        let joined = starter
            .filter(|_| blocking.is_none_or(|blocking| blocking < class))
            .and_then(|at: usize| Some((at, joined(*out.get(at)?, point)?)));
        match joined {
            Some((at, joined)) => out[at] = joined,
            None if class == 0 => {
                starter = Some(out.len());
                blocking = None;
                out.push(point);
            }
            None => {
                blocking = Some(class);
                out.push(point);
            }
        }
    }
    out
}

fn joined(first: u32, second: u32) -> Option<u32> {
    compose(char::from_u32(first)?, char::from_u32(second)?).map(u32::from)
}
