"""Black-box cases: a project, a command line, and the output it must give.

    run_cases.py --fastest EXECUTABLE --python INTERPRETER FOLDER [CASE...]
    run_cases.py --record --python INTERPRETER FOLDER [CASE...]     writes `expected` as the real pytest prints it

A case is a folder: the project's files, `cmd` (the arguments, one shell line; before it any `env NAME=VALUE` lines)
and `expected` ("exit N", then the output with times, addresses and folders masked). Instead of `expected`: `own` for
what pytest does not have, written by hand and never recorded; an empty `live` for what depends on the version of
Python, compared with what the interpreter's own pytest prints at that moment.
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

NOT_COPIED = {"cmd", "expected", "own", "live"}
TIMEOUT_S = 60
MASKS = [
    (re.compile(r"\bin \d+\.\d\ds(?: \(\d+:\d\d:\d\d\))?"), "in TIME"),
    (re.compile(r"\b\d+\.\d\ds (setup|call|teardown)\b"), r"TIME \1"),
    (re.compile(r"^platform .*", re.MULTILINE), "platform"),
    (re.compile(r"^fastest: runs .*\n", re.MULTILINE), ""),
    # pytest imports test modules through importlib, whose frame it shows; see docs/differences.md.
    (re.compile(r"^\S*/importlib/__init__\.py:\d+: in import_module\n    return .*\n(?: +\^+\n)?", re.MULTILINE), ""),
    (re.compile(r"0x[0-9a-f]{6,}"), "0xADDRESS"),
    (re.compile(r"pytest-of-\w+/pytest-\d+"), "pytest-of-USER/pytest-N"),
]


CARETS = re.compile(r"^ +\^+\n", re.MULTILINE)


def masked(text, folder):
    text = text.replace(str(folder), "ROOT")
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    # A masked text changes the length of a centred line's fill.
    return re.sub(r"^(=+)( .*in TIME.* )(=+)$", r"=\2=", text, flags=re.MULTILINE)


def read_command(case):
    lines = (case / "cmd").read_text().splitlines()
    env = dict(line[len("env ") :].split("=", 1) for line in lines if line.startswith("env "))
    words = [line for line in lines if line.strip() and not line.startswith("env ")]
    return shlex.split(words[0]) if words else [], env


def environment(extra):
    unset = ("PYTEST_ADDOPTS", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONUNBUFFERED", "CI", "BUILD_NUMBER", "PY_COLORS")
    env = {name: value for name, value in os.environ.items() if name not in unset}
    return {**env, "COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1", **extra}


def run(case, runner):
    words, extra = read_command(case)
    with tempfile.TemporaryDirectory(prefix="case-") as name:
        folder = pathlib.Path(name).resolve() / case.name
        shutil.copytree(case, folder, ignore=lambda _, names: NOT_COPIED.intersection(names))
        try:
            got = subprocess.run(
                [*runner, *words],
                cwd=folder,
                env=environment({"TMPDIR": name, **extra}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                timeout=TIMEOUT_S,
            )
        except subprocess.TimeoutExpired:
            return "no end within %d s\n" % TIMEOUT_S
        text = "exit %d\n%s" % (got.returncode, got.stdout.decode(errors="backslashreplace"))
        if got.stderr:
            text += "---- stderr\n" + got.stderr.decode(errors="backslashreplace")
        return masked(text, folder)


def oracle(python):
    """The console script: it differs from `python -m pytest` in sys.path and in its usage line."""
    return [python, os.path.join(os.path.dirname(python), "pytest")]


def has_carets(python):
    """Whether its tracebacks show columns, as that of the recorded texts did."""
    code = "import sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", code]).returncode == 0


def check(case, runner, python, shows_carets=True):
    golden = next((case / name for name in ("own", "expected") if (case / name).exists()), None)
    expected = golden.read_text() if golden else run(case, oracle(python))
    found = run(case, runner)
    if not shows_carets:
        expected, found = CARETS.sub("", expected), CARETS.sub("", found)
    return "".join(
        difflib.unified_diff(
            expected.splitlines(keepends=True), found.splitlines(keepends=True), str(golden or case / "live"), "found", n=2
        )
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--fastest")
    parser.add_argument("--python", required=True)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    python = os.path.abspath(options.python)
    cases = sorted(path.parent for path in options.folder.glob("*/cmd"))
    if options.cases:
        cases = [case for case in cases if case.name in options.cases]
    if not cases:
        sys.exit("%s: no cases, nothing was checked" % options.folder)
    if options.record:
        for case in cases:
            if not (case / "own").exists() and not (case / "live").exists():
                (case / "expected").write_text(run(case, oracle(python)))
        return 0
    if not os.path.exists(oracle(python)[1]):
        live = [case for case in cases if (case / "live").exists()]
        cases = [case for case in cases if case not in live]
        print("no pytest beside %s: left out %s" % (python, ", ".join(case.name for case in live)))
    shows_carets = has_carets(python)
    runner = [os.path.abspath(options.fastest), "--python", python]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        differences = list(pool.map(lambda case: check(case, runner, python, shows_carets), cases))
    bad = [case.name for case, text in zip(cases, differences) if text]
    print("".join(differences), end="")
    print("black box: %d of %d cases as expected%s" % (len(cases) - len(bad), len(cases), "; not " + ", ".join(bad) if bad else ""))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
