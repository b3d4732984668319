"""Runs the cases of this folder under pytest and under fastest, and shows where their output differs.

    compare.py --pytest PYTHON --fastest "COMMAND ..." [case ...]

A case is a folder with a file `cmd` that holds the arguments. Durations, addresses and the header are masked.
"""

import argparse
import difflib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
MASKS = [
    (re.compile(r"\b\d+\.\d+s\b"), "TIME"),
    (re.compile(r"\b0x[0-9a-f]+\b"), "ADDRESS"),
    (re.compile(r"^(platform |cachedir|plugins:|rootdir|fastest|interpreter).*\n", re.MULTILINE), ""),
    (re.compile(r"=+( .* )=+"), r"=\1="),
    (re.compile(r"\S*/_pytest/\w+\.py:\d+"), "PYTEST"),
]


def run(command, case):
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder, "project")
        shutil.copytree(case, project, ignore=shutil.ignore_patterns("__pycache__", "cmd"))
        arguments = shlex.split((case / "cmd").read_text())
        environment = dict(os.environ, COLUMNS="120", PYTHONDONTWRITEBYTECODE="1")
        done = subprocess.run(
            [*command, "-p", "no:cacheprovider", *arguments],
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=120,
        )
        output = done.stdout.replace(str(project), "PROJECT")
        for pattern, replacement in MASKS:
            output = pattern.sub(replacement, output)
        return [*output.splitlines(), f"exit status {done.returncode}"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pytest", required=True, help="the interpreter of an environment with pytest")
    parser.add_argument("--fastest", required=True, help="the command that runs fastest")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    folders = sorted(path.parent for path in HERE.glob("*/cmd"))
    different = []
    for case in folders:
        if options.cases and case.name not in options.cases:
            continue
        theirs = run([options.pytest, "-m", "pytest"], case)
        ours = run(shlex.split(options.fastest), case)
        if theirs == ours:
            print(f"{case.name}: equal ({len(ours)} lines)")
            continue
        different.append(case.name)
        print(f"{case.name}: DIFFERENT")
        print("\n".join(difflib.unified_diff(theirs, ours, "pytest", "fastest", lineterm="", n=1)))
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
