//! The process's entry: command line to config, then the shell or a program.

use std::io::Write;
use std::process::ExitCode;

use lifecycle::config::{Config, Inspection, Target};
use lifecycle::{inspect, usage};

fn main() -> ExitCode {
    let config = match Config::from_command_line(std::env::args_os().collect()) {
        Ok(config) => config,
        Err(error) => {
            write(&mut std::io::stderr(), &error.text);
            return ExitCode::from(error.status);
        }
    };
    let status = match &config.target {
        Target::Version { full } => {
            let (major, minor, micro) = modules::sys::info::VERSION;
            let short = format!("{major}.{minor}.{micro}");
            let shown = if *full { modules::sys::info::version_text() } else { short };
            write(&mut std::io::stdout(), &format!("Python {shown}\n"))
        }
        Target::Help(topic) => {
            let program = config.executable().to_string_lossy().into_owned();
            write(&mut std::io::stdout(), &usage::help_text(*topic, &program))
        }
        Target::Inspect(inspection, source)
            if !config.shell.json && *inspection != Inspection::Stages =>
        {
            let shown = inspect::inspect(&config, *inspection, source);
            let written = write(&mut std::io::stdout(), &shown.output);
            write(&mut std::io::stderr(), &shown.error);
            if written == 0 { shown.status } else { written }
        }
        Target::Completions(shell) => match repl::completions(shell) {
            Some(text) => write(&mut std::io::stdout(), &text),
            None => {
                let text = format!("pyglass: {shell}: bash, zsh or fish is wanted\n");
                write(&mut std::io::stderr(), &text);
                2
            }
        },
        Target::Manual => write(&mut std::io::stdout(), &repl::manual()),
        _ => repl::run(&config),
    };
    ExitCode::from(u8::try_from(status & 0xff).unwrap_or(1))
}

/// Writes text to a stream of the process; status 1 when nobody takes it.
fn write(stream: &mut dyn Write, text: &str) -> i32 {
    let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    i32::from(written.is_err())
}
