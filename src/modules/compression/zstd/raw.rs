//! The library zstd as safe types: a compressor, a decompressor, and what is asked about frames and dictionaries.
//!
//! Invariants: a context lives as long as the object that owns it, and so do the bytes of a prefix that it refers to; slices are
//! handed over with their own lengths.
#![expect(unsafe_code, reason = "the invariants are in the module doc")]

use std::ffi::{CStr, c_char, c_int};
use std::ptr::null;
use std::sync::Arc;

use zstd_sys as ffi;

/// What the library says went wrong.
pub(super) type Fault = String;

/// # Safety
/// A text of the library, which ends in null.
unsafe fn text_at(text: *const c_char) -> String {
    // SAFETY: by contract.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn checked(code: usize) -> Result<usize, Fault> {
    // SAFETY: any code can be asked about.
    unsafe {
        if ffi::ZSTD_isError(code) == 0 {
            Ok(code)
        } else {
            Err(text_at(ffi::ZSTD_getErrorName(code)))
        }
    }
}

fn checked_dictionary(code: usize) -> Result<usize, Fault> {
    // SAFETY: any code can be asked about.
    unsafe {
        if ffi::ZDICT_isError(code) == 0 {
            Ok(code)
        } else {
            Err(text_at(ffi::ZDICT_getErrorName(code)))
        }
    }
}

/// The library's version.
pub(super) fn version() -> String {
    // SAFETY: the answer is a constant text.
    unsafe { text_at(ffi::ZSTD_versionString()) }
}

macro_rules! parameters {
    ($table:ident $kind:ident $($name:literal $constant:literal $variant:ident;)*) => {
        /// The parameters: their names for messages, their constants' names, their numbers.
        pub(super) static $table: &[(&str, &str, ffi::$kind)] =
            &[$(($name, $constant, ffi::$kind::$variant),)*];
    };
}

parameters! { COMPRESSION ZSTD_cParameter
    "compression_level" "ZSTD_c_compressionLevel" ZSTD_c_compressionLevel;
    "window_log" "ZSTD_c_windowLog" ZSTD_c_windowLog;
    "hash_log" "ZSTD_c_hashLog" ZSTD_c_hashLog;
    "chain_log" "ZSTD_c_chainLog" ZSTD_c_chainLog;
    "search_log" "ZSTD_c_searchLog" ZSTD_c_searchLog;
    "min_match" "ZSTD_c_minMatch" ZSTD_c_minMatch;
    "target_length" "ZSTD_c_targetLength" ZSTD_c_targetLength;
    "strategy" "ZSTD_c_strategy" ZSTD_c_strategy;
    "enable_long_distance_matching" "ZSTD_c_enableLongDistanceMatching" ZSTD_c_enableLongDistanceMatching;
    "ldm_hash_log" "ZSTD_c_ldmHashLog" ZSTD_c_ldmHashLog;
    "ldm_min_match" "ZSTD_c_ldmMinMatch" ZSTD_c_ldmMinMatch;
    "ldm_bucket_size_log" "ZSTD_c_ldmBucketSizeLog" ZSTD_c_ldmBucketSizeLog;
    "ldm_hash_rate_log" "ZSTD_c_ldmHashRateLog" ZSTD_c_ldmHashRateLog;
    "content_size_flag" "ZSTD_c_contentSizeFlag" ZSTD_c_contentSizeFlag;
    "checksum_flag" "ZSTD_c_checksumFlag" ZSTD_c_checksumFlag;
    "dict_id_flag" "ZSTD_c_dictIDFlag" ZSTD_c_dictIDFlag;
    "nb_workers" "ZSTD_c_nbWorkers" ZSTD_c_nbWorkers;
    "job_size" "ZSTD_c_jobSize" ZSTD_c_jobSize;
    "overlap_log" "ZSTD_c_overlapLog" ZSTD_c_overlapLog;
}

parameters! { DECOMPRESSION ZSTD_dParameter
    "window_log_max" "ZSTD_d_windowLogMax" ZSTD_d_windowLogMax;
}

fn bounds_of(bounds: ffi::ZSTD_bounds) -> Result<(i32, i32), Fault> {
    checked(bounds.error)?;
    Ok((bounds.lowerBound, bounds.upperBound))
}

/// The least and the greatest value of a parameter.
pub(super) fn bounds(key: i32, is_compression: bool) -> Result<(i32, i32), Fault> {
    let unknown = || Err("Unsupported parameter".to_owned());
    if is_compression {
        let found = COMPRESSION.iter().find(|row| row.2 as i32 == key);
        // SAFETY: it takes a number.
        found.map_or_else(unknown, |row| bounds_of(unsafe { ffi::ZSTD_cParam_getBounds(row.2) }))
    } else {
        let found = DECOMPRESSION.iter().find(|row| row.2 as i32 == key);
        // SAFETY: it takes a number.
        found.map_or_else(unknown, |row| bounds_of(unsafe { ffi::ZSTD_dParam_getBounds(row.2) }))
    }
}

/// How far a call came: bytes read, bytes written, and the library's hint, which is zero at the end.
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
    pub(super) hint: usize,
}

/// How a compressor or decompressor takes a dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Digested = 0,
    Undigested = 1,
    Prefix = 2,
}

/// A compressor.
pub(super) struct Compressor {
    context: *mut ffi::ZSTD_CCtx,
    /// Keeps the bytes of the prefix.
    prefix: Option<Arc<[u8]>>,
    /// The digested dictionary that the context refers to.
    digested: *mut ffi::ZSTD_CDict,
}

impl Drop for Compressor {
    fn drop(&mut self) {
        // SAFETY: both are this object's own; null is nothing to the library.
        unsafe {
            ffi::ZSTD_freeCCtx(self.context);
            ffi::ZSTD_freeCDict(self.digested);
        }
    }
}

impl Compressor {
    /// A compressor; None when there is no memory.
    pub(super) fn new() -> Option<Self> {
        // SAFETY: it takes nothing.
        let context = unsafe { ffi::ZSTD_createCCtx() };
        let digested = std::ptr::null_mut();
        (!context.is_null()).then_some(Self { context, prefix: None, digested })
    }

    /// Sets a parameter that is known.
    pub(super) fn set(
        &mut self,
        parameter: ffi::ZSTD_cParameter,
        value: c_int,
    ) -> Result<(), Fault> {
        // SAFETY: the context is live.
        checked(unsafe { ffi::ZSTD_CCtx_setParameter(self.context, parameter, value) }).map(|_| ())
    }

    /// Takes a dictionary.
    pub(super) fn load(
        &mut self,
        dictionary: &Arc<[u8]>,
        way: Way,
        level: c_int,
    ) -> Result<(), Fault> {
        let (start, size) = (dictionary.as_ptr().cast(), dictionary.len());
        // SAFETY: the context is live; the library copies the dictionary, or it is kept here.
        let code = unsafe {
            match way {
                Way::Undigested => ffi::ZSTD_CCtx_loadDictionary(self.context, start, size),
                Way::Prefix => {
                    self.prefix = Some(Arc::clone(dictionary));
                    ffi::ZSTD_CCtx_refPrefix(self.context, start, size)
                }
                Way::Digested => {
                    self.digested = ffi::ZSTD_createCDict(start, size, level);
                    if self.digested.is_null() {
                        return Err("no digested dictionary".to_owned());
                    }
                    ffi::ZSTD_CCtx_refCDict(self.context, self.digested)
                }
            }
        };
        checked(code).map(|_| ())
    }

    /// Says how much data the frame will have; None when that is not known.
    pub(super) fn pledge(&mut self, size: Option<u64>) -> Result<(), Fault> {
        let size = size.unwrap_or(u64::MAX);
        // SAFETY: the context is live.
        checked(unsafe { ffi::ZSTD_CCtx_setPledgedSrcSize(self.context, size) }).map(|_| ())
    }

    /// Compresses into `room`; `mode` goes on, flushes a block or ends the frame.
    pub(super) fn step(&mut self, input: &[u8], room: &mut [u8], mode: u8) -> Result<Step, Fault> {
        let mode = match mode {
            0 => ffi::ZSTD_EndDirective::ZSTD_e_continue,
            1 => ffi::ZSTD_EndDirective::ZSTD_e_flush,
            _ => ffi::ZSTD_EndDirective::ZSTD_e_end,
        };
        let mut from = ffi::ZSTD_inBuffer { src: input.as_ptr().cast(), size: input.len(), pos: 0 };
        let mut to =
            ffi::ZSTD_outBuffer { dst: room.as_mut_ptr().cast(), size: room.len(), pos: 0 };
        // SAFETY: the context is live; both buffers are as long as they are said to be.
        let hint =
            unsafe { ffi::ZSTD_compressStream2(self.context, &raw mut to, &raw mut from, mode) };
        let hint = checked(hint);
        if hint.is_err() {
            self.reset();
        }
        Ok(Step { read: from.pos, written: to.pos, hint: hint? })
    }

    /// Gives up the frame.
    pub(super) fn reset(&mut self) {
        // SAFETY: the context is live.
        unsafe {
            ffi::ZSTD_CCtx_reset(self.context, ffi::ZSTD_ResetDirective::ZSTD_reset_session_only);
        }
    }
}

/// A decompressor.
pub(super) struct Decompressor {
    context: *mut ffi::ZSTD_DCtx,
    /// Keeps the bytes of the prefix.
    prefix: Option<Arc<[u8]>>,
}

impl Drop for Decompressor {
    fn drop(&mut self) {
        // SAFETY: the context is this object's own.
        unsafe { ffi::ZSTD_freeDCtx(self.context) };
    }
}

impl Decompressor {
    /// A decompressor; None when there is no memory.
    pub(super) fn new() -> Option<Self> {
        // SAFETY: it takes nothing.
        let context = unsafe { ffi::ZSTD_createDCtx() };
        (!context.is_null()).then_some(Self { context, prefix: None })
    }

    /// Sets a parameter that is known.
    pub(super) fn set(
        &mut self,
        parameter: ffi::ZSTD_dParameter,
        value: c_int,
    ) -> Result<(), Fault> {
        // SAFETY: the context is live.
        checked(unsafe { ffi::ZSTD_DCtx_setParameter(self.context, parameter, value) }).map(|_| ())
    }

    /// Takes a dictionary.
    pub(super) fn load(&mut self, dictionary: &Arc<[u8]>, way: Way) -> Result<(), Fault> {
        let (start, size) = (dictionary.as_ptr().cast(), dictionary.len());
        // SAFETY: the context is live; the library copies the dictionary, or it is kept here.
        let code = unsafe {
            if way == Way::Prefix {
                self.prefix = Some(Arc::clone(dictionary));
                ffi::ZSTD_DCtx_refPrefix(self.context, start, size)
            } else {
                ffi::ZSTD_DCtx_loadDictionary(self.context, start, size)
            }
        };
        checked(code).map(|_| ())
    }

    /// Decompresses into `room`.
    pub(super) fn step(&mut self, input: &[u8], room: &mut [u8]) -> Result<Step, Fault> {
        let mut from = ffi::ZSTD_inBuffer { src: input.as_ptr().cast(), size: input.len(), pos: 0 };
        let mut to =
            ffi::ZSTD_outBuffer { dst: room.as_mut_ptr().cast(), size: room.len(), pos: 0 };
        // SAFETY: the context is live; both buffers are as long as they are said to be.
        let hint = unsafe { ffi::ZSTD_decompressStream(self.context, &raw mut to, &raw mut from) };
        let hint = checked(hint);
        if hint.is_err() {
            // SAFETY: the context is live.
            unsafe {
                ffi::ZSTD_DCtx_reset(
                    self.context,
                    ffi::ZSTD_ResetDirective::ZSTD_reset_session_only,
                );
            }
        }
        Ok(Step { read: from.pos, written: to.pos, hint: hint? })
    }
}

/// The identifier of a dictionary; 0 for one that is only content.
pub(super) fn dictionary_id(dictionary: &[u8]) -> u32 {
    // SAFETY: the slice is as long as it is said to be.
    unsafe { ffi::ZDICT_getDictID(dictionary.as_ptr().cast(), dictionary.len()) }
}

/// The bytes of a frame, header and all.
pub(super) fn frame_size(data: &[u8]) -> Result<usize, Fault> {
    // SAFETY: the slice is as long as it is said to be.
    checked(unsafe { ffi::ZSTD_findFrameCompressedSize(data.as_ptr().cast(), data.len()) })
}

/// The size of a frame's content where the header says it, and its dictionary's identifier; None for no header.
pub(super) fn frame_info(data: &[u8]) -> Option<(Option<u64>, u32)> {
    // SAFETY: the slice is as long as it is said to be.
    unsafe {
        let (start, size) = (data.as_ptr().cast(), data.len());
        match ffi::ZSTD_getFrameContentSize(start, size) {
            u64::MAX => Some((None, ffi::ZSTD_getDictID_fromFrame(start, size))),
            content if content == u64::MAX - 1 => None,
            content => Some((Some(content), ffi::ZSTD_getDictID_fromFrame(start, size))),
        }
    }
}

/// Makes a dictionary out of samples, into `room`: its size.
pub(super) fn train(room: &mut [u8], samples: &[u8], sizes: &[usize]) -> Result<usize, Fault> {
    let count = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
    // SAFETY: the sizes add up to the samples' length, as the caller has checked; the room is as long as it is said to be.
    checked_dictionary(unsafe {
        ffi::ZDICT_trainFromBuffer(
            room.as_mut_ptr().cast(),
            room.len(),
            samples.as_ptr().cast(),
            sizes.as_ptr(),
            count,
        )
    })
}

/// Makes a dictionary out of its content and samples, into `room`: its size.
pub(super) fn finalize(
    room: &mut [u8],
    content: &[u8],
    samples: &[u8],
    sizes: &[usize],
    level: c_int,
) -> Result<usize, Fault> {
    let count = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
    let parameters =
        ffi::ZDICT_params_t { compressionLevel: level, notificationLevel: 0, dictID: 0 };
    let sizes = if sizes.is_empty() { null() } else { sizes.as_ptr() };
    // SAFETY: as above.
    checked_dictionary(unsafe {
        ffi::ZDICT_finalizeDictionary(
            room.as_mut_ptr().cast(),
            room.len(),
            content.as_ptr().cast(),
            content.len(),
            samples.as_ptr().cast(),
            sizes,
            count,
            parameters,
        )
    })
}
