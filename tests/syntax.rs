//! The trees and the tokens of programs, against `ast.dump` and `tokenize`.

mod golden;

use std::process::ExitCode;

use golden::Golden;
use syntax::{Mode, ParseOptions};

fn main() -> ExitCode {
    let tokens = || Golden {
        extension: "tokens",
        ours: |bytes, name| {
            let (listing, error) = syntax::tokens::render(bytes, name);
            error.unwrap_or(listing)
        },
        oracle: &["-m", "tokenize", "-e"],
        normal: |text| text,
    };
    let ast = Golden {
        extension: "ast",
        ours: |bytes, _| {
            let options = ParseOptions { type_comments: true, ..ParseOptions::default() };
            let parsed = syntax::source::decode(bytes)
                .and_then(|text| syntax::parse(&text, Mode::Exec, &options));
            match parsed {
                Ok(parsed) => syntax::ast::dump::dump(&parsed) + "\n",
                Err(error) => error.message,
            }
        },
        oracle: &["-m", "ast", "-a", "--indent", "2"],
        normal: |text| text,
    };
    let edges = golden::run(&["syntax"], &[tokens()]);
    let programs = golden::run(&["bytecode"], &[tokens(), ast]);
    if edges == ExitCode::SUCCESS { programs } else { edges }
}
