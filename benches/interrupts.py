"""How long Ctrl-C takes to end what runs at the prompt: run as

    interrupts.py SHELL...

Each program is started on a pseudo-terminal and interrupted a moment later, five times; what is told is the median of the
time until the prompt is back, in milliseconds. At most 100 is wanted.
"""

import os
import statistics
import sys
import tempfile
import time

import pastes

PROGRAMS = [
    ("pure loop", "", "while True: pass"),
    ("sleep", "import time", "time.sleep(100)"),
    ("native sum", "", "sum(iter(int, 1))"),
    ("huge power", "", "x = 7 ** 30_000_000"),
    ("huge product", "n = 7 ** 3_000_000", "while True: n * n"),
    ("digits", "import sys; sys.set_int_max_str_digits(0); n = 7 ** 3_000_000", "while True: len(repr(n))"),
    ("gcd", "import math; n = 1 << 5_000_000; m = n - 1", "math.gcd(n, m)"),
    ("sort", "l = [hash(str(i)) for i in range(1_000_000)]", "while True: sorted(l)"),
    ("regex", "import re", "re.match('(a+)+$', 'a' * 60 + 'b')"),
    ("replace", "s = 'a' * 10**8", "while True: s.replace('a', 'bc')"),
    ("input", "", "input()"),
    ("lock", "import threading; k = threading.Lock(); k.acquire() and None", "k.acquire()"),
    ("join", "import threading, time; t = threading.Thread(target=time.sleep, args=(600,), daemon=True); t.start()", "t.join()"),
    ("process", "import subprocess", "subprocess.run(['sleep', '100'])"),
]


def latency(program, begin, text):
    with tempfile.TemporaryDirectory() as home:
        shell = pastes.Shell(program, home)
        shell.until(rb">>> ")
        if begin:
            shell.send(begin.encode() + b"\r")
            # What it prints has no mark of its own: it is asked for one.
            shell.send(b"print('rea' + 'dy')\r")
            shell.until(rb"ready")
            time.sleep(0.3)
        took = []
        for _ in range(5):
            shell.send(text.encode() + b"\r")
            if text.startswith("while"):
                time.sleep(0.2)
                shell.send(b"\r")
            time.sleep(0.8)
            begun = time.monotonic()
            shell.send(b"\x03")
            shell.until(rb"(?s)KeyboardInterrupt.*>>> ")
            took.append((time.monotonic() - begun) * 1000)
            time.sleep(0.3)
        shell.close()
    return statistics.median(took)


def main():
    shells = sys.argv[1:]
    print(f"{'program':<14}", *(f"{os.path.basename(shell):>12}" for shell in shells))
    worst = 0
    for name, begin, text in PROGRAMS:
        row = []
        for shell in shells:
            try:
                row.append(f"{latency(shell, begin, text):12.1f}")
                worst = max(worst, float(row[-1]) if shell == shells[0] else 0)
            except TimeoutError:
                row.append(f"{'deaf':>12}")
        print(f"{name:<14}", *row, flush=True)
    return worst > 100


if __name__ == "__main__":
    sys.exit(main())
