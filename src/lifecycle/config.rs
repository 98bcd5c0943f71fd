//! The command line and the environment, read once: what to run, and how.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use modules::sys::info::Flags;

use crate::command_line;
use crate::usage::{StartError, fatal};

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
    Inspect(Inspection, Source),
    /// `-V`: print the version; `-VV` with the build.
    Version {
        /// `-VV`
        full: bool,
    },
    /// `-h` and its kin: print the text.
    Help(Topic),
    /// `--completions SHELL`: print what the user's shell completes the options by.
    Completions(String),
    /// `--man`: print the manual.
    Manual,
}

/// What an inspection looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(OsString),
    /// `-c CODE`
    Text(OsString),
}

/// What the command line says of the interactive shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShellOptions {
    /// `--config FILE`; `none` for `--no-config`.
    pub config: Option<OsString>,
    /// `--history FILE`; `none` keeps none.
    pub history: Option<OsString>,
    /// `--theme NAME`
    pub theme: Option<String>,
    /// `--trace-html OUT`: the page on which what the program did is written.
    pub trace_page: Option<OsString>,
    /// `--json`: inspections answer a program.
    pub json: bool,
    /// `--color WHEN`: whether it writes colours whatever it writes to.
    pub color: Option<bool>,
}

/// What a help option tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// `-h`: the options.
    Options,
    /// `--help-env`: the environment variables.
    Environment,
    /// `--help-xoptions`: what `-X` takes.
    XOptions,
    /// `--help-all`: all of it.
    All,
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
    /// `--stages`
    Stages,
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
    /// `-x`: the first line of the program is not Python.
    pub skip_first_line: bool,
    /// `--check-hash-based-pycs`
    pub check_hash_pycs: String,
    /// `-X importtime`
    pub import_time: i64,
    /// `-X faulthandler`
    pub faulthandler: bool,
    /// `-X tracemalloc`: how many frames are kept; 0 when it is off.
    pub tracemalloc: i64,
    /// `-X pycache_prefix`
    pub pycache_prefix: Option<OsString>,
    /// `-X no_debug_ranges` clears it: code objects keep columns.
    pub debug_ranges: bool,
    /// `-X cpu_count`: -1 when the machine says.
    pub cpu_count: i64,
    /// The key of text hashing that `PYTHONHASHSEED` fixes.
    pub hash_seed: Option<u32>,
    /// Of the interactive shell.
    pub shell: ShellOptions,
}

impl Config {
    fn empty(original: Vec<OsString>) -> Self {
        Self {
            target: Target::Stdin,
            args: Vec::new(),
            original,
            flags: Flags { hash_randomization: 1, int_max_str_digits: -1, ..Flags::default() },
            inspect: false,
            quiet: false,
            unbuffered: false,
            warnings: Vec::new(),
            x_options: Vec::new(),
            safe_path: false,
            skip_first_line: false,
            check_hash_pycs: "default".to_owned(),
            import_time: 0,
            faulthandler: false,
            tracemalloc: 0,
            pycache_prefix: None,
            debug_ranges: true,
            cpu_count: -1,
            hash_seed: None,
            shell: ShellOptions::default(),
        }
    }

    /// Reads a command line, program name first, and the process's environment.
    ///
    /// # Errors
    /// What is wrong with it, as text for stderr, and the exit status.
    pub fn from_command_line(original: Vec<OsString>) -> Result<Self, StartError> {
        let mut config = Self::empty(original.clone());
        command_line::read(&mut config, original)?;
        config.finish()?;
        Ok(config)
    }

    /// A variable of the environment, unless `-E` says to ignore it; an empty one counts as unset.
    #[must_use]
    pub fn environment(&self, name: &str) -> Option<OsString> {
        if self.flags.ignore_environment != 0 {
            return None;
        }
        std::env::var_os(name).filter(|value| !value.is_empty())
    }

    fn environment_text(&self, name: &str) -> Option<String> {
        self.environment(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// The value of `-X name`: None without the option, the inner None for `-X name` alone. The last one counts.
    #[must_use]
    pub fn x_option(&self, name: &str) -> Option<Option<&str>> {
        let found = self.x_options.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_deref())
    }

    /// A variable whose number raises a flag; what is no number counts as 1 (`_Py_get_env_flag`).
    fn raise_flag(&self, flag: i64, name: &str) -> i64 {
        let Some(value) = self.environment_text(name) else { return flag };
        let number = value.parse::<i32>().ok().filter(|&number| number >= 0).unwrap_or(1);
        flag.max(i64::from(number))
    }

    /// What the environment adds, and what follows from several options together.
    fn finish(&mut self) -> Result<(), StartError> {
        self.flags.debug = self.raise_flag(self.flags.debug, "PYTHONDEBUG");
        self.flags.verbose = self.raise_flag(self.flags.verbose, "PYTHONVERBOSE");
        self.flags.optimize = self.raise_flag(self.flags.optimize, "PYTHONOPTIMIZE");
        self.flags.inspect = self.raise_flag(self.flags.inspect, "PYTHONINSPECT");
        self.inspect |= self.flags.inspect != 0;
        self.flags.dont_write_bytecode =
            self.raise_flag(self.flags.dont_write_bytecode, "PYTHONDONTWRITEBYTECODE").min(1);
        self.flags.no_user_site =
            self.raise_flag(self.flags.no_user_site, "PYTHONNOUSERSITE").min(1);
        self.unbuffered |= self.raise_flag(0, "PYTHONUNBUFFERED") != 0;
        self.safe_path |= self.environment("PYTHONSAFEPATH").is_some();
        self.flags.safe_path = self.safe_path;
        self.flags.dev_mode |= self.x_option("dev").is_some()
            || self.environment_text("PYTHONDEVMODE").is_some_and(|value| value != "0");
        let warn_encoding = self.x_option("warn_default_encoding").is_some()
            || self.environment("PYTHONWARNDEFAULTENCODING").is_some();
        self.flags.warn_default_encoding = i64::from(warn_encoding);
        self.flags.utf8_mode = self.utf8_mode()?;
        self.flags.int_max_str_digits = self.int_max_str_digits()?;
        self.read_hash_seed()?;
        self.read_diagnostics()?;
        self.collect_warnings();
        Ok(())
    }

    fn utf8_mode(&self) -> Result<i64, StartError> {
        let state = "preinitializing";
        match self.x_option("utf8") {
            Some(None | Some("1")) => return Ok(1),
            Some(Some("0")) => return Ok(0),
            Some(Some(_)) => {
                return Err(fatal(
                    "preconfig_init_utf8_mode",
                    "invalid -X utf8 option value",
                    state,
                ));
            }
            None => {}
        }
        match self.environment_text("PYTHONUTF8").as_deref() {
            Some("1") => return Ok(1),
            Some("0") => return Ok(0),
            Some(_) => {
                let message = "invalid PYTHONUTF8 environment variable value";
                return Err(fatal("preconfig_init_utf8_mode", message, state));
            }
            None => {}
        }
        // The C locale means UTF-8, unless it can be replaced by another one (PEP 538), which then is UTF-8 itself.
        let is_c = |value: &str| matches!(value, "C" | "POSIX");
        if let Some(all) = set_variable("LC_ALL") {
            return Ok(i64::from(is_c(&all)));
        }
        let coerces = self.environment_text("PYTHONCOERCECLOCALE").is_none_or(|value| value != "0");
        Ok(i64::from(is_c(&character_locale()) && !coerces))
    }

    fn stream_setting(&self) -> (Option<String>, Option<String>) {
        let Some(text) = self.environment_text("PYTHONIOENCODING") else { return (None, None) };
        let (encoding, errors) = match text.split_once(':') {
            Some((encoding, errors)) => (encoding, Some(errors)),
            None => (text.as_str(), None),
        };
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (given(encoding), errors.and_then(given))
    }

    /// The encoding of the standard streams, where it is not UTF-8.
    #[must_use]
    pub fn stream_encoding(&self) -> Option<String> {
        self.stream_setting().0
    }

    /// The error handler of stdin and stdout.
    #[must_use]
    pub fn stream_errors(&self) -> String {
        match self.stream_setting() {
            (_, Some(errors)) => errors,
            (Some(_), None) => "strict".to_owned(),
            (None, None) => {
                let lenient = matches!(
                    character_locale().as_str(),
                    "C" | "POSIX" | "C.UTF-8" | "C.utf8" | "UTF-8"
                );
                let lenient = lenient || self.flags.utf8_mode != 0;
                if lenient { "surrogateescape" } else { "strict" }.to_owned()
            }
        }
    }

    fn int_max_str_digits(&self) -> Result<i64, StartError> {
        const DEFAULT: i64 = 4300;
        let valid = |text: &str| {
            let digits = text.parse::<i32>().ok().map(i64::from);
            digits.filter(|&digits| digits == 0 || digits >= 640)
        };
        let refuse = |place: &str| {
            let message = format!("{place}: invalid limit; must be >= 640 or 0 for unlimited.");
            fatal("config_init_int_max_str_digits", &message, "preinitialized")
        };
        let mut limit = DEFAULT;
        if let Some(text) = self.environment_text("PYTHONINTMAXSTRDIGITS") {
            limit = valid(&text).ok_or_else(|| refuse("PYTHONINTMAXSTRDIGITS"))?;
        }
        if let Some(text) = self.x_option("int_max_str_digits") {
            limit = text.and_then(valid).ok_or_else(|| refuse("-X int_max_str_digits"))?;
        }
        Ok(limit)
    }

    fn read_hash_seed(&mut self) -> Result<(), StartError> {
        let Some(text) = self.environment_text("PYTHONHASHSEED").filter(|text| text != "random")
        else {
            return Ok(());
        };
        let Ok(seed) = text.parse::<u32>() else {
            let message =
                "PYTHONHASHSEED must be \"random\" or an integer in range [0; 4294967295]";
            return Err(fatal("config_init_hash_seed", message, "preinitialized"));
        };
        self.hash_seed = Some(seed);
        self.flags.hash_randomization = i64::from(seed != 0);
        Ok(())
    }

    /// What watches a program: import times, faults, allocations; and where compiled modules go.
    fn read_diagnostics(&mut self) -> Result<(), StartError> {
        let state = "preinitialized";
        self.import_time = match self.x_option("importtime") {
            Some(None | Some("1")) => 1,
            Some(Some("2")) => 2,
            Some(Some(_)) => {
                let message =
                    "-X importtime: values other than 1 and 2 are reserved for future use.";
                return Err(fatal("config_init_import_time", message, state));
            }
            None => self
                .environment_text("PYTHONPROFILEIMPORTTIME")
                .map_or(0, |value| if value == "2" { 2 } else { 1 }),
        };
        self.faulthandler = self.flags.dev_mode
            || self.x_option("faulthandler").is_some()
            || self.environment("PYTHONFAULTHANDLER").is_some();
        self.tracemalloc = self.tracemalloc_frames()?;
        let frozen = match self.x_option("frozen_modules") {
            Some(value) => Some(("option -X frozen_modules", value.unwrap_or("on").to_owned())),
            None => self
                .environment_text("PYTHON_FROZEN_MODULES")
                .map(|value| ("PYTHON_FROZEN_MODULES", value)),
        };
        if let Some((place, value)) = frozen
            && !matches!(value.as_str(), "on" | "off")
        {
            let message = format!("bad value for {place} (expected \"on\" or \"off\")");
            return Err(fatal("", &message, state));
        }
        let gil = self.x_option("gil").map(|value| value.unwrap_or_default().to_owned());
        let gil = gil.or_else(|| self.environment_text("PYTHON_GIL"));
        if let Some(value) = gil.filter(|value| value != "1") {
            let message = match value.as_str() {
                "0" => "Disabling the GIL is not supported by this build",
                _ => "PYTHON_GIL / -X gil must be \"0\" or \"1\"",
            };
            return Err(fatal("config_read_gil", message, state));
        }
        self.debug_ranges = self.x_option("no_debug_ranges").is_none()
            && self.environment("PYTHONNODEBUGRANGES").is_none();
        self.flags.thread_inherit_context = self.switch("thread_inherit_context")?;
        self.flags.context_aware_warnings = self.switch("context_aware_warnings")?;
        self.cpu_count = self.cpus()?;
        self.pycache_prefix = match self.x_option("pycache_prefix") {
            Some(value) => value.filter(|value| !value.is_empty()).map(OsString::from),
            None => self.environment("PYTHONPYCACHEPREFIX"),
        };
        Ok(())
    }

    fn tracemalloc_frames(&self) -> Result<i64, StartError> {
        const FRAMES_MAX: i64 = 65_535;
        let number = |text: &str| {
            text.parse::<i64>().ok().filter(|frames| (0..=FRAMES_MAX).contains(frames))
        };
        let refuse = |place: &str| {
            let message = format!("{place}: invalid number of frames");
            fatal("config_init_tracemalloc", &message, "preinitialized")
        };
        let mut frames = 0;
        if let Some(text) = self.environment_text("PYTHONTRACEMALLOC") {
            frames = number(&text).ok_or_else(|| refuse("PYTHONTRACEMALLOC"))?;
        }
        match self.x_option("tracemalloc") {
            Some(None) => frames = 1,
            Some(Some(text)) => {
                frames = number(text).ok_or_else(|| refuse("-X tracemalloc=NFRAME"))?;
            }
            None => {}
        }
        Ok(frames)
    }

    /// An option that is 0 or 1, and the variable of the same name.
    fn switch(&self, name: &str) -> Result<i64, StartError> {
        let number = |text: &str| text.parse::<i64>().ok().filter(|value| matches!(value, 0 | 1));
        let refuse =
            |message: String| fatal(&format!("config_init_{name}"), &message, "preinitialized");
        let variable = format!("PYTHON_{}", name.to_uppercase());
        let mut value = 0;
        if let Some(text) = self.environment_text(&variable) {
            let message = || format!("{variable}=N: N is missing or invalid");
            value = number(&text).ok_or_else(|| refuse(message()))?;
        }
        if let Some(text) = self.x_option(name) {
            let message = || format!("-X {name}=n: n is missing or invalid");
            value = text.and_then(number).ok_or_else(|| refuse(message()))?;
        }
        Ok(value)
    }

    fn cpus(&self) -> Result<i64, StartError> {
        let number = |text: &str| match text {
            "default" => Some(-1),
            text => text.parse::<i32>().ok().filter(|&count| count >= 1).map(i64::from),
        };
        let refuse = |place: &str| {
            let message =
                format!("{place}: n is missing or an invalid number, n must be greater than 0");
            fatal("config_init_cpu_count", &message, "preinitialized")
        };
        if let Some(text) = self.environment_text("PYTHON_CPU_COUNT") {
            return number(&text).ok_or_else(|| refuse("PYTHON_CPU_COUNT"));
        }
        match self.x_option("cpu_count") {
            Some(text) => text.and_then(number).ok_or_else(|| refuse("-X cpu_count=n option")),
            None => Ok(-1),
        }
    }

    /// `sys.warnoptions`, weakest first: development mode, the environment, the command line, `-b`.
    fn collect_warnings(&mut self) {
        let mut all: Vec<String> = Vec::new();
        let given = std::mem::take(&mut self.warnings);
        let environment = self.environment_text("PYTHONWARNINGS").unwrap_or_default();
        let bytes = match self.flags.bytes_warning {
            0 => None,
            1 => Some("default::BytesWarning"),
            _ => Some("error::BytesWarning"),
        };
        let words = self.flags.dev_mode.then_some("default").into_iter();
        let words = words.chain(environment.split(',').filter(|word| !word.is_empty()));
        let words = words.chain(given.iter().map(String::as_str)).chain(bytes);
        for word in words {
            if !all.iter().any(|known| known == word) {
                all.push(word.to_owned());
            }
        }
        self.warnings = all;
    }

    /// `sys.executable`: the program as it was called, found on `PATH` when the call names no folder.
    #[must_use]
    pub fn executable(&self) -> PathBuf {
        if let Some(given) = self.environment("PYTHONEXECUTABLE") {
            return PathBuf::from(given);
        }
        let called = self.original.first().map(OsString::as_os_str).unwrap_or_default();
        let found = if called.as_encoded_bytes().contains(&b'/') {
            std::path::absolute(called).ok()
        } else {
            on_path(called)
        };
        found
            .filter(|path| path.is_file())
            .or_else(|| std::env::current_exe().ok())
            .unwrap_or_default()
    }
}

fn set_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The locale that says how characters are encoded.
fn character_locale() -> String {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(set_variable)
        .unwrap_or_else(|| "C".to_owned())
}

fn on_path(program: &OsStr) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    if program.is_empty() {
        return None;
    }
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_absolute() && candidate.is_file())
}
