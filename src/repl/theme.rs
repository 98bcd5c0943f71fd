//! The colours: CPython 3.14's, and whether a stream gets any.

use std::io::IsTerminal;

/// One colour of the theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tint {
    /// `>>> `
    Prompt,
    /// `def`, and soft keywords.
    Keyword,
    /// A name of `builtins`.
    Builtin,
    /// `# ...`
    Comment,
    /// A string.
    Text,
    /// A number.
    Number,
    /// What `def` and `class` bind.
    Definition,
    /// What is no token, an unmatched bracket.
    Wrong,
    /// A bracket and its partner at the cursor.
    Match,
    /// What is less important.
    Dim,
    /// The chosen entry of a list.
    Chosen,
    /// Labels, arrows and jump targets of a disassembly.
    Jump,
    /// A heading.
    Heading,
}

impl Tint {
    /// The escape that begins it.
    pub(crate) fn start(self) -> &'static str {
        match self {
            Self::Prompt => "\x1b[1;35m",
            Self::Keyword => "\x1b[1;34m",
            Self::Builtin | Self::Jump => "\x1b[36m",
            Self::Comment | Self::Wrong => "\x1b[31m",
            Self::Text => "\x1b[32m",
            Self::Number => "\x1b[33m",
            Self::Definition | Self::Heading => "\x1b[1m",
            Self::Match => "\x1b[1;4m",
            Self::Dim => "\x1b[2m",
            Self::Chosen => "\x1b[7m",
        }
    }
}

/// What ends a colour.
pub(crate) const RESET: &str = "\x1b[0m";

/// Text in a colour.
pub(crate) fn tinted(tint: Tint, text: &str) -> String {
    format!("{}{text}{RESET}", tint.start())
}

/// Whether the shell colours what it writes to stdout: asked in CPython's order.
pub(crate) fn enabled() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match std::env::var("PYTHON_COLORS").as_deref() {
        Ok("0") => return false,
        Ok("1") => return true,
        _ => {}
    }
    if set("NO_COLOR") {
        return false;
    }
    if set("FORCE_COLOR") {
        return true;
    }
    std::env::var("TERM").is_ok_and(|name| name != "dumb") && std::io::stdout().is_terminal()
}
