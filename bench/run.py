"""Times fastest and pytest in turn: run.py --fastest EXECUTABLE --python INTERPRETER [--runs N] [ROW...]

Writes bench/results/latest.json and prints a table. Both runners get the same suite, the same arguments and a warm
bytecode cache (the row `asserts-cold` none), and must report the same counts: a row where they do not is no result.
"""
import argparse
import os
import shutil
import statistics
import sys

import generate
from measure import ROWS, WORK, check_rows, drop_bytecode, launch, own_binary, save, summary


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
    check_rows(parser, options.rows)
    python = own_binary(parser, options.python)
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
    save("latest.json", python, rows=rows)
    return 0 if all(is_honest(row) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
