"""What Python code sees of both runners: every class, function and live object that plugins reach, compared.

    run.py --pytest PYTHON --fastest "COMMAND ..."

differences.txt lists what may differ: a line `# ...` with the reason, then patterns (as of fnmatch) of facts. Fails on
a difference that no pattern covers, and on a pattern that covers none; `? ` before one that some Pythons do not need.
"""

import argparse
import fnmatch
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def facts(command, environment, folder, name):
    log = folder / f"{name}.txt"
    done = subprocess.run(
        [*command, "-p", "probe", "-p", "pytester", "-q", "--basetemp", str(folder / "tmp")],
        cwd=shutil.copytree(HERE / "project", folder / name / "project", ignore=shutil.ignore_patterns(".*", "__*")),
        env={**environment, "API_LOG": str(log)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if not log.exists():
        sys.exit(f"{name}: no facts\n{done.stdout}")
    return dict(line.split(": ", 1) for line in log.read_text().splitlines())


def compare(theirs, ours):
    """Only what pytest has is asked for: {fact: what differs}."""
    found = {}
    for name, value in theirs.items():
        if ours.get(name) != value:
            found[name] = f"{value} -> {ours.get(name, 'missing')}"
    return found


def patterns():
    lines = (HERE / "differences.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pytest", required=True, help="the interpreter of an environment with pytest")
    parser.add_argument("--fastest", required=True, help="the command that runs fastest")
    options = parser.parse_args()
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")}
    environment.update(PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=str(HERE), PYTHONHASHSEED="0", COLUMNS="100")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        names = subprocess.run([options.pytest, HERE / "names.py"], env=environment, stdout=subprocess.PIPE, check=True)
        (folder / "names.json").write_bytes(names.stdout)
        environment["API_NAMES"] = str(folder / "names.json")
        theirs = facts([options.pytest, "-m", "pytest"], environment, folder, "pytest")
        environment["API_LIKE"] = str(folder / "pytest.txt")
        ours = facts(shlex.split(options.fastest), environment, folder, "fastest")
    found = compare(theirs, ours)
    covered = set()
    stale = []
    for pattern in patterns():
        expression = re.compile(fnmatch.translate(pattern.removeprefix("? ")))
        matched = {name for name in found if expression.match(name)}
        stale += [] if matched or pattern.startswith("? ") else [pattern]
        covered |= matched
    for name in sorted(found.keys() - covered):
        print(f"{name}: {found[name]}")
    for pattern in stale:
        print(f"nothing differs any more: {pattern}")
    news = len(found.keys() - covered) + len(stale)
    print(f"api: {len(theirs) - len(found)} of {len(theirs)} facts equal, {len(covered)} listed differences, {news} others")
    sys.exit(bool(news))


if __name__ == "__main__":
    main()
