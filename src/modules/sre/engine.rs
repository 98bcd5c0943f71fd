//! The matcher: goes through a pattern's words with a stack of choices instead of recursion.
//!
//! The stack holds two kinds of entries: choices, to go on from when matching fails, and undo records of what was changed
//! since (marks, repeat counts). Failing pops entries, undoing as it goes, until it meets a choice. What must not be
//! entered again (an atomic group, a lookahead that has matched) loses its choices but keeps its undo records.

use base::search::Unit;
use base::unicode;
use objects::core::errors::PyResult;
use objects::core::vm::Vm;

use super::program::{Program, is_word_ascii, is_word_unicode, lower_ascii};
use super::words::{
    ANY, ANY_ALL, ASSERT, ASSERT_NOT, AT, ATOMIC_GROUP, BRANCH, CATEGORY, GROUPREF,
    GROUPREF_EXISTS, GROUPREF_IGNORE, GROUPREF_LOC_IGNORE, GROUPREF_UNI_IGNORE, IN, IN_IGNORE,
    IN_LOC_IGNORE, IN_UNI_IGNORE, INFO, INFO_CHARSET, INFO_LITERAL, INFO_PREFIX, JUMP, LITERAL,
    LITERAL_IGNORE, LITERAL_LOC_IGNORE, LITERAL_UNI_IGNORE, MARK, MAX_UNTIL, MAXREPEAT,
    MIN_REPEAT_ONE, MIN_UNTIL, NOT_LITERAL, NOT_LITERAL_IGNORE, NOT_LITERAL_LOC_IGNORE,
    NOT_LITERAL_UNI_IGNORE, POSSESSIVE_REPEAT, POSSESSIVE_REPEAT_ONE, REPEAT, REPEAT_ONE, SUCCESS,
    at,
};

/// No position, no repeat.
const NONE: usize = usize::MAX;

/// An entry of the stack.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    /// Choice: the next alternative of a branch.
    Alternative { skip_at: usize, pos: usize },
    /// Choice: one repetition less of a one-character item.
    Fewer { tail: usize, least: usize, pos: usize },
    /// Choice: one repetition more of a one-character item.
    More { item: usize, tail: usize, pos: usize, left: u32 },
    /// Choice: leave a greedy repeat.
    Leave { repeat: usize, tail: usize, pos: usize },
    /// Choice: go round a lazy repeat once more.
    Again { repeat: usize, round: u32, pos: usize },
    /// The bottom of a group that is matched apart.
    Bottom,
    /// Undo a mark.
    Mark { index: usize, old: usize, last_index: usize },
    /// Undo a repeat's count.
    Count { repeat: usize, count: u32, last: usize },
    /// Undo which repeat is the current one.
    Current { repeat: usize },
    /// Undo the making of a repeat.
    Made,
}

/// A repeat that is being gone round.
#[derive(Clone, Copy)]
struct Repeat {
    /// Where its REPEAT word stands.
    at: usize,
    count: u32,
    /// Where the last round began.
    last: usize,
    /// The repeat around it.
    outer: usize,
}

#[derive(Clone, Copy)]
enum Apart {
    Atomic,
    Ahead { pos: usize },
    NotAhead { pos: usize },
    Possessive { at: usize, count: u32, pos: usize },
}

/// A group that is matched apart: what follows depends on whether it matches, not how.
#[derive(Clone, Copy)]
struct Frame {
    kind: Apart,
    bottom: usize,
    tail: usize,
}

/// What a match must be like.
#[derive(Clone, Copy, Default)]
pub(super) struct Demand {
    /// It reaches the end.
    pub(super) whole: bool,
    /// It is not empty.
    pub(super) advance: bool,
}

/// A match's outcome: where it begins and ends, and the groups' marks.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Starts and ends of the groups, `usize::MAX` where there is none.
    pub(super) marks: Vec<usize>,
    /// The group that was closed last, from 1.
    pub(super) last_index: Option<usize>,
}

/// The matcher's state: made once for a text and used for any number of searches.
pub(super) struct Matcher<'a, 'gil, T: Unit> {
    vm: Vm<'gil>,
    program: &'a Program,
    text: &'a [T],
    stack: Vec<Entry>,
    frames: Vec<Frame>,
    repeats: Vec<Repeat>,
    current: usize,
    marks: Vec<usize>,
    last_index: usize,
    steps: u32,
}

impl<T: Unit> Drop for Matcher<'_, '_, T> {
    fn drop(&mut self) {
        // A stack that a hard match has blown up is not kept.
        if self.stack.capacity() <= 1 << 10 {
            self.stack.clear();
            self.program.stack.set(std::mem::take(&mut self.stack));
        }
    }
}

enum Flow {
    Go(usize),
    Fail,
    Matched,
}

impl<'a, 'gil, T: Unit> Matcher<'a, 'gil, T> {
    /// A matcher for `text`, which ends where matching must end.
    pub(super) fn new(vm: Vm<'gil>, program: &'a Program, text: &'a [T], groups: usize) -> Self {
        Self {
            vm,
            program,
            text,
            stack: program.stack.take(),
            frames: Vec::new(),
            repeats: Vec::new(),
            current: NONE,
            marks: vec![NONE; groups * 2],
            last_index: NONE,
            steps: 0,
        }
    }

    /// The first match at or after `from`.
    pub(super) fn search(&mut self, from: usize, demand: Demand) -> PyResult<Option<Found>> {
        let program = self.program;
        let body = program.start();
        let (mut flags, mut least) = (0, 0);
        if program.word(0) == INFO {
            (flags, least) = (program.word(2), program.word(3) as usize);
        }
        let Some(last) = self.text.len().checked_sub(least) else { return Ok(None) };
        let mut start = from;
        let mut first = demand;
        if flags & INFO_PREFIX != 0 {
            let length = program.word(5) as usize;
            let prefix: Option<Vec<T>> =
                (7..7 + length).map(|at| T::from_point(program.word(at))).collect();
            let Some(prefix) = prefix else { return Ok(None) };
            let rest = self.text;
            let only = flags & INFO_LITERAL != 0 && program.word(6) as usize == length;
            while start <= last {
                let found = match &prefix[..] {
                    [unit] => T::find_one(&rest[start..], *unit),
                    _ => T::find(&rest[start..], &prefix),
                };
                let Some(at) = found else { return Ok(None) };
                start += at;
                if only {
                    let marks = self.marks.clone();
                    let end = start + length;
                    return Ok(Some(Found { start, end, marks, last_index: None }));
                }
                if let Some(end) = self.run(body, start, Demand::default())? {
                    return Ok(Some(self.found(start, end)));
                }
                start += 1;
            }
            return Ok(None);
        }
        // A pattern that begins at the beginning can match nowhere else.
        let anchored = program.word(body) == AT
            && matches!(program.word(body + 1), at::BEGINNING | at::BEGINNING_STRING);
        let last = if anchored { last.min(from) } else { last };
        let set = (flags & INFO_CHARSET != 0).then_some(5);
        let opening = program.opening(self.text.len().saturating_sub(start));
        let literal = if program.word(body) == LITERAL {
            match T::from_point(program.word(body + 1)) {
                Some(unit) => Some(unit),
                None => return Ok(None),
            }
        } else {
            None
        };
        while start <= last {
            if let Some(unit) = literal {
                match T::find_one(&self.text[start..], unit) {
                    Some(at) => start += at,
                    None => return Ok(None),
                }
            } else if let Some(opening) = opening {
                match opening.find(self.text, start) {
                    Some(at) => start = at,
                    None => return Ok(None),
                }
                if start > last {
                    return Ok(None);
                }
            } else if let Some(set) = set {
                let fits = |unit: &T| program.charset(set, unit.point());
                match self.text[start..].iter().position(fits) {
                    Some(at) => start += at,
                    None => return Ok(None),
                }
            }
            first.advance = demand.advance && start == from;
            if let Some(end) = self.run(body, start, first)? {
                return Ok(Some(self.found(start, end)));
            }
            start += 1;
        }
        Ok(None)
    }

    /// The match that begins at `start`.
    pub(super) fn match_at(&mut self, start: usize, demand: Demand) -> PyResult<Option<Found>> {
        let end = self.run(self.program.start(), start, demand)?;
        Ok(end.map(|end| self.found(start, end)))
    }

    fn found(&mut self, start: usize, end: usize) -> Found {
        let last_index = (self.last_index != NONE).then_some(self.last_index);
        let clean = vec![NONE; self.marks.len()];
        Found { start, end, marks: std::mem::replace(&mut self.marks, clean), last_index }
    }

    fn push(&mut self, entry: Entry) -> PyResult<()> {
        if self.stack.len() == self.stack.capacity() && self.stack.try_reserve(64).is_err() {
            return Err(self.vm.memory_error());
        }
        self.stack.push(entry);
        Ok(())
    }

    /// Matches from `start` on; the end of the match.
    fn run(&mut self, body: usize, start: usize, demand: Demand) -> PyResult<Option<usize>> {
        // A run that failed has undone all that it did.
        self.stack.clear();
        self.frames.clear();
        self.repeats.clear();
        self.current = NONE;
        self.last_index = NONE;
        debug_assert!(self.marks.iter().all(|&mark| mark == NONE), "a mark was left behind");
        let mut pos = start;
        let mut pc = body;
        loop {
            self.steps = self.steps.wrapping_add(1);
            if self.steps.is_multiple_of(1 << 12) {
                self.vm.poll()?;
            }
            let mut flow = self.step(pc, &mut pos)?;
            if matches!(flow, Flow::Matched) {
                let wrong =
                    (demand.whole && pos != self.text.len()) || (demand.advance && pos == start);
                if !wrong {
                    return Ok(Some(pos));
                }
                flow = Flow::Fail;
            }
            pc = match flow {
                Flow::Go(next) => next,
                _ => match self.fail(&mut pos)? {
                    Some(next) => next,
                    None => return Ok(None),
                },
            };
        }
    }

    /// Goes back to the last choice: where to go on.
    fn fail(&mut self, pos: &mut usize) -> PyResult<Option<usize>> {
        let program = self.program;
        while let Some(entry) = self.stack.pop() {
            match entry {
                Entry::Mark { index, old, last_index } => {
                    self.marks[index] = old;
                    self.last_index = last_index;
                }
                Entry::Count { repeat, count, last } => {
                    self.repeats[repeat].count = count;
                    self.repeats[repeat].last = last;
                }
                Entry::Current { repeat } => self.current = repeat,
                Entry::Made => {
                    self.repeats.pop();
                }
                Entry::Alternative { skip_at, pos: at } => {
                    *pos = at;
                    if let Some(next) = self.alternative(skip_at, at)? {
                        return Ok(Some(next));
                    }
                }
                Entry::Fewer { tail, least, pos: at } => {
                    if let Some(shorter) = self.shorten(tail, least, at) {
                        if shorter > least {
                            self.push(Entry::Fewer { tail, least, pos: shorter })?;
                        }
                        *pos = shorter;
                        return Ok(Some(tail));
                    }
                }
                Entry::More { item, tail, pos: at, left } => {
                    if let Some((at, left)) = self.lengthen(item, tail, at, left) {
                        self.push(Entry::More { item, tail, pos: at, left })?;
                        *pos = at;
                        return Ok(Some(tail));
                    }
                }
                Entry::Leave { repeat, tail, pos: at } => {
                    *pos = at;
                    self.leave(repeat)?;
                    return Ok(Some(tail));
                }
                Entry::Again { repeat, round, pos: at } => {
                    let Repeat { at: word, count, last, .. } = self.repeats[repeat];
                    let max = program.word(word + 3);
                    if (round < max || max == MAXREPEAT) && at != last {
                        self.push(Entry::Count { repeat, count, last })?;
                        self.repeats[repeat].count = round;
                        self.repeats[repeat].last = at;
                        *pos = at;
                        return Ok(Some(word + 4));
                    }
                }
                Entry::Bottom => {
                    let Some(frame) = self.frames.pop() else { continue };
                    match frame.kind {
                        Apart::NotAhead { pos: at } => {
                            *pos = at;
                            return Ok(Some(frame.tail));
                        }
                        Apart::Possessive { at, count, pos: before }
                            if count >= program.word(at + 2) =>
                        {
                            *pos = before;
                            return Ok(Some(frame.tail));
                        }
                        Apart::Atomic | Apart::Ahead { .. } | Apart::Possessive { .. } => {}
                    }
                }
            }
        }
        Ok(None)
    }

    /// The longest end below `pos` from which the tail can begin.
    fn shorten(&self, tail: usize, least: usize, pos: usize) -> Option<usize> {
        if pos <= least {
            return None;
        }
        if self.program.word(tail) == IN {
            // As with a literal below: only where the set fits.
            let fits = |unit: &T| self.program.matches_one(tail, unit.point());
            let end = pos.min(self.text.len());
            return self.text.get(least..end)?.iter().rposition(fits).map(|at| least + at);
        }
        if self.program.word(tail) != LITERAL {
            return Some(pos - 1);
        }
        let unit = T::from_point(self.program.word(tail + 1))?;
        let end = pos.min(self.text.len());
        T::rfind_one(self.text.get(least..end)?, unit).map(|at| least + at)
    }

    /// The next end from `pos` on that one more repetition of a one-character item gives and from which the tail can begin.
    fn lengthen(&self, item: usize, tail: usize, pos: usize, left: u32) -> Option<(usize, u32)> {
        let program = self.program;
        let literal = (program.word(tail) == LITERAL).then(|| program.word(tail + 1));
        let (mut pos, mut left) = (pos, left);
        loop {
            let unit = self.text.get(pos)?;
            if left == 0 || !program.matches_one(item, unit.point()) {
                return None;
            }
            pos += 1;
            if left != MAXREPEAT {
                left -= 1;
            }
            match literal {
                Some(literal) if self.text.get(pos).is_none_or(|u| u.point() != literal) => {}
                _ => return Some((pos, left)),
            }
        }
    }

    /// Enters the alternative whose skip word is at `skip_at`; None when there is none left.
    fn alternative(&mut self, mut skip_at: usize, pos: usize) -> PyResult<Option<usize>> {
        let program = self.program;
        while program.word(skip_at) != 0 {
            let (body, next) = (skip_at + 1, program.skip(skip_at));
            let operand = program.word(body + 1);
            // An alternative whose first character is not there is not entered.
            let possible = match program.word(body) {
                LITERAL => self.text.get(pos).is_some_and(|unit| unit.point() == operand),
                IN => self.text.get(pos).is_some_and(|u| program.matches_one(body, u.point())),
                _ => true,
            };
            if possible {
                if program.word(next) != 0 {
                    self.push(Entry::Alternative { skip_at: next, pos })?;
                }
                return Ok(Some(body));
            }
            skip_at = next;
        }
        Ok(None)
    }

    /// Makes the repeat around `repeat` the current one.
    fn leave(&mut self, repeat: usize) -> PyResult<()> {
        self.push(Entry::Current { repeat })?;
        self.current = self.repeats[repeat].outer;
        Ok(())
    }

    /// Begins a group that is matched apart.
    fn enter(&mut self, kind: Apart, tail: usize) -> PyResult<()> {
        let bottom = self.stack.len();
        self.push(Entry::Bottom)?;
        if self.frames.try_reserve(1).is_err() {
            return Err(self.vm.memory_error());
        }
        self.frames.push(Frame { kind, bottom, tail });
        Ok(())
    }

    /// A group that is matched apart has matched.
    fn close(&mut self, frame: Frame, pos: &mut usize) -> PyResult<Flow> {
        if let Apart::NotAhead { .. } = frame.kind {
            // Undo all of it, then fail.
            while self.stack.len() > frame.bottom {
                match self.stack.pop() {
                    Some(Entry::Mark { index, old, last_index }) => {
                        self.marks[index] = old;
                        self.last_index = last_index;
                    }
                    Some(Entry::Count { repeat, count, last }) => {
                        self.repeats[repeat].count = count;
                        self.repeats[repeat].last = last;
                    }
                    Some(Entry::Current { repeat }) => self.current = repeat,
                    Some(Entry::Made) => {
                        self.repeats.pop();
                    }
                    _ => {}
                }
            }
            return Ok(Flow::Fail);
        }
        let mut kept = frame.bottom;
        for at in frame.bottom..self.stack.len() {
            let entry = self.stack[at];
            let is_undo = matches!(
                entry,
                Entry::Mark { .. } | Entry::Count { .. } | Entry::Current { .. } | Entry::Made
            );
            if is_undo {
                self.stack[kept] = entry;
                kept += 1;
            }
        }
        self.stack.truncate(kept);
        match frame.kind {
            Apart::Ahead { pos: before } => *pos = before,
            Apart::Possessive { at, count, pos: before } => {
                let (count, max) = (count.saturating_add(1), self.program.word(at + 3));
                let least = count < self.program.word(at + 2);
                if least || ((count < max || max == MAXREPEAT) && *pos != before) {
                    let kind = Apart::Possessive { at, count, pos: *pos };
                    self.enter(kind, frame.tail)?;
                    return Ok(Flow::Go(at + 4));
                }
            }
            Apart::Atomic | Apart::NotAhead { .. } => {}
        }
        Ok(Flow::Go(frame.tail))
    }

    /// How often the one-character item at `item` matches from `pos` on, `max` times at most.
    fn count(&self, item: usize, pos: usize, max: u32) -> usize {
        let program = self.program;
        let rest = self.text.get(pos..).unwrap_or_default();
        let max = if max == MAXREPEAT { rest.len() } else { rest.len().min(max as usize) };
        let rest = &rest[..max];
        let operand = program.word(item + 1);
        let first_other = match program.word(item) {
            ANY_ALL => None,
            ANY => T::from_point(10).and_then(|newline| T::find_one(rest, newline)),
            LITERAL => match T::from_point(operand) {
                Some(unit) => rest.iter().position(|&u| u != unit),
                None => Some(0),
            },
            NOT_LITERAL => T::from_point(operand).and_then(|unit| T::find_one(rest, unit)),
            _ => rest.iter().position(|unit| !program.matches_one(item, unit.point())),
        };
        first_other.unwrap_or(max)
    }

    fn set_mark(&mut self, index: usize, pos: usize) -> PyResult<()> {
        let Some(&old) = self.marks.get(index) else { return Ok(()) };
        self.push(Entry::Mark { index, old, last_index: self.last_index })?;
        if index & 1 == 1 {
            self.last_index = index / 2 + 1;
        }
        self.marks[index] = pos;
        Ok(())
    }

    fn group(&self, number: usize) -> Option<(usize, usize)> {
        let start = *self.marks.get(number * 2)?;
        let end = *self.marks.get(number * 2 + 1)?;
        (start != NONE && end != NONE && start <= end).then_some((start, end))
    }

    /// Does the word at `pc`.
    #[inline]
    fn step(&mut self, pc: usize, pos: &mut usize) -> PyResult<Flow> {
        let program = self.program;
        let op = program.word(pc);
        match op {
            LITERAL => {
                if self.text.get(*pos).is_some_and(|u| u.point() == program.word(pc + 1)) {
                    *pos += 1;
                    return Ok(Flow::Go(pc + 2));
                }
                Ok(Flow::Fail)
            }
            IN | IN_IGNORE | IN_LOC_IGNORE | IN_UNI_IGNORE => {
                if self.text.get(*pos).is_some_and(|u| program.matches_one(pc, u.point())) {
                    *pos += 1;
                    return Ok(Flow::Go(program.skip(pc + 1)));
                }
                Ok(Flow::Fail)
            }
            ANY
            | ANY_ALL
            | NOT_LITERAL
            | LITERAL_IGNORE
            | LITERAL_LOC_IGNORE
            | LITERAL_UNI_IGNORE
            | NOT_LITERAL_IGNORE
            | NOT_LITERAL_LOC_IGNORE
            | NOT_LITERAL_UNI_IGNORE
            | CATEGORY => {
                if self.text.get(*pos).is_some_and(|u| program.matches_one(pc, u.point())) {
                    *pos += 1;
                    let width = if matches!(op, ANY | ANY_ALL) { 1 } else { 2 };
                    return Ok(Flow::Go(pc + width));
                }
                Ok(Flow::Fail)
            }
            MARK => {
                self.set_mark(program.word(pc + 1) as usize, *pos)?;
                Ok(Flow::Go(pc + 2))
            }
            BRANCH => Ok(self.alternative(pc + 1, *pos)?.map_or(Flow::Fail, Flow::Go)),
            REPEAT_ONE | MIN_REPEAT_ONE | POSSESSIVE_REPEAT_ONE => self.repeat_one(op, pc, pos),
            REPEAT => {
                self.push(Entry::Current { repeat: self.current })?;
                self.push(Entry::Made)?;
                let repeat = Repeat { at: pc, count: 0, last: NONE, outer: self.current };
                if self.repeats.try_reserve(1).is_err() {
                    return Err(self.vm.memory_error());
                }
                self.current = self.repeats.len();
                self.repeats.push(repeat);
                // No round is done yet: the until word, seen first, takes the count as it is.
                self.until(program.skip(pc + 1), pos, true)
            }
            MAX_UNTIL | MIN_UNTIL => self.until(pc, pos, false),
            JUMP => Ok(Flow::Go(program.skip(pc + 1))),
            AT => Ok(if self.is_at(program.word(pc + 1), *pos) {
                Flow::Go(pc + 2)
            } else {
                Flow::Fail
            }),
            SUCCESS => match self.frames.pop() {
                None => Ok(Flow::Matched),
                Some(frame) => self.close(frame, pos),
            },
            ASSERT | ASSERT_NOT => self.look(op, pc, pos),
            ATOMIC_GROUP => {
                self.enter(Apart::Atomic, program.skip(pc + 1))?;
                Ok(Flow::Go(pc + 2))
            }
            POSSESSIVE_REPEAT => {
                let tail = program.skip(pc + 1) + 1;
                if program.word(pc + 3) == 0 {
                    return Ok(Flow::Go(tail));
                }
                self.enter(Apart::Possessive { at: pc, count: 0, pos: *pos }, tail)?;
                Ok(Flow::Go(pc + 4))
            }
            GROUPREF | GROUPREF_IGNORE | GROUPREF_LOC_IGNORE | GROUPREF_UNI_IGNORE => {
                Ok(self.same_as_group(op, program.word(pc + 1) as usize, pos, pc))
            }
            GROUPREF_EXISTS => {
                let exists = self.group(program.word(pc + 1) as usize).is_some();
                let otherwise = (pc + 1).saturating_add(program.word(pc + 2) as usize);
                Ok(Flow::Go(if exists { pc + 3 } else { otherwise }))
            }
            INFO => Ok(Flow::Go(program.skip(pc + 1))),
            _ => Ok(Flow::Fail),
        }
    }

    fn repeat_one(&mut self, op: u32, pc: usize, pos: &mut usize) -> PyResult<Flow> {
        let program = self.program;
        let (min, max) = (program.word(pc + 2), program.word(pc + 3));
        let (item, tail) = (pc + 4, program.skip(pc + 1));
        if op == MIN_REPEAT_ONE {
            let count = self.count(item, *pos, min);
            if count < min as usize {
                return Ok(Flow::Fail);
            }
            *pos += count;
            let left = if max == MAXREPEAT { max } else { max.saturating_sub(min) };
            if left > 0 {
                self.push(Entry::More { item, tail, pos: *pos, left })?;
            }
            return Ok(Flow::Go(tail));
        }
        let count = self.count(item, *pos, max);
        if count < min as usize {
            return Ok(Flow::Fail);
        }
        let (least, most) = (*pos + min as usize, *pos + count);
        *pos = most;
        if op == POSSESSIVE_REPEAT_ONE || least == most {
            return Ok(Flow::Go(tail));
        }
        // Where a literal follows, only the places where it stands are tried.
        if program.word(tail) == LITERAL
            && self.text.get(most).is_none_or(|u| u.point() != program.word(tail + 1))
        {
            let Some(shorter) = self.shorten(tail, least, most) else { return Ok(Flow::Fail) };
            *pos = shorter;
        }
        if *pos > least {
            self.push(Entry::Fewer { tail, least, pos: *pos })?;
        }
        Ok(Flow::Go(tail))
    }

    /// The end of a repeat's body, or its beginning when `fresh`.
    fn until(&mut self, pc: usize, pos: &mut usize, fresh: bool) -> PyResult<Flow> {
        let program = self.program;
        let repeat = self.current;
        let Some(&Repeat { at, count, last, .. }) = self.repeats.get(repeat) else {
            return Err(self.vm.runtime_error("internal error in regular expression engine"));
        };
        // The count is that of the rounds done before the present one began.
        let round = if fresh { 0 } else { count.saturating_add(1) };
        let (min, max) = (program.word(at + 2), program.word(at + 3));
        let (body, tail) = (at + 4, pc + 1);
        if round < min {
            self.push(Entry::Count { repeat, count, last })?;
            self.repeats[repeat].count = round;
            return Ok(Flow::Go(body));
        }
        if program.word(pc) == MIN_UNTIL {
            self.push(Entry::Again { repeat, round, pos: *pos })?;
            self.leave(repeat)?;
            return Ok(Flow::Go(tail));
        }
        if (round < max || max == MAXREPEAT) && *pos != last {
            self.push(Entry::Leave { repeat, tail, pos: *pos })?;
            self.push(Entry::Count { repeat, count, last })?;
            self.repeats[repeat].count = round;
            self.repeats[repeat].last = *pos;
            return Ok(Flow::Go(body));
        }
        self.leave(repeat)?;
        Ok(Flow::Go(tail))
    }

    fn look(&mut self, op: u32, pc: usize, pos: &mut usize) -> PyResult<Flow> {
        let program = self.program;
        let tail = program.skip(pc + 1);
        let before = *pos;
        match before.checked_sub(program.word(pc + 2) as usize) {
            Some(start) => {
                *pos = start;
                let kind = if op == ASSERT {
                    Apart::Ahead { pos: before }
                } else {
                    Apart::NotAhead { pos: before }
                };
                self.enter(kind, tail)?;
                Ok(Flow::Go(pc + 3))
            }
            None if op == ASSERT => Ok(Flow::Fail),
            None => Ok(Flow::Go(tail)),
        }
    }

    fn same_as_group(&self, op: u32, number: usize, pos: &mut usize, pc: usize) -> Flow {
        let Some((start, end)) = self.group(number) else { return Flow::Fail };
        let length = end - start;
        let (Some(group), Some(here)) =
            (self.text.get(start..end), self.text.get(*pos..*pos + length))
        else {
            return Flow::Fail;
        };
        let same = match op {
            GROUPREF => group == here,
            _ => {
                let lower = match op {
                    GROUPREF_UNI_IGNORE => unicode::simple_lower,
                    _ => lower_ascii,
                };
                group.iter().zip(here).all(|(a, b)| lower(a.point()) == lower(b.point()))
            }
        };
        if same {
            *pos += length;
            Flow::Go(pc + 2)
        } else {
            Flow::Fail
        }
    }

    fn is_at(&self, kind: u32, pos: usize) -> bool {
        let text = self.text;
        let before = pos.checked_sub(1).and_then(|at| text.get(at)).map(|u| u.point());
        let here = text.get(pos).map(|u| u.point());
        let boundary =
            |is_word: fn(u32) -> bool| before.is_some_and(is_word) != here.is_some_and(is_word);
        match kind {
            at::BEGINNING | at::BEGINNING_STRING => pos == 0,
            at::BEGINNING_LINE => before.is_none_or(|c| c == 10),
            at::END => here.is_none() || (here == Some(10) && pos + 1 == text.len()),
            at::END_LINE => here.is_none_or(|c| c == 10),
            at::END_STRING => here.is_none(),
            at::BOUNDARY | at::LOC_BOUNDARY => boundary(is_word_ascii),
            at::NON_BOUNDARY | at::LOC_NON_BOUNDARY => !boundary(is_word_ascii),
            at::UNI_BOUNDARY => boundary(is_word_unicode),
            at::UNI_NON_BOUNDARY => !boundary(is_word_unicode),
            _ => false,
        }
    }
}
