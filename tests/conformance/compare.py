"""Runs the cases of this folder under pytest and under fastest, and shows where their output differs.

    compare.py --pytest PYTHON --fastest "COMMAND ..." [case ...]

A case is a folder with a file `cmd`: each line holds the arguments of a run, behind NAME=VALUE of environment
variables. Durations, addresses and the header are masked.
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
    (re.compile(r"\S*/_pytest/[\w/]+\.py:\d+"), "PYTEST"),
    (re.compile(r"python -m pytest"), "pytest"),
    # What stands between the runner and a module that cannot be imported: see docs/differences.md.
    (re.compile(r"^(?:PYTEST|\S*/(?:importlib/__init__|ast)\.py:\d+|<frozen importlib\S+): in .*\n(?: {4}.*\n)*", re.M), ""),
]


def read_runs(case):
    """(arguments, environment) of each line of `cmd`; an empty file is one run without arguments."""
    for line in (case / "cmd").read_text().splitlines() or [""]:
        words = shlex.split(line)
        variables = {}
        while words and re.match(r"[A-Z_]+=", words[0]):
            name, _, variables[name] = words.pop(0).partition("=")
        yield words, variables


def run(command, case, arguments, variables):
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder, "project")
        shutil.copytree(case, project, ignore=shutil.ignore_patterns("__pycache__", "cmd"))
        environment = {**os.environ, "COLUMNS": "120", "PYTHONDONTWRITEBYTECODE": "1", **variables}
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
        for arguments, variables in read_runs(case):
            name = shlex.join([case.name, *arguments])
            theirs = run([options.pytest, "-m", "pytest"], case, arguments, variables)
            ours = run(shlex.split(options.fastest), case, arguments, variables)
            if theirs == ours:
                print(f"{name}: equal ({len(ours)} lines)")
                continue
            different.append(name)
            print(f"{name}: DIFFERENT")
            print("\n".join(difflib.unified_diff(theirs, ours, "pytest", "fastest", lineterm="", n=1)))
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
