"""What run.py and against.py share: the rows, and one timed run of one command."""
import datetime
import functools
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE / "work"
RESULTS = HERE / "results"
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
# Rows of fastest against itself: suite, arguments, against which suite, at most the ratio, ratio to aim for.
OWN_ROWS = {"one-of-10k": ("plain10k", ["test_plain_250.py::test_7"], "one", 1.2, 1.05)}
COUNTS = re.compile(r"(\d+) (passed|failed|skipped|xfailed|xpassed|error|errors|warning|warnings)\b")


def clean_environment():
    unset = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "PYTEST_ADDOPTS", "VIRTUAL_ENV")
    env = {name: value for name, value in os.environ.items() if name not in unset}
    env["COLUMNS"] = "100"
    return env


@functools.cache
def launcher(python):
    words = [python, "-I", "-S", str(HERE / "launch.py")]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def launch_measured(python, command, folder):
    """[exit status, seconds, KiB, seconds of processors]; the output is in WORK / output.txt."""
    process = launcher(python)
    question = [str(WORK / "output.txt"), str(folder), clean_environment(), [str(word) for word in command]]
    print(json.dumps(question), file=process.stdin, flush=True)
    return json.loads(process.stdout.readline())


def launch(python, command, folder):
    """(exit status, seconds, KiB, last line of output)."""
    status, wall_s, peak_kib, _ = launch_measured(python, command, folder)
    output = WORK / "output.txt"
    lines = output.read_text(errors="replace").strip().splitlines()
    return status, wall_s, peak_kib, lines[-1] if lines else ""


def drop_bytecode(folder):
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)


def summary(status, last_line):
    return [status, sorted(COUNTS.findall(last_line))]


def check_rows(parser, rows, known=ROWS):
    unknown = set(rows) - set(known)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(known)}")


def own_binary(parser, python):
    """The interpreter's path; an error when it is a script that starts another one."""
    python = os.path.abspath(python)
    with open(python, "rb") as binary:
        if binary.read(4) != b"\x7fELF":
            parser.error(f"{python} is not an interpreter's own binary: a wrapper would be timed with it")
    return python


def save(name, python, **results):
    """Writes bench/results/NAME, with where and when it was measured."""
    version = subprocess.run([python, "-VV"], stdout=subprocess.PIPE, text=True).stdout.strip()
    about = {
        "date": datetime.datetime.now().isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "python": version,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / name).write_text(json.dumps({**about, **results}, indent=1) + "\n")
