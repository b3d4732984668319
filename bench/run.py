"""Times fastest and pytest in turn: run.py --fastest EXECUTABLE --python INTERPRETER [--runs N] [ROW...]

Writes bench/results/latest.json and prints a table. Both runners get the same suite, the same arguments and a warm
bytecode cache (the row `asserts-cold` none), and must report the same counts: a row where they do not is no result. The rows of OWN_ROWS
hold fastest against itself.
"""
import argparse
import os
import shutil
import statistics
import sys

import generate
from measure import OWN_ROWS, ROWS, WORK, check_rows, drop_bytecode, launch, own_binary, save, summary


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


def measure_own(name, fastest, python, least_runs):
    """The row's run and the one that it is held against, in turn; both must run one test."""
    suite, arguments, other_suite, _, _ = OWN_ROWS[name]
    commands = {name: (WORK / f"{name}-many", suite, arguments), other_suite: (WORK / f"{name}-other", other_suite, [])}
    seconds = {label: [] for label in commands}
    for folder, its_suite, _ in commands.values():
        shutil.rmtree(folder, ignore_errors=True)
        generate.write(its_suite, folder)
        launch(python, fastest, folder)  # everything once: the bytecode is cached
    for turn in range(max(15, least_runs) + 1):
        for label, (folder, _, words) in commands.items():
            status, wall_s, _, last_line = launch(python, [*fastest, *words], folder)
            if summary(status, last_line) != [0, [("1", "passed")]]:
                sys.exit(f"{name}: {label} says {last_line!r}")
            if turn:
                seconds[label].append(wall_s)
    ratio = statistics.median(ours / other for ours, other in zip(seconds[name], seconds[other_suite]))
    return {"row": name, "against": other_suite, "ratio": ratio, "seconds": seconds}


def print_own_row(row):
    own, other = (statistics.median(row["seconds"][label]) for label in (row["row"], row["against"]))
    at_most, aim = OWN_ROWS[row["row"]][3:]
    print(
        f"{row['row']:13}{own * 1000:9.1f} ms, {row['against']} of the same build {other * 1000:.1f} ms: "
        f"{row['ratio']:.3f}x   (at most {at_most}x, aim {aim}x)",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fastest", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--runs", type=int, default=0, help="at least so many runs of each")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join([*ROWS, *OWN_ROWS]))
    options = parser.parse_args()
    check_rows(parser, options.rows, [*ROWS, *OWN_ROWS])
    python = own_binary(parser, options.python)
    runners = {
        "fastest": [os.path.abspath(options.fastest), "--python", python],
        "pytest": [python, "-m", "pytest"],
        "bare": [python, "-c", "pass"],
    }
    WORK.mkdir(exist_ok=True)
    print("row              fastest       pytest    bare   fastest     pytest   mem   ratio")
    rows = []
    for name in [name for name in options.rows or ROWS if name in ROWS]:
        rows.append(measure(name, runners, python, options.runs))
        print_row(rows[-1])
    own_rows = []
    for name in [name for name in options.rows or OWN_ROWS if name in OWN_ROWS]:
        own_rows.append(measure_own(name, runners["fastest"], python, options.runs))
        print_own_row(own_rows[-1])
    save("latest.json", python, rows=rows, own_rows=own_rows)
    return 0 if all(is_honest(row) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
