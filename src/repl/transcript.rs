//! What a session was: its inputs with what each showed, as a program, a notebook, data or a page.

use std::fmt::Write;

use syntax::highlight::{Class, highlight};

use crate::history::quoted;
use crate::json::Json;
use crate::page::{self, escaped};

/// An input with what became of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    /// Its number.
    pub(crate) number: usize,
    /// Its text.
    pub(crate) source: String,
    /// The values that it showed.
    pub(crate) shown: String,
    /// The error that ended it, as its last line says it.
    pub(crate) error: Option<String>,
    /// The bytecode, for a page.
    pub(crate) bytecode: String,
}

/// A text as comments.
fn commented(out: &mut String, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "{}", format!("# {line}").trim_end());
    }
}

/// A program that runs again what was entered; what was shown is in comments, and so is what failed.
pub(crate) fn program(cells: &[Cell]) -> String {
    let mut out = String::new();
    for cell in cells {
        push_program(&mut out, cell);
    }
    out
}

/// One input of a program.
pub(crate) fn push_program(out: &mut String, cell: &Cell) {
    let is_command = crate::commands::command_of(&cell.source).is_some();
    if is_command || cell.error.is_some() {
        commented(out, &cell.source);
    } else {
        out.push_str(cell.source.trim_end());
        out.push('\n');
    }
    commented(out, &cell.shown);
    commented(out, cell.error.as_deref().unwrap_or_default());
}

/// The cells for a program.
pub(crate) fn data(cells: &[Cell]) -> String {
    let cell = |cell: &Cell| {
        let shown = (!cell.shown.is_empty()).then(|| Json::text(cell.shown.trim_end()));
        Json::Object(vec![
            ("number", Json::count(cell.number)),
            ("source", Json::text(&*cell.source)),
            ("shown", Json::maybe(shown)),
            ("error", Json::maybe(cell.error.as_ref().map(|text| Json::text(&**text)))),
        ])
    };
    Json::List(cells.iter().map(cell).collect()).written()
}

/// A Jupyter notebook (nbformat 4).
pub(crate) fn notebook(cells: &[Cell]) -> String {
    let lines =
        |text: &str| Json::List(text.trim_end().split_inclusive('\n').map(Json::text).collect());
    let cell = |cell: &Cell| {
        let mut outputs = Vec::new();
        if !cell.shown.is_empty() {
            outputs.push(Json::Object(vec![
                ("output_type", Json::text("execute_result")),
                ("execution_count", Json::count(cell.number)),
                ("data", Json::Object(vec![("text/plain", lines(&cell.shown))])),
                ("metadata", Json::Object(Vec::new())),
            ]));
        }
        if let Some(error) = &cell.error {
            let (name, value) = error.split_once(": ").unwrap_or((error, ""));
            outputs.push(Json::Object(vec![
                ("output_type", Json::text("error")),
                ("ename", Json::text(name)),
                ("evalue", Json::text(value)),
                ("traceback", Json::List(vec![Json::text(&**error)])),
            ]));
        }
        Json::Object(vec![
            ("cell_type", Json::text("code")),
            ("execution_count", Json::count(cell.number)),
            ("metadata", Json::Object(Vec::new())),
            ("outputs", Json::List(outputs)),
            ("source", lines(&cell.source)),
        ])
    };
    let kernel = Json::Object(vec![
        ("display_name", Json::text("Python 3")),
        ("language", Json::text("python")),
        ("name", Json::text("python3")),
    ]);
    let language = Json::Object(vec![("name", Json::text("python"))]);
    Json::Object(vec![
        ("cells", Json::List(cells.iter().map(cell).collect())),
        ("metadata", Json::Object(vec![("kernelspec", kernel), ("language_info", language)])),
        ("nbformat", Json::Number(4)),
        ("nbformat_minor", Json::Number(4)),
    ])
    .written()
}

/// A page: each input in colours, what it showed, and its bytecode to be unfolded.
pub(crate) fn html(cells: &[Cell]) -> String {
    let mut body = String::from("<h1>pyglass session</h1>\n");
    for cell in cells {
        let _ = write!(
            body,
            "<section><div class=n>{}</div><pre class=source>{}</pre>",
            cell.number,
            painted(&cell.source)
        );
        if !cell.shown.is_empty() {
            let _ = write!(body, "<pre class=shown>{}</pre>", escaped(cell.shown.trim_end()));
        }
        if let Some(error) = &cell.error {
            let _ = write!(body, "<pre class=error>{}</pre>", escaped(error));
        }
        if !cell.bytecode.is_empty() {
            let bytecode = escaped(cell.bytecode.trim_end());
            let _ =
                write!(body, "<details><summary>bytecode</summary><pre>{bytecode}</pre></details>");
        }
        body.push_str("</section>\n");
    }
    page::page("pyglass session", &body, "")
}

/// A source with its tokens marked by their classes.
pub(crate) fn painted(source: &str) -> String {
    let mut out = String::new();
    let mut done = 0;
    for token in highlight(source) {
        let (start, end) = (token.span.start as usize, token.span.end as usize);
        let class = match token.class {
            Class::Keyword | Class::SoftKeyword | Class::Constant | Class::WordOperator => "k",
            Class::Definition | Class::Decorator => "d",
            Class::String => "s",
            Class::Number => "m",
            Class::Comment => "c",
            Class::Error => "e",
            Class::Attribute
            | Class::Name
            | Class::Field
            | Class::Operator
            | Class::Bracket
            | Class::Punctuation => continue,
        };
        let (Some(before), Some(text)) = (source.get(done..start), source.get(start..end)) else {
            continue;
        };
        let _ = write!(out, "{}<i class={class}>{}</i>", escaped(before), escaped(text));
        done = end;
    }
    out + &escaped(source.get(done..).unwrap_or_default())
}

/// A text as a literal of a page's script.
pub(crate) fn script_text(text: &str) -> String {
    quoted(text).replace("</", "<\\/")
}
