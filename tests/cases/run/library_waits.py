# Modules that the library imports for itself behave as if their bodies had run.
import dataclasses
import sys
import types

inspect = sys.modules["inspect"]
print(isinstance(inspect, types.ModuleType), inspect.__name__, inspect.__spec__.name)
print("signature" in dir(inspect), type(inspect) is types.ModuleType)
print(dataclasses.inspect is inspect)


@dataclasses.dataclass
class Point:
    x: int
    y: int = 2


print(Point.__doc__, Point(1))

import logging

traceback = sys.modules["traceback"]
traceback.marker = 1
print(traceback.marker, callable(traceback.format_exc), logging.traceback.marker)
del traceback.marker
print(hasattr(traceback, "marker"))
import tokenize

print(vars(tokenize)["__doc__"].split("\n")[0])
print(str(sys.modules["token"]).startswith("<module 'token' from "))
from textwrap import dedent

print(dedent("  a\n  b"))
try:
    inspect.no_such_name
except AttributeError as error:
    print(error)
