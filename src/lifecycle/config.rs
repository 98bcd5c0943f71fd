//! The command line and the environment, read once: what to run, and how.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use modules::sys::info::Flags;

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The shell, or the program on a stdin that is no terminal.
    Stdin,
    /// `-`: the program on stdin.
    Dash,
    /// `-c CODE`
    Command(OsString),
    /// `-m MODULE`
    Module(OsString),
    /// A file, or a folder or archive with a `__main__`.
    File(OsString),
    /// `--dis` and its kin: print and leave.
    Inspect(Inspection, OsString),
    /// `-V`: print the version.
    Version,
    /// `-h`: print the usage.
    Help,
}

/// What an inspection prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inspection {
    /// `--dis`: with `-C`, `-O`, `-P`, `-S` behind it.
    Dis(DisFlags),
    /// `--ast`
    Ast,
    /// `--tokens`
    Tokens,
    /// `--symtable`
    Symtable,
}

/// The flags of `-m dis`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DisFlags {
    /// `-C`
    pub show_caches: bool,
    /// `-O`
    pub show_offsets: bool,
    /// `-P`
    pub show_positions: bool,
    /// `-S`
    pub specialized: bool,
}

/// Everything that the command line and the environment say.
#[derive(Clone, Debug)]
pub struct Config {
    /// What to run.
    pub target: Target,
    /// `sys.argv` behind its first entry.
    pub args: Vec<OsString>,
    /// `sys.orig_argv`
    pub original: Vec<OsString>,
    /// `sys.flags`
    pub flags: Flags,
    /// `-i`: the shell afterwards.
    pub inspect: bool,
    /// `-q`: no banner.
    pub quiet: bool,
    /// `-u`: streams write at once.
    pub unbuffered: bool,
    /// `-W`, in the order of precedence.
    pub warnings: Vec<String>,
    /// `-X`
    pub x_options: Vec<(String, Option<String>)>,
    /// `-P` or `PYTHONSAFEPATH`: the script's folder stays out of `sys.path`.
    pub safe_path: bool,
}

/// A command line that is wrong: the text for stderr.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError(pub String);

const USAGE: &str = "usage: pyglass [option] ... [-c cmd | -m mod | file | -] [arg] ...";

impl UsageError {
    fn new(text: &str) -> Self {
        Self(format!("{text}\n{USAGE}\nTry `pyglass -h' for more information.\n"))
    }
}

/// The text of `-h`.
#[must_use]
pub fn help_text() -> String {
    format!(
        "{USAGE}\n\
Options (and corresponding environment variables):\n\
-B     : don't write .pyc files on import; also PYTHONDONTWRITEBYTECODE=x\n\
-c cmd : program passed in as string (terminates option list)\n\
-E     : ignore PYTHON* environment variables (such as PYTHONPATH)\n\
-h     : print this help message and exit (also -? or --help)\n\
-i     : inspect interactively after running script\n\
-I     : isolate from the user's environment (implies -E, -P and -s)\n\
-m mod : run library module as a script (terminates option list)\n\
-O     : remove assert and __debug__-dependent statements\n\
-OO    : do -O changes and also discard docstrings\n\
-P     : don't prepend a potentially unsafe path to sys.path\n\
-q     : don't print the banner\n\
-s     : don't add user site directory to sys.path\n\
-S     : don't imply 'import site' on initialization\n\
-u     : force the stdout and stderr streams to be unbuffered\n\
-V     : print the Python version number and exit (also --version)\n\
-W arg : warning control; arg is action:message:category:module:lineno\n\
-X opt : set implementation-specific option\n\
\n\
--dis [-C -O -P -S] FILE : print the bytecode of FILE and exit\n\
--ast FILE      : print the syntax tree of FILE and exit\n\
--tokens FILE   : print the tokens of FILE and exit\n\
--symtable FILE : print the symbol tables of FILE and exit\n\
\n\
file   : program read from script file\n\
-      : program read from stdin (default; interactive mode if a tty)\n\
arg ...: arguments passed to program in sys.argv[1:]\n"
    )
}

struct Reader {
    rest: std::vec::IntoIter<OsString>,
}

impl Reader {
    fn value(&mut self, inline: &[u8], option: &str) -> Result<OsString, UsageError> {
        if !inline.is_empty() {
            return Ok(OsString::from_vec(inline.to_vec()));
        }
        self.rest
            .next()
            .ok_or_else(|| UsageError::new(&format!("Argument expected for the {option} option")))
    }
}

impl Config {
    fn empty(original: Vec<OsString>) -> Self {
        Self {
            target: Target::Stdin,
            args: Vec::new(),
            original,
            flags: Flags { hash_randomization: 1, int_max_str_digits: 4300, ..Flags::default() },
            inspect: false,
            quiet: false,
            unbuffered: false,
            warnings: Vec::new(),
            x_options: Vec::new(),
            safe_path: false,
        }
    }

    /// Reads a command line, program name first, and the process's environment.
    ///
    /// # Errors
    /// What is wrong with it, as text for stderr; the exit status is 2.
    pub fn from_command_line(original: Vec<OsString>) -> Result<Self, UsageError> {
        let mut config = Self::empty(original.clone());
        let rest: Vec<OsString> = original.into_iter().skip(1).collect();
        let mut reader = Reader { rest: rest.into_iter() };
        while let Some(word) = reader.rest.next() {
            let bytes = word.as_bytes();
            if bytes == b"-" {
                config.target = Target::Dash;
                break;
            }
            if !bytes.starts_with(b"-") {
                config.target = Target::File(word);
                break;
            }
            let done = if bytes.starts_with(b"--") {
                config.long_option(&word, &mut reader)?
            } else {
                config.short_options(bytes, &mut reader)?
            };
            if done {
                break;
            }
        }
        config.args = reader.rest.collect();
        config.finish();
        Ok(config)
    }

    /// A word of one-letter options. True when the option list ends with it.
    fn short_options(&mut self, word: &[u8], reader: &mut Reader) -> Result<bool, UsageError> {
        let mut letters = word.get(1..).unwrap_or_default();
        while let Some((&letter, inline)) = letters.split_first() {
            letters = inline;
            match letter {
                b'c' => {
                    self.target = Target::Command(reader.value(inline, "-c")?);
                    return Ok(true);
                }
                b'm' => {
                    self.target = Target::Module(reader.value(inline, "-m")?);
                    return Ok(true);
                }
                b'W' => {
                    let value = reader.value(inline, "-W")?;
                    self.warnings.push(value.to_string_lossy().into_owned());
                    return Ok(false);
                }
                b'X' => {
                    let value = reader.value(inline, "-X")?;
                    self.x_option(&value.to_string_lossy());
                    return Ok(false);
                }
                b'V' => self.target = Target::Version,
                b'h' | b'?' => self.target = Target::Help,
                b'b' => self.flags.bytes_warning += 1,
                b'B' => self.flags.dont_write_bytecode = 1,
                b'd' => self.flags.debug += 1,
                b'E' => self.flags.ignore_environment = 1,
                b'i' => {
                    self.inspect = true;
                    self.flags.inspect = 1;
                    self.flags.interactive = 1;
                }
                b'I' => {
                    self.flags.isolated = 1;
                    self.flags.ignore_environment = 1;
                    self.flags.no_user_site = 1;
                    self.safe_path = true;
                }
                b'O' => self.flags.optimize += 1,
                b'P' => self.safe_path = true,
                b'q' => {
                    self.quiet = true;
                    self.flags.quiet = 1;
                }
                b'R' | b't' | b'x' => {}
                b's' => self.flags.no_user_site = 1,
                b'S' => self.flags.no_site = 1,
                b'u' => self.unbuffered = true,
                b'v' => self.flags.verbose += 1,
                other => {
                    return Err(UsageError::new(&format!(
                        "Unknown option: -{}",
                        char::from(other)
                    )));
                }
            }
            if matches!(self.target, Target::Version | Target::Help) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn long_option(&mut self, word: &OsStr, reader: &mut Reader) -> Result<bool, UsageError> {
        let text = word.to_string_lossy();
        let inspection = match text.as_ref() {
            "--help" => {
                self.target = Target::Help;
                return Ok(true);
            }
            "--version" => {
                self.target = Target::Version;
                return Ok(true);
            }
            "--check-hash-based-pycs" => {
                reader.value(b"", "--check-hash-based-pycs")?;
                return Ok(false);
            }
            "--dis" => Inspection::Dis(DisFlags::default()),
            "--ast" => Inspection::Ast,
            "--tokens" => Inspection::Tokens,
            "--symtable" => Inspection::Symtable,
            other => return Err(UsageError::new(&format!("unknown option {other}"))),
        };
        self.inspection(inspection, &text, reader)?;
        Ok(true)
    }

    fn inspection(
        &mut self,
        inspection: Inspection,
        option: &str,
        reader: &mut Reader,
    ) -> Result<(), UsageError> {
        let mut inspection = inspection;
        loop {
            let word = reader.value(b"", option)?;
            let Inspection::Dis(flags) = &mut inspection else {
                self.target = Target::Inspect(inspection, word);
                return Ok(());
            };
            match word.as_bytes() {
                b"-C" | b"--show-caches" => flags.show_caches = true,
                b"-O" | b"--show-offsets" => flags.show_offsets = true,
                b"-P" | b"--show-positions" => flags.show_positions = true,
                b"-S" | b"--specialized" => flags.specialized = true,
                _ => {
                    self.target = Target::Inspect(inspection, word);
                    return Ok(());
                }
            }
        }
    }

    fn x_option(&mut self, text: &str) {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        match (name, value.as_deref()) {
            ("dev", _) => self.flags.dev_mode = true,
            ("utf8", value) => self.flags.utf8_mode = i64::from(value != Some("0")),
            ("warn_default_encoding", _) => self.flags.warn_default_encoding = 1,
            ("int_max_str_digits", Some(value)) => {
                if let Ok(digits) = value.parse() {
                    self.flags.int_max_str_digits = digits;
                }
            }
            _ => {}
        }
        self.x_options.push((name.to_owned(), value));
    }

    /// A variable of the environment, unless `-E` says to ignore it; an empty one counts as unset.
    #[must_use]
    pub fn environment(&self, name: &str) -> Option<OsString> {
        if self.flags.ignore_environment != 0 {
            return None;
        }
        std::env::var_os(name).filter(|value| !value.is_empty())
    }

    /// What the environment adds, and what follows from several options together.
    fn finish(&mut self) {
        let number = |value: OsString| value.to_string_lossy().parse::<i64>().unwrap_or(1).max(1);
        if let Some(value) = self.environment("PYTHONOPTIMIZE") {
            self.flags.optimize = self.flags.optimize.max(number(value));
        }
        if let Some(value) = self.environment("PYTHONVERBOSE") {
            self.flags.verbose = self.flags.verbose.max(number(value));
        }
        if self.environment("PYTHONDONTWRITEBYTECODE").is_some() {
            self.flags.dont_write_bytecode = 1;
        }
        if self.environment("PYTHONINSPECT").is_some() {
            self.inspect = true;
            self.flags.inspect = 1;
        }
        self.unbuffered |= self.environment("PYTHONUNBUFFERED").is_some();
        self.safe_path |= self.environment("PYTHONSAFEPATH").is_some();
        if self.environment("PYTHONNOUSERSITE").is_some() {
            self.flags.no_user_site = 1;
        }
        if let Some(value) = self.environment("PYTHONINTMAXSTRDIGITS")
            && let Ok(digits) = value.to_string_lossy().parse()
        {
            self.flags.int_max_str_digits = digits;
        }
        if let Some(value) = self.environment("PYTHONWARNINGS") {
            let text = value.to_string_lossy().into_owned();
            let mut all: Vec<String> = text.split(',').map(str::to_owned).collect();
            all.append(&mut self.warnings);
            self.warnings = all;
        }
        if self.flags.dev_mode {
            self.warnings.insert(0, "default".to_owned());
        }
        match self.flags.bytes_warning {
            0 => {}
            1 => self.warnings.push("default::BytesWarning".to_owned()),
            _ => self.warnings.push("error::BytesWarning".to_owned()),
        }
        self.flags.safe_path = self.safe_path;
    }

    /// The key of text hashing: random, or what `PYTHONHASHSEED` fixes.
    #[must_use]
    pub fn hash_seed(&self) -> Option<u64> {
        let value = self.environment("PYTHONHASHSEED")?;
        value.to_string_lossy().parse().ok()
    }
}
