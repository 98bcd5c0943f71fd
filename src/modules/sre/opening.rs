//! What the first characters of a match can be: tables that a search asks before it tries to match.

use base::search::Unit;

use super::program::Program;
use super::words::{
    ANY, ANY_ALL, ASSERT, ASSERT_NOT, AT, ATOMIC_GROUP, BRANCH, CATEGORY, IN, IN_IGNORE,
    IN_LOC_IGNORE, IN_UNI_IGNORE, INFO, JUMP, LITERAL, LITERAL_IGNORE, LITERAL_LOC_IGNORE,
    LITERAL_UNI_IGNORE, MARK, MIN_REPEAT_ONE, NOT_LITERAL, NOT_LITERAL_IGNORE,
    NOT_LITERAL_LOC_IGNORE, NOT_LITERAL_UNI_IGNORE, POSSESSIVE_REPEAT_ONE, REPEAT, REPEAT_ONE,
};

/// How many characters are looked at.
const DEPTH: usize = 4;
/// Ways to begin that are told apart: a bit each. More of them share the bits.
const WAYS: usize = 8;
/// Ways to begin beyond which a pattern is taken to begin with anything.
const WAYS_MAX: usize = 64;
/// Words beyond which a pattern is not followed.
const BUDGET: u32 = 1000;

/// For each of the first characters of a match: the ways to begin that a character there leaves possible.
pub(super) struct Opening {
    narrow: [[u8; 256]; DEPTH],
    /// The same for all characters from 256 on.
    wide: [u8; DEPTH],
    /// The ways for which this character does not count: what they need has ended before.
    ended: [u8; DEPTH],
    /// How many characters of a match say anything.
    depth: usize,
}

impl Opening {
    /// What matches of `program` begin with. None when that may be anything, or nothing at all.
    pub(super) fn of(program: &Program) -> Option<Box<Self>> {
        let mut walk = Walk { program, ways: Vec::new(), budget: BUDGET };
        walk.follow(program.start(), Vec::new())?;
        let mut opening = Box::new(Self {
            narrow: [[0; 256]; DEPTH],
            wide: [0; DEPTH],
            ended: [0; DEPTH],
            depth: 0,
        });
        for (nth, way) in walk.ways.iter().enumerate() {
            opening.add(program, way, 1 << (nth % WAYS));
        }
        // A bit that stands for no way tells nothing apart.
        let unused = u8::MAX.checked_shl(u32::try_from(walk.ways.len()).ok()?).unwrap_or(0);
        let says_something =
            |column: &&[u8; 256]| column.iter().any(|&ways| ways | unused != u8::MAX);
        opening.depth = opening.narrow.iter().take_while(says_something).count();
        (opening.depth > 0).then_some(opening)
    }

    fn add(&mut self, program: &Program, way: &[usize], bit: u8) {
        for place in 0..DEPTH {
            let column = &mut self.narrow[place];
            let Some(&item) = way.get(place) else {
                column.iter_mut().for_each(|ways| *ways |= bit);
                self.wide[place] |= bit;
                self.ended[place] |= bit;
                continue;
            };
            if program.word(item) == LITERAL {
                match column.get_mut(program.word(item + 1) as usize) {
                    Some(ways) => *ways |= bit,
                    None => self.wide[place] |= bit,
                }
                continue;
            }
            for (point, ways) in (0..).zip(column.iter_mut()) {
                if program.matches_one(item, point) {
                    *ways |= bit;
                }
            }
            self.wide[place] |= bit;
        }
    }

    #[inline(always)]
    fn ways<T: Unit>(&self, place: usize, unit: T) -> u8 {
        let point = unit.point() as usize;
        self.narrow[place].get(point).copied().unwrap_or(self.wide[place])
    }

    /// The first place from `from` on where a match can begin. Places at the very end, where some of the characters would lie
    /// behind the text, are looked at one by one.
    pub(super) fn find<T: Unit>(&self, text: &[T], from: usize) -> Option<usize> {
        let rest = text.get(from..)?;
        let found = match self.depth {
            1 => rest.iter().position(|&unit| self.ways(0, unit) != 0),
            2 | 3 => rest
                .windows(2)
                .position(|here| matches!(here, &[a, b] if self.ways(0, a) & self.ways(1, b) != 0)),
            _ => rest.windows(DEPTH).position(|here| {
                // Without a branch for each: characters that can begin a match may be as frequent as others.
                matches!(here, &[a, b, c, d] if
                    self.ways(0, a) & self.ways(1, b) & self.ways(2, c) & self.ways(3, d) != 0)
            }),
        };
        let width = match self.depth {
            1 => 1,
            2 | 3 => 2,
            _ => DEPTH,
        };
        let at_end = || {
            let first = (rest.len() + 1).saturating_sub(width);
            (first..rest.len()).find(|&at| self.can_begin(rest.get(at..).unwrap_or_default()))
        };
        found.or_else(at_end).map(|at| from + at)
    }

    fn can_begin<T: Unit>(&self, here: &[T]) -> bool {
        let ways = |place: usize| match here.get(place) {
            Some(&unit) => self.ways(place, unit),
            None => self.ended[place],
        };
        (0..DEPTH).fold(u8::MAX, |all, place| all & ways(place)) != 0
    }
}

/// Follows a pattern's words from its start.
struct Walk<'p> {
    program: &'p Program,
    /// The one-character words that each way begins with.
    ways: Vec<Vec<usize>>,
    budget: u32,
}

impl Walk<'_> {
    /// Adds the ways that go on with the words from `at` on. None when one is empty, or there are too many.
    fn follow(&mut self, mut at: usize, mut way: Vec<usize>) -> Option<()> {
        let program = self.program;
        while way.len() < DEPTH {
            self.budget = self.budget.checked_sub(1)?;
            match program.word(at) {
                ANY | ANY_ALL => {
                    way.push(at);
                    at += 1;
                }
                IN | IN_IGNORE | IN_LOC_IGNORE | IN_UNI_IGNORE => {
                    way.push(at);
                    at = program.skip(at + 1);
                }
                LITERAL
                | NOT_LITERAL
                | CATEGORY
                | LITERAL_IGNORE
                | LITERAL_LOC_IGNORE
                | LITERAL_UNI_IGNORE
                | NOT_LITERAL_IGNORE
                | NOT_LITERAL_LOC_IGNORE
                | NOT_LITERAL_UNI_IGNORE => {
                    way.push(at);
                    at += 2;
                }
                MARK | AT | ATOMIC_GROUP => at += 2,
                JUMP | ASSERT | ASSERT_NOT | INFO => at = program.skip(at + 1),
                BRANCH => {
                    let mut alternative = at + 1;
                    while program.word(alternative) != 0 {
                        self.follow(alternative + 1, way.clone())?;
                        alternative = program.skip(alternative);
                    }
                    return Some(());
                }
                REPEAT_ONE | MIN_REPEAT_ONE | POSSESSIVE_REPEAT_ONE => {
                    let (least, most) = (program.word(at + 2), program.word(at + 3));
                    let tail = program.skip(at + 1);
                    if least == 0 {
                        if !way.is_empty() {
                            break;
                        }
                        self.follow(tail, Vec::new())?;
                        way.push(at + 4);
                        break;
                    }
                    let room = DEPTH - way.len();
                    way.extend(std::iter::repeat_n(at + 4, room.min(least as usize)));
                    if least != most {
                        break;
                    }
                    at = tail;
                }
                REPEAT if program.word(at + 2) > 0 => at += 4,
                REPEAT if way.is_empty() => {
                    self.follow(program.skip(at + 1) + 1, Vec::new())?;
                    at += 4;
                }
                _ => break,
            }
        }
        if way.is_empty() || self.ways.len() == WAYS_MAX {
            return None;
        }
        self.ways.push(way);
        Some(())
    }
}
