//! `tell`, `seek`, `truncate`.
//!
//! A position is one integer, as CPython's: the byte where decoding can start with an empty decoder, and above it, where that is
//! not enough, the decoder's flags, the bytes to feed it, the characters to skip, and whether it must be told of the end.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::slots::CompareOp;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy as exc;
use objects::types::int;
use objects::types::tuple::PyTuple;

use super::codec;
use super::write::flush;
use super::{PyTextIo, Snapshot, State, open_buffer, read};
use crate::io::newlines::Newlines;
use crate::io::stream::unsupported;

/// Where the parts of a cookie behind the first lie: flags, bytes to feed, characters to skip, the need of an end.
const PLACES: [i64; 4] = [64, 96, 128, 160];

#[derive(Clone, Copy, Debug, Default)]
struct Cookie {
    start: i64,
    flags: i64,
    bytes_to_feed: i64,
    chars_to_skip: i64,
    need_end: bool,
}

impl Cookie {
    fn to_value(self, vm: Vm<'_>) -> PyResult<Value> {
        let parts = [self.flags, self.bytes_to_feed, self.chars_to_skip, i64::from(self.need_end)];
        let mut all = int::from_i64(vm, self.start);
        for (part, place) in parts.into_iter().zip(PLACES) {
            if part != 0 {
                let shift = int::from_i64(vm, place);
                let part = number::left_shift(vm, &int::from_i64(vm, part), &shift)?;
                all = number::or(vm, &all, &part)?;
            }
        }
        Ok(all)
    }

    fn from_value(vm: Vm<'_>, value: &Value) -> PyResult<Self> {
        let part = |place: i64, bits: u64| -> PyResult<i64> {
            let shifted = number::right_shift(vm, value, &int::from_i64(vm, place))?;
            let mask = int::from_u64(vm, u64::MAX >> (64 - bits));
            number::as_i64(vm, &number::and(vm, &shifted, &mask)?)
        };
        let [flags, feed, skip, end] = PLACES;
        Ok(Self {
            start: part(0, 64)?,
            flags: part(flags, 32)?,
            bytes_to_feed: part(feed, 32)?,
            chars_to_skip: part(skip, 32)?,
            need_end: part(end, 8)? != 0,
        })
    }
}

/// A decoder that starts again where a snapshot was made.
struct Replay<'a> {
    payload: &'a Py<PyTextIo>,
    newlines: Option<Newlines>,
    /// What a native codec keeps of an unfinished character.
    kept: Vec<u8>,
}

/// What a replayed decoder answers.
struct Fed {
    characters: usize,
    /// How many bytes it keeps.
    kept: usize,
    flags: i64,
}

impl<'a> Replay<'a> {
    fn new(vm: Vm<'_>, payload: &'a Py<PyTextIo>, flags: i64) -> PyResult<Self> {
        let newlines = payload.state.with(|state| state.newlines);
        let (flags, newlines) = split_flags(newlines, flags);
        if let Some(decoder) = payload.decoder.get() {
            set_decoder_state(vm, &decoder, b"", flags)?;
        }
        Ok(Self { payload, newlines, kept: Vec::new() })
    }

    fn feed(&mut self, vm: Vm<'_>, bytes: &[u8]) -> PyResult<Fed> {
        let (text, kept, flags) = match self.payload.decoder.get() {
            None => {
                let text = codec::decode_piece(vm, self.payload, &mut self.kept, bytes)?;
                (text, self.kept.len(), 0)
            }
            Some(decoder) => {
                let args = [PyBytes::try_new(vm, bytes)?.into_value(), Value::FALSE];
                let text = vm.call_method(&decoder, &vm.names().decode, &args)?;
                let (kept, flags) = codec::state_of(vm, &decoder)?;
                let kept = buffer::bytes_like(vm, &kept)?.to_vec().len();
                (codec::text_of(vm, &text)?, kept, flags)
            }
        };
        let (text, flags) = match &mut self.newlines {
            Some(newlines) => {
                let text = newlines.push(text, false);
                (text, flags << 1 | i64::from(newlines.pending))
            }
            None => (text, flags),
        };
        Ok(Fed { characters: codec::count(&text), kept, flags })
    }
}

fn set_decoder_state(vm: Vm<'_>, decoder: &Value, kept: &[u8], flags: i64) -> PyResult<()> {
    let kept = PyBytes::try_new(vm, kept)?.into_value();
    let state = PyTuple::new_value(vm, &[kept, int::from_i64(vm, flags)]);
    vm.call_method(decoder, &vm.intern("setstate"), &[state])?;
    Ok(())
}

/// A decoder's flags and the newline state out of the flags of a cookie or snapshot.
fn split_flags(newlines: Option<Newlines>, flags: i64) -> (i64, Option<Newlines>) {
    match newlines {
        Some(newlines) => (flags >> 1, Some(newlines.with_pending(flags & 1 != 0))),
        None => (flags, None),
    }
}

/// `tell()`
pub(super) fn tell(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let stream = open_buffer(vm, this)?;
    let payload = this.receiver::<PyTextIo>();
    if !is_seekable(vm, &stream)? {
        return Err(unsupported(vm, "underlying stream is not seekable"));
    }
    if payload.state.with(|state| state.iterating) {
        return Err(vm.error(&exc::OS_ERROR, "telling position disabled by next() call"));
    }
    flush(vm, this)?;
    let position = vm.call_method(&stream, &vm.intern("tell"), &[])?;
    let (snapshot, used) = payload.state.with(|state| {
        (state.snapshot.clone(), codec::count(state.waiting.get(..state.start).unwrap_or_default()))
    });
    let Some(snapshot) = snapshot else { return Ok(position) };
    let size = i64::try_from(snapshot.bytes.len()).unwrap_or(0);
    let start = number::as_i64(vm, &position)? - size;
    let cookie = Cookie { start, flags: snapshot.flags, ..Cookie::default() };
    if used == 0 {
        return cookie.to_value(vm);
    }
    // The decoder is put back whatever happens: what it holds is of the stream's end.
    let saved = match payload.decoder.get() {
        Some(decoder) => Some((vm.call_method(&decoder, &vm.intern("getstate"), &[])?, decoder)),
        None => None,
    };
    let found = replay(vm, payload, &snapshot, cookie, used);
    if let Some((state, decoder)) = saved {
        vm.call_method(&decoder, &vm.intern("setstate"), &[state])?;
    }
    found?.to_value(vm)
}

/// The cookie `used` characters behind a snapshot.
fn replay(
    vm: Vm<'_>,
    payload: &Py<PyTextIo>,
    snapshot: &Snapshot,
    mut cookie: Cookie,
    used: usize,
) -> PyResult<Cookie> {
    let skipped = skip_ahead(vm, payload, snapshot, used)?;
    let mut left = used - skipped.characters;
    let skip = |cookie: &mut Cookie, bytes: usize, flags: i64| {
        cookie.start += i64::try_from(bytes).unwrap_or(0);
        cookie.flags = flags;
    };
    skip(&mut cookie, skipped.bytes, skipped.flags);
    let as_part = |count: usize| i64::try_from(count).unwrap_or(0);
    if left == 0 {
        return Ok(cookie);
    }
    let mut decoder = Replay::new(vm, payload, skipped.flags)?;
    let (mut fed, mut decoded) = (0, 0);
    for byte in snapshot.bytes.get(skipped.bytes..).unwrap_or_default() {
        let answer = decoder.feed(vm, std::slice::from_ref(byte))?;
        fed += 1;
        decoded += answer.characters;
        if answer.kept == 0 && decoded <= left {
            skip(&mut cookie, fed, answer.flags);
            left -= decoded;
            (fed, decoded) = (0, 0);
        }
        if decoded >= left {
            break;
        }
    }
    // The rest are characters that only the end of the stream gives.
    cookie.need_end = decoded < left;
    cookie.bytes_to_feed = as_part(fed);
    cookie.chars_to_skip = as_part(left);
    Ok(cookie)
}

/// A place in a snapshot where the decoder keeps nothing.
struct SafePlace {
    bytes: usize,
    characters: usize,
    flags: i64,
}

/// A safe place not far before the `used`th character, found by guessing how many bytes a character takes.
fn skip_ahead(
    vm: Vm<'_>,
    payload: &Py<PyTextIo>,
    snapshot: &Snapshot,
    used: usize,
) -> PyResult<SafePlace> {
    let (bytes, characters) = snapshot.ratio;
    let guess = bytes.saturating_mul(used).checked_div(characters).unwrap_or(0);
    let mut bytes = guess.min(snapshot.bytes.len());
    let mut back = 1;
    while bytes > 0 {
        let mut decoder = Replay::new(vm, payload, snapshot.flags)?;
        let answer = decoder.feed(vm, snapshot.bytes.get(..bytes).unwrap_or_default())?;
        if answer.characters > used {
            bytes = bytes.saturating_sub(back);
            back *= 2;
        } else if answer.kept == 0 {
            return Ok(SafePlace { bytes, characters: answer.characters, flags: answer.flags });
        } else {
            bytes = bytes.saturating_sub(answer.kept);
            back = 1;
        }
    }
    Ok(SafePlace { bytes: 0, characters: 0, flags: snapshot.flags })
}

fn is_seekable(vm: Vm<'_>, stream: &Value) -> PyResult<bool> {
    let seekable = vm.call_method(stream, &vm.intern("seekable"), &[])?;
    vm.is_true(&seekable)
}

/// `seek(cookie, whence=0)`
pub(super) fn seek(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "seek", args.len(), 1, 2)?;
    let stream = open_buffer(vm, this)?;
    let whence = args.get(1).map_or(Ok(0), |whence| number::as_i64(vm, whence))?;
    if !is_seekable(vm, &stream)? {
        return Err(unsupported(vm, "underlying stream is not seekable"));
    }
    let payload = this.receiver::<PyTextIo>();
    let mut target = number::index(vm, &args[0])?;
    let is_zero = target.as_small_int() == Some(0);
    match whence {
        0 => {}
        1 if !is_zero => return Err(unsupported(vm, "can't do nonzero cur-relative seeks")),
        1 => target = tell(vm, this)?,
        2 if !is_zero => return Err(unsupported(vm, "can't do nonzero end-relative seeks")),
        2 => return seek_end(vm, this, payload, &stream),
        _ => return Err(vm.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
    }
    let zero = int::from_i64(vm, 0);
    if vm.compare_bool(&target, &zero, CompareOp::Lt)? {
        let shown = vm.repr(&target)?.to_rust_string();
        return Err(vm.value_error(format!("negative seek position {shown}")));
    }
    flush(vm, this)?;
    let cookie = Cookie::from_value(vm, &target)?;
    vm.call_method(&stream, &vm.names().seek, &[int::from_i64(vm, cookie.start)])?;
    restore(vm, payload, &stream, cookie)?;
    reset_encoder(vm, payload, cookie.start == 0 && cookie.flags == 0)?;
    Ok(target)
}

fn seek_end(vm: Vm<'_>, this: &Value, payload: &Py<PyTextIo>, stream: &Value) -> PyResult<Value> {
    flush(vm, this)?;
    payload.state.with_mut(State::forget_waiting);
    if let Some(decoder) = payload.decoder.get() {
        vm.call_method(&decoder, &vm.intern("reset"), &[])?;
    }
    let end = [int::from_i64(vm, 0), int::from_i64(vm, 2)];
    let position = vm.call_method(stream, &vm.names().seek, &end)?;
    reset_encoder(vm, payload, position.as_small_int() == Some(0))?;
    Ok(position)
}

/// Puts the decoder where a cookie says.
fn restore(vm: Vm<'_>, payload: &Py<PyTextIo>, stream: &Value, cookie: Cookie) -> PyResult<()> {
    let (flags, newlines) = split_flags(payload.state.with(|state| state.newlines), cookie.flags);
    payload.state.with_mut(|state| {
        state.forget_waiting();
        state.newlines = newlines;
    });
    if let Some(decoder) = payload.decoder.get() {
        if cookie.start == 0 && cookie.flags == 0 {
            vm.call_method(&decoder, &vm.intern("reset"), &[])?;
        } else {
            set_decoder_state(vm, &decoder, b"", flags)?;
        }
    }
    if cookie.chars_to_skip == 0 {
        let snapshot = Snapshot { flags: cookie.flags, ..Snapshot::default() };
        payload.state.with_mut(|state| state.snapshot = Some(snapshot));
        return Ok(());
    }
    let size = [int::from_i64(vm, cookie.bytes_to_feed)];
    let bytes = vm.call_method(stream, &vm.names().read, &size)?;
    let bytes = buffer::bytes_like(vm, &bytes)?.to_vec();
    let text = read::decode(vm, payload, &bytes, cookie.need_end)?;
    let skip = usize::try_from(cookie.chars_to_skip).unwrap_or(usize::MAX);
    if codec::count(&text) < skip {
        return Err(vm.error(&exc::OS_ERROR, "can't restore logical file position"));
    }
    payload.state.with_mut(|state| {
        state.start = codec::offset_of(&text, skip);
        state.waiting = text;
        state.snapshot = Some(Snapshot { flags: cookie.flags, bytes, ratio: (0, 0) });
    });
    Ok(())
}

/// At the start of a stream the encoder writes its mark again, elsewhere it does not.
pub(super) fn reset_encoder(vm: Vm<'_>, payload: &Py<PyTextIo>, at_start: bool) -> PyResult<()> {
    if let Some(encoder) = payload.encoder.get() {
        if at_start {
            vm.call_method(&encoder, &vm.intern("reset"), &[])?;
        } else {
            vm.call_method(&encoder, &vm.intern("setstate"), &[int::from_i64(vm, 0)])?;
        }
    }
    Ok(())
}

/// `truncate(pos=None)`
pub(super) fn truncate(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "truncate", args.len(), 0, 1)?;
    flush(vm, this)?;
    let stream = open_buffer(vm, this)?;
    vm.call_method(&stream, &vm.intern("truncate"), args)
}
