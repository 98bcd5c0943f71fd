"""What a paste of many lines costs a shell, and how that grows: run as

    pastes.py PYGLASS [KIND...]

Each kind of text is pasted with 1,000 and with 10,000 lines on a pseudo-terminal; what is told is the shell's own
processor time until the paste is drawn and until its result is there, and how many times the cost of 1,000 lines that of
10,000 is. At most 12 is what linear growth with its larger tables may come to; the status is 1 where a kind exceeds it.
"""

import glob
import os
import pty
import re
import select
import signal
import sys
import tempfile
import time

LIMIT = 12


def statements(count):
    return "\n".join(f"v{line} = {line} * 2" for line in range(count))


def function(count):
    return "def f(x):\n" + "\n".join(f"    x += {line}" for line in range(count)) + "\n"


def methods(count):
    return "class C:\n" + "\n".join(
        f"    def m{line}(self, a, b={line}):\n        return [a, b, 'text']" for line in range(count // 2)) + "\n"


def items(count):
    return "table = [\n" + "\n".join(f"    ({line}, 'name {line}')," for line in range(count)) + "\n]"


def session(count):
    return "\n".join(f">>> v{line} = {line}" for line in range(count))


def prose(count):
    return 'text = """\n' + "\n".join(f"line {line} of 'a text' # with marks" for line in range(count)) + '\n"""'


KINDS = {f.__name__: f for f in (statements, function, methods, items, session, prose)}


class Shell:
    """A shell on a terminal of 24 by 80."""

    def __init__(self, program, home):
        environment = {"HOME": home, "TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"],
                       "PYGLASS_HISTORY": os.path.join(home, "history"), "PYGLASS_CONFIG": "none"}
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(program, [program, "-q"], environment)
        self.seen = b""

    def until(self, mark, patience=120):
        end = time.monotonic() + patience
        while not re.search(mark, self.seen):
            if time.monotonic() > end:
                raise TimeoutError(f"{mark} did not come: ...{self.seen[-300:]!r}")
            if select.select([self.terminal], [], [], 0.2)[0]:
                self.seen = self.seen[-4096:] + os.read(self.terminal, 1 << 16)

    def send(self, data):
        self.seen = b""
        data = memoryview(data)
        while data:
            _, ready, _ = select.select([], [self.terminal], [], 0.05)
            if ready:
                data = data[os.write(self.terminal, data[:512]):]
            while select.select([self.terminal], [], [], 0)[0]:
                self.seen = self.seen[-4096:] + os.read(self.terminal, 1 << 16)

    def processor(self):
        total = 0
        for path in glob.glob(f"/proc/{self.pid}/task/*/schedstat"):
            with open(path) as file:
                total += int(file.read().split()[0])
        return total / 1e6

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def cost(program, text):
    with tempfile.TemporaryDirectory() as home:
        shell = Shell(program, home)
        shell.until(rb">>> ")
        time.sleep(0.3)
        begun = shell.processor()
        # The mark is in two pieces, so that what is typed is not taken for what is printed; a session ends with its own prompt.
        end = "print('fin' + 'ished')"
        if text.startswith(">>> "):
            end = ">>> " + end
        shell.send(b"\x1b[200~" + f"{text}\n{end}".replace("\n", "\r").encode() + b"\x1b[201~")
        shell.until(rb"ished")
        time.sleep(0.3)
        drawn = shell.processor() - begun
        shell.send(b"\r")
        shell.until(rb"finished")
        time.sleep(0.3)
        done = shell.processor() - begun
        shell.close()
    return drawn, done


def main():
    program = sys.argv[1]
    kinds = sys.argv[2:] or list(KINDS)
    worst = 0
    print(f"{'kind':<12} {'1,000 drawn':>12} {'run':>8} {'10,000 drawn':>13} {'run':>8} {'ratio':>6}   (ms of processor time)")
    for kind in kinds:
        few = min((cost(program, KINDS[kind](1_000)) for _ in range(3)), key=lambda pair: pair[1])
        many = min((cost(program, KINDS[kind](10_000)) for _ in range(2)), key=lambda pair: pair[1])
        ratio = many[1] / few[1]
        worst = max(worst, ratio)
        print(f"{kind:<12} {few[0]:>12.1f} {few[1]:>8.1f} {many[0]:>13.1f} {many[1]:>8.1f} {ratio:>6.1f}", flush=True)
    return worst > LIMIT


if __name__ == "__main__":
    sys.exit(main())
