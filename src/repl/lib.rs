//! The shell: session, commands, editor, display.
