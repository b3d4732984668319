"""Times two commits in turn: against.py --base COMMIT --python INTERPRETER [--pairs N] [ROW...]

Builds both, each in a worktree of its own below bench/work/trees, and runs base, head and base again (the control) in
every round, in alternating order. A row is slower when the median of head / base is above 1.05 and above what the
control differs from its own twin. Writes bench/results/against.json.
"""
import argparse
import shutil
import statistics
import subprocess
import sys

import generate
from measure import HERE, ROWS, WORK, check_rows, drop_bytecode, launch, own_binary, save, summary

TOP = HERE.parent
TREES = WORK / "trees"
ALLOWED_RATIO = 1.05


def git(*words):
    return subprocess.run(["git", "-C", str(TOP), *words], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def build(name, commit):
    """The executable of that commit."""
    tree = TREES / name
    if not tree.exists():
        git("worktree", "prune")
        git("worktree", "add", "--detach", str(tree), commit)
    subprocess.run(["git", "-C", str(tree), "checkout", "--quiet", "--detach", commit], check=True)
    if not (tree / ".venv").exists():
        (tree / ".venv").symlink_to(TOP / ".venv")
    subprocess.run(["make", "-C", str(tree), "build"], check=True, stdout=subprocess.DEVNULL)
    return str(tree / "build" / "fastest")


def measure(row, variants, python, pairs):
    """Seconds of each variant, run by run; all must say the same about their tests."""
    suite, is_cold = ROWS[row][:2]
    folders = {name: WORK / "against" / row / name for name in variants}
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
        generate.write(suite, folder)
    seconds = {name: [] for name in variants}
    said = {}
    for turn in range(pairs + 1):  # the first warms the caches and is not counted
        for name in variants if turn % 2 else reversed(variants):
            if is_cold:
                drop_bytecode(folders[name])
            status, wall_s, _, last_line = launch(python, [variants[name], "--python", python], folders[name])
            said[name] = summary(status, last_line)
            if turn:
                seconds[name].append(wall_s)
    if any(what != said["base"] for what in said.values()):
        sys.exit(f"{row}: not the same results: {said}")
    return seconds


def judge(row, seconds):
    """The row's result: ratios of pairs, the control's spread, and a word."""
    ratios = [new / base for new, base in zip(seconds["head"], seconds["base"])]
    control = sorted(again / base for again, base in zip(seconds["control"], seconds["base"]))
    low, high = control[len(control) // 6], control[-1 - len(control) // 6]
    spread = 1 + (high - low) / 2  # half of what two thirds of the pairs span
    ratio = statistics.median(ratios)
    limit = max(ALLOWED_RATIO, spread)
    verdict = "slower" if ratio > limit else "faster" if ratio < 1 / limit else "same"
    return {
        "row": row,
        "median_ratio": ratio,
        "control_median_ratio": statistics.median(control),
        "control_spread": spread,
        "verdict": verdict,
        "median_s": {name: statistics.median(values) for name, values in seconds.items()},
        "seconds": seconds,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True, help="the commit to compare with")
    parser.add_argument("--head", default="HEAD", help="the commit to judge")
    parser.add_argument("--python", required=True)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    options = parser.parse_args()
    check_rows(parser, options.rows)
    python = own_binary(parser, options.python)
    commits = {name: git("rev-parse", "--verify", commit + "^{commit}") for name, commit in
               (("base", options.base), ("head", options.head))}
    if git("status", "--porcelain", "--untracked-files=no"):
        print("note: what is not committed is not measured")
    WORK.mkdir(exist_ok=True)
    executables = {name: build(name, commit) for name, commit in commits.items()}
    variants = {"base": executables["base"], "head": executables["head"], "control": executables["base"]}
    print(f"{'row':13}{'base':>11}{'head':>11}   ratio  control  spread  verdict")
    results = []
    for row in options.rows or ROWS:
        result = judge(row, measure(row, variants, python, options.pairs))
        results.append(result)
        print(
            f"{row:13}{result['median_s']['base'] * 1000:8.1f} ms{result['median_s']['head'] * 1000:8.1f} ms"
            f"{result['median_ratio']:8.3f}{result['control_median_ratio']:9.3f}{result['control_spread']:8.3f}"
            f"  {result['verdict']}",
            flush=True,
        )
    save("against.json", python, commits=commits, pairs=options.pairs, rows=results)
    return int(any(result["verdict"] == "slower" for result in results))


if __name__ == "__main__":
    sys.exit(main())
