//! What a profiler has recorded: a call tree that is open, and the sums of what was closed. No Python here but the objects
//! that functions are known by.

use std::collections::HashMap;

use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::value::Value;

/// What a function is known by: the address of its code object or of its row in a table of natives.
pub(super) type Key = usize;

/// Times and counts, in the timer's units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// From call to return; calls within calls count once.
    pub(super) total: i64,
    /// Without the functions that were called.
    pub(super) inline: i64,
    pub(super) calls: u64,
    /// How many of the calls came while another was open.
    pub(super) recursive_calls: u64,
    /// How many are open.
    open: u32,
}

impl Sums {
    fn close(&mut self, total: i64, inline: i64) {
        self.open = self.open.saturating_sub(1);
        if self.open == 0 {
            self.total += total;
        } else {
            self.recursive_calls += 1;
        }
        self.inline += inline;
        self.calls += 1;
    }
}

/// A function that was called.
pub(super) struct Entry {
    /// Its code object, or the text that a native function is shown by.
    pub(super) function: Value,
    pub(super) sums: Sums,
    /// The functions that it called, by their places among the entries.
    pub(super) callees: Vec<(usize, Sums)>,
}

/// A call that is open.
struct Call {
    entry: usize,
    start: i64,
    /// Time spent in the functions that it called.
    below: i64,
}

/// The record of a profiler.
#[derive(Default)]
pub(super) struct Record {
    pub(super) entries: Vec<Entry>,
    places: HashMap<Key, usize>,
    /// Where a caller's sums of a callee stand in `callees`.
    pairs: HashMap<(usize, usize), usize>,
    stack: Vec<Call>,
}

impl Record {
    /// Whether the function is known.
    pub(super) fn knows(&self, key: Key) -> bool {
        self.places.contains_key(&key)
    }

    /// Makes a function known.
    pub(super) fn add(&mut self, key: Key, function: Value) {
        let place = self.entries.len();
        self.entries.push(Entry { function, sums: Sums::default(), callees: Vec::new() });
        self.places.insert(key, place);
    }

    /// Notes the beginning of a call; [`start`](Self::start) follows with the time.
    pub(super) fn enter(&mut self, key: Key, with_callers: bool) {
        let Some(&entry) = self.places.get(&key) else { return };
        self.entries[entry].sums.open += 1;
        if with_callers && let Some(caller) = self.stack.last().map(|call| call.entry) {
            let callees = &mut self.entries[caller].callees;
            let place = *self.pairs.entry((caller, entry)).or_insert_with(|| {
                callees.push((entry, Sums::default()));
                callees.len() - 1
            });
            callees[place].1.open += 1;
        }
        self.stack.push(Call { entry, start: 0, below: 0 });
    }

    /// The time at which the innermost call began.
    pub(super) fn start(&mut self, now: i64) {
        if let Some(call) = self.stack.last_mut() {
            call.start = now;
        }
    }

    /// Whether a call is open.
    pub(super) fn has_open(&self) -> bool {
        !self.stack.is_empty()
    }

    /// Closes the innermost call. A function that is not known leaves no trace but the time.
    pub(super) fn leave(&mut self, key: Key, now: i64, with_callers: bool) {
        let known = self.places.get(&key).copied();
        let Some(call) = self.stack.pop() else { return };
        if let Some(entry) = known {
            self.close(entry, &call, now, with_callers);
        }
    }

    /// Closes every call that is open.
    pub(super) fn leave_all(&mut self, now: i64, with_callers: bool) {
        while let Some(call) = self.stack.pop() {
            self.close(call.entry, &call, now, with_callers);
        }
    }

    fn close(&mut self, entry: usize, call: &Call, now: i64, with_callers: bool) {
        let total = now - call.start;
        let inline = total - call.below;
        self.entries[entry].sums.close(total, inline);
        let Some(caller) = self.stack.last_mut() else { return };
        caller.below += total;
        let caller = caller.entry;
        if with_callers && let Some(&place) = self.pairs.get(&(caller, entry)) {
            self.entries[caller].callees[place].1.close(total, inline);
        }
    }
}

impl Traverse for Record {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for entry in &self.entries {
            visitor.visit(&entry.function);
        }
    }
}

impl TakeReferences for Record {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        let entries = std::mem::take(self).entries;
        dead.extend(entries.into_iter().map(|entry| entry.function));
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, Sums, Value};

    fn record(keys: &[usize]) -> Record {
        let mut record = Record::default();
        for &key in keys {
            record.add(key, Value::NONE);
        }
        record
    }

    fn enter(record: &mut Record, key: usize, now: i64) {
        record.enter(key, true);
        record.start(now);
    }

    #[test]
    fn time_below_is_not_inline_and_recursion_counts_once() {
        let mut record = record(&[7, 8]);
        enter(&mut record, 7, 0);
        enter(&mut record, 8, 1);
        record.leave(8, 3, true);
        enter(&mut record, 7, 4);
        record.leave(7, 9, true);
        record.leave(7, 10, true);
        let [outer, inner] = &record.entries[..] else { panic!("two entries") };
        let sums = Sums { total: 10, inline: 8, calls: 2, recursive_calls: 1, open: 0 };
        assert_eq!(outer.sums, sums);
        assert_eq!((inner.sums.total, inner.sums.inline, inner.sums.calls), (2, 2, 1));
        assert_eq!(outer.callees.len(), 2);
        assert_eq!(outer.callees[1].1.total, 5);
    }

    #[test]
    fn calls_that_are_open_at_the_end_are_closed() {
        let mut record = record(&[1, 2]);
        enter(&mut record, 1, 0);
        enter(&mut record, 2, 5);
        record.leave_all(9, true);
        assert!(!record.has_open());
        assert_eq!(record.entries[0].sums.inline, 5);
        assert_eq!(record.entries[1].sums.total, 4);
        // What was entered before the profiler began only ends the innermost call.
        record.leave(3, 10, true);
        assert_eq!(record.entries[0].sums.calls, 1);
    }
}
