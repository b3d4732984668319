"""Times fastest and pytest in turn: run.py --fastest EXECUTABLE --python INTERPRETER [--runs N] [ROW...]

Writes bench/results/latest.json and prints a table. Both runners get the same suite, the same arguments and a warm
bytecode cache (the row `asserts-cold` none), and must report the same counts: a row where they do not is no result.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys

import generate

HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE / "work"
RESULTS = HERE / "results" / "latest.json"
# Row: suite, whether the bytecode cache is removed before every run, runs at least, ratio to reach, ratio to aim for.
ROWS = {
    "one": ("one", False, 15, 7, None),
    "plain10k": ("plain10k", False, 5, 40, 100),
    "mixed": ("mixed", False, 5, 12, 25),
    "asserts-warm": ("asserts", False, 5, 15, 30),
    "asserts-cold": ("asserts", True, 5, 12, 20),
    "failing": ("failing", False, 5, 8, 15),
    "params": ("params", False, 5, 30, 80),
}
COUNTS = re.compile(r"(\d+) (passed|failed|skipped|xfailed|xpassed|error|errors|warning|warnings)\b")


def clean_environment():
    unset = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "PYTEST_ADDOPTS", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if name not in unset}
    env["COLUMNS"] = "100"
    return env


def launch(python, command, folder):
    """(exit status, seconds, KiB, last line of output)."""
    output = WORK / "output.txt"
    words = [python, "-I", "-S", str(HERE / "launch.py"), str(output), *command]
    got = subprocess.run(words, cwd=folder, env=clean_environment(), stdout=subprocess.PIPE, check=True)
    status, wall_s, peak_kib = json.loads(got.stdout)
    lines = output.read_text(errors="replace").strip().splitlines()
    return status, wall_s, peak_kib, lines[-1] if lines else ""


def drop_bytecode(folder):
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)


def summary(status, last_line):
    return [status, sorted(COUNTS.findall(last_line))]


def measure(name, runners, python, least_runs):
    suite, is_cold, runs, _, _ = ROWS[name]
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    tests = generate.write(suite, folder)
    seen = {runner: {"seconds": [], "peak_kib": [], "summary": None} for runner in runners}
    for turn in range(max(runs, least_runs) + 1):  # the first turn warms the caches and is not counted
        for runner, command in runners.items():
            if is_cold:
                drop_bytecode(folder)
            status, wall_s, peak_kib, last_line = launch(python, command, folder)
            seen[runner]["summary"] = summary(status, last_line)
            if turn:
                seen[runner]["seconds"].append(wall_s)
                seen[runner]["peak_kib"].append(peak_kib)
    for got in seen.values():
        got["median_s"] = statistics.median(got["seconds"])
        got["median_peak_kib"] = statistics.median(got["peak_kib"])
    return {"row": name, "tests": tests, **seen}


def is_honest(row):
    """Both ran everything and say the same."""
    status, counts = row["pytest"]["summary"]
    total = sum(int(count) for count, what in counts if not what.startswith("warning"))
    return row["fastest"]["summary"] == row["pytest"]["summary"] and total == row["tests"]


def print_row(row):
    ours, theirs, bare = row["fastest"], row["pytest"], row["bare"]
    ratio = theirs["median_s"] / ours["median_s"]
    reach, aim = ROWS[row["row"]][3:]
    verdict = f"{ratio:6.1f}x" if is_honest(row) else "NO RESULT: %s / %s" % (ours["summary"], theirs["summary"])
    print(
        f"{row['row']:13}{ours['median_s'] * 1000:9.1f} ms{theirs['median_s'] * 1000:10.1f} ms"
        f"{bare['median_s'] * 1000:8.1f} ms{ours['median_peak_kib'] / 1024:8.1f} MB"
        f"{theirs['median_peak_kib'] / 1024:8.1f} MB   {ours['median_peak_kib'] / theirs['median_peak_kib']:.2f}  {verdict}"
        f"   (reach {reach}x{f', aim {aim}x' if aim else ''}; {ours['median_s'] / bare['median_s']:.2f} x bare)",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fastest", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--runs", type=int, default=0, help="at least so many runs of each")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    options = parser.parse_args()
    unknown = set(options.rows) - set(ROWS)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    python = os.path.abspath(options.python)
    with open(python, "rb") as binary:
        if binary.read(4) != b"\x7fELF":
            parser.error(f"{python} is not an interpreter's own binary: a wrapper would be timed with it")
    runners = {
        "fastest": [os.path.abspath(options.fastest), "--python", python],
        "pytest": [python, "-m", "pytest"],
        "bare": [python, "-c", "pass"],
    }
    WORK.mkdir(exist_ok=True)
    print("row              fastest       pytest    bare   fastest     pytest   mem   ratio")
    rows = []
    for name in options.rows or ROWS:
        rows.append(measure(name, runners, python, options.runs))
        print_row(rows[-1])
    version = subprocess.run([python, "-VV"], stdout=subprocess.PIPE, text=True).stdout.strip()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps(
            {
                "date": datetime.datetime.now().isoformat(timespec="seconds"),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
                "python": version,
                "rows": rows,
            },
            indent=1,
        )
        + "\n"
    )
    return 0 if all(is_honest(row) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
