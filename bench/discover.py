"""Times `fastest discover` and `pytest --collect-only -q`: discover.py --fastest EXECUTABLE --python INTERPRETER [--runs N]

Writes bench/results/discover.json and prints a table. Both must tell the same tests in the same order: where they do
not, there is no result. "no index": .pytest_cache is removed before each run. "one changed": a line is added to one
file before each run, and the index is brought up to date; its twin in the same round changes nothing. A file that has
changed a moment ago is read again whatever the index says, so every round begins when that moment has passed.
"""
import argparse
import os
import shutil
import statistics
import sys
import time

import generate
from measure import WORK, launch, own_binary, save

SETTLED_S = 2.6
SIZES = ["plain10k", "plain100k", "plain1m"]


class Project:
    """A generated suite, and the commands that look at it."""

    def __init__(self, suite, fastest, python):
        self.folder = WORK / f"discover-{suite}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.tests = generate.write(suite, self.folder)
        self.python = python
        self.discover = [fastest, "discover", "--python", python]
        self.pytest = [python, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]

    def run(self, command, *options):
        """(seconds, peak KiB); the output is in WORK / output.txt."""
        status, wall_s, peak_kib, _ = launch(self.python, [*command, *options], self.folder)
        if status != 0:
            sys.exit(f"{' '.join(command)}: exit status {status}")
        return wall_s, peak_kib

    def ids(self):
        return [line for line in (WORK / "output.txt").read_text().splitlines() if "::" in line]

    def forget(self):
        shutil.rmtree(self.folder / ".pytest_cache", ignore_errors=True)

    def warm(self):
        time.sleep(SETTLED_S)
        for _ in range(3):
            self.run(self.discover, "-o", "count")


def against_pytest(project, runs):
    """Two rows: without an index and with a warm one, each against the same runs of pytest."""
    seconds = {"pytest": [], "no index": [], "warm": []}
    project.run(project.pytest)  # writes bytecode
    expected = project.ids()
    for _ in range(runs):
        seconds["pytest"].append(project.run(project.pytest)[0])
        project.forget()
        seconds["no index"].append(project.run(project.discover, "-q")[0])
        if project.ids() != expected:
            sys.exit("fastest and pytest tell different tests: no result")
    project.warm()
    for _ in range(runs * 3):
        seconds["warm"].append(project.run(project.discover, "-q")[0])
        if project.ids() != expected:
            sys.exit("fastest and pytest tell different tests: no result")
    return {name: statistics.median(times) for name, times in seconds.items()}


def one_changed(project, rounds):
    """Medians of runs that find one file changed, and of their twins that find none."""
    changed, unchanged = [], []
    files = sorted(project.folder.rglob("test_*.py"))
    project.warm()
    for turn in range(rounds):
        project.run(project.discover, "-o", "count")
        unchanged.append(project.run(project.discover, "-o", "count")[0])
        with open(files[turn * 37 % len(files)], "a") as file:
            file.write(f"# turn {turn}\n")
        changed.append(project.run(project.discover, "-o", "count")[0])
        time.sleep(SETTLED_S)
    return {"unchanged": statistics.median(unchanged), "changed": statistics.median(changed)}


def growth(project, runs):
    project.forget()
    cold = [project.run(project.discover, "-q")]
    project.warm()
    warm = [project.run(project.discover, "-q") for _ in range(runs)]
    return {
        "tests": project.tests,
        "cold_s": cold[0][0],
        "cold_peak_kib": cold[0][1],
        "warm_s": statistics.median(wall_s for wall_s, _ in warm),
        "warm_peak_kib": max(peak_kib for _, peak_kib in warm),
    }


def print_ratio(name, ours_s, theirs_s, reach, aim):
    ratio = theirs_s / ours_s
    print(f"{name:42}{ours_s * 1000:9.2f} ms{theirs_s * 1000:10.1f} ms{ratio:8.1f}x   (reach {reach}x, aim {aim}x)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fastest", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    python = own_binary(parser, options.python)
    fastest = os.path.abspath(options.fastest)
    WORK.mkdir(exist_ok=True)
    results = {}

    small = Project("plain10k", fastest, python)
    results["plain10k"] = seen = against_pytest(small, options.runs)
    print_ratio("discover -q, plain10k, no index", seen["no index"], seen["pytest"], 200, 400)
    print_ratio("discover -q, plain10k, warm index", seen["warm"], seen["pytest"], 400, 800)

    large = Project("plain100k", fastest, python)
    results["one changed"] = seen = one_changed(large, options.runs)
    print(f"discover -o count, 100,000 tests, one changed {seen['changed'] * 1000:6.2f} ms{seen['unchanged'] * 1000:10.2f} ms"
          f"{seen['changed'] / seen['unchanged']:8.2f}x   (reach 1.5x, aim 1.1x)", flush=True)

    results["growth"] = []
    for suite in SIZES:
        seen = growth(Project(suite, fastest, python), options.runs)
        results["growth"].append(seen)
        print(f"growth, {seen['tests']:9,} tests: no index {seen['cold_s'] * 1e6 / seen['tests']:6.2f} us a test, warm "
              f"{seen['warm_s'] * 1e6 / seen['tests']:6.2f} us; peak {seen['cold_peak_kib'] * 1024 / seen['tests']:6.0f} "
              f"and {seen['warm_peak_kib'] * 1024 / seen['tests']:6.0f} bytes a test", flush=True)
    print("(peak at 1,000,000: reach 400 bytes a test, aim 150)")
    save("discover.json", python, **results)


main()
