//! A page of its own: one file that needs no network.

/// How all pages look.
const STYLE: &str = "\
:root{color-scheme:light dark;--dim:#777;--line:#8883;--mark:#fd54;--error:#c22;--key:#05a;--text:#282;--number:#a60}
@media(prefers-color-scheme:dark){:root{--error:#f77;--key:#7bf;--text:#8c8;--number:#eb7}}
body{font:15px/1.45 system-ui,sans-serif;max-width:75em;margin:1.5em auto;padding:0 1em}
pre,code,td,th{font:13px/1.5 ui-monospace,monospace}
pre{margin:.3em 0;overflow-x:auto}
section{border-top:1px solid var(--line);padding:.6em 0 .6em 3em;position:relative}
.n{position:absolute;left:0;color:var(--dim);font-family:ui-monospace,monospace}
.error{color:var(--error)}
summary{color:var(--dim);cursor:pointer}
i{font-style:normal}
i.k{color:var(--key);font-weight:600}i.d{font-weight:600}i.s{color:var(--text)}i.m{color:var(--number)}
i.c{color:var(--dim);font-style:italic}i.e{color:var(--error)}
";

/// A text in which nothing is markup.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page of a body and what a script does with it.
pub(crate) fn page(title: &str, body: &str, script: &str) -> String {
    let script =
        if script.is_empty() { String::new() } else { format!("<script>\n{script}</script>\n") };
    format!(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content=\"width=device-width\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n{body}{script}</html>\n",
        escaped(title)
    )
}
