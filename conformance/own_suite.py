"""pytest's own tests under the real pytest, while every pytest process that they start is fastest.

    own_suite.py --fastest EXECUTABLE --python INTERPRETER [--report FILE] [--only PART...]

Those judge a runner as a black box that start a process, use pytest's in-process API not at all, and pass when the
process is the real pytest. black-box-X.Y.txt lists them for CPython X.Y; for another version they are found once, by
running them all. What fails is run a second time, alone: a loaded machine is no difference. The report explains each
remaining failure with a line of own-suite-reasons.toml.
"""
import argparse
import collections
import glob
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE / "work" / "own"
VERSION = "9.2.0"
NEEDS = "attrs hypothesis pexpect pygments requests setuptools xmlschema exceptiongroup mock argcomplete pyyaml".split()
GOOD = ("passed", "xpassed", "xfailed")
LISTED = "3.13"  # the version that black-box-X.Y.txt is for


def version_of(python):
    done = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    return done.stdout.strip()


def find_python(given):
    """A CPython that the list is for, else the given one."""
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    for candidate in (given, shutil.which(f"python{LISTED}"), *sorted(glob.glob(f"{pyenv}/versions/{LISTED}.*/bin/python"))):
        if candidate and version_of(candidate) == LISTED:
            return candidate
    return given


def prepare(work, python):
    """An environment with the real pytest, and its source. Returns the ids of the black-box tests."""
    if not (work / "ready").exists():
        work.mkdir(parents=True, exist_ok=True)
        subprocess.run([python, "-m", "venv", work / "env"], check=True)
        pip = [work / "env/bin/python", "-m", "pip", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", f"pytest=={VERSION}", *NEEDS], check=True)
        subprocess.run([*pip, "download", "--no-deps", "--no-binary", "pytest", "-d", work, f"pytest=={VERSION}"], check=True)
        with tarfile.open(work / f"pytest-{VERSION}.tar.gz") as source:
            source.extractall(work)
        (work / "ready").touch()
    listed = HERE / f"black-box-{version_of(work / 'env/bin/python')}.txt"
    if not listed.exists():
        listed = work / "black-box.txt"
    if not listed.exists():
        print("own suite: finding the black-box tests (once, some minutes)", flush=True)
        records = judge(work, f"{work}/env/bin/python -m pytest", []).values()
        chosen = [r["id"] for r in records if r["launched"] and not r["in_process"] and r["outcome"] in GOOD]
        listed.write_text("\n".join(sorted(chosen)) + "\n")
    return listed.read_text().split("\n")[:-1]


def all_files(home):
    files = sorted(str(path.relative_to(home)) for path in (home / "testing").rglob("test_*.py"))
    files += ["testing/acceptance_test.py", "testing/deprecated_test.py"]
    files += sorted(str(path.relative_to(home)) for path in (home / "testing/python").glob("*.py") if not path.name.startswith("_"))
    return [name for name in dict.fromkeys(files) if "example_scripts" not in name and "plugins_integration" not in name]


def shards_of(arguments, count):
    """The arguments in `count` parts of about the same size, each file whole."""
    by_file = collections.defaultdict(list)
    for name in arguments:
        by_file[name.split("::")[0]].append(name)
    shards = [[] for _ in range(count)]
    for names in sorted(by_file.values(), key=len, reverse=True):
        min(shards, key=len).extend(names)
    return [shard for shard in shards if shard]


def judge(work, command, ids, workers=os.cpu_count() or 1):
    """Runs tests of pytest's suite (none given: all) in `workers` processes: {id: record}."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") and k not in ("CI", "BUILD_NUMBER", "PYTEST_ADDOPTS")}
    words = [work / "env/bin/python", "-m", "pytest", "-q", "-p", "redirect", "--runpytest=subprocess"]
    words += ["-p", "no:cacheprovider", "--tb=short", "--no-header", "-rN"]
    records = {}
    # The tests' projects must not lie within ours: its pyproject.toml would be theirs.
    with tempfile.TemporaryDirectory(prefix="own-suite-", ignore_cleanup_errors=True) as folder:
        running = []
        for number, shard in enumerate(shards_of(ids or all_files(work / f"pytest-{VERSION}"), workers)):
            log, listed = pathlib.Path(folder, f"outcomes-{number}"), pathlib.Path(folder, f"chosen-{number}")
            listed.write_text("\n".join(shard) + "\n")
            more = {"OWN_SUITE_COMMAND": command, "OWN_SUITE_LOG": str(log), "PYTHONPATH": str(HERE)}
            call = [*words, f"--basetemp={folder}/tmp-{number}", f"@{listed}"]
            silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            running.append((subprocess.Popen(call, cwd=work / f"pytest-{VERSION}", env=env | more, **silent), log))
        for process, log in running:
            process.wait()
            for record in map(json.loads, log.read_text().splitlines() if log.exists() else []):
                if record["id"] not in records or holds(records, record["id"]):
                    records[record["id"]] = record
    return records


def holds(records, name):
    return records.get(name, {}).get("outcome") in GOOD


def measure(work, fastest, python, only=()):
    """(all black-box ids, {id: why it fails})"""
    ids = [name for name in prepare(work, python) if not only or any(part in name for part in only)]
    command = f"{fastest} --python {work}/env/bin/python"
    records = judge(work, command, ids)
    short = [name for name in ids if not holds(records, name)]
    if short:
        records = judge(work, command, short, workers=1)
    return ids, {name: records.get(name, {}).get("why", "did not run") for name in short if not holds(records, name)}


def figure(ids, short):
    return f"{len(ids) - len(short)} of {len(ids)} hold ({100 * (len(ids) - len(short)) / max(1, len(ids)):.1f} %)"


def write_report(path, python, ids, short):
    reasons = tomllib.loads((HERE / "own-suite-reasons.toml").read_text())
    lines = [
        "# pytest's own tests",
        "",
        f"pytest {VERSION}'s tests that judge a runner as a black box, every pytest process replaced by fastest",
        f"(`make own-suite`, CPython {version_of(python)}): **{figure(ids, short)}**.",
        "",
    ]
    if short:
        lines += ["| file | short | of |", "|---|---|---|"]
        count = collections.Counter(name.split("::")[0] for name in short)
        total = collections.Counter(name.split("::")[0] for name in ids)
        lines += [f"| {name} | {number} | {total[name]} |" for name, number in count.most_common()]
        lines += ["", "| test | why |", "|---|---|"]
        lines += [f"| {name.removeprefix('testing/')} | {reasons.get(name, 'unexplained')} |" for name in short]
    path.write_text("\n".join(lines).rstrip() + "\n")
    unexplained = [name for name in short if name not in reasons]
    outdated = [name for name in reasons if name in ids and name not in short]
    for name in unexplained:
        print(f"own suite: unexplained: {name}: {short[name]}")
    for name in outdated:
        print(f"own suite: explained, but holds: {name}")


def run(work, fastest, python, report=None, only=()):
    """Prints how many of the black-box tests hold, and where they do not."""
    ids, short = measure(work, fastest, find_python(python), only)
    for name, count in collections.Counter(name.split("::")[0] for name in short).most_common():
        print(f"own suite: {count:4} short in {name}")
    if report:
        write_report(report, work / "env/bin/python", ids, short)
    print(f"own suite: {figure(ids, short)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fastest", required=True, type=os.path.abspath)
    parser.add_argument("--python", required=True, type=os.path.abspath)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--only", nargs="*", default=[], metavar="PART", help="those whose id contains PART")
    options = parser.parse_args()
    run(WORK, options.fastest, options.python, options.report, options.only)


if __name__ == "__main__":
    sys.exit(main())
