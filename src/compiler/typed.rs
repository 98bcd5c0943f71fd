//! Whether what is typed at a prompt is a whole input, the compiler's say included.

use std::sync::Arc;

use base::wstr::WString;
use syntax::{Completeness, Mode, ParseOptions, parse};

use crate::options::Options;

/// Whether `text`, as typed so far, is a whole statement (`codeop.compile_command`): what no further line can mend is invalid, even
/// where only the compiler sees it.
#[must_use]
pub fn completeness(text: &str) -> Completeness {
    let answer = syntax::completeness(text);
    let ended;
    let tried = match answer {
        Completeness::Complete => text,
        Completeness::Incomplete => {
            ended = format!("{text}\n");
            &ended
        }
        Completeness::Invalid(_) => return answer,
    };
    let options = Options {
        filename: Arc::new(WString::from("<input>")),
        optimize: 0,
        future_flags: 0,
        // A prompt may allow it; where it does not, the error comes when the input runs.
        top_level_await: true,
    };
    match parse(tried, Mode::Single, &ParseOptions::default()) {
        Ok(parsed) => match crate::compile(&parsed, &options) {
            Ok(_) => answer,
            Err(error) => Completeness::Invalid(error),
        },
        Err(_) => answer,
    }
}
