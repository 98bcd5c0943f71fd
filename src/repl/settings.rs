//! The settings: `config.toml` in the user's configuration folder, and what `:set` changes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

use lifecycle::Config;
use lifecycle::config::ShellOptions;

use crate::editor::bindings::{self, Binding};

/// What can be set.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// `edit.mode`: vi's keys instead of emacs'.
    pub(crate) vi: bool,
    /// `edit.hint`: the rest of an earlier input is shown behind the cursor.
    pub(crate) hints: bool,
    /// `[keys]`: keys with a meaning of the user's.
    pub(crate) bindings: Vec<Binding>,
    /// `[commands]` and `:def`: commands of the user's, with what they stand for.
    pub(crate) commands: Vec<(String, String)>,
    /// `display.theme`: the colours.
    pub(crate) theme: String,
    /// `display.pager`: what does not fit the screen is shown page by page.
    pub(crate) pager: bool,
    /// `history.max`: how many entries Up finds.
    pub(crate) history_max: usize,
    /// `history.ignore_space`: an input that begins with a blank is not kept.
    pub(crate) ignore_space: bool,
    /// `history.ignore`: an input that holds one of these texts is not kept.
    pub(crate) ignored: String,
    /// `history.import`: a new history begins with CPython's and IPython's.
    pub(crate) import: bool,
    /// `display.pretty`: wide containers are shown over several lines.
    pub(crate) pretty: bool,
    /// `display.max_items`: how many items of a wide container are shown.
    pub(crate) max_items: usize,
    /// `display.types`: a value's class is shown with it.
    pub(crate) types: bool,
    /// `display.banner`: the two lines at the start.
    pub(crate) banner: bool,
    /// `dis.stack`: `:dis` shows the stack behind each instruction.
    pub(crate) stack: bool,
    /// `dis.source`: `:dis` shows the source lines.
    pub(crate) source: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            vi: vi_of_inputrc(),
            hints: true,
            bindings: Vec::new(),
            commands: Vec::new(),
            theme: "auto".to_owned(),
            pager: true,
            history_max: 20_000,
            ignore_space: true,
            ignored: "password=,passwd=".to_owned(),
            import: false,
            pretty: true,
            max_items: 200,
            types: false,
            banner: true,
            stack: true,
            source: true,
        }
    }
}

/// The names, with what each is for.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("edit.mode", "the keys: emacs or vi"),
    ("edit.hint", "the rest of an earlier input is shown behind the cursor"),
    ("history.max", "how many entries Up finds"),
    ("history.ignore_space", "an input that begins with a blank is not kept"),
    (
        "history.ignore",
        "texts, apart by commas: an input that holds one is not kept (from the next start on)",
    ),
    ("history.import", "a new history begins with CPython's and IPython's"),
    ("display.pretty", "wide containers over several lines"),
    ("display.max_items", "how many items of a wide container are shown"),
    ("display.types", "a value's class is shown with it"),
    ("display.theme", "the colours: auto, dark, light, mono, or a file of themes/"),
    ("display.pager", "what does not fit the screen is shown page by page"),
    ("display.banner", "the two lines at the start"),
    ("dis.stack", ":dis shows the stack behind each instruction"),
    ("dis.source", ":dis shows the source lines"),
];

impl Settings {
    /// The value of a name, as text.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        Some(match name {
            "edit.mode" => if self.vi { "vi" } else { "emacs" }.to_owned(),
            "edit.hint" => self.hints.to_string(),
            "display.theme" => self.theme.clone(),
            "display.pager" => self.pager.to_string(),
            "history.max" => self.history_max.to_string(),
            "history.ignore_space" => self.ignore_space.to_string(),
            "history.ignore" => self.ignored.clone(),
            "history.import" => self.import.to_string(),
            "display.pretty" => self.pretty.to_string(),
            "display.max_items" => self.max_items.to_string(),
            "display.types" => self.types.to_string(),
            "display.banner" => self.banner.to_string(),
            "dis.stack" => self.stack.to_string(),
            "dis.source" => self.source.to_string(),
            _ => return None,
        })
    }

    /// Sets a name; the message where that fails.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let truth = || match value {
            "true" | "on" | "yes" | "1" => Ok(true),
            "false" | "off" | "no" | "0" => Ok(false),
            _ => Err(format!("{name} is true or false, not {value}")),
        };
        let count =
            || value.parse::<usize>().map_err(|_| format!("{name} is a number, not {value}"));
        match name {
            "edit.mode" => {
                self.vi = match value {
                    "vi" => true,
                    "emacs" => false,
                    _ => return Err(format!("edit.mode is emacs or vi, not {value}")),
                };
            }
            "edit.hint" => self.hints = truth()?,
            "display.theme" => {
                crate::theme::choose(value)?;
                value.clone_into(&mut self.theme);
            }
            "display.pager" => self.pager = truth()?,
            "history.max" => self.history_max = count()?,
            "history.ignore_space" => self.ignore_space = truth()?,
            "history.ignore" => value.clone_into(&mut self.ignored),
            "history.import" => self.import = truth()?,
            "display.pretty" => self.pretty = truth()?,
            "display.max_items" => self.max_items = count()?,
            "display.types" => self.types = truth()?,
            "display.banner" => self.banner = truth()?,
            "dis.stack" => self.stack = truth()?,
            "dis.source" => self.source = truth()?,
            _ => {
                let names = NAMES.iter().map(|(name, _)| *name);
                let hint = match closest(name, names) {
                    Some(close) => format!(". Did you mean {close}?"),
                    None => String::new(),
                };
                return Err(format!("unknown setting {name}{hint}"));
            }
        }
        Ok(())
    }

    /// Gives a command of the user's its meaning; the message where that fails.
    pub(crate) fn define(&mut self, name: &str, text: &str) -> Result<(), String> {
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Err(format!("{name} is no name for a command"));
        }
        if text.trim().is_empty() {
            return Err(format!("what {name} stands for is missing"));
        }
        self.commands.retain(|(known, _)| known != name);
        self.commands.push((name.to_owned(), text.trim().to_owned()));
        Ok(())
    }
}

/// The one of `names` that is most like `word`, if one is alike at all.
pub(crate) fn closest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let names: Vec<&str> = names.collect();
    let near = names.iter().map(|name| (distance(word, name), *name));
    let near = near
        .filter(|(distance, name)| *distance <= (name.len() / 3).max(1) && *distance < word.len());
    let holds = || names.iter().copied().find(|name| word.len() > 2 && name.contains(word));
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name).or_else(holds)
}

/// How many letters must change to make one word of the other; two that changed places count once.
fn distance(a: &str, b: &str) -> usize {
    let swapped = |at: usize| {
        let mut letters: Vec<char> = a.chars().collect();
        if at + 1 < letters.len() {
            letters.swap(at, at + 1);
        }
        letters.into_iter().collect::<String>()
    };
    let swaps = (0..a.chars().count().min(SWAPS_MAX)).map(|at| changes(&swapped(at), b) + 1).min();
    changes(a, b).min(swaps.unwrap_or(usize::MAX))
}

/// A longer word is no slip of the fingers.
const SWAPS_MAX: usize = 40;

/// How many letters must be put in, left out or changed.
fn changes(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let cost = (diagonal + usize::from(x != *y)).min(above + 1).min(left + 1);
            diagonal = above;
            if let Some(cell) = row.get_mut(j) {
                *cell = left;
            }
            left = cost;
        }
        if let Some(cell) = row.last_mut() {
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

static OPTIONS: OnceLock<ShellOptions> = OnceLock::new();
static IGNORES_ENVIRONMENT: OnceLock<bool> = OnceLock::new();

/// What the command line says of the shell.
pub(crate) fn options() -> &'static ShellOptions {
    OPTIONS.get_or_init(ShellOptions::default)
}

/// Keeps what the command line says of the shell.
pub(crate) fn set_options(config: &Config) {
    // The first one stays: there is one command line.
    let _ = OPTIONS.set(config.shell.clone());
    let _ = IGNORES_ENVIRONMENT.set(config.flags.ignore_environment != 0);
}

/// A variable that changes how the shell or Python behaves: `-E` and `-I` silence those; an empty one counts as unset.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    if IGNORES_ENVIRONMENT.get().is_some_and(|ignores| *ignores) {
        return None;
    }
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The folder of `config.toml` and `startup.py`.
pub(crate) fn folder() -> Option<PathBuf> {
    Some(dirs::config_dir()?.join("pyglass"))
}

/// The configuration file.
pub(crate) fn path() -> Option<PathBuf> {
    let named = options().config.clone();
    match named.or_else(|| variable("PYGLASS_CONFIG")) {
        Some(name) if name == "none" => None,
        Some(name) => Some(PathBuf::from(name)),
        None => Some(folder()?.join("config.toml")),
    }
}

/// The settings of the file, and a line for each thing in it that is wrong.
pub(crate) fn load() -> (Settings, Vec<String>) {
    let mut settings = Settings::default();
    let Some(path) = path().filter(|path| path.is_file()) else { return (settings, Vec::new()) };
    let mut wrong = Vec::new();
    match std::fs::read_to_string(&path) {
        Ok(text) => read(&text, &mut settings, &mut wrong),
        Err(error) => wrong.push(format!(" {error}")),
    }
    let wrong = wrong.iter().map(|line| format!("pyglass: {}:{line}\n", path.display())).collect();
    (settings, wrong)
}

/// A settings file in which everything is as it is without one.
pub(crate) fn template() -> String {
    let first = Settings::default();
    let mut text = String::from("# The settings of pyglass. A line counts when its # is gone.\n");
    let mut section = "";
    for (name, about) in NAMES {
        let Some((inside, key)) = name.split_once('.') else { continue };
        if inside != section {
            section = inside;
            text.push_str(&format!("\n[{section}]\n"));
        }
        let value = first.get(name).unwrap_or_default();
        let plain = value == "true" || value == "false" || value.parse::<u64>().is_ok();
        let value = if plain { value } else { format!("\"{value}\"") };
        text.push_str(&format!("# {key} = {value}   # {about}\n"));
    }
    text.push_str(
        "\n[keys]\n# \"M-d\" = \":dis\"\n\n[commands]\n# fields = \"[k for k in vars({})]\"\n",
    );
    text
}

fn read(text: &str, settings: &mut Settings, wrong: &mut Vec<String>) {
    let table = match text.parse::<toml::Table>() {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
            wrong.push(format!("{line}: {}", error.message()));
            return;
        }
    };
    for (section, inner) in &table {
        let toml::Value::Table(inner) = inner else {
            wrong.push(format!(" {section} belongs in a section"));
            continue;
        };
        for (key, value) in inner {
            let value = match value {
                toml::Value::String(text) => text.clone(),
                toml::Value::Boolean(truth) => truth.to_string(),
                toml::Value::Integer(number) => number.to_string(),
                other => other.type_str().to_owned(),
            };
            let set = match section.as_str() {
                "keys" => {
                    bindings::binding(key, &value).map(|binding| settings.bindings.push(binding))
                }
                "commands" => settings.define(key, &value),
                _ => settings.set(&format!("{section}.{key}"), &value),
            };
            if let Err(message) = set {
                wrong.push(format!(" {message}"));
            }
        }
    }
}

/// Whether the user's readline has vi's keys.
fn vi_of_inputrc() -> bool {
    let named = std::env::var_os("INPUTRC").map(PathBuf::from);
    let path = named.or_else(|| Some(dirs::home_dir()?.join(".inputrc")));
    let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let mode = text.lines().rev().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("set") && words.next() == Some("editing-mode")).then(|| words.next())
    });
    mode.flatten() == Some("vi")
}
