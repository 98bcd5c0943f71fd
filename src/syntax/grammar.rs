//! The two pest parsers, derived from the files in `grammar/`.

/// Text to tokens.
pub(crate) mod lexical {
    use pest_derive::Parser;

    /// The lexical grammar's parser.
    #[derive(Parser)]
    #[grammar = "../../grammar/lexical.pest"]
    pub(crate) struct Lexical;
}

/// Tokens, one character each, to pairs.
pub(crate) mod python {
    use pest_derive::Parser;

    /// The syntax grammar's parser.
    #[derive(Parser)]
    #[grammar = "../../grammar/tokens.pest"]
    #[grammar = "../../grammar/expressions.pest"]
    #[grammar = "../../grammar/statements.pest"]
    pub(crate) struct Python;
}
