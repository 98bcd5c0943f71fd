//! What the command line answers with instead of running: help, complaints, refusals to start.

use crate::config::Topic;

/// The program does not start: the text for stderr, and the exit status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError {
    /// What to write.
    pub text: String,
    /// What to leave with.
    pub status: u8,
}

fn usage_line(program: &str) -> String {
    format!("usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...\n")
}

impl StartError {
    /// A command line that is wrong.
    pub(crate) fn usage(text: &str, program: &str) -> Self {
        let usage = usage_line(program);
        Self { text: format!("{text}\n{usage}Try `python -h' for more information.\n"), status: 2 }
    }
}

/// A setting that the interpreter cannot start with (`Py_ExitStatusException`).
pub(crate) fn fatal(function: &str, message: &str, state: &str) -> StartError {
    let place = if function.is_empty() { String::new() } else { format!("{function}: ") };
    StartError {
        text: format!("Fatal Python error: {place}{message}\nPython runtime state: {state}\n\n"),
        status: 1,
    }
}

const OPTIONS: &str = "\
Options (and corresponding environment variables):
-b     : warn about comparing bytes with str or int; -bb: raise instead
-B     : write no .pyc files; also PYTHONDONTWRITEBYTECODE=x
-c cmd : run the program given as text (ends the option list)
-d     : parser debugging, without effect here; also PYTHONDEBUG=x
-E     : ignore the PYTHON* environment variables
-h     : print this help and exit (also -? or --help)
-i     : inspect interactively after running; also PYTHONINSPECT=x
-I     : isolated: implies -E, -P and -s
-m mod : run a library module as a script (ends the option list)
-O     : drop assert statements and code under __debug__; also PYTHONOPTIMIZE=x
-OO    : as -O, and drop docstrings
-P     : keep the script's folder out of sys.path; also PYTHONSAFEPATH=x
-q     : no banner
-s     : no user site folder in sys.path; also PYTHONNOUSERSITE=x
-S     : do not import site when starting
-u     : write stdout and stderr at once; also PYTHONUNBUFFERED=x
-v     : tell about imports; also PYTHONVERBOSE=x
-V     : print the version and exit (also --version); -VV: with the build
-W arg : warning control, action:message:category:module:lineno;
         also PYTHONWARNINGS=arg
-x     : skip the first line of the program
-X opt : set an implementation-specific option
--check-hash-based-pycs always|default|never:
         how .pyc files with a hash are checked
--help-env      : print help about environment variables and exit
--help-xoptions : print help about -X options and exit
--help-all      : print everything and exit

--dis [-C -O -P -S] FILE : print the bytecode of FILE and exit (-c cmd instead
         of FILE: of a text; the same holds for the next ones)
--ast FILE      : print the syntax tree
--tokens FILE   : print the tokens
--symtable FILE : print the symbol tables
--stages FILE   : print all of what the compiler makes on its way
--trace-html OUT: run the program and write a page in which one steps through it
--json          : in front of these: print JSON

--color auto|always|never, --theme NAME, --config FILE, --no-config,
--history FILE  : of the interactive shell; 'none' is no file
--completions bash|zsh|fish : print a script that completes the options
--man           : print the manual

Arguments:
file   : the program
-      : the program is on stdin (default; interactive on a terminal)
arg ...: what the program finds in sys.argv[1:]
";

const ENVIRONMENT: &str = "\
Environment variables that change behavior:
PYTHONSTARTUP   : file that is run when an interactive session begins
PYTHONPATH      : folders in front of the library's in sys.path, with ':' between
PYTHONSAFEPATH  : -P
PYTHONPYCACHEPREFIX: root of the folders for .pyc files
PYTHONHASHSEED  : the seed of text hashes, or 'random'
PYTHONBREAKPOINT: what breakpoint() calls; 0 for nothing
PYTHONUTF8      : 1 or 0: UTF-8 mode on or off
PYTHONIOENCODING: encoding[:errors] of stdin, stdout and stderr
PYTHONWARNINGS  : -W
PYTHONINTMAXSTRDIGITS: most digits of an int-str conversion, 0 for no limit
PYTHONDEVMODE   : development mode (-X dev)
PYTHONFAULTHANDLER: -X faulthandler
PYTHONTRACEMALLOC: -X tracemalloc
PYTHONPROFILEIMPORTTIME: -X importtime
PYTHONUSERBASE  : the user's own base folder
PYTHONHOME      : what sys.prefix says
PYTHON_COLORS   : 1 or 0: coloured output always or never
PYTHON_BASIC_REPL: the shell without its editor
PYTHONASYNCIODEBUG: asyncio's debug mode
PYTHONCOERCECLOCALE: 0: the C locale is left as it is
PYTHONDEBUG, PYTHONDONTWRITEBYTECODE, PYTHONINSPECT, PYTHONNOUSERSITE,
PYTHONOPTIMIZE, PYTHONUNBUFFERED, PYTHONVERBOSE: -d -B -i -s -O -u -v
PYTHON_CPU_COUNT, PYTHON_DISABLE_REMOTE_DEBUG, PYTHONNODEBUGRANGES,
PYTHON_CONTEXT_AWARE_WARNINGS, PYTHON_THREAD_INHERIT_CONTEXT,
PYTHONWARNDEFAULTENCODING: the -X options of these names
PYGLASS_CONFIG, PYGLASS_HISTORY: the shell's settings and history
";

const X_OPTIONS: &str = "\
The following implementation-specific options are available:
-X context_aware_warnings=[0|1]: warning filters follow the context
-X cpu_count=N: what os.cpu_count() and os.process_cpu_count() say
-X dev         : development mode
-X disable-remote-debug: no debugger attaches from outside
-X faulthandler: show the Python stack when the process is killed by a fault
-X frozen_modules=[on|off]: accepted; the library is always compiled in
-X importtime  : show the time of each import; =2 shows cached ones too
-X int_max_str_digits=N: most digits of an int-str conversion, 0 for no limit
-X no_debug_ranges: code objects keep lines only, no columns
-X pycache_prefix=PATH: root of the folders for .pyc files
-X thread_inherit_context=[0|1]: threads begin with the starter's context
-X tracemalloc[=N]: trace memory allocations, with N frames each
-X unfused     : each instruction by itself, as it stands in the bytecode
-X utf8[=0|1]  : UTF-8 mode
-X warn_default_encoding: EncodingWarning where a file is opened without encoding
";

/// The text of a help option.
#[must_use]
pub fn help_text(topic: Topic, program: &str) -> String {
    let usage = usage_line(program);
    match topic {
        Topic::Options => format!("{usage}{OPTIONS}"),
        Topic::Environment => ENVIRONMENT.to_owned(),
        Topic::XOptions => X_OPTIONS.to_owned(),
        Topic::All => format!("{usage}{OPTIONS}\n{ENVIRONMENT}\n{X_OPTIONS}"),
    }
}
