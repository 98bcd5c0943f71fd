//! What the thread of the interpreter and the thread of the editor say to each other. The editor never holds the GIL: what
//! it wants to know of objects it asks for, so other threads of the program run while a prompt is up.

use std::io::{PipeReader, PipeWriter, Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use super::Input;
use super::bindings::Binding;
use super::state::Candidate;

/// What the editor is told.
#[derive(Debug)]
pub(super) enum Order {
    /// Reads an input.
    Read {
        /// The first line's prompt.
        prompt: String,
        /// The prompt of the lines behind it.
        continuation: String,
        /// What stands in the buffer already.
        initial: String,
    },
    /// Adds entries that Up finds.
    Remember(Vec<String>),
    /// Which keys it has: vi's or emacs'.
    Vi(bool),
    /// Whether the rest of an earlier input is shown behind the cursor.
    Hints(bool),
    /// Gives a key a meaning.
    Bind(Binding),
}

/// What the editor says.
#[derive(Debug)]
pub(super) enum Report {
    /// An input was read.
    Done(Input),
    /// It wants to know something, and waits.
    Ask(Question),
}

/// What only the interpreter knows.
#[derive(Debug)]
pub(super) enum Question {
    /// What may stand for the word that ends a text.
    Candidates(String),
    /// The parameters of what an expression names.
    Signature(String),
}

/// Its answer.
#[derive(Debug)]
pub(super) enum Answer {
    /// Where the word begins, and the entries.
    Candidates(usize, Vec<Candidate>),
    /// The parameters in brackets.
    Signature(Option<String>),
}

/// The editor's end.
pub(super) struct Desk {
    pub(super) orders: Receiver<Order>,
    pub(super) asker: Asker,
}

/// Asks the interpreter.
pub(super) struct Asker {
    reports: Sender<Report>,
    answers: Receiver<Answer>,
    bell: Arc<PipeWriter>,
}

impl Asker {
    /// Says something; false when nobody listens any more.
    pub(super) fn say(&self, report: Report) -> bool {
        // The bell rings after the report is there.
        self.reports.send(report).is_ok() && (&*self.bell).write_all(b"!").is_ok()
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&self, question: Question) -> Option<Answer> {
        if self.say(Report::Ask(question)) { self.answers.recv().ok() } else { None }
    }
}

/// The interpreter's end.
pub(super) struct Front {
    pub(super) orders: Sender<Order>,
    pub(super) answers: Sender<Answer>,
    reports: Receiver<Report>,
    bell: PipeReader,
}

/// What waiting for the editor gives.
pub(super) enum Heard {
    /// It said something.
    Report(Report),
    /// A signal came.
    Signal,
    /// The editor is gone.
    Gone,
}

impl Front {
    /// Waits until the editor says something or a signal comes. Called without the GIL.
    pub(super) fn wait(&mut self) -> Heard {
        let mut ears = [rustix::event::PollFd::new(&self.bell, rustix::event::PollFlags::IN)];
        match rustix::event::poll(&mut ears, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Heard::Signal,
            Err(_) => return Heard::Gone,
        }
        let mut ring = [0_u8; 1];
        if !matches!(self.bell.read(&mut ring), Ok(1)) {
            return Heard::Gone;
        }
        self.reports.recv().map_or(Heard::Gone, Heard::Report)
    }
}

/// The two ends of a new connection; None where the system has no pipe left.
pub(super) fn connection() -> Option<(Front, Desk)> {
    let (bell, ringer) = std::io::pipe().ok()?;
    let (orders, ordered) = std::sync::mpsc::channel();
    let (reports, reported) = std::sync::mpsc::channel();
    let (answers, answered) = std::sync::mpsc::channel();
    let asker = Asker { reports, answers: answered, bell: Arc::new(ringer) };
    let front = Front { orders, answers, reports: reported, bell };
    Some((front, Desk { orders: ordered, asker }))
}
