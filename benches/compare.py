#!/usr/bin/env python3
"""How much faster than a CPython: `compare.py PYTHON PYGLASS [--growth] [NAME...]`.

Runs `operations.py` (or, with `--growth`, `growth.py`) under both, in turns, and prints for each case the nanoseconds of
processor time and their ratio: above 1 pyglass is the faster one. For growth the exponents of the cost are printed too.
Standard library only; any Python 3.11 or later runs it.
"""
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROUNDS = 3


def run(python, script, names):
    """The figures of one run: name -> numbers."""
    with tempfile.TemporaryDirectory() as folder:
        answer = subprocess.run(
            [python, str(HERE / script), *names], cwd=folder, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
    if answer.returncode:
        sys.exit(f"{python}: {answer.stderr}")
    figures = {}
    for line in answer.stdout.splitlines():
        name, *numbers = line.split()
        if numbers and numbers[0] == "failed":
            print(f"{python}: {line}", file=sys.stderr)
        else:
            figures[name] = [float(number) for number in numbers]
    return figures


def operations(python, pyglass, names):
    rounds = [(run(python, "operations.py", ["0.01", *names]), run(pyglass, "operations.py", ["0.01", *names])) for _ in range(ROUNDS)]
    rows = []
    for name in rounds[0][0]:
        pairs = [(a[name][0], b[name][0]) for a, b in rounds if name in a and name in b]
        if pairs:
            theirs, ours = (statistics.median(column) for column in zip(*pairs))
            # Under a nanosecond nothing but the loop is left.
            rows.append((max(theirs, 1.0) / max(ours, 1.0), name, theirs, ours))
    for ratio, name, theirs, ours in sorted(rows):
        print(f"{ratio:7.2f}  {name:26} {theirs:12.1f} {ours:12.1f}")
    print(f"{math.exp(statistics.fmean(math.log(row[0]) for row in rows)):7.2f}  geometric mean of {len(rows)}")


def growth(python, pyglass, names):
    theirs, ours = run(python, "growth.py", names), run(pyglass, "growth.py", names)
    print(f"{'':26} {'exponents':>14}   ratio at the largest size")
    for name in theirs:
        if name in ours:
            (a, x), (b, y) = theirs[name], ours[name]
            worse = "  <- grows faster" if b > a + 0.2 else ""
            print(f"{name:26} {a:6.2f} {b:6.2f} {x / y:9.2f}{worse}")


def main():
    arguments = sys.argv[1:]
    of_growth = "--growth" in arguments
    arguments = [argument for argument in arguments if argument != "--growth"]
    if len(arguments) < 2:
        sys.exit(__doc__)
    (growth if of_growth else operations)(arguments[0], arguments[1], arguments[2:])


main()
