# flags: -X cpu_count=3 -X no_debug_ranges -X warn_default_encoding -X thread_inherit_context=1 -X context_aware_warnings=1
import io
import os
import sys
import traceback
import warnings

print(os.cpu_count(), os.process_cpu_count())
print(sys.flags.thread_inherit_context, sys.flags.context_aware_warnings)


def spread(a):
    return (a +
            [n for n in
             a])


print(list(spread.__code__.co_positions()))
print(spread.__code__.co_linetable)
print(list(compile("x = [\n1]\n", "<text>", "exec").co_positions()))

with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    open(os.devnull).close()
    io.TextIOWrapper(io.BytesIO())
    io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    io.text_encoding(None)
    open(os.devnull, "rb").close()
print([(type(w.message).__name__, str(w.message), w.lineno) for w in seen])

try:
    spread(1 + len([]))
except TypeError:
    print(traceback.format_exc())
