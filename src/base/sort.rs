//! The list sort: a stable, adaptive merge sort over a comparison that can fail (CPython's listsort: natural runs, binary
//! insertion, powersort's merge order, galloping).
//!
//! The items are `Copy`: a caller sorts references or indexes and moves its objects once, at the end. After an error the
//! slice is still a permutation of what it was.

/// Runs shorter than this are made longer by insertion.
const RUN_MIN_MAX: usize = 64;
/// Wins in a row after which a merge begins to gallop.
const GALLOP_MIN: usize = 7;

/// Sorts `items` by `less`, keeping the order of equal items.
///
/// # Errors
/// The first error of `less`.
pub fn sort<T: Copy, E>(
    items: &mut [T],
    mut less: impl FnMut(T, T) -> Result<bool, E>,
) -> Result<(), E> {
    let length = items.len();
    if length < 2 {
        return Ok(());
    }
    let run_min = minimal_run(length);
    let mut state = Merger { gallop: GALLOP_MIN, scratch: Vec::new() };
    let mut runs: Vec<Run> = Vec::new();
    let mut start = 0;
    while start < length {
        let rest = items.get_mut(start..).unwrap_or(&mut []);
        let mut count = count_run(rest, &mut less)?;
        if count < run_min {
            let forced = run_min.min(rest.len());
            insertion_sort(rest.get_mut(..forced).unwrap_or(&mut []), count, &mut less)?;
            count = forced;
        }
        // Powersort: a run's power says how deep the boundary before it lies in a perfect merge tree.
        if let Some(top) = runs.last() {
            let power = boundary_power(top.start, top.length, count, length);
            while let [.., below, top] = runs.as_slice()
                && below.power > power
            {
                let merged = state.merge_runs(items, below, top, &mut less)?;
                runs.truncate(runs.len() - 2);
                runs.push(merged);
            }
            if let Some(top) = runs.last_mut() {
                top.power = power;
            }
        }
        runs.push(Run { start, length: count, power: 0 });
        start += count;
    }
    while let [.., below, top] = runs.as_slice() {
        let merged = state.merge_runs(items, below, top, &mut less)?;
        runs.truncate(runs.len() - 2);
        runs.push(merged);
    }
    Ok(())
}

struct Run {
    start: usize,
    length: usize,
    /// Of the boundary to the run above it.
    power: u32,
}

fn minimal_run(mut length: usize) -> usize {
    let mut dropped = 0;
    while length >= RUN_MIN_MAX {
        dropped |= length & 1;
        length >>= 1;
    }
    length + dropped
}

/// The length of the run at the beginning; a strictly descending one is turned round.
fn count_run<T: Copy, E>(
    items: &mut [T],
    less: &mut impl FnMut(T, T) -> Result<bool, E>,
) -> Result<usize, E> {
    let mut count = 1;
    while let Some(&[before, next]) = items.get(count - 1..=count) {
        if less(next, before)? {
            break;
        }
        count += 1;
    }
    if count >= items.len() {
        return Ok(items.len());
    }
    if count > 1 {
        if less(items[0], items[count - 1])? {
            return Ok(count);
        }
        // All equal: the run may go on downwards.
        items[..count].reverse();
    }
    count = descend(items, count + 1, less)?;
    items[..count].reverse();
    while let Some(&[before, next]) = items.get(count - 1..=count) {
        if less(next, before)? {
            break;
        }
        count += 1;
    }
    Ok(count)
}

/// The end of a run that goes down from the start. Equal items in it are turned round, so that turning the run keeps their order.
fn descend<T: Copy, E>(
    items: &mut [T],
    mut count: usize,
    less: &mut impl FnMut(T, T) -> Result<bool, E>,
) -> Result<usize, E> {
    let mut equal = 0;
    while let Some(&[before, next]) = items.get(count - 1..=count) {
        if less(next, before)? {
            items[count - 1 - equal..count].reverse();
            equal = 0;
        } else if less(before, next)? {
            break;
        } else {
            equal += 1;
        }
        count += 1;
    }
    items[count - 1 - equal..count].reverse();
    Ok(count)
}

/// Sorts by binary insertion; the first `sorted` items are in order already.
fn insertion_sort<T: Copy, E>(
    items: &mut [T],
    sorted: usize,
    less: &mut impl FnMut(T, T) -> Result<bool, E>,
) -> Result<(), E> {
    for index in sorted.max(1)..items.len() {
        let pivot = items[index];
        let (mut low, mut high) = (0, index);
        while low < high {
            let middle = usize::midpoint(low, high);
            if less(pivot, items[middle])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        items.copy_within(low..index, low + 1);
        items[low] = pivot;
    }
    Ok(())
}

fn boundary_power(start: usize, left: usize, right: usize, total: usize) -> u32 {
    // Twice the midpoints of both runs, as fractions of the total, compared bit by bit.
    let mut a = 2 * start + left;
    let mut b = a + left + right;
    let mut power = 0;
    loop {
        power += 1;
        if a >= total {
            a -= total;
            b -= total;
        } else if b >= total {
            return power;
        }
        a <<= 1;
        b <<= 1;
    }
}

struct Merger<T> {
    gallop: usize,
    scratch: Vec<T>,
}

impl<T: Copy> Merger<T> {
    fn merge_runs<E>(
        &mut self,
        items: &mut [T],
        below: &Run,
        top: &Run,
        less: &mut impl FnMut(T, T) -> Result<bool, E>,
    ) -> Result<Run, E> {
        let end = top.start + top.length;
        let merged =
            Run { start: below.start, length: below.length + top.length, power: top.power };
        let middle = top.start;
        // What is in place already at both ends takes no part.
        let skip = gallop_right(items[middle], &items[below.start..middle], 0, less)?;
        let start = below.start + skip;
        if start == middle {
            return Ok(merged);
        }
        let keep = gallop_left(items[middle - 1], &items[middle..end], end - middle - 1, less)?;
        let end = middle + keep;
        if keep == 0 {
            return Ok(merged);
        }
        let part = &mut items[start..end];
        if middle - start <= end - middle {
            self.merge_low(part, middle - start, less)?;
        } else {
            self.merge_high(part, middle - start, less)?;
        }
        Ok(merged)
    }

    /// Merges from the front: the left run moves to the scratch.
    fn merge_low<E>(
        &mut self,
        items: &mut [T],
        middle: usize,
        less: &mut impl FnMut(T, T) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut left = std::mem::take(&mut self.scratch);
        left.clear();
        left.extend_from_slice(&items[..middle]);
        let mut at = Front { to: 0, left: 0, right: middle };
        let result = self.merge_low_loop(items, &left, &mut at, less);
        // At the end and after an error alike: what is left of the scratch fills the gap.
        let rest = &left[at.left..];
        items[at.to..at.to + rest.len()].copy_from_slice(rest);
        self.scratch = left;
        result
    }

    fn merge_low_loop<E>(
        &mut self,
        items: &mut [T],
        left: &[T],
        at: &mut Front,
        less: &mut impl FnMut(T, T) -> Result<bool, E>,
    ) -> Result<(), E> {
        // The right run's first item is below the left's, and the left's last above all: both were looked for before.
        at.take_right(items);
        loop {
            if at.right == items.len() || at.is_last(items, left) {
                return Ok(());
            }
            let (mut left_wins, mut right_wins) = (0, 0);
            while left_wins < self.gallop && right_wins < self.gallop {
                if less(items[at.right], left[at.left])? {
                    at.take_right(items);
                    (left_wins, right_wins) = (0, right_wins + 1);
                    if at.right == items.len() {
                        return Ok(());
                    }
                } else {
                    at.take_left(items, left);
                    (left_wins, right_wins) = (left_wins + 1, 0);
                    if at.is_last(items, left) {
                        return Ok(());
                    }
                }
            }
            self.gallop += 1;
            loop {
                self.gallop = self.gallop.saturating_sub(1).max(1);
                let from_left = gallop_right(items[at.right], &left[at.left..], 0, less)?;
                items[at.to..at.to + from_left]
                    .copy_from_slice(&left[at.left..at.left + from_left]);
                at.to += from_left;
                at.left += from_left;
                if at.left == left.len() || at.is_last(items, left) {
                    return Ok(());
                }
                at.take_right(items);
                if at.right == items.len() {
                    return Ok(());
                }
                let from_right = gallop_left(left[at.left], &items[at.right..], 0, less)?;
                items.copy_within(at.right..at.right + from_right, at.to);
                at.to += from_right;
                at.right += from_right;
                if at.right == items.len() {
                    return Ok(());
                }
                at.take_left(items, left);
                if at.is_last(items, left) {
                    return Ok(());
                }
                if from_left < GALLOP_MIN && from_right < GALLOP_MIN {
                    break;
                }
            }
            self.gallop += 1;
        }
    }

    /// Merges from the back: the right run moves to the scratch.
    fn merge_high<E>(
        &mut self,
        items: &mut [T],
        middle: usize,
        less: &mut impl FnMut(T, T) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut right = std::mem::take(&mut self.scratch);
        right.clear();
        right.extend_from_slice(&items[middle..]);
        let mut at = Back { left: middle, right: right.len() };
        let result = self.merge_high_loop(items, &right, &mut at, less);
        items[at.left..at.left + at.right].copy_from_slice(&right[..at.right]);
        self.scratch = right;
        result
    }

    fn merge_high_loop<E>(
        &mut self,
        items: &mut [T],
        right: &[T],
        at: &mut Back,
        less: &mut impl FnMut(T, T) -> Result<bool, E>,
    ) -> Result<(), E> {
        // The left run's last item is above the right's, and the right's first below all.
        at.take_left(items);
        loop {
            if at.left == 0 || at.is_last(items) {
                return Ok(());
            }
            let (mut left_wins, mut right_wins) = (0, 0);
            while left_wins < self.gallop && right_wins < self.gallop {
                if less(right[at.right - 1], items[at.left - 1])? {
                    at.take_left(items);
                    (left_wins, right_wins) = (left_wins + 1, 0);
                    if at.left == 0 {
                        return Ok(());
                    }
                } else {
                    at.take_right(items, right);
                    (left_wins, right_wins) = (0, right_wins + 1);
                    if at.is_last(items) {
                        return Ok(());
                    }
                }
            }
            self.gallop += 1;
            loop {
                self.gallop = self.gallop.saturating_sub(1).max(1);
                let kept = gallop_right(right[at.right - 1], &items[..at.left], at.left - 1, less)?;
                let from_left = at.left - kept;
                items.copy_within(kept..at.left, kept + at.right);
                at.left = kept;
                if at.left == 0 {
                    return Ok(());
                }
                at.take_right(items, right);
                if at.is_last(items) {
                    return Ok(());
                }
                let kept = gallop_left(items[at.left - 1], &right[..at.right], at.right - 1, less)?;
                let from_right = at.right - kept;
                items[at.left + kept..at.left + at.right].copy_from_slice(&right[kept..at.right]);
                at.right = kept;
                if at.right == 0 || at.is_last(items) {
                    return Ok(());
                }
                at.take_left(items);
                if at.left == 0 {
                    return Ok(());
                }
                if from_left < GALLOP_MIN && from_right < GALLOP_MIN {
                    break;
                }
            }
            self.gallop += 1;
        }
    }
}

/// Where a merge from the front stands. `right - to` items of the scratch are not placed yet.
struct Front {
    to: usize,
    left: usize,
    right: usize,
}

impl Front {
    fn take_right<T: Copy>(&mut self, items: &mut [T]) {
        items[self.to] = items[self.right];
        self.to += 1;
        self.right += 1;
    }

    fn take_left<T: Copy>(&mut self, items: &mut [T], left: &[T]) {
        items[self.to] = left[self.left];
        self.to += 1;
        self.left += 1;
    }

    /// Whether one item of the left run is left; then it belongs behind the rest of the right run, which moves.
    fn is_last<T: Copy>(&mut self, items: &mut [T], left: &[T]) -> bool {
        let is_last = left.len() - self.left == 1;
        if is_last {
            items.copy_within(self.right.., self.to);
            self.to += items.len() - self.right;
            self.right = items.len();
        }
        is_last
    }
}

/// How much of both runs a merge from the back has left; it writes to `left + right`.
struct Back {
    left: usize,
    right: usize,
}

impl Back {
    fn take_left<T: Copy>(&mut self, items: &mut [T]) {
        self.left -= 1;
        items[self.left + self.right] = items[self.left];
    }

    fn take_right<T: Copy>(&mut self, items: &mut [T], right: &[T]) {
        self.right -= 1;
        items[self.left + self.right] = right[self.right];
    }

    /// Whether one item of the right run is left; then it belongs before the rest of the left run, which moves.
    fn is_last<T: Copy>(&mut self, items: &mut [T]) -> bool {
        let is_last = self.right == 1;
        if is_last {
            items.copy_within(..self.left, 1);
            self.left = 0;
        }
        is_last
    }
}

/// The first place in sorted `items` where `key` fits: before what is equal. The search begins at `hint`.
fn gallop_left<T: Copy, E>(
    key: T,
    items: &[T],
    hint: usize,
    less: &mut impl FnMut(T, T) -> Result<bool, E>,
) -> Result<usize, E> {
    gallop(items.len(), hint, |index| less(items[index], key))
}

/// The last place in sorted `items` where `key` fits: after what is equal.
fn gallop_right<T: Copy, E>(
    key: T,
    items: &[T],
    hint: usize,
    less: &mut impl FnMut(T, T) -> Result<bool, E>,
) -> Result<usize, E> {
    gallop(items.len(), hint, |index| less(key, items[index]).map(|after| !after))
}

/// The first index for which `before` does not hold, found in steps that double from `hint`, then by halving.
fn gallop<E>(
    length: usize,
    hint: usize,
    mut before: impl FnMut(usize) -> Result<bool, E>,
) -> Result<usize, E> {
    let mut step = 1;
    let (mut low, mut high);
    if before(hint)? {
        (low, high) = (hint + 1, length);
        while hint + step < length {
            if !before(hint + step)? {
                high = hint + step;
                break;
            }
            low = hint + step + 1;
            step = step * 2 + 1;
        }
    } else {
        (low, high) = (0, hint);
        while step <= hint {
            if before(hint - step)? {
                low = hint - step + 1;
                break;
            }
            high = hint - step;
            step = step * 2 + 1;
        }
    }
    while low < high {
        let middle = usize::midpoint(low, high);
        if before(middle)? {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
