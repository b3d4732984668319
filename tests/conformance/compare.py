"""Runs the cases of this folder under pytest and under fastest, and shows where their output differs.

    compare.py --pytest PYTHON --fastest "COMMAND ..." [--root FOLDER] [case ...]

A case is a folder with a file `cmd`: each line holds the arguments of a run, behind NAME=VALUE of environment
variables; `#` begins a comment. Runs joined by `&&` follow each other in one copy of the project, and have the cache.
XML and log files that a run leaves are compared too. Durations, addresses and the header are masked.
"""

import argparse
import concurrent.futures
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
    (re.compile(r"\x1b\[1m\x1b\[31m"), "\x1b[31m\x1b[1m"),  # the order of a set, in pytest
    (re.compile(r"pytest-of-\w+/pytest-\d+"), "TEMPORARY"),
    (re.compile(r"^(platform |cachedir|plugins:|rootdir|fastest|interpreter).*\n", re.MULTILINE), ""),
    (re.compile(r"=+( .* )=+"), r"=\1="),
    (re.compile(r"\S*/_pytest/[\w/]+\.py:\d+"), "PYTEST"),
    (re.compile(r"python -m pytest"), "pytest"),
    # What stands between the runner and a module that cannot be imported: see docs/differences.md.
    (re.compile(r"^(?:PYTEST|\S*/(?:importlib/__init__|ast)\.py:\d+|<frozen importlib\S+): in .*\n(?: {4}.*\n)*", re.M), ""),
    # Frames of the runner.
    (
        re.compile(
            r'^(?:INTERNALERROR> )?  File "[^"\n]*(?:/(?:_pytest|pluggy|pytest|_private)/|frozen runpy)[^"\n]*", line .*\n'
            r"(?:(?:INTERNALERROR> )?    .*\n)*",
            re.M,
        ),
        "",
    ),
    (re.compile(r'\b(time|timestamp|hostname)="[^"]*"'), r'\1=""'),
    (re.compile(r"\b\d+(\.\d+)?(ms|us)\b"), "TIME"),
]
LEFT_FILES = ("*.xml", "*.log")


def read_words(text):
    """(arguments, environment) of one run."""
    words = shlex.split(text)
    variables = {}
    while words and re.match(r"[A-Z_]+=", words[0]):
        name, _, variables[name] = words.pop(0).partition("=")
    return words, variables


def read_lines(case):
    """The runs of each line of `cmd`; an empty file is one run without arguments."""
    for line in (case / "cmd").read_text().splitlines() or [""]:
        if not line.startswith("#"):
            yield line, [read_words(part) for part in line.split("&&")]


def masked(text, project):
    text = text.replace(str(project), "PROJECT").replace(str(project.parent), "FOLDER")
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return text.splitlines()


def run(command, case, runs):
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder, "project")
        shutil.copytree(case, project, ignore=shutil.ignore_patterns("__pycache__", "cmd"))
        # Of its own: runs beside this one remove old temporary folders.
        temporary = pathlib.Path(folder, "tmp")
        temporary.mkdir()
        for words, variables in runs:
            without_cache = [] if len(runs) > 1 else ["-p", "no:cacheprovider"]
            environment = {
                **{name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
                "COLUMNS": "120",
                "PYTHONDONTWRITEBYTECODE": "1",
                "TMPDIR": str(temporary),
                **variables,
            }
            done = subprocess.run(
                [*command, *without_cache, *words],
                cwd=project,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=120,
            )
            lines += [*masked(done.stdout, project), f"exit status {done.returncode}"]
        for path in sorted(path for pattern in LEFT_FILES for path in project.rglob(pattern)):
            text = path.read_text(errors="replace")
            lines += [str(path.relative_to(project)), *masked(text.replace("><", ">\n<"), project)]
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pytest", required=True, help="the interpreter of an environment with pytest")
    parser.add_argument("--fastest", required=True, help="the command that runs fastest")
    parser.add_argument("--root", type=pathlib.Path, default=HERE, help="the folder of the cases")
    parser.add_argument("--quiet", action="store_true", help="tell what differs, and how many were compared")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    folders = sorted(path.parent for path in options.root.glob("*/cmd"))
    wanted = [folder for folder in folders if not options.cases or folder.name in options.cases]
    lines = [(folder, line, runs) for folder in wanted for line, runs in read_lines(folder)]

    def compare(job):
        case, line, runs = job
        theirs = run([options.pytest, "-m", "pytest"], case, runs)
        ours = run(shlex.split(options.fastest), case, runs)
        return f"{case.name} {line}".rstrip(), theirs, ours

    count = different = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, theirs, ours in pool.map(compare, lines):
            count += 1
            if theirs != ours:
                different += 1
                print(f"{name}: DIFFERENT")
                print("\n".join(difflib.unified_diff(theirs, ours, "pytest", "fastest", lineterm="", n=1)))
            elif not options.quiet:
                print(f"{name}: equal ({len(ours)} lines)")
    print(f"conformance cases: {count - different} of {count} command lines equal")
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
