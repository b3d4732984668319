"""Holds what discovery calls exact against what pytest collects.

    compare.py --pytest PYTHON --dump PROGRAM [--reasons] PROJECT [argument ...]     one project
    compare.py --pytest PYTHON --dump PROGRAM --cases [case ...]                     the projects of this folder

PROGRAM is discover_dump. Every test that it calls exact must be collected, in the same order among the exact ones;
a file that it calls exact must have no others. Prints what differs, and how much was exact.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
ORACLE = """
import json, sys, pytest
class Plugin:
    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        with open(sys.argv[1], "w") as file:
            json.dump([item.nodeid for item in session.items], file)
sys.exit(pytest.main(["--collect-only", "-q", *sys.argv[2:]], plugins=[Plugin()]))
"""


def ask_pytest(python, project, arguments):
    with tempfile.NamedTemporaryFile("r", suffix=".json") as answer:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1"}
        done = subprocess.run(
            [python, "-c", ORACLE, answer.name, "-p", "no:cacheprovider", *arguments],
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=300,
        )
        text = pathlib.Path(answer.name).read_text()
    return json.loads(text) if text else [], done.stdout


def ask_discovery(dump, python, project, arguments):
    """(exact ids in order, all ids, exact files, reason -> count of tests)"""
    done = subprocess.run(
        [dump, project, python, *arguments], stdout=subprocess.PIPE, text=True, errors="replace", timeout=300
    )
    if done.returncode < 0:
        raise SystemExit(f"{dump} died: {done.returncode}")
    exact, everything, files, reasons = [], [], {}, collections.Counter()
    for line in done.stdout.split("\n"):
        first, _, rest = line.partition("\t")
        if line.startswith("## "):
            if line[3:]:
                reasons[line[3:]] += 1
        elif line.startswith("# "):
            name, _, reason = rest.partition("\t")
            files[name] = first == "# exact"
            if reason:
                reasons["file: " + reason] += 1
        elif line.startswith("! "):
            reasons[line] += 1
        elif rest.startswith('"'):
            rest = json.loads(rest)
            everything.append(rest)
            if first == "exact":
                exact.append(rest)
            else:
                reasons[first] += 1
    return exact, everything, files, reasons


def differences(collected, exact, everything, files):
    """Lines that say what is wrong."""
    counts = collections.Counter(collected)
    for test in exact:
        if not counts[test]:
            yield f"exact, but not collected: {test}"
    wanted = set(exact)
    left = [test for test in collected if test in wanted]
    if sorted(left) == sorted(exact) and left != exact:
        at = next(i for i, (a, b) in enumerate(zip(left, exact)) if a != b)
        yield f"another order: pytest has {left[at]}, discovery {exact[at]}"
    elif len(left) != len(exact) and all(counts[test] for test in exact):
        yield f"{len(exact)} exact ids, collected {len(left)} times"
    for test in collected:
        file = test.split("::")[0]
        if files.get(file) and test not in wanted:
            yield f"not found in an exact file: {test}"


def compare(options, project, arguments, label):
    collected, output = ask_pytest(options.pytest, project, arguments)
    exact, everything, files, reasons = ask_discovery(options.dump, options.pytest, project, arguments)
    problems = list(differences(collected, exact, everything, files))
    for line in problems[:20]:
        print(f"{label}: {line}")
    if problems and options.verbose:
        print(output[-3000:])
    if options.reasons:
        for reason, count in reasons.most_common(40):
            print(f"    {count:5} {reason}")
    share = f"{len(exact)} of {len(collected)} exact, {sum(files.values())} of {len(files)} files"
    return len(problems), share, len(exact)


def read_cases(names):
    """(folder, arguments) of each line of a case's `cmd`."""
    for path in sorted(HERE.glob("*/cmd")):
        if not names or path.parent.name in names:
            for line in path.read_text().splitlines() or [""]:
                yield path.parent, line.split()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pytest", required=True)
    parser.add_argument("--dump", required=True)
    parser.add_argument("--reasons", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--cases", action="store_true")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    options.pytest, options.dump = os.path.abspath(options.pytest), os.path.abspath(options.dump)
    if options.cases:
        jobs = [(folder, words, f"{folder.name} {' '.join(words)}") for folder, words in read_cases(options.rest)]
    else:
        jobs = [(pathlib.Path(options.rest[0]).resolve(), options.rest[1:], options.rest[0])]
    bad = 0
    for folder, words, label in jobs:
        problems, share, _ = compare(options, str(folder), words, label)
        bad += problems
        if not options.cases:
            print(f"{label}: {share}")
    print(f"{len(jobs)} compared, {bad} differences")
    return 1 if bad or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
