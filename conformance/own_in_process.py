"""pytest's own suite inside our process: own_in_process.py --fastest EXECUTABLE --python INTERPRETER [--only PART...]

All of pytest's tests run under fastest, in an environment without pytest, so that `pytester`, the tests' imports from
`_pytest` and every nested session are ours. Before, once, they run under the real pytest: what holds there with which
outcome is what we are measured by. Tests that start `python -m pytest`, or import pytest in a Python without our
import finder, need an installed pytest: they are counted, and listed apart.
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

import own_suite

HERE = pathlib.Path(__file__).resolve().parent
NEEDS = [*own_suite.NEEDS, "packaging"]
GOOD = ("passed", "xpassed", "xfailed")
FILE_TIMEOUT_S = 600
# What a process says that needs an installed pytest.
WITHOUT_PYTEST = re.compile(r"No module named '?(pytest|_pytest|pluggy)\b")


def prepare(work, python):
    """The source, an environment with pytest's requirements alone, and the outcomes under the real pytest."""
    own_suite_work = work.parent / "own"
    if not (work / "env").exists():
        work.mkdir(parents=True, exist_ok=True)
        subprocess.run([python, "-m", "venv", work / "env"], check=True)
        subprocess.run([work / "env/bin/python", "-m", "pip", "-q", "--disable-pip-version-check", "install", *NEEDS], check=True)
    if not (work / "expected.jsonl").exists():
        own_suite.prepare(own_suite_work, python)
        shutil.copy(own_suite_work / f"pytest-{own_suite.VERSION}.tar.gz", work)
        print("own suite in process: under the real pytest (once, some minutes)", flush=True)
        run_all(work, [own_suite_work / "env/bin/python", "-m", "pytest"], "expected", [])


def unpack(work):
    """A fresh tree: tests leave things behind."""
    home = work / f"pytest-{own_suite.VERSION}"
    shutil.rmtree(home, ignore_errors=True)
    with tarfile.open(work / f"pytest-{own_suite.VERSION}.tar.gz") as source:
        source.extractall(work, filter="data")
    return home


def test_files(home):
    names = {path.relative_to(home).as_posix() for path in (home / "testing").rglob("*.*")}
    listed = re.compile(r"testing/(((.*/)?test_[^/]*|[^/]*_test|python/[^/]*)\.py|(.*/)?test[^/]*\.txt)$")
    left_out = re.compile(r"example_scripts|plugins_integration|/conftest\.py|/__init__\.py")
    return sorted(name for name in names if listed.match(name) and not left_out.search(name))


def run_all(work, command, label, only):
    """Each file in a process of its own, two at a time: one that hangs or crashes is no other's. {id: record}, files."""
    home = unpack(work)
    logs = work / label
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name not in ("CI", "PYTEST_ADDOPTS")}
    env["PYTHONPATH"] = str(HERE)
    waiting = [name for name in test_files(home) if not only or any(part in name for part in only)]
    running = []
    # Not below the repository: its pyproject.toml would be found.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temp:
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                running.append(start(home, command, logs, temp, waiting.pop(), env))
            process = running.pop(0)
            try:
                process.wait(FILE_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    if not only:
        (work / f"{label}.jsonl").write_text("".join(path.read_text() for path in sorted(logs.glob("*.jsonl"))))
    return logs


def start(home, command, logs, temp, name, env):
    stem = name.replace("/", "-").removesuffix(".py")
    words = [*command, "-q", "-p", "outcomes_log", "--tb=short", "-rN", "-p", "no:cacheprovider"]
    words += [f"--basetemp={temp}/{stem}", name]
    with open(logs / f"{stem}.txt", "w") as output:
        return subprocess.Popen(
            list(map(str, words)),
            cwd=home,
            env=env | {"OUTCOMES_LOG": str(logs / f"{stem}.jsonl")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def read(text):
    """({id: outcome}, {id: why}, {id: output}, collectors that failed); an error in setup or teardown outweighs the call."""
    outcomes, why, said, broken = {}, {}, {}, {}
    for line in text.splitlines():
        record = json.loads(line)
        if "collected" in record:
            for name in record["collected"]:
                outcomes.setdefault(name, "unfinished")
        elif "broken" in record:
            broken[record["broken"]] = record["why"]
        elif "id" in record and outcomes.get(record["id"]) not in ("failed", "error"):
            outcomes[record["id"]] = record["outcome"]
            why[record["id"]] = record.get("why", "")
            said[record["id"]] = record.get("says", "")
    return outcomes, why, said, broken


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fastest", type=pathlib.Path, required=True)
    parser.add_argument("--python", default=sys.executable, help="a CPython to make environments with")
    parser.add_argument("--work", type=pathlib.Path, default=HERE / "work" / "own-in-process")
    parser.add_argument("--only", nargs="+", default=[], help="parts of file names")
    parser.add_argument("--names", action="store_true", help="name the tests that fall short")
    options = parser.parse_args()
    work = options.work.resolve()
    prepare(work, options.python)
    logs = run_all(work, [options.fastest.resolve(), "--python", work / "env/bin/python"], "found", options.only)
    expected, *_ = read((work / "expected.jsonl").read_text())
    expected = {name: outcome for name, outcome in expected.items() if not options.only or any(part in name.split("::")[0] for part in options.only)}
    found, why, said, broken = read("".join(path.read_text() for path in sorted(logs.glob("*.jsonl"))))
    report(expected, found, why, said, broken, options.names)


def holds(expected, found):
    return found in GOOD or found == expected


def report(expected, found, why, said, broken, with_names):
    short = [name for name in expected if not holds(expected[name], found.get(name))]
    apart = [name for name in short if WITHOUT_PYTEST.search(why.get(name, "") + said.get(name, ""))]
    short = [name for name in short if name not in set(apart)]
    for name, reason in broken.items():
        print(f"own suite in process: cannot be collected: {name}: {reason.splitlines()[-1] if reason else ''}")
    by_file = collections.Counter(name.split("::")[0] for name in short)
    for name, count in by_file.most_common():
        print(f"own suite in process: {count:4} short in {name}")
    if with_names:
        for name in short:
            print(f"{found.get(name, 'missing'):>10} {name}: {why.get(name, '').splitlines()[:1]}")
    for name, many in collections.Counter(name.split("[")[0] for name in apart).items():
        print(f"own suite in process: needs an installed pytest: {name}{f' ({many})' if many > 1 else ''}")
    count = len(expected) - len(short) - len(apart)
    print(f"own suite in process: {count} of {len(expected)} hold ({100 * count / max(1, len(expected)):.1f} %)")


if __name__ == "__main__":
    main()
