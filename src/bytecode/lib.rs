//! What an instruction is and how a code object is encoded.
