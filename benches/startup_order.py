"""Which functions the program runs when it starts: `startup_order.py BINARY > src/startup.ld`.

The linker puts what that script names side by side, so that starting reads few pages of the program's text: a small program
runs 1 MiB of its 10 MiB, but spread over all of them. What does not run is kept out: its pages would be read all the same.
BINARY is a release build that still has its symbols; valgrind runs it.
The script names functions by the start of their symbols, without the hash at its end, and a whole module where most of it
runs. A name that fits nothing has no effect: the list need not be made anew with every change.
"""
import re
import subprocess
import sys
import tempfile
from collections import defaultdict

# What is run, and how much of a module's text has to run for the module to be named as a whole.
PROGRAMS = [
    ("for line in open('/proc/self/status'):\n    if 'VmHWM' in line: print(*line.split())", 0.9),
    ("import json, re, dataclasses", 0.9),
]
# Of a name that many functions share (a generic function's, for each type) so much has to run,
SHARED_MIN = 0.3
# unless all of them are no larger than this: then they lie together, whichever of them run. Of these crates the same holds
# for whole modules.
SHARING = {("4core",), ("5alloc",), ("3std",), ("9hashbrown",)}
SMALL_BYTES = 24 << 10

HEAD = """\
/* Text that runs at start, side by side. Made by benches/startup_order.py. */
SECTIONS
{
  .text.startup_order :
  {
"""
TAIL = """\
  }
}
INSERT BEFORE .text;
"""


def symbols(binary):
    listed = subprocess.run(["nm", "-S", binary], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in listed.splitlines():
        words = line.split()
        if len(words) == 4 and words[2] in "tTwW":
            found[words[3]] = int(words[1], 16)
    return found


def functions_run(binary, program):
    with tempfile.NamedTemporaryFile() as out:
        tool = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={out.name}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([*tool, binary, "-c", program], check=True, **quiet)
        with open(out.name) as file:
            lines = file.read().splitlines()
    names, run = {}, set()
    for line in lines:
        if match := re.match(r"c?fn=\((\d+)\)(?: ([^']*))?", line):
            if match[2]:
                names[match[1]] = match[2]
            run.add(names[match[1]])
    return run


def path(symbol):
    """The parts of a symbol, each with its length before it: modules, then the function; without the hash. Of the standard
    library's symbols, which are of another form, the crate and its module."""
    parts, at = ["_ZN"], 3
    if not symbol.startswith("_ZN"):
        found = re.match(r"_R.*?Cs[0-9A-Za-z]+_([3-5])((?:std|core|alloc)\w+)", symbol)
        if not found:
            return ()
        length = int(found[1])
        parts, at, symbol = ["_R*_" + found[1] + found[2][:length]], length, found[2] + "0"
    while match := re.compile(r"\d+").match(symbol, at):
        end = match.end() + int(match[0])
        parts.append(symbol[at:end])
        at = end
    return tuple(parts[:-1]) if parts[0] == "_ZN" else tuple(parts[:2])


def patterns(sizes, run, whole):
    total, used, inner = defaultdict(int), defaultdict(int), defaultdict(set)
    for symbol, size in sizes.items():
        parts = path(symbol)
        for depth in range(1, len(parts) + 1):
            total[parts[:depth]] += size
            used[parts[:depth]] += size * (symbol in run)
            inner[parts[: depth - 1]].add(parts[:depth])

    def walk(prefix):
        share = used[prefix] / max(total[prefix], 1)
        if not share:
            return
        is_last = prefix not in inner
        is_shared = prefix[1:2] in SHARING and len(prefix) > 2
        small = (is_last or is_shared) and total[prefix] <= SMALL_BYTES
        if share >= whole or small or (is_last and (share >= SHARED_MIN or prefix[0] != "_ZN")):
            yield "".join(prefix)
        else:
            for deeper in sorted(inner[prefix]):
                yield from walk(deeper)

    for first in sorted(inner[()]):
        yield from walk(first)


def main():
    binary = sys.argv[1]
    sizes = symbols(binary)
    seen = set()
    sys.stdout.write(HEAD)
    for program, whole in PROGRAMS:
        for pattern in patterns(sizes, functions_run(binary, program), whole):
            if pattern not in seen:
                seen.add(pattern)
                # `$` and the like are no letters of a linker script's names.
                print(f"    *(.text*.{re.sub(r'[^A-Za-z0-9_.*]', '?', pattern)}*)")
    sys.stdout.write(TAIL)


main()
