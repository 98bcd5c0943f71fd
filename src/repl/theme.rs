//! The colours: CPython 3.14's by default, others by name or file, and whether a stream gets any.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::RwLock;

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

/// How many colours a theme has.
const COUNT: usize = 13;

/// The names of the colours in a theme's file, in the order of [`Tint`].
const NAMES: [&str; COUNT] = [
    "prompt",
    "keyword",
    "builtin",
    "comment",
    "string",
    "number",
    "definition",
    "error",
    "match",
    "dim",
    "chosen",
    "jump",
    "heading",
];

type Palette = [&'static str; COUNT];

const DARK: Palette = [
    "\x1b[1;35m",
    "\x1b[1;34m",
    "\x1b[36m",
    "\x1b[31m",
    "\x1b[32m",
    "\x1b[33m",
    "\x1b[1m",
    "\x1b[31m",
    "\x1b[1;4m",
    "\x1b[2m",
    "\x1b[7m",
    "\x1b[36m",
    "\x1b[1m",
];
const LIGHT: Palette = [
    "\x1b[1;35m",
    "\x1b[34m",
    "\x1b[35m",
    "\x1b[90m",
    "\x1b[32m",
    "\x1b[31m",
    "\x1b[1m",
    "\x1b[1;31m",
    "\x1b[1;4m",
    "\x1b[90m",
    "\x1b[7m",
    "\x1b[34m",
    "\x1b[1m",
];
const MONO: Palette = [
    "\x1b[1m",
    "\x1b[1m",
    "\x1b[0m",
    "\x1b[2m",
    "\x1b[0m",
    "\x1b[0m",
    "\x1b[1m",
    "\x1b[4m",
    "\x1b[1;4m",
    "\x1b[2m",
    "\x1b[7m",
    "\x1b[1m",
    "\x1b[1m",
];

/// The themes that need no file, with what they are.
pub(crate) const THEMES: &[(&str, &str)] = &[
    ("auto", "CPython 3.14's colours"),
    ("dark", "the same"),
    ("light", "for a light background"),
    ("mono", "bold and dim only"),
];

static CURRENT: RwLock<Palette> = RwLock::new(DARK);

fn current() -> Palette {
    *CURRENT.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Tint {
    /// The escape that begins it.
    pub(crate) fn start(self) -> &'static str {
        current().get(self as usize).copied().unwrap_or_default()
    }
}

/// What ends a colour.
pub(crate) const RESET: &str = "\x1b[0m";

/// Text in a colour.
pub(crate) fn tinted(tint: Tint, text: &str) -> String {
    format!("{}{text}{RESET}", tint.start())
}

/// Makes a theme the one that is used; the message where there is no such theme.
pub(crate) fn choose(name: &str) -> Result<(), String> {
    let palette = match name {
        "auto" | "dark" => DARK,
        "light" => LIGHT,
        "mono" => MONO,
        _ => from_file(name)?,
    };
    *CURRENT.write().unwrap_or_else(std::sync::PoisonError::into_inner) = palette;
    Ok(())
}

fn folder() -> Option<PathBuf> {
    Some(crate::settings::folder()?.join("themes"))
}

/// The names of all themes, those of files included.
pub(crate) fn names() -> Vec<(String, String)> {
    let own = THEMES.iter().map(|(name, about)| ((*name).to_owned(), (*about).to_owned()));
    let mut all: Vec<(String, String)> = own.collect();
    for entry in folder().and_then(|folder| folder.read_dir().ok()).into_iter().flatten().flatten()
    {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "toml")
            && let Some(stem) = path.file_stem()
        {
            all.push((stem.to_string_lossy().into_owned(), path.display().to_string()));
        }
    }
    all
}

/// A theme of the user's: `colour = "bold magenta"`, one a line.
fn from_file(name: &str) -> Result<Palette, String> {
    let unknown = || {
        let known = names();
        let hint = crate::settings::closest(name, known.iter().map(|(name, _)| name.as_str()));
        let hint = hint.map_or_else(String::new, |close| format!(". Did you mean {close}?"));
        format!("unknown theme {name}{hint}")
    };
    if name.contains(['/', '\0']) || name.starts_with('.') {
        return Err(unknown());
    }
    let path = folder().map(|folder| folder.join(format!("{name}.toml")));
    let path = path.filter(|path| path.is_file()).ok_or_else(unknown)?;
    let shown = path.display();
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{shown}: {error}"))?;
    let table =
        text.parse::<toml::Table>().map_err(|error| format!("{shown}: {}", error.message()))?;
    let mut palette = DARK;
    for (key, value) in &table {
        let at = NAMES.iter().position(|known| known == key).ok_or_else(|| {
            let hint = crate::settings::closest(key, NAMES.iter().copied());
            let hint = hint.map_or_else(String::new, |close| format!(". Did you mean {close}?"));
            format!("{shown}: unknown colour {key}{hint}")
        })?;
        let words = value.as_str().ok_or_else(|| format!("{shown}: {key} is a text"))?;
        let escape =
            escape(words).map_err(|word| format!("{shown}: {key}: unknown word {word}"))?;
        if let Some(place) = palette.get_mut(at) {
            // A theme is chosen a few times in a session, and stays until its end.
            *place = Box::leak(escape.into_boxed_str());
        }
    }
    Ok(palette)
}

/// The escape for words like `bold bright red`; the word that is none.
fn escape(words: &str) -> Result<String, String> {
    const COLOURS: [&str; 8] =
        ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
    let mut codes: Vec<String> = Vec::new();
    let mut base = 30;
    for word in words.split_whitespace() {
        let code = match word {
            "bright" => {
                base = 90;
                continue;
            }
            "plain" => "0".to_owned(),
            "bold" => "1".to_owned(),
            "dim" => "2".to_owned(),
            "italic" => "3".to_owned(),
            "underline" => "4".to_owned(),
            "reverse" => "7".to_owned(),
            _ => match COLOURS.iter().position(|colour| *colour == word) {
                Some(index) => (base + index).to_string(),
                None => match word.parse::<u8>() {
                    Ok(number) => format!("38;5;{number}"),
                    Err(_) => return Err(word.to_owned()),
                },
            },
        };
        codes.push(code);
    }
    Ok(format!("\x1b[{}m", codes.join(";")))
}

/// Whether the shell colours what it writes to stdout: asked in CPython's order.
pub(crate) fn enabled() -> bool {
    if let Some(wanted) = crate::settings::options().color {
        return wanted;
    }
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let wanted = crate::settings::variable("PYTHON_COLORS");
    match wanted.as_ref().and_then(|value| value.to_str()) {
        Some("0") => return false,
        Some("1") => return true,
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
