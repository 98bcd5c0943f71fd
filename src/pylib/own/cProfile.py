"""Python interface for the 'lsprof' profiler.
Compatible with the 'profile' module.
"""

import _lsprof
import importlib.machinery
import importlib.util
import io
import profile as _profile

__all__ = ["run", "runctx", "Profile"]


def run(statement, filename=None, sort=-1):
    return _profile._Utils(Profile).run(statement, filename, sort)


def runctx(statement, globals, locals, filename=None, sort=-1):
    return _profile._Utils(Profile).runctx(statement, globals, locals, filename, sort)


run.__doc__ = _profile.run.__doc__
runctx.__doc__ = _profile.runctx.__doc__


class Profile(_lsprof.Profiler):
    """Profile(timer=None, timeunit=None, subcalls=True, builtins=True)

    Builds a profiler object using the specified timer function.
    The default timer is a fast built-in one based on real time.
    For custom timer functions returning integers, timeunit can
    be a float specifying a scale (i.e. how long each integer unit
    is, in seconds).
    """

    def print_stats(self, sort=-1):
        import pstats

        keys = sort if isinstance(sort, tuple) else (sort,)
        pstats.Stats(self).strip_dirs().sort_stats(*keys).print_stats()

    def dump_stats(self, file):
        import marshal

        with open(file, "wb") as out:
            self.create_stats()
            marshal.dump(self.stats, out)

    def create_stats(self):
        self.disable()
        self.snapshot_stats()

    def snapshot_stats(self):
        # pstats wants a row a function: calls without recursive ones, calls, own time, whole time, and the same by caller.
        self.stats = {}
        entries = self.getstats()
        for entry in entries:
            function = label(entry.code)
            row = self.stats.get(function)
            callers = {} if row is None else row[4]
            self.stats[function] = (*_joined(row, _figures(entry)), callers)
        for entry in entries:
            caller = label(entry.code)
            for called in entry.calls or ():
                row = self.stats.get(label(called.code))
                if row is None:
                    continue
                # What callers sum up to is told with all calls first.
                primitive, *rest = _figures(called)
                known = row[4].get(caller)
                row[4][caller] = _joined(known, (rest[0], primitive, *rest[1:]))

    def run(self, cmd):
        import __main__

        namespace = __main__.__dict__
        return self.runctx(cmd, namespace, namespace)

    def runctx(self, cmd, globals, locals):
        self.enable()
        try:
            exec(cmd, globals, locals)
        finally:
            self.disable()
        return self

    def runcall(self, func, /, *args, **kw):
        self.enable()
        try:
            return func(*args, **kw)
        finally:
            self.disable()

    def __enter__(self):
        self.enable()
        return self

    def __exit__(self, *exc_info):
        self.disable()


def _figures(entry):
    primitive = entry.callcount - entry.reccallcount
    return primitive, entry.callcount, entry.inlinetime, entry.totaltime


def _joined(known, figures):
    """Two functions can bear one label: two lambdas on a line."""
    if known is None:
        return figures
    return tuple(old + new for old, new in zip(known, figures))


def label(code):
    if isinstance(code, str):
        return ("~", 0, code)
    return (code.co_filename, code.co_firstlineno, code.co_name)


def main():
    import os
    import pstats
    import runpy
    import sys
    from optparse import OptionParser

    parser = OptionParser(
        usage="cProfile.py [-o output_file_path] [-s sort] [-m module | scriptfile] [arg] ..."
    )
    parser.allow_interspersed_args = False
    parser.add_option(
        "-o", "--outfile", dest="outfile", default=None, help="Save stats to <outfile>"
    )
    parser.add_option(
        "-s",
        "--sort",
        dest="sort",
        default=2,
        choices=sorted(pstats.Stats.sort_arg_dict_default),
        help="Sort order when printing to stdout, based on pstats.Stats class",
    )
    parser.add_option(
        "-m", dest="module", action="store_true", default=False, help="Profile a library module"
    )
    if not sys.argv[1:]:
        parser.print_usage()
        sys.exit(2)
    options, arguments = parser.parse_args()
    sys.argv[:] = arguments
    if options.outfile is not None:
        # The program may change the folder.
        options.outfile = os.path.abspath(options.outfile)
    if not arguments:
        parser.print_usage()
        return parser
    if options.module:
        code = "run_module(modname, run_name='__main__', alter_sys=True)"
        namespace = {"run_module": runpy.run_module, "modname": arguments[0]}
    else:
        program = arguments[0]
        sys.path.insert(0, os.path.dirname(program))
        with io.open_code(program) as file:
            code = compile(file.read(), program, "exec")
        spec = importlib.machinery.ModuleSpec(name="__main__", loader=None, origin=program)
        module = importlib.util.module_from_spec(spec)
        # What the program defines is found again where it looks for it: in __main__.
        sys.modules["__main__"] = module
        namespace = module.__dict__
        namespace.update(
            {"__spec__": spec, "__file__": spec.origin, "__package__": None, "__cached__": None}
        )
    try:
        runctx(code, namespace, None, options.outfile, options.sort)
    except BrokenPipeError as error:
        # Nobody reads on: the interpreter is not to try once more at its end.
        sys.stdout = None
        sys.exit(error.errno)
    return parser


if __name__ == "__main__":
    main()
