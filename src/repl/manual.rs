//! What the command line's `--man` and `--completions` print.

use crate::commands;

/// The options, with what they want and what they do.
const OPTIONS: &[(&str, &str, &str)] = &[
    ("-c", "CMD", "run a program given as a text"),
    ("-m", "MOD", "run a library module as a program"),
    ("-i", "", "go on at the prompt when the program has ended"),
    ("-q", "", "show no banner"),
    ("-b", "", "warn about bytes that are compared with text; -bb for errors"),
    ("-B", "", "write no compiled files"),
    ("-E", "", "ignore PYTHON* variables of the environment"),
    ("-I", "", "keep away from the environment and the user's folders"),
    ("-O", "", "leave assertions out; -OO docstrings too"),
    ("-P", "", "keep the script's folder out of sys.path"),
    ("-s", "", "keep the user's site folder out of sys.path"),
    ("-S", "", "import no site at the start"),
    ("-u", "", "write streams at once"),
    ("-v", "", "say what is imported"),
    ("-V", "", "print the version"),
    ("-W", "ARG", "what becomes of warnings"),
    ("-x", "", "skip the first line of the program"),
    ("-X", "OPT", "an option of the implementation"),
    ("-h", "", "print the options"),
    ("--help-env", "", "print the variables of the environment"),
    ("--help-xoptions", "", "print what -X takes"),
    ("--help-all", "", "print all help"),
    ("--check-hash-based-pycs", "WHEN", "always, default or never"),
    ("--dis", "FILE", "print the bytecode and leave; -C -O -P -S as in -m dis"),
    ("--ast", "FILE", "print the tree and leave"),
    ("--tokens", "FILE", "print the tokens and leave"),
    ("--symtable", "FILE", "print the symbol tables and leave"),
    ("--stages", "FILE", "print all of what the compiler makes on its way and leave"),
    ("--trace-html", "OUT", "run the program, and write a page in which one steps through it"),
    ("--json", "", "in front of the inspections: they print JSON"),
    ("--color", "WHEN", "colours of the shell: auto, always or never"),
    ("--theme", "NAME", "the colours of the shell"),
    ("--config", "FILE", "the settings of the shell"),
    ("--no-config", "", "no settings"),
    ("--history", "FILE", "the history of the shell; none for none"),
    ("--completions", "SHELL", "print what bash, zsh or fish complete these options by"),
    ("--man", "", "print this manual"),
];

/// The values of options that have few.
fn values(option: &str) -> Option<&'static str> {
    Some(match option {
        "--color" => "auto always never",
        "--check-hash-based-pycs" => "always default never",
        "--completions" => "bash zsh fish",
        "--theme" => "auto dark light mono",
        _ => return None,
    })
}

/// The script by which a shell of the system completes the options.
pub(crate) fn completions(shell: &str) -> Option<String> {
    match shell {
        "bash" => Some(bash()),
        "zsh" => Some(zsh()),
        "fish" => Some(fish()),
        _ => None,
    }
}

fn bash() -> String {
    let names: Vec<&str> = OPTIONS.iter().map(|(name, _, _)| *name).collect();
    let mut cases = String::new();
    for (name, _, _) in OPTIONS {
        if let Some(values) = values(name) {
            cases.push_str(&format!(
                "        {name}) COMPREPLY=($(compgen -W '{values}' -- \"$word\")); return ;;\n"
            ));
        }
    }
    format!(
        "_pyglass() {{\n    local word=\"${{COMP_WORDS[COMP_CWORD]}}\" before=\"${{COMP_WORDS[COMP_CWORD-1]}}\"\n    \
         case \"$before\" in\n{cases}    esac\n    if [[ \"$word\" == -* ]]; then\n        \
         COMPREPLY=($(compgen -W '{}' -- \"$word\"))\n    else\n        \
         COMPREPLY=($(compgen -f -- \"$word\"))\n    fi\n}}\n\
         complete -o filenames -F _pyglass pyglass\n",
        names.join(" ")
    )
}

fn zsh() -> String {
    let mut out = String::from("#compdef pyglass\n_arguments \\\n");
    for (name, value, about) in OPTIONS {
        let about = about.replace('\'', "'\\''").replace(':', "\\:");
        let action = match (values(name), *value) {
            (Some(values), value) => format!(":{value}:({values})"),
            (None, "") => String::new(),
            (None, "FILE") => ":FILE:_files".to_owned(),
            (None, value) => format!(":{value}: "),
        };
        out.push_str(&format!("  '{name}[{about}]{action}' \\\n"));
    }
    out.push_str("  '*:program:_files'\n");
    out
}

fn fish() -> String {
    let mut out = String::new();
    for (name, value, about) in OPTIONS {
        let flag = match name.strip_prefix("--") {
            Some(long) => format!("-l {long}"),
            None => format!("-s {}", name.trim_start_matches('-')),
        };
        let wants = match (values(name), *value) {
            (Some(values), _) => format!(" -x -a '{values}'"),
            (None, "") => String::new(),
            (None, _) => " -r".to_owned(),
        };
        let about = about.replace('\'', "\\'");
        out.push_str(&format!("complete -c pyglass {flag}{wants} -d '{about}'\n"));
    }
    out
}

/// Text as `man` reads it.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

/// The manual.
pub(crate) fn page() -> String {
    let mut out = format!(
        ".TH PYGLASS 1 \"\" \"pyglass {}\" \"User Commands\"\n.SH NAME\npyglass \\- an interactive Python shell \
         whose virtual machine is on display\n.SH SYNOPSIS\n.B pyglass\n[\\fIoptions\\fR] [\\-c \\fICMD\\fR | \\-m \
         \\fIMOD\\fR | \\fIFILE\\fR | \\-] [\\fIarguments\\fR]\n.SH DESCRIPTION\nWithout a program and on a \
         terminal, a prompt for Python 3.14. A colon starts a command of the shell.\n.SH OPTIONS\n",
        env!("CARGO_PKG_VERSION")
    );
    for (name, value, about) in OPTIONS {
        let value = if value.is_empty() { String::new() } else { format!(" \\fI{value}\\fR") };
        out.push_str(&format!(".TP\n\\fB{}\\fR{value}\n{}\n", escaped(name), escaped(about)));
    }
    out.push_str(".SH COMMANDS\n");
    let mut last = "";
    for (group, form, about) in commands::listed() {
        if group != last {
            out.push_str(&format!(".SS {group}\n"));
            last = group;
        }
        out.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", escaped(form), escaped(about)));
    }
    out.push_str(".SH KEYS\n");
    for (keys, about) in [
        ("Tab", "completes, or indents where the line is blank"),
        (
            "Enter",
            "runs what is whole, else begins a line; M\\-Enter always begins one, C\\-o always runs",
        ),
        ("Up, Down", "move by lines, then through the history by what stands before the cursor"),
        ("C\\-r", "searches the history"),
        ("C\\-x d", "shows the bytecode of the buffer"),
        ("M\\-e, C\\-x C\\-e", "opens the buffer in $EDITOR"),
        ("M\\-/", "makes lines comments, or code again"),
    ] {
        out.push_str(&format!(".TP\n\\fB{keys}\\fR\n{about}\n"));
    }
    out.push_str(".SH FILES\n.TP\n~/.config/pyglass/config.toml\nthe settings; :config shows where, :config edit opens them\n");
    out.push_str(".TP\n~/.config/pyglass/startup.py\nruns before the first prompt; without it, what PYTHONSTARTUP names\n");
    out.push_str(".TP\n~/.local/state/pyglass/history.jsonl\nthe history\n.SH ENVIRONMENT\n");
    for (name, about) in [
        ("PYGLASS_CONFIG, PYGLASS_HISTORY", "other files for settings and history; none for none"),
        ("NO_COLOR, FORCE_COLOR, PYTHON_COLORS", "whether there are colours"),
        ("PYTHONSTARTUP, PYTHONBREAKPOINT", "as for CPython"),
        ("VISUAL, EDITOR, PAGER", "the programs that edit and show"),
    ] {
        out.push_str(&format!(".TP\n{name}\n{about}\n"));
    }
    out.push_str(".SH EXIT STATUS\n0; 1 behind an uncaught exception; 2 for wrong usage; what sys.exit() is given.\n");
    out
}
