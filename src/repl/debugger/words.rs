//! The debugger's own words: pdb's, and those for instructions and frames.

use Takes::{Anything, Count, Lines, Nothing, Text};

/// What may stand behind a word. A letter before anything else is a name of the program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing.
    Nothing,
    /// A number, or nothing.
    Count,
    /// Line numbers or a dot, or nothing.
    Lines,
    /// A text.
    Text,
    /// A text, or nothing.
    Anything,
}

/// A word.
#[derive(Debug)]
pub(super) struct Word {
    /// How it may be written; the first is what it is called.
    pub(super) names: &'static [&'static str],
    /// What it takes, as its help shows it.
    form: &'static str,
    takes: Takes,
    about: &'static str,
    /// The command of the shell that it is, if it is one.
    pub(super) command: Option<&'static str>,
    group: &'static str,
}

impl Word {
    /// What it is called.
    pub(super) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

const fn own(
    names: &'static [&'static str],
    form: &'static str,
    takes: Takes,
    about: &'static str,
    group: &'static str,
) -> Word {
    Word { names, form, takes, about, command: None, group }
}

const fn shell(
    names: &'static [&'static str],
    form: &'static str,
    takes: Takes,
    command: &'static str,
    about: &'static str,
    group: &'static str,
) -> Word {
    Word { names, form, takes, about, command: Some(command), group }
}

const GROUPS: &[&str] = &["go", "look", "stop", "more"];

const WORDS: &[Word] = &[
    own(&["s", "step"], "", Nothing, "to the next line, into calls", "go"),
    own(&["n", "next"], "", Nothing, "to the next line of this frame", "go"),
    own(&["si"], "", Nothing, "one instruction", "go"),
    own(&["ni"], "", Nothing, "one instruction of this frame", "go"),
    own(&["r", "return"], "", Nothing, "until this frame returns", "go"),
    own(&["unt", "until"], "[LINE]", Count, "to a line behind this one, or to LINE", "go"),
    own(&["c", "cont", "continue"], "", Nothing, "on to the next stop", "go"),
    own(&["j", "jump"], "LINE", Text, "go on at another line", "go"),
    own(&["q", "quit", "exit"], "", Nothing, "give the program up", "go"),
    own(&["back"], "[N]", Count, "how it looked N stops ago", "go"),
    own(&["forward"], "[N]", Count, "and back towards now", "go"),
    shell(&["w", "where", "bt", "fr"], "", Nothing, "frames", "the frames", "look"),
    shell(&["st"], "[N]", Count, "stack", "the value stack of a frame", "look"),
    own(&["u", "up"], "[N]", Count, "to the frame that called", "look"),
    own(&["d", "down"], "[N]", Count, "to the frame that was called", "look"),
    own(&["l", "list"], "[FIRST[, LAST] | .]", Lines, "lines around, then those behind", "look"),
    own(&["ll", "longlist"], "", Nothing, "all of the function", "look"),
    shell(&["a", "args"], "", Nothing, "locals --args", "the arguments", "look"),
    own(&["p"], "EXPR", Text, "the value of an expression", "look"),
    own(&["pp"], "EXPR", Text, "the same, over several lines", "look"),
    shell(&["whatis"], "EXPR", Text, "type", "its class", "look"),
    shell(&["source"], "EXPR", Text, "source", "its source", "look"),
    own(&["retval", "rv"], "", Nothing, "what the function returned", "look"),
    own(&["display"], "[EXPR]", Anything, "show a value at every stop", "look"),
    own(&["undisplay"], "[EXPR]", Anything, "no more", "look"),
    own(&["exceptions"], "[N]", Count, "the exceptions of a chain, or go to one", "look"),
    shell(&["b", "break"], "WHERE", Text, "break", "stop there: LINE, FUNCTION, op:NAME", "stop"),
    shell(&["b", "break"], "", Nothing, "breaks", "what stops", "stop"),
    shell(&["tbreak"], "WHERE", Text, "break --once", "stop there once", "stop"),
    shell(&["cl", "clear"], "N", Text, "delete", "forget a breakpoint", "stop"),
    shell(&["enable"], "N", Text, "enable", "it stops again", "stop"),
    shell(&["disable"], "N", Text, "disable", "it does not stop", "stop"),
    own(&["ignore"], "N [COUNT]", Text, "it lets COUNT times pass", "stop"),
    own(&["condition"], "N [EXPR]", Text, "it stops only where EXPR is true", "stop"),
    own(&["commands"], "[N]", Count, "lines to run where it stops, up to `end`", "stop"),
    shell(&["watch"], "EXPR", Text, "watch", "stop when a value changes", "stop"),
    shell(&["catch"], "[NAME]", Anything, "catch", "stop where it is raised", "stop"),
    own(&["interact"], "", Nothing, "a prompt of Python's with the names of here", "more"),
    own(&["debug"], "STATEMENT", Text, "step through a statement, then come back", "more"),
    own(&["!"], "STATEMENT", Text, "a statement that begins like a word", "more"),
    shell(&["alias"], "[NAME TEXT]", Anything, "def", "a command of your own", "more"),
    shell(&["unalias"], "NAME", Text, "undef", "forget it", "more"),
    own(&["h", "help", "?"], "[WORD]", Anything, "this list, or one word", "more"),
];

/// The word in a line, and what stands behind it; None where the line is the program's: `p = 3`, `b.x`.
pub(super) fn find(line: &str) -> Option<(&'static Word, &str)> {
    if let Some(statement) = line.strip_prefix('!').filter(|rest| !rest.starts_with('!')) {
        let word = WORDS.iter().find(|word| word.name() == "!")?;
        return Some((word, statement.trim()));
    }
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let word = WORDS.iter().find(|word| word.names.contains(&name) && fits(word.takes, rest))?;
    Some((word, rest))
}

fn fits(takes: Takes, rest: &str) -> bool {
    let is_assignment = || {
        let behind =
            rest.trim_start_matches(['+', '-', '*', '/', '%', '&', '|', '^', '@', '<', '>', ':']);
        behind.starts_with('=')
    };
    match takes {
        Nothing => rest.is_empty(),
        Count => rest.chars().all(|c| c.is_ascii_digit()),
        Lines => rest.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | ' ')),
        Text => !rest.is_empty() && !is_assignment(),
        Anything => !is_assignment(),
    }
}

/// The help of the words, or of one.
pub(super) fn help(name: &str) -> Option<String> {
    let row = |word: &Word| {
        let head = format!("{} {}", word.names.join(" "), word.form);
        format!("  {:<30} {}\n", head.trim_end(), word.about)
    };
    if !name.is_empty() {
        let rows: String =
            WORDS.iter().filter(|word| word.names.contains(&name)).map(row).collect();
        return Some(rows).filter(|rows| !rows.is_empty());
    }
    let mut out = String::new();
    for group in GROUPS {
        out.push_str(&format!("{group}\n"));
        out.extend(WORDS.iter().filter(|word| word.group == *group).map(row));
    }
    out.push_str("Enter repeats; anything else is Python in the frame. :help lists the shell's commands, :!CMD runs a program.\n");
    Some(out)
}
