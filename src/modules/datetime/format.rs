//! Writing: ISO text, `strftime`, `struct_time`.

use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::int;
use objects::types::str::builder::Builder;
use objects::types::str::{PyStr, storage};
use objects::types::tuple::PyTuple;

use super::calendar::Civil;
use super::zone;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `YYYY-MM-DD`
pub(super) fn date_text(civil: &Civil) -> String {
    format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)
}

/// `Mon Jan  1 00:00:00 2024`
pub(super) fn ctime(civil: &Civil) -> String {
    let weekday = WEEKDAYS.get(usize::try_from(civil.weekday()).unwrap_or_default());
    let month = MONTHS.get(usize::try_from(civil.month - 1).unwrap_or_default());
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} {:04}",
        weekday.unwrap_or(&""),
        month.unwrap_or(&""),
        civil.day,
        civil.hour,
        civil.minute,
        civil.second,
        civil.year
    )
}

/// The time with as many parts as `timespec` says.
pub(super) fn time_text(vm: Vm<'_>, civil: &Civil, timespec: &str) -> PyResult<String> {
    let Civil { hour, minute, second, micro, .. } = civil;
    let timespec = match timespec {
        "auto" if *micro == 0 => "seconds",
        "auto" => "microseconds",
        other => other,
    };
    Ok(match timespec {
        "hours" => format!("{hour:02}"),
        "minutes" => format!("{hour:02}:{minute:02}"),
        "seconds" => format!("{hour:02}:{minute:02}:{second:02}"),
        "milliseconds" => format!("{hour:02}:{minute:02}:{second:02}.{:03}", micro / 1000),
        "microseconds" => format!("{hour:02}:{minute:02}:{second:02}.{micro:06}"),
        _ => return Err(vm.value_error("Unknown timespec value")),
    })
}

/// The offset of a zone at a moment as ISO text; nothing where there is none.
pub(super) fn zone_text(
    vm: Vm<'_>,
    zone: Option<&Value>,
    when: &Value,
    separator: &str,
) -> PyResult<String> {
    let offset = zone::offset_of(vm, zone, "utcoffset", when)?;
    Ok(offset.map_or_else(String::new, |offset| zone::offset_text(offset, separator)))
}

/// A str argument, in the words of `PyArg_Parse`.
pub(super) fn text_argument<'v>(
    vm: Vm<'_>,
    value: &'v Value,
    function: &str,
) -> PyResult<&'v Py<PyStr>> {
    value.downcast::<PyStr>().ok_or_else(|| {
        vm.type_error(format!("{function}() argument 1 must be str, not {}", vm.type_text(value)))
    })
}

/// `time.struct_time` of nine numbers.
pub(super) fn struct_time(vm: Vm<'_>, civil: &Civil, dst: i64) -> PyResult<Value> {
    let numbers = [
        civil.year,
        civil.month,
        civil.day,
        civil.hour,
        civil.minute,
        civil.second,
        civil.weekday(),
        civil.day_of_year(),
        dst,
    ];
    let numbers = PyTuple::new_value(vm, &numbers.map(|number| int::from_i64(vm, number)));
    let time = vm.import_module("time")?;
    vm.call(&vm.get_attr_str(&time, "struct_time")?, &[numbers])
}

/// What `strftime` needs of an object.
pub(super) struct Moment<'a> {
    pub(super) object: &'a Value,
    pub(super) zone: Option<Value>,
    /// What the zone is asked about: the moment itself, None for a time.
    pub(super) when: Value,
    pub(super) year: i64,
    /// The numbers for `time.strftime`.
    pub(super) numbers: Value,
}

/// `object.strftime(format)`: fractions and zones are written here, the rest by `time.strftime`.
pub(super) fn strftime(vm: Vm<'_>, moment: &Moment<'_>, format: &Py<PyStr>) -> PyResult<Value> {
    let mut out = Builder::new(vm);
    let mut points = storage::point_vec(vm, format)?.into_iter().peekable();
    while let Some(point) = points.next() {
        if point != u32::from('%') {
            out.push(point)?;
            continue;
        }
        let letter = points.next();
        let colon = letter == Some(u32::from(':')) && points.peek() == Some(&u32::from('z'));
        match letter.and_then(char::from_u32) {
            Some('z') => {
                out.push_text(&zone_text(vm, moment.zone.as_ref(), &moment.when, "")?)?;
            }
            Some(':') if colon => {
                points.next();
                out.push_text(&zone_text(vm, moment.zone.as_ref(), &moment.when, ":")?)?;
            }
            Some('Z') => push_zone_name(vm, moment, &mut out)?,
            Some('f') => out.push_text(&fraction(vm, moment)?)?,
            Some(letter @ ('Y' | 'G' | 'C' | 'F')) => push_year(vm, moment, letter, &mut out)?,
            _ => {
                out.push(point)?;
                if let Some(letter) = letter {
                    out.push(letter)?;
                }
            }
        }
    }
    let format = out.finish()?.into_value();
    let time = vm.import_module("time")?;
    let strftime = vm.get_attr_str(&time, "strftime")?;
    vm.call_with(&strftime, Args::positional_only(&[format, moment.numbers.clone()]))
}

fn push_zone_name(vm: Vm<'_>, moment: &Moment<'_>, out: &mut Builder<'_>) -> PyResult<()> {
    let name = zone::name_of(vm, moment.zone.as_ref(), &moment.when)?;
    if name.is_none() {
        return Ok(());
    }
    let percent = [PyStr::new_value(vm, "%"), PyStr::new_value(vm, "%%")];
    let name = vm.call_method(&name, &vm.names().replace, &percent)?;
    match name.downcast::<PyStr>() {
        Some(name) => out.push_str(name),
        None => Err(vm.type_error("tzname.replace() did not return a string")),
    }
}

fn fraction(vm: Vm<'_>, moment: &Moment<'_>) -> PyResult<String> {
    let micro = match vm.get_attr_opt(moment.object, &vm.intern("microsecond"))? {
        Some(micro) => objects::protocol::number::as_i64(vm, &micro)?,
        None => 0,
    };
    Ok(format!("{micro:06}"))
}

/// Years before 1000 have four digits whatever the platform does.
fn push_year(vm: Vm<'_>, moment: &Moment<'_>, letter: char, out: &mut Builder<'_>) -> PyResult<()> {
    let mut year = moment.year;
    if letter == 'G' {
        let numbers = moment.numbers.clone();
        let time = vm.import_module("time")?;
        let format = PyStr::new_value(vm, "%G");
        let text = vm.call(&vm.get_attr_str(&time, "strftime")?, &[format, numbers])?;
        year = text
            .downcast::<PyStr>()
            .and_then(|text| text.to_rust_string().trim().parse().ok())
            .unwrap_or(year);
    }
    match letter {
        'C' => out.push_text(&format!("{:02}", year / 100)),
        'F' => out.push_text(&format!("{year:04}-%m-%d")),
        _ => out.push_text(&format!("{year:04}")),
    }
}

/// The error of a text that is no ISO date or time.
pub(super) fn invalid_iso(vm: Vm<'_>, text: &Value) -> Raised {
    match vm.repr(text) {
        Ok(shown) => {
            vm.value_error(format!("Invalid isoformat string: {}", shown.to_rust_string()))
        }
        Err(raised) => raised,
    }
}

/// `object.__format__(spec)`: its text, or its `strftime`.
pub(super) fn format_method(vm: Vm<'_>, this: &Value, spec: &Value) -> PyResult<Value> {
    let format = text_argument(vm, spec, "__format__")?;
    if format.is_empty() {
        return Ok(vm.str(this)?.into_value());
    }
    vm.call_method(this, &vm.intern("strftime"), std::slice::from_ref(spec))
}

/// Calls the parser of `_strptime` for a class.
pub(super) fn strptime(
    vm: Vm<'_>,
    class: &Value,
    args: &[Value],
    function: &str,
) -> PyResult<Value> {
    objects::core::args::check_count(vm, "strptime", args.len(), 2, 2)?;
    for (index, arg) in args.iter().enumerate() {
        if arg.downcast::<PyStr>().is_none() {
            return Err(vm.type_error(format!(
                "strptime() argument {} must be str, not {}",
                index + 1,
                vm.type_text(arg)
            )));
        }
    }
    let module = vm.import_module("_strptime")?;
    let args = [class.clone(), args[0].clone(), args[1].clone()];
    vm.call_method(&module, &vm.intern(function), &args)
}
