//! What a command answers to a program: values that nest, written as JSON.

use crate::history::quoted;

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// Values in order.
    List(Vec<Json>),
    /// Values by name, in the order in which they are written.
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    /// A count or an offset.
    pub(crate) fn count(number: usize) -> Self {
        i64::try_from(number).map_or(Self::Null, Self::Number)
    }

    /// A text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// What there may not be.
    pub(crate) fn maybe(value: Option<Self>) -> Self {
        value.unwrap_or(Self::Null)
    }

    /// Its text: short lists and objects on one line, others over several.
    pub(crate) fn written(&self) -> String {
        self.at(0) + "\n"
    }

    fn at(&self, level: usize) -> String {
        /// What is longer is broken into lines.
        const LINE_MAX: usize = 100;
        let parts: Vec<String> = match self {
            Self::Null => return "null".to_owned(),
            Self::Bool(truth) => return truth.to_string(),
            Self::Number(number) => return number.to_string(),
            Self::Text(text) => return quoted(text),
            Self::List(items) => items.iter().map(|item| item.at(level + 1)).collect(),
            Self::Object(fields) => fields
                .iter()
                .map(|(name, value)| format!("{}: {}", quoted(name), value.at(level + 1)))
                .collect(),
        };
        let (open, close) = if matches!(self, Self::List(_)) { ('[', ']') } else { ('{', '}') };
        let line = format!("{open}{}{close}", parts.join(", "));
        if line.len() + 2 * level <= LINE_MAX && !line.contains('\n') {
            return line;
        }
        let indent = "  ".repeat(level + 1);
        let outer = "  ".repeat(level);
        format!("{open}\n{indent}{}\n{outer}{close}", parts.join(&format!(",\n{indent}")))
    }
}
