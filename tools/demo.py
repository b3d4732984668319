"""Shows fastest and pytest side by side on a project: demo.py --fastest EXECUTABLE --python INTERPRETER FOLDER"""
import argparse
import os
import re
import subprocess
import sys
import time

RUNS = 3


def run(command, folder):
    """(best seconds of a few runs, exit status, output): the first run warms the caches."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    best = None
    for turn in range(RUNS + 1):
        start = time.perf_counter()
        got = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        seconds = time.perf_counter() - start
        if turn:
            best = min(seconds, best or seconds)
    return best, got.returncode, got.stdout


def without_times(output):
    return re.sub(r"\b0x[0-9a-f]+", "ADDRESS", re.sub(r"\bin \d+\.\d\ds", "in TIME", output)).replace("=", "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fastest", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("folder")
    options = parser.parse_args()
    python = os.path.abspath(options.python)
    ours = run([os.path.abspath(options.fastest), "--python", python], options.folder)
    theirs = run([python, os.path.join(os.path.dirname(python), "pytest")], options.folder)
    for name, (seconds, status, output) in (("fastest", ours), ("pytest", theirs)):
        print(f"\n######## {name}: exit status {status}, {seconds * 1000:.0f} ms\n\n{output}")
    same = ours[1] == theirs[1] and without_times(ours[2]) == without_times(theirs[2])
    print(f"output and exit status: {'the same' if same else 'DIFFERENT'}")
    print(f"fastest {ours[0] * 1000:.0f} ms, pytest {theirs[0] * 1000:.0f} ms: {theirs[0] / ours[0]:.1f} times faster")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
