"""Real projects' suites, and pytest's own, as judges: run.py --fastest EXECUTABLE --python INTERPRETER [NAME...]

NAME is a suite of suites.json, or `own`: pytest's own tests. Everything is prepared once, under conformance/work.
Each project's suite runs under `fastest verify`: ids, order, outcomes and exit status must be equal. Of pytest's own
suite the figure is printed; it does not decide the exit status.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

import own_suite

HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE / "work"
SUITES = json.loads((HERE / "suites.json").read_text())
PYTEST = "pytest==9.2.0"
TIMEOUT_S = 900


def environment():
    unset = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "PYTEST_ADDOPTS", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if name not in unset}
    env["COLUMNS"] = "100"
    return env


def prepare(name, python):
    """The project's source and an environment of its own; None when it cannot be had."""
    home, suite = WORK / name, SUITES[name]
    env, source, done = home / "env", home / "src", home / "done"
    if done.exists():
        return home
    pip = [str(env / "bin/python"), "-m", "pip", "-q", "--disable-pip-version-check"]
    source.mkdir(parents=True, exist_ok=True)
    steps = [
        [python, "-m", "venv", str(env)],
        [*pip, "download", "--no-deps", "--no-binary", name, "-d", str(home), f"{name}=={suite['version']}"],
        ["sh", "-c", f"tar xf {home}/*.tar.gz -C {source} --strip-components=1"],
        [*pip, "install", "-e", str(source), PYTEST, *suite["requirements"]],
    ]
    for step in steps:
        got = subprocess.run(step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if got.returncode:
            print(f"{name}: cannot be prepared: {got.stdout.strip()[-400:]}")
            return None
    done.touch()
    return home


def verify(name, fastest, python):
    """Whether fastest and pytest are equal on it; prints what verify says."""
    home = prepare(name, python)
    if home is None:
        return False
    words = [fastest, "verify", "--python", str(home / "env/bin/python"), "-q", *SUITES[name]["arguments"]]
    try:
        got = subprocess.run(
            words,
            cwd=home / "src",
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        print(f"{name}: no end within {TIMEOUT_S} s")
        return False
    print("".join(f"{name}: {line}\n" for line in got.stdout.splitlines()), end="", flush=True)
    return got.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fastest", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    fastest, python = os.path.abspath(options.fastest), os.path.abspath(options.python)
    names = options.names or [*SUITES, "own"]
    unknown = set(names) - {*SUITES, "own"}
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    differ = [name for name in names if name != "own" and not verify(name, fastest, python)]
    if "own" in names:
        own_suite.run(WORK / "own", fastest, python)
    print("conformance: " + (f"different: {', '.join(differ)}" if differ else "every suite equal"))
    return bool(differ)


if __name__ == "__main__":
    sys.exit(main())
