//! Breakpoints: on lines, functions and opcodes, with conditions; how they are written and where they are met.

use std::fmt;

use bytecode::Opcode;
use bytecode::metadata::OPCODES;
use objects::core::object::Py;
use objects::types::frame_object::PyFrame;

use crate::settings::closest;

/// Where a breakpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A line of a file; of any input without one.
    Line(Option<String>, i32),
    /// A function's begin, by its name or qualified name.
    Function(String),
    /// An instruction, by its opcode's name.
    Opcode(String),
}

/// A breakpoint.
#[derive(Clone, Debug)]
pub(crate) struct Breakpoint {
    /// Its number, from 1.
    pub(crate) number: usize,
    /// Where it is.
    pub(crate) place: Place,
    /// The expression that must be true there.
    pub(crate) condition: Option<String>,
    /// Whether it stops.
    pub(crate) enabled: bool,
    /// Whether it goes once it has stopped.
    pub(crate) temporary: bool,
    /// How often it stopped.
    pub(crate) hits: usize,
    /// How often it lets the program pass before it stops.
    pub(crate) ignored: usize,
    /// What the debugger runs where it stops.
    pub(crate) commands: Vec<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(None, line) => write!(out, "line {line} of an input"),
            Self::Line(Some(file), line) => write!(out, "{file}:{line}"),
            Self::Function(name) => write!(out, "{name}()"),
            Self::Opcode(name) => write!(out, "op:{name}"),
        }
    }
}

impl Breakpoint {
    /// A breakpoint as it is written: `[FILE:]LINE`, `FUNCTION` or `op:NAME`, then maybe `if EXPR` or `, EXPR`. `file` is where a line
    /// without a file is.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub(crate) fn parse(text: &str, file: Option<&str>) -> Result<Self, String> {
        let (place, condition) = match text.split_once(" if ").or_else(|| text.split_once(',')) {
            Some((place, condition)) => (place.trim(), Some(condition.trim().to_owned())),
            None => (text.trim(), None),
        };
        let place = Place::parse(place, file)?;
        Ok(Self {
            number: 0,
            place,
            condition,
            enabled: true,
            temporary: false,
            hits: 0,
            ignored: 0,
            commands: Vec::new(),
        })
    }
}

impl Place {
    fn parse(text: &str, file: Option<&str>) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a line, a function or op:NAME is missing".to_owned());
        }
        if let Some(name) = text.strip_prefix("op:") {
            let name = name.to_ascii_uppercase();
            let mut opcodes = (0..=u8::MAX).filter_map(|number| Opcode::from_number(number.into()));
            return match opcodes.any(|opcode| opcode.name() == name) {
                true => Ok(Self::Opcode(name)),
                false => {
                    let names = OPCODES.iter().map(|info| info.name);
                    let hint = closest(&name, names)
                        .map_or_else(String::new, |close| format!(". Did you mean op:{close}?"));
                    Err(format!("there is no opcode {name}{hint}"))
                }
            };
        }
        if let Ok(line) = text.parse() {
            return Ok(Self::Line(file.map(str::to_owned), line));
        }
        if let Some((file, line)) = text.rsplit_once(':') {
            let line = line.trim().parse().map_err(|_| format!("{line} is no line"))?;
            return Ok(Self::Line(Some(file.trim().to_owned()), line));
        }
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '<' | '>');
        if !text.chars().all(is_name) {
            return Err(format!("{text} is no line, function or op:NAME"));
        }
        Ok(Self::Function(text.trim_end_matches("()").to_owned()))
    }

    /// Whether an event of this kind can be its.
    pub(crate) fn is_told_by(&self, what: &str) -> bool {
        match self {
            Self::Line(..) => what == "line",
            Self::Function(_) => what == "call",
            Self::Opcode(_) => what == "opcode",
        }
    }

    /// Whether a frame stands there.
    pub(crate) fn is_here(&self, frame: &Py<PyFrame>) -> bool {
        let code = frame.code();
        match self {
            Self::Line(file, line) => {
                frame.line() == Some(*line) && is_file(&code.filename.to_rust_string(), file)
            }
            Self::Function(name) => {
                let qualified = code.qualname.to_rust_string();
                code.name.to_rust_string() == *name
                    || qualified == *name
                    || name.ends_with(&format!(".{qualified}"))
            }
            Self::Opcode(name) => {
                let unit = usize::try_from(frame.lasti()).unwrap_or(0) / 2;
                let unit = code.spec().code.get(unit).and_then(|unit| unit.opcode());
                unit.is_some_and(|opcode| opcode.family().name() == name)
            }
        }
    }
}

fn is_file(name: &str, wanted: &Option<String>) -> bool {
    match wanted {
        None => name.starts_with("<python-input-") || name.starts_with("<stdin"),
        Some(wanted) => {
            name == wanted
                || name.strip_suffix(wanted.as_str()).is_some_and(|front| front.ends_with('/'))
        }
    }
}
