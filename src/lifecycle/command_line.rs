//! Reads the words of the command line, as CPython's `getopt` does: letters that may be bundled, and a few long options.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::config::{Config, DisFlags, Inspection, Source, Target, Topic};
use crate::usage::StartError;

struct Reader {
    rest: std::vec::IntoIter<OsString>,
    /// How the program was called.
    program: String,
    versions: u32,
}

impl Reader {
    fn usage(&self, text: &str) -> StartError {
        StartError::usage(text, &self.program)
    }

    fn value(&mut self, inline: &[u8], option: &str) -> Result<OsString, StartError> {
        if !inline.is_empty() {
            return Ok(OsString::from_vec(inline.to_vec()));
        }
        match self.rest.next() {
            Some(value) => Ok(value),
            None => Err(self.usage(&format!("Argument expected for the {option} option"))),
        }
    }
}

/// Reads the words behind the program's name into a configuration.
pub(crate) fn read(config: &mut Config, original: Vec<OsString>) -> Result<(), StartError> {
    let program = config.executable().to_string_lossy().into_owned();
    let rest: Vec<OsString> = original.into_iter().skip(1).collect();
    let mut reader = Reader { rest: rest.into_iter(), program, versions: 0 };
    while let Some(word) = reader.rest.next() {
        let bytes = word.as_bytes();
        if bytes == b"-" {
            config.target = Target::Dash;
            break;
        }
        if bytes == b"--" {
            if let Some(file) = reader.rest.next() {
                config.target = if file == "-" { Target::Dash } else { Target::File(file) };
            }
            break;
        }
        if !bytes.starts_with(b"-") {
            config.target = Target::File(word);
            break;
        }
        let done = if bytes.starts_with(b"--") {
            long_option(config, &word, &mut reader)?
        } else {
            short_options(config, bytes, &mut reader)?
        };
        if done {
            break;
        }
    }
    if reader.versions > 0 && !matches!(config.target, Target::Help(_)) {
        config.target = Target::Version { full: reader.versions > 1 };
    }
    config.args = reader.rest.collect();
    Ok(())
}

/// A word of one-letter options. True when the option list ends with it.
fn short_options(
    config: &mut Config,
    word: &[u8],
    reader: &mut Reader,
) -> Result<bool, StartError> {
    let mut letters = word.get(1..).unwrap_or_default();
    while let Some((&letter, inline)) = letters.split_first() {
        letters = inline;
        match letter {
            b'c' => {
                config.target = Target::Command(reader.value(inline, "-c")?);
                return Ok(true);
            }
            b'm' => {
                config.target = Target::Module(reader.value(inline, "-m")?);
                return Ok(true);
            }
            b'W' => {
                let value = reader.value(inline, "-W")?;
                config.warnings.push(value.to_string_lossy().into_owned());
                return Ok(false);
            }
            b'X' => {
                let value = reader.value(inline, "-X")?;
                x_option(config, &value.to_string_lossy());
                return Ok(false);
            }
            b'V' => reader.versions += 1,
            b'h' | b'?' => {
                config.target = Target::Help(Topic::Options);
                return Ok(true);
            }
            b'i' => {
                config.inspect = true;
                config.flags.inspect += 1;
                config.flags.interactive += 1;
            }
            b'I' => {
                config.flags.isolated += 1;
                config.flags.ignore_environment += 1;
                config.flags.no_user_site += 1;
                config.safe_path = true;
            }
            b'q' => {
                config.quiet = true;
                config.flags.quiet += 1;
            }
            b'b' => config.flags.bytes_warning += 1,
            b'B' => config.flags.dont_write_bytecode = 1,
            b'd' => config.flags.debug += 1,
            b'E' => config.flags.ignore_environment += 1,
            b'O' => config.flags.optimize += 1,
            b'P' => config.safe_path = true,
            b'R' | b't' => {}
            b's' => config.flags.no_user_site += 1,
            b'S' => config.flags.no_site += 1,
            b'u' => config.unbuffered = true,
            b'v' => config.flags.verbose += 1,
            b'x' => config.skip_first_line = true,
            other => {
                return Err(reader.usage(&format!("Unknown option: -{}", char::from(other))));
            }
        }
    }
    Ok(false)
}

fn long_option(config: &mut Config, word: &OsStr, reader: &mut Reader) -> Result<bool, StartError> {
    let text = word.to_string_lossy();
    let topic = match text.as_ref() {
        "--help" => Some(Topic::Options),
        "--help-env" => Some(Topic::Environment),
        "--help-xoptions" => Some(Topic::XOptions),
        "--help-all" => Some(Topic::All),
        _ => None,
    };
    if let Some(topic) = topic {
        config.target = Target::Help(topic);
        return Ok(true);
    }
    let kind = match text.as_ref() {
        "--version" => {
            reader.versions += 1;
            return Ok(false);
        }
        "--check-hash-based-pycs" => {
            // The wording is CPython's.
            let option = "--check-hash-based-pycs options";
            let Some(value) = reader.rest.next() else {
                return Err(reader.usage(&format!("Argument expected for the {option}")));
            };
            let value = value.to_string_lossy();
            if !matches!(value.as_ref(), "always" | "never" | "default") {
                return Err(reader.usage(
                    "--check-hash-based-pycs must be one of 'default', 'always', or 'never'",
                ));
            }
            config.check_hash_pycs = value.into_owned();
            return Ok(false);
        }
        "--no-config" => {
            config.shell.config = Some("none".into());
            return Ok(false);
        }
        "--config" => {
            config.shell.config = Some(reader.value(b"", &text)?);
            return Ok(false);
        }
        "--history" => {
            config.shell.history = Some(reader.value(b"", &text)?);
            return Ok(false);
        }
        "--theme" => {
            let value = reader.value(b"", &text)?;
            config.shell.theme = Some(value.to_string_lossy().into_owned());
            return Ok(false);
        }
        "--color" => {
            let value = reader.value(b"", &text)?;
            config.shell.color = match value.to_string_lossy().as_ref() {
                "auto" => None,
                "always" => Some(true),
                "never" => Some(false),
                _ => {
                    return Err(reader.usage("--color must be one of 'auto', 'always', or 'never'"));
                }
            };
            return Ok(false);
        }
        "--trace-html" => {
            config.shell.trace_page = Some(reader.value(b"", &text)?);
            return Ok(false);
        }
        "--json" => {
            config.shell.json = true;
            return Ok(false);
        }
        "--completions" => {
            let value = reader.value(b"", &text)?;
            config.target = Target::Completions(value.to_string_lossy().into_owned());
            return Ok(true);
        }
        "--man" => {
            config.target = Target::Manual;
            return Ok(true);
        }
        "--dis" => Inspection::Dis(DisFlags::default()),
        "--ast" => Inspection::Ast,
        "--tokens" => Inspection::Tokens,
        "--symtable" => Inspection::Symtable,
        "--stages" => Inspection::Stages,
        other => return Err(reader.usage(&format!("Unknown option: {other}"))),
    };
    inspection(config, kind, &text, reader)?;
    Ok(true)
}

fn inspection(
    config: &mut Config,
    mut kind: Inspection,
    option: &str,
    reader: &mut Reader,
) -> Result<(), StartError> {
    loop {
        let word = reader.value(b"", option)?;
        if let Inspection::Dis(flags) = &mut kind {
            let flag = match word.as_bytes() {
                b"-C" | b"--show-caches" => Some(&mut flags.show_caches),
                b"-O" | b"--show-offsets" => Some(&mut flags.show_offsets),
                b"-P" | b"--show-positions" => Some(&mut flags.show_positions),
                b"-S" | b"--specialized" => Some(&mut flags.specialized),
                _ => None,
            };
            if let Some(flag) = flag {
                *flag = true;
                continue;
            }
        }
        if word == "--json" {
            config.shell.json = true;
            continue;
        }
        let source =
            if word == "-c" { Source::Text(reader.value(b"", "-c")?) } else { Source::File(word) };
        config.target = Target::Inspect(kind, source);
        return Ok(());
    }
}

fn x_option(config: &mut Config, text: &str) {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    config.x_options.push((name.to_owned(), value));
}
