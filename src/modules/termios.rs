//! `termios`: the settings of terminals.

use objects::core::args::Bound;
use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy as exc;
use objects::types::exceptions::os_error;
use objects::types::list::PyList;
use objects::types::module;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use rustix::io::Errno;

use crate::NativeModule;
use crate::fcntl::descriptor;
use crate::posix::fd::SysResult;
use crate::posix::raw::terminal as raw;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "termios",
    doc: Some(
        "This module provides an interface to the Posix calls for tty I/O control.\nFor a complete description of these calls, see the Posix or Unix manual\npages. It is only available for those Unix versions that support Posix\ntermios style tty I/O control.\n\nAll functions in this module take a file descriptor fd as their first\nargument. This can be an integer file descriptor, such as returned by\nsys.stdin.fileno(), or a file object, such as sys.stdin itself.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Get the tty attributes for file descriptor fd.
    ///
    /// Returns a list [iflag, oflag, cflag, lflag, ispeed, ospeed, cc]
    /// where cc is a list of the tty special characters (each a string of
    /// length 1, except the items with indices VMIN and VTIME, which are
    /// integers when these fields are defined).  The interpretation of the
    /// flags and the speeds as well as the indexing in the cc array must be
    /// done using the symbolic constants defined in this module.
    ["tcgetattr"] "($module, fd, /)" One(tcgetattr);
    /// Set the tty attributes for file descriptor fd.
    ///
    /// The attributes to be set are taken from the attributes argument, which
    /// is a list like the one returned by tcgetattr(). The when argument
    /// determines when the attributes are changed: termios.TCSANOW to
    /// change immediately, termios.TCSADRAIN to change after transmitting all
    /// queued output, or termios.TCSAFLUSH to change after transmitting all
    /// queued output and discarding all queued input.
    ["tcsetattr"] "($module, fd, when, attributes, /)" Bound(tcsetattr);
    /// Send a break on file descriptor fd.
    ///
    /// A zero duration sends a break for 0.25-0.5 seconds; a nonzero duration
    /// has a system dependent meaning.
    ["tcsendbreak"] "($module, fd, duration, /)" Bound(tcsendbreak);
    /// Wait until all output written to file descriptor fd has been transmitted.
    ["tcdrain"] "($module, fd, /)" One(tcdrain);
    /// Discard queued data on file descriptor fd.
    ///
    /// The queue selector specifies which queue: termios.TCIFLUSH for the input
    /// queue, termios.TCOFLUSH for the output queue, or termios.TCIOFLUSH for
    /// both queues.
    ["tcflush"] "($module, fd, queue, /)" Bound(tcflush);
    /// Suspend or resume input or output on file descriptor fd.
    ///
    /// The action argument can be termios.TCOOFF to suspend output,
    /// termios.TCOON to restart output, termios.TCIOFF to suspend input,
    /// or termios.TCION to restart input.
    ["tcflow"] "($module, fd, action, /)" Bound(tcflow);
    /// Get the tty winsize for file descriptor fd.
    ///
    /// Returns a tuple (ws_row, ws_col).
    ["tcgetwinsize"] "($module, fd, /)" One(tcgetwinsize);
    /// Set the tty winsize for file descriptor fd.
    ///
    /// The winsize to be set is taken from the winsize argument, which
    /// is a two-item tuple (ws_row, ws_col) like the one returned by
    /// tcgetwinsize().
    ["tcsetwinsize"] "($module, fd, winsize, /)" Bound(tcsetwinsize);
}

#[rustfmt::skip]
const NUMBERS: &[(&str, i64)] = &[
    ("B0", 0), ("B50", 50), ("B75", 75), ("B110", 110), ("B134", 134), ("B150", 150), ("B200", 200), ("B300", 300),
    ("B600", 600), ("B1200", 1_200), ("B1800", 1_800), ("B2400", 2_400), ("B4800", 4_800), ("B9600", 9_600), ("B19200", 19_200),
    ("B38400", 38_400), ("B57600", 57_600), ("B115200", 115_200), ("B230400", 230_400), ("B460800", 460_800),
    ("B500000", 500_000), ("B576000", 576_000), ("B921600", 921_600), ("B1000000", 1_000_000), ("B1152000", 1_152_000),
    ("B1500000", 1_500_000), ("B2000000", 2_000_000), ("B2500000", 2_500_000), ("B3000000", 3_000_000), ("B3500000", 3_500_000),
    ("B4000000", 4_000_000), ("CBAUDEX", 4_096), ("TCSANOW", 0), ("TCSADRAIN", 1), ("TCSAFLUSH", 2), ("TCIFLUSH", 0),
    ("TCOFLUSH", 1), ("TCIOFLUSH", 2), ("TCOOFF", 0), ("TCOON", 1), ("TCIOFF", 2), ("TCION", 3), ("IGNBRK", 1), ("BRKINT", 2),
    ("IGNPAR", 4), ("PARMRK", 8), ("INPCK", 16), ("ISTRIP", 32), ("INLCR", 64), ("IGNCR", 128), ("ICRNL", 256), ("IUCLC", 512),
    ("IXON", 1_024), ("IXANY", 2_048), ("IXOFF", 4_096), ("IMAXBEL", 8_192), ("IUTF8", 16_384), ("OPOST", 1), ("OLCUC", 2),
    ("ONLCR", 4), ("OCRNL", 8), ("ONOCR", 16), ("ONLRET", 32), ("OFILL", 64), ("OFDEL", 128), ("NLDLY", 256), ("CRDLY", 1_536),
    ("TABDLY", 6_144), ("BSDLY", 8_192), ("VTDLY", 16_384), ("FFDLY", 32_768), ("NL0", 0), ("NL1", 256), ("CR0", 0),
    ("CR1", 512), ("CR2", 1_024), ("CR3", 1_536), ("TAB0", 0), ("TAB1", 2_048), ("TAB2", 4_096), ("TAB3", 6_144),
    ("XTABS", 6_144), ("BS0", 0), ("BS1", 8_192), ("VT0", 0), ("VT1", 16_384), ("FF0", 0), ("FF1", 32_768), ("CSIZE", 48),
    ("CSTOPB", 64), ("CREAD", 128), ("PARENB", 256), ("PARODD", 512), ("HUPCL", 1_024), ("CLOCAL", 2_048),
    ("CIBAUD", 269_418_496), ("CRTSCTS", 2_147_483_648), ("CS5", 0), ("CS6", 16), ("CS7", 32), ("CS8", 48), ("ISIG", 1),
    ("ICANON", 2), ("XCASE", 4), ("ECHO", 8), ("ECHOE", 16), ("ECHOK", 32), ("ECHONL", 64), ("ECHOCTL", 512),
    ("ECHOPRT", 1_024), ("ECHOKE", 2_048), ("FLUSHO", 4_096), ("NOFLSH", 128), ("TOSTOP", 256), ("PENDIN", 16_384),
    ("IEXTEN", 32_768), ("EXTPROC", 65_536), ("VINTR", 0), ("VQUIT", 1), ("VERASE", 2), ("VKILL", 3), ("VEOF", 4), ("VTIME", 5),
    ("VMIN", 6), ("VSWTC", 7), ("VSWTCH", 7), ("VSTART", 8), ("VSTOP", 9), ("VSUSP", 10), ("VEOL", 11), ("VREPRINT", 12),
    ("VDISCARD", 13), ("VWERASE", 14), ("VLNEXT", 15), ("VEOL2", 16), ("B7200", 7_200), ("B14400", 14_400), ("B28800", 28_800),
    ("B76800", 76_800), ("CBAUD", 4_111), ("CDSUSP", 25), ("CEOF", 4), ("CEOL", 0), ("CEOT", 4), ("CERASE", 127),
    ("CFLUSH", 15), ("CINTR", 3), ("CKILL", 21), ("CLNEXT", 22), ("CQUIT", 28), ("CRPRNT", 18), ("CSTART", 17), ("CSTOP", 19),
    ("CSUSP", 26), ("CWERASE", 23), ("EXTA", 19_200), ("EXTB", 38_400), ("FIOASYNC", 21_586), ("FIOCLEX", 21_585),
    ("FIONBIO", 21_537), ("FIONCLEX", 21_584), ("FIONREAD", 21_531), ("IBSHIFT", 16), ("IOCSIZE_MASK", 1_073_676_288),
    ("IOCSIZE_SHIFT", 16), ("NCCS", 32), ("N_MOUSE", 2), ("N_PPP", 3), ("N_SLIP", 1), ("N_STRIP", 4), ("N_TTY", 0),
    ("TCFLSH", 21_515), ("TCGETS", 21_505), ("TCSBRK", 21_513), ("TCSBRKP", 21_541), ("TCSETS", 21_506), ("TCSETSF", 21_508),
    ("TCSETSW", 21_507), ("TCXONC", 21_514), ("TIOCCONS", 21_533), ("TIOCEXCL", 21_516), ("TIOCGETD", 21_540),
    ("TIOCGICOUNT", 21_597), ("TIOCGLCKTRMIOS", 21_590), ("TIOCGPGRP", 21_519), ("TIOCGSERIAL", 21_534),
    ("TIOCGSOFTCAR", 21_529), ("TIOCGWINSZ", 21_523), ("TIOCINQ", 21_531), ("TIOCLINUX", 21_532), ("TIOCMBIC", 21_527),
    ("TIOCMBIS", 21_526), ("TIOCMGET", 21_525), ("TIOCMIWAIT", 21_596), ("TIOCMSET", 21_528), ("TIOCM_CAR", 64),
    ("TIOCM_CD", 64), ("TIOCM_CTS", 32), ("TIOCM_DSR", 256), ("TIOCM_DTR", 2), ("TIOCM_LE", 1), ("TIOCM_RI", 128),
    ("TIOCM_RNG", 128), ("TIOCM_RTS", 4), ("TIOCM_SR", 16), ("TIOCM_ST", 8), ("TIOCNOTTY", 21_538), ("TIOCNXCL", 21_517),
    ("TIOCOUTQ", 21_521), ("TIOCPKT", 21_536), ("TIOCPKT_DATA", 0), ("TIOCPKT_DOSTOP", 32), ("TIOCPKT_FLUSHREAD", 1),
    ("TIOCPKT_FLUSHWRITE", 2), ("TIOCPKT_NOSTOP", 16), ("TIOCPKT_START", 8), ("TIOCPKT_STOP", 4), ("TIOCSCTTY", 21_518),
    ("TIOCSERCONFIG", 21_587), ("TIOCSERGETLSR", 21_593), ("TIOCSERGETMULTI", 21_594), ("TIOCSERGSTRUCT", 21_592),
    ("TIOCSERGWILD", 21_588), ("TIOCSERSETMULTI", 21_595), ("TIOCSERSWILD", 21_589), ("TIOCSER_TEMT", 1), ("TIOCSETD", 21_539),
    ("TIOCSLCKTRMIOS", 21_591), ("TIOCSPGRP", 21_520), ("TIOCSSERIAL", 21_535), ("TIOCSSOFTCAR", 21_530), ("TIOCSTI", 21_522),
    ("TIOCSWINSZ", 21_524), ("_POSIX_VDISABLE", 0),
];

/// `termios.error`
static ERROR: StaticType = StaticType::inheriting();
const ERROR_SPEC: TypeSpec = TypeSpec {
    name: "termios.error",
    base: Some(&exc::EXCEPTION),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
    ..TypeSpec::DEFAULT
};

/// The places of the characters that are numbers while input is not by lines.
const V_TIME: usize = 5;
const V_MIN: usize = 6;
/// `ICANON`
const CANONICAL: u32 = 2;

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &ERROR, &ERROR_SPEC)?;
    module::add(vm, target, "error", ERROR.get().to_value());
    for &(name, number) in NUMBERS {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
    Ok(())
}

fn failed(vm: Vm<'_>, errno: Errno) -> Raised {
    let number = errno.raw_os_error();
    let text = PyStr::new_value(vm, &os_error::strerror(number));
    vm.error_with(&ERROR, &[Value::small_int_unchecked(i64::from(number)), text])
}

/// A call that is made again after a signal whose handler did not raise.
fn retry<R: Send>(vm: Vm<'_>, mut call: impl FnMut() -> SysResult<R> + Send) -> PyResult<R> {
    loop {
        match vm.allow_threads(&mut call) {
            Ok(answer) => return Ok(answer),
            Err(Errno::INTR) => vm.poll()?,
            Err(errno) => return Err(failed(vm, errno)),
        }
    }
}

fn tcgetattr(vm: Vm<'_>, _module: &Value, fd: &Value) -> PyResult<Value> {
    let fd = descriptor(vm, fd)?;
    let settings = raw::settings(fd).map_err(|errno| failed(vm, errno))?;
    let [_, _, _, local] = settings.flags;
    let mut characters = Vec::with_capacity(settings.characters.len());
    for (index, &character) in settings.characters.iter().enumerate() {
        let is_number = local & CANONICAL == 0 && (index == V_MIN || index == V_TIME);
        characters.push(if is_number {
            Value::small_int_unchecked(i64::from(character))
        } else {
            PyBytes::try_new_value(vm, &[character])?
        });
    }
    let mut items: Vec<Value> = settings
        .flags
        .iter()
        .chain([&settings.input_speed, &settings.output_speed])
        .map(|&number| Value::small_int_unchecked(i64::from(number)))
        .collect();
    items.push(PyList::try_new_value(vm, characters)?);
    PyList::try_new_value(vm, items)
}

fn tcsetattr(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = descriptor(vm, args.required(0))?;
    let when = number::as_i32(vm, args.required(1))?;
    let items = args.required(2).downcast::<PyList>().map(Py::<PyList>::items_vec);
    let Some([input, output, control, local, input_speed, output_speed, characters]) =
        items.as_deref()
    else {
        return Err(vm.type_error("tcsetattr, arg 3: must be 7 element list"));
    };
    let number = |value: &Value| -> PyResult<u32> {
        let number = number::as_i64(vm, value)?;
        u32::try_from(number & 0xffff_ffff).map_err(|_| vm.overflow_error("flags out of range"))
    };
    let known = raw::settings(fd).map_err(|errno| failed(vm, errno))?;
    let count = known.characters.len();
    let Some(given) = characters
        .downcast::<PyList>()
        .map(Py::<PyList>::items_vec)
        .filter(|given| given.len() == count)
    else {
        return Err(vm.type_error(format!("tcsetattr: attributes[6] must be {count} element list")));
    };
    let mut bytes = Vec::with_capacity(count);
    for item in &given {
        bytes.push(match item.downcast::<PyBytes>().map(Py::<PyBytes>::as_slice) {
            Some(&[byte]) => byte,
            _ if number::is_int(item) => {
                u8::try_from(number::as_i64(vm, item)? & 0xff).unwrap_or(0)
            }
            _ => {
                return Err(vm.type_error(
                    "tcsetattr: elements of attributes must be characters or integers",
                ));
            }
        });
    }
    let settings = raw::Settings {
        flags: [number(input)?, number(output)?, number(control)?, number(local)?],
        input_speed: number(input_speed)?,
        output_speed: number(output_speed)?,
        characters: bytes,
    };
    retry(vm, || raw::set_settings(fd, when, &settings))?;
    Ok(Value::NONE)
}

fn tcsendbreak(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = descriptor(vm, args.required(0))?;
    let duration = number::as_i32(vm, args.required(1))?;
    retry(vm, || raw::send_break(fd, duration))?;
    Ok(Value::NONE)
}

fn tcdrain(vm: Vm<'_>, _module: &Value, fd: &Value) -> PyResult<Value> {
    let fd = descriptor(vm, fd)?;
    retry(vm, || raw::drain(fd))?;
    Ok(Value::NONE)
}

fn tcflush(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = descriptor(vm, args.required(0))?;
    let queue = number::as_i32(vm, args.required(1))?;
    retry(vm, || raw::flush(fd, queue))?;
    Ok(Value::NONE)
}

fn tcflow(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = descriptor(vm, args.required(0))?;
    let action = number::as_i32(vm, args.required(1))?;
    retry(vm, || raw::flow(fd, action))?;
    Ok(Value::NONE)
}

fn tcgetwinsize(vm: Vm<'_>, _module: &Value, fd: &Value) -> PyResult<Value> {
    let fd = descriptor(vm, fd)?;
    let size = raw::window(fd).map_err(|errno| failed(vm, errno))?;
    let both = [size.ws_row, size.ws_col].map(|n| Value::small_int_unchecked(i64::from(n)));
    Ok(PyTuple::new_value(vm, &both))
}

fn tcsetwinsize(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = descriptor(vm, args.required(0))?;
    let items =
        vm.collect_or(args.required(1), "tcsetwinsize, arg 2: must be a two-item sequence")?;
    let [rows, columns] = items.as_slice() else {
        return Err(vm.type_error("tcsetwinsize, arg 2: must be a two-item sequence"));
    };
    let number = |value: &Value| -> PyResult<u16> {
        let number = number::as_i64(vm, value)?;
        u16::try_from(number).map_err(|_| vm.overflow_error("winsize value(s) out of range."))
    };
    let (rows, columns) = (number(rows)?, number(columns)?);
    let mut size = raw::window(fd).map_err(|errno| failed(vm, errno))?;
    size.ws_row = rows;
    size.ws_col = columns;
    raw::set_window(fd, &size).map_err(|errno| failed(vm, errno))?;
    Ok(Value::NONE)
}
