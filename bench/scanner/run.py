"""Times the scanner's engines against ast.parse on the same files: run.py BENCH_PROGRAM [PATH...]

Default: the tests of the running interpreter's standard library. Both read sources that are in memory, on one thread,
in turn; of each file the best time counts, of ast.parse the time on the processor, which others cannot lengthen.
Writes bench/results/scanner.json and prints a table.
"""
import ast
import json
import pathlib
import platform
import subprocess
import sys
import sysconfig
import time
import warnings

TURNS = 5
REACH, AIM = 75, 160


def understood(root):
    """The files below a folder that ast.parse takes, with their bytes."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        try:
            source = path.read_bytes()
            ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        found[path] = source
    return found


def parse_all(sources, best):
    for path, source in sources.items():
        start = time.process_time()
        ast.parse(source)
        best[path] = min(time.process_time() - start, best.get(path, float("inf")))


def scan_all(program, paths):
    given = "".join(f"{path}\n" for path in paths).encode()
    output = subprocess.run([program], input=given, stdout=subprocess.PIPE, check=True).stdout.decode()
    return {engine: float(seconds) for engine, _, seconds in (line.split() for line in output.splitlines())}


def main():
    program, *roots = sys.argv[1:]
    warnings.simplefilter("ignore")
    sources = {}
    for root in roots or [pathlib.Path(sysconfig.get_path("stdlib")) / "test"]:
        sources.update(understood(pathlib.Path(root)))
    size = sum(map(len, sources.values()))
    parse_times, best = {}, {}
    for _ in range(TURNS):
        parse_all(sources, parse_times)
        for name, seconds in scan_all(program, sources).items():
            best[name] = min(seconds, best.get(name, seconds))
    best = {"ast.parse": sum(parse_times.values()), **best}
    print(f"{len(sources)} files, {size / 1e6:.1f} MB, CPython {platform.python_version()}")
    rows = {}
    for name, seconds in best.items():
        rows[name] = {"mb_per_s": size / seconds / 1e6, "ratio": best["ast.parse"] / seconds}
        print(f"{name:10}{rows[name]['mb_per_s']:10.1f} MB/s{rows[name]['ratio']:9.1f}x")
    print(f"(reach {REACH}x, aim {AIM}x)")
    results = pathlib.Path(__file__).resolve().parent.parent / "results"
    results.mkdir(exist_ok=True)
    (results / "scanner.json").write_text(json.dumps({"files": len(sources), "bytes": size, "rows": rows}, indent=1))
    return max(row["ratio"] for row in rows.values()) < REACH


sys.exit(main())
