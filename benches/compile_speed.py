"""Parses or compiles every file of the standard library and prints the processor time: run by two interpreters in turn.

    compile_speed.py parse|compile [FOLDER [STEP]]

FOLDER is where the sources stand (default: the library of whoever runs this), STEP takes each STEP-th file only.
Files that the interpreter does not take are left out by both, since both refuse the same.
"""

import os
import sys
import time


def sources(folder, step):
    paths = []
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", "site-packages"))
        paths += [os.path.join(here, name) for name in sorted(files) if name.endswith(".py")]
    texts = []
    for path in paths[::step]:
        if not os.path.isfile(path):
            continue  # a link to a file that is not installed
        with open(path, "rb") as file:
            texts.append((path, file.read()))
    return texts


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "compile"
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.dirname(os.__file__)
    step = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    flags = 0x400 if what == "parse" else 0
    texts = sources(folder, step)
    done = size = 0
    begun = time.process_time()
    for path, text in texts:
        try:
            compile(text, path, "exec", flags, True)
        except (SyntaxError, ValueError):
            continue
        done += 1
        size += len(text)
    spent = time.process_time() - begun
    print(f"{what} {done} files {size} bytes {spent:.3f} s")


if __name__ == "__main__":
    main()
