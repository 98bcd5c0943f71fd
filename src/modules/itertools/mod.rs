//! `itertools`: the iterators, by kind.

mod combinatorics;
mod grouping;
mod selecting;
mod streams;
mod tee;

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::type_object::{PyType, StaticType};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::TypeRow;
use objects::types::module;
use objects::types::str::value_is;

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule =
    NativeModule { name: "itertools", doc: Some(DOC), functions: tee::FUNCTIONS, exec: Some(exec) };

const DOC: &str = "Functional tools for creating and using iterators.\n\nInfinite iterators:\ncount(start=0, step=1) --> start, start+step, start+2*step, ...\ncycle(p) --> p0, p1, ... plast, p0, p1, ...\nrepeat(elem [,n]) --> elem, elem, elem, ... endlessly or up to n times\n\nIterators terminating on the shortest input sequence:\naccumulate(p[, func]) --> p0, p0+p1, p0+p1+p2\nbatched(p, n) --> [p0, p1, ..., p_n-1], [p_n, p_n+1, ..., p_2n-1], ...\nchain(p, q, ...) --> p0, p1, ... plast, q0, q1, ...\nchain.from_iterable([p, q, ...]) --> p0, p1, ... plast, q0, q1, ...\ncompress(data, selectors) --> (d[0] if s[0]), (d[1] if s[1]), ...\ndropwhile(predicate, seq) --> seq[n], seq[n+1], starting when predicate fails\ngroupby(iterable[, keyfunc]) --> sub-iterators grouped by value of keyfunc(v)\nfilterfalse(predicate, seq) --> elements of seq where predicate(elem) is False\nislice(seq, [start,] stop [, step]) --> elements from\n       seq[start:stop:step]\npairwise(s) --> (s[0],s[1]), (s[1],s[2]), (s[2], s[3]), ...\nstarmap(fun, seq) --> fun(*seq[0]), fun(*seq[1]), ...\ntee(it, n=2) --> (it1, it2 , ... itn) splits one iterator into n\ntakewhile(predicate, seq) --> seq[0], seq[1], until predicate fails\nzip_longest(p, q, ...) --> (p[0], q[0]), (p[1], q[1]), ...\n\nCombinatoric generators:\nproduct(p, q, ... [repeat=1]) --> cartesian product\npermutations(p[, r])\ncombinations(p, r)\ncombinations_with_replacement(p, r)\n";

static TYPES: &[TypeRow] = &[
    (&streams::ACCUMULATE, &streams::ACCUMULATE_SPEC),
    (&streams::BATCHED, &streams::BATCHED_SPEC),
    (&streams::CHAIN, &streams::CHAIN_SPEC),
    (&combinatorics::COMBINATIONS, &combinatorics::COMBINATIONS_SPEC),
    (&selecting::COMPRESS, &selecting::COMPRESS_SPEC),
    (&streams::COUNT, &streams::COUNT_SPEC),
    (&combinatorics::REPLACEMENT, &combinatorics::REPLACEMENT_SPEC),
    (&streams::CYCLE, &streams::CYCLE_SPEC),
    (&selecting::DROPWHILE, &selecting::DROPWHILE_SPEC),
    (&selecting::FILTERFALSE, &selecting::FILTERFALSE_SPEC),
    (&grouping::GROUPBY, &grouping::GROUPBY_SPEC),
    (&grouping::GROUPER, &grouping::GROUPER_SPEC),
    (&selecting::ISLICE, &selecting::ISLICE_SPEC),
    (&streams::PAIRWISE, &streams::PAIRWISE_SPEC),
    (&combinatorics::PERMUTATIONS, &combinatorics::PERMUTATIONS_SPEC),
    (&combinatorics::PRODUCT, &combinatorics::PRODUCT_SPEC),
    (&streams::REPEAT, &streams::REPEAT_SPEC),
    (&streams::STARMAP, &streams::STARMAP_SPEC),
    (&selecting::TAKEWHILE, &selecting::TAKEWHILE_SPEC),
    (&tee::TEE, &tee::TEE_SPEC),
    (&tee::TEE_DATA, &tee::TEE_DATA_SPEC),
    (&streams::ZIP_LONGEST, &streams::ZIP_LONGEST_SPEC),
];

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(vm, TYPES)?;
    for (class, spec) in TYPES {
        let short = spec.name.rsplit('.').next().unwrap_or_default();
        module::add(vm, this, short, class.get().to_value());
    }
    Ok(())
}

/// The arguments of a constructor whose parameters can be named, in their order, in Argument Clinic's words otherwise.
fn bind<'a, const N: usize>(
    vm: Vm<'_>,
    function: &str,
    names: [&str; N],
    positional_max: usize,
    required: usize,
    args: Args<'a>,
) -> PyResult<[Option<&'a Value>; N]> {
    let given = args.positional().len();
    let total = given + args.keyword_count();
    if total > N || given > positional_max {
        let (most, count) = if total > N { (N, total) } else { (positional_max, given) };
        let kind = if total > N { "" } else { "positional " };
        return Err(vm.type_error(format!(
            "{function}() takes at most {most} {kind}arguments ({count} given)"
        )));
    }
    let mut bound = [None; N];
    for (place, value) in bound.iter_mut().zip(args.positional()) {
        *place = Some(value);
    }
    for (nth, name) in names.iter().enumerate().take(required) {
        if nth >= given && args.keyword(name).is_none() {
            return Err(vm.type_error(format!(
                "{function}() missing required argument '{name}' (pos {})",
                nth + 1
            )));
        }
    }
    for (key, value) in args.keywords() {
        let Some(nth) = names.iter().position(|name| value_is(key, name)) else {
            let key = vm.str(key)?.to_rust_string();
            return Err(vm.unexpected_keyword(&format!("{function}()"), &key, names));
        };
        if nth < given {
            return Err(vm.type_error(format!(
                "argument for {function}() given by name ('{}') and position ({})",
                names[nth],
                nth + 1
            )));
        }
        bound[nth] = Some(value);
    }
    Ok(bound)
}

/// The positional arguments of a constructor that takes no keywords; a subclass may.
fn positional<'a>(
    vm: Vm<'_>,
    class: &Py<PyType>,
    own: &'static StaticType,
    (min, max): (usize, usize),
    args: Args<'a>,
) -> PyResult<&'a [Value]> {
    let name = own.get().name();
    let short = name.rsplit('.').next().unwrap_or_default();
    args.no_keywords_in_new(vm, class, own.get())?;
    objects::core::args::check_count(vm, short, args.positional().len(), min, max)?;
    Ok(args.positional())
}
