"""Times `fastest discover` and `pytest --collect-only -q`: discover.py --fastest EXECUTABLE --python INTERPRETER [--runs N]

Writes bench/results/discover.json and prints a table. Both must tell the same tests in the same order: where they do
not, there is no result. "no index": .pytest_cache is removed before each run, which comes behind one of pytest or, "in
a row", of its own. "one changed": a line is added to one file before each run, and the index is brought up to date; its
twin in the same round changes nothing. A file that has changed a moment ago is read again whatever the index says, so
every round begins when that moment has passed.
"""
import argparse
import os
import shutil
import statistics
import sys
import time
import typing

import generate
from measure import WORK, launch_measured, own_binary, save

SETTLED_S = 2.6
SIZES = ["plain10k", "plain100k", "plain1m"]


class Run(typing.NamedTuple):
    wall_s: float
    processor_s: float
    peak_kib: int


def medians(runs):
    """[wall, processor] seconds: on a busy machine the second one tells more."""
    return [statistics.median(run.wall_s for run in runs), statistics.median(run.processor_s for run in runs)]


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
        """What it took; the output is in WORK / output.txt."""
        status, wall_s, peak_kib, processor_s = launch_measured(self.python, [*command, *options], self.folder)
        if status != 0:
            sys.exit(f"{' '.join(command)}: exit status {status}")
        return Run(wall_s, processor_s, peak_kib)

    def ids(self):
        return [line for line in (WORK / "output.txt").read_text().splitlines() if "::" in line]

    def forget(self):
        shutil.rmtree(self.folder / ".pytest_cache", ignore_errors=True)

    def warm(self):
        time.sleep(SETTLED_S)
        for _ in range(3):
            self.run(self.discover, "-o", "count")


def against_pytest(project, runs):
    """Rows without an index and with a warm one, each against the same runs of pytest.

    A run behind pytest's finds the processor's caches full of pytest: "no index" is told in turn with it and in a row.
    """
    seen = {"pytest": [], "no index": [], "no index, in a row": [], "warm": []}
    project.run(project.pytest)  # writes bytecode
    expected = project.ids()
    for _ in range(runs):
        seen["pytest"].append(project.run(project.pytest))
        project.forget()
        seen["no index"].append(project.run(project.discover, "-q"))
        if project.ids() != expected:
            sys.exit("fastest and pytest tell different tests: no result")
    for _ in range(runs * 3):
        project.forget()
        seen["no index, in a row"].append(project.run(project.discover, "-q"))
    project.warm()
    for _ in range(runs * 3):
        seen["warm"].append(project.run(project.discover, "-q"))
        if project.ids() != expected:
            sys.exit("fastest and pytest tell different tests: no result")
    return {name: medians(got) for name, got in seen.items()}


def one_changed(project, rounds):
    """Medians of runs that find one file changed, and of their twins that find none."""
    changed, unchanged = [], []
    files = sorted(project.folder.rglob("test_*.py"))
    project.warm()
    for turn in range(rounds):
        project.run(project.discover, "-o", "count")
        unchanged.append(project.run(project.discover, "-o", "count"))
        with open(files[turn * 37 % len(files)], "a") as file:
            file.write(f"# turn {turn}\n")
        changed.append(project.run(project.discover, "-o", "count"))
        time.sleep(SETTLED_S)
    return {"unchanged": medians(unchanged), "changed": medians(changed)}


def growth(project, runs):
    project.forget()
    cold = project.run(project.discover, "-q")
    project.warm()
    warm = [project.run(project.discover, "-q") for _ in range(runs)]
    return {
        "tests": project.tests,
        "no index": [cold.wall_s, cold.processor_s],
        "warm": medians(warm),
        "peak_bytes": max(run.peak_kib for run in [cold, *warm]) * 1024,
    }


def print_ratio(name, ours, theirs, aims):
    ratios = [their_s / our_s for our_s, their_s in zip(ours, theirs)]
    print(
        f"{name:38}{ours[0] * 1000:9.2f} ms{theirs[0] * 1000:10.2f} ms{ratios[0]:9.2f}x   processors {ours[1] * 1000:7.2f} ms"
        f"{theirs[1] * 1000:10.2f} ms{ratios[1]:9.2f}x   ({aims})",
        flush=True,
    )


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
    print_ratio("discover -q, 10,000 tests, no index", seen["no index"], seen["pytest"], "reach 200x, aim 400x")
    in_a_row = seen["no index, in a row"]
    print_ratio("the same, in a row", in_a_row, seen["pytest"], "reach 200x, aim 400x")
    print_ratio("discover -q, 10,000 tests, warm index", seen["warm"], seen["pytest"], "reach 400x, aim 800x")

    large = Project("plain100k", fastest, python)
    results["one changed"] = seen = one_changed(large, options.runs)
    print_ratio("-o count, 100,000 tests, one changed", seen["unchanged"], seen["changed"], "at most 1.5x, aim 1.1x")

    results["growth"] = []
    for suite in SIZES:
        seen = growth(Project(suite, fastest, python), options.runs)
        results["growth"].append(seen)
        each_us = [seen[name][1] * 1e6 / seen["tests"] for name in ("no index", "warm")]
        print(f"growth: {seen['tests']:9,} tests, {each_us[0]:5.2f} us of a processor for each without an index, {each_us[1]:5.2f} us "
              f"with, peak {seen['peak_bytes'] / seen['tests']:5.0f} bytes each", flush=True)
    print("(at 1,000,000 tests: at most 400 bytes each, aim 150)")
    save("discover.json", python, **results)


main()
