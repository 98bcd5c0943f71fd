#!/usr/bin/env python3
"""Makes `src/release.profdata` anew: `profile.py`, without arguments.

Optimised builds are laid out by that file: it tells how often each branch was taken while the programs in `training/` ran.
It fits the sources that it was made from; a function that has changed since is compiled without it, so it need not follow
every change. Builds the program so that it counts (`.cargo/rustc`), runs the programs and merges their counts. Needs the
component llvm-tools of the toolchain, which building with the profile does not.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "target" / "profile"
COUNTS = TARGET / "counts"
PROFILE = ROOT / "src" / "release.profdata"
# What starting costs is no program of its own.
STARTS = ["pass", "import json, re, dataclasses", "import asyncio, typing, argparse, logging, pathlib"]


def merger():
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    for tool in pathlib.Path(sysroot).glob("lib/rustlib/*/bin/llvm-profdata"):
        return tool
    sys.exit("there is no llvm-profdata: rustup component add llvm-tools")


def train(program, folder):
    for arguments in [["-c", code] for code in STARTS] + [[str(path)] for path in sorted((ROOT / "benches" / "training").glob("*.py"))]:
        print(*arguments, flush=True)
        subprocess.run([program, *arguments], cwd=folder, stdout=subprocess.DEVNULL, check=True)


def main():
    tool = merger()
    shutil.rmtree(COUNTS, ignore_errors=True)
    # The build script's own programs are compiled without counting, the tests are not built.
    build = ["cargo", "build", "--release", "--bin", "pyglass", "--target-dir", str(TARGET)]
    subprocess.run(build, cwd=ROOT, env={**os.environ, "PYGLASS_PROFILE": str(COUNTS)}, check=True)
    with tempfile.TemporaryDirectory() as folder:
        train(TARGET / "release" / "pyglass", folder)
    # Sparse: what did not run is left to the compiler's own judgement, not taken for what never runs.
    subprocess.run([tool, "merge", "--sparse", "-o", PROFILE, COUNTS], check=True)
    print(f"{PROFILE}: {PROFILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
