"""pytest's own suite inside our process, in an environment without pytest.

    own_in_process.py --fastest EXECUTABLE --python INTERPRETER [--report FILE] [--only PART...]

All of pytest's tests run under fastest, so that `pytester`, the tests' imports from `_pytest` and every nested session
are ours. Once, they run under the real pytest, too: a test holds that passes, or is skipped as it is there. Tests that start
`python -m pytest`, or import pytest in a Python without our import finder, need an installed pytest: they are counted
apart. The report explains each other one that falls short with a line of own-in-process-reasons.toml.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib

import own_suite

HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE / "work" / "own-in-process"
NEEDS = [*own_suite.NEEDS, "packaging"]
TIMEOUT_S = 1800
LABEL = "own suite in process"
# What a process says that needs an installed pytest.
WITHOUT_PYTEST = re.compile(r"No module named '?(pytest|_pytest|pluggy)\b")


def prepare(work, python):
    """The source, an environment with what pytest's tests require but pytest, and the outcomes under the real one."""
    source = own_suite.WORK / f"pytest-{own_suite.VERSION}.tar.gz"
    if not (work / "ready").exists():
        own_suite.prepare(own_suite.WORK, python)
        work.mkdir(parents=True, exist_ok=True)
        subprocess.run([python, "-m", "venv", work / "env"], check=True)
        pip = [work / "env/bin/python", "-m", "pip", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", *NEEDS], check=True)
        shutil.copy(source, work)
        (work / "ready").touch()
    expected = work / "expected.jsonl"
    if not expected.exists():
        print(f"{LABEL}: under the real pytest (once, some minutes)", flush=True)
        log = run(work, [own_suite.WORK / "env/bin/python", "-m", "pytest"], ["testing"])
        expected.write_text(log)
    return read(expected.read_text()).outcomes


def unpack(work):
    """A fresh tree: tests leave things behind."""
    home = work / f"pytest-{own_suite.VERSION}"
    shutil.rmtree(home, ignore_errors=True)
    with tarfile.open(work / f"{home.name}.tar.gz") as source:
        source.extractall(work, filter="data")
    return home


def run(work, command, arguments):
    """Runs the tests in one process; the log of outcomes_log.py."""
    home = unpack(work)
    unset = ("CI", "BUILD_NUMBER", "PYTEST_ADDOPTS")
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name not in unset}
    # The tests' projects must not lie within ours: its pyproject.toml would be theirs.
    with tempfile.TemporaryDirectory(prefix="own-", ignore_cleanup_errors=True) as folder:
        log = pathlib.Path(folder, "log")
        env |= {"PYTHONPATH": str(HERE), "OUTCOMES_LOG": str(log)}
        words = [*command, "-q", "-p", "outcomes_log", "--tb=short", "-rN", f"--basetemp={folder}/tmp"]
        with open(work / "output.txt", "w") as output:
            files = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
            process = subprocess.Popen([*map(str, words), *arguments], cwd=home, env=env, **files)
            try:
                process.wait(TIMEOUT_S)
            except subprocess.TimeoutExpired:
                print(f"{LABEL}: ended after {TIMEOUT_S} s")
                process.kill()
                process.wait()
        return log.read_text() if log.exists() else ""


class Log:
    """Outcomes, reasons and output of tests by their ids; collectors that failed."""

    def __init__(self):
        self.outcomes, self.why, self.says, self.broken = {}, {}, {}, {}


def read(text):
    log = Log()
    for record in map(json.loads, text.splitlines()):
        for name in record.get("collected", ()):
            log.outcomes.setdefault(name, "unfinished")
        if "broken" in record:
            log.broken[record["broken"]] = record["why"]
        # An error in setup or teardown outweighs the call.
        if "id" in record and log.outcomes.get(record["id"]) not in ("failed", "error"):
            name = record["id"]
            log.outcomes[name] = record["outcome"]
            log.why[name], log.says[name] = record.get("why", ""), record.get("says", "")
    return log


def judge(expected, found):
    """(ids that fall short, ids that need an installed pytest)"""
    short, apart = [], []
    for name, outcome in expected.items():
        # Skipped counts where it is skipped there; a failure there (a loaded machine) excuses none here.
        if found.outcomes.get(name) in own_suite.GOOD or found.outcomes.get(name) == outcome == "skipped":
            continue
        needs_pytest = WITHOUT_PYTEST.search(found.why.get(name, "") + found.says.get(name, ""))
        (apart if needs_pytest or is_of_missing_module(name) else short).append(name)
    return short, apart


def is_of_missing_module(name):
    """A test of one of pytest's own modules that has no counterpart here; it would start Python, too."""
    return name.startswith("testing/test_meta.py::")


def figure(expected, short, apart):
    count = len(expected) - len(short) - len(apart)
    return f"{count} of {len(expected)} hold ({100 * count / max(1, len(expected)):.1f} %), {len(apart)} need an installed pytest"


def count_by_function(names):
    counts = collections.Counter(name.split("[")[0] for name in names)
    return [f"{name} ({many})" if many > 1 else name for name, many in counts.items()]


def write_report(path, expected, short, apart):
    reasons = tomllib.loads((HERE / "own-in-process-reasons.toml").read_text())
    lines = [
        "# pytest's own tests in process",
        "",
        f"All tests of pytest {own_suite.VERSION} under `fastest testing`, in an environment without pytest (`make own-in-process`,",
        f"CPython {own_suite.version_of(WORK / 'env/bin/python')}): **{figure(expected, short, apart)}**.",
        "",
        "| test | why it falls short |",
        "|---|---|",
        *(f"| {name.removeprefix('testing/')} | {reasons.get(name, 'unexplained')} |" for name in short),
        "",
        "These start `python -m pytest`, or import pytest in a Python of their own:",
        "",
        *(f"- {line.removeprefix('testing/')}" for line in count_by_function(apart)),
    ]
    path.write_text("\n".join(lines) + "\n")
    for name in reasons:
        if name in expected and name not in short:
            print(f"{LABEL}: explained, but holds: {name}")
    for name in short:
        if name not in reasons:
            print(f"{LABEL}: unexplained: {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fastest", required=True, type=os.path.abspath)
    parser.add_argument("--python", required=True, type=os.path.abspath, help="a CPython to make environments with")
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--only", nargs="*", default=[], metavar="PART", help="those whose file's name contains PART")
    options = parser.parse_args()
    expected = prepare(WORK, own_suite.find_python(options.python))
    files = ["testing"]
    if options.only:
        expected = {name: expected[name] for name in expected if any(part in name.split("::")[0] for part in options.only)}
        files = list(dict.fromkeys(name.split("::")[0] for name in expected))
    found = read(run(WORK, [options.fastest, "--python", WORK / "env/bin/python"], files))
    short, apart = judge(expected, found)
    for name, reason in found.broken.items():
        print(f"{LABEL}: cannot be collected: {name}: {reason.strip().splitlines()[-1:]}")
    for name, count in collections.Counter(name.split("::")[0] for name in short).most_common():
        print(f"{LABEL}: {count:4} short in {name}")
    for name in short if options.only else ():
        print(f"{LABEL}: {found.outcomes.get(name, 'missing')}: {name}: {found.why.get(name, '')[:200]!r}")
    if options.report:
        write_report(options.report, expected, short, apart)
    print(f"{LABEL}: {figure(expected, short, apart)}")


if __name__ == "__main__":
    main()
