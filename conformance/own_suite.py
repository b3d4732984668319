"""pytest's own tests under the real pytest, while every pytest process that they start is fastest.

Which of its tests judge a runner as a black box is found once, by running them all with the real pytest in that place:
those that start a process, use pytest's in-process API not at all, and pass.
"""
import collections
import json
import os
import pathlib
import subprocess
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
VERSION = "9.2.0"
NEEDS = "attrs hypothesis pexpect pygments requests setuptools xmlschema exceptiongroup mock argcomplete pyyaml".split()
GOOD = ("passed", "xpassed", "xfailed")


def prepare(work, python):
    if (work / "done").exists():
        return
    work.mkdir(parents=True, exist_ok=True)
    subprocess.run([python, "-m", "venv", work / "env"], check=True)
    pip = [work / "env/bin/python", "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", f"pytest=={VERSION}", *NEEDS], check=True)
    subprocess.run([*pip, "download", "--no-deps", "--no-binary", "pytest", "-d", work, f"pytest=={VERSION}"], check=True)
    with tarfile.open(work / f"pytest-{VERSION}.tar.gz") as source:
        source.extractall(work)
    print("own suite: finding the black-box tests (once, some minutes)", flush=True)
    records = judge(work, f"{work}/env/bin/python -m pytest", [])
    chosen = [r["id"] for r in records if r["launched"] and not r["in_process"] and r["outcome"] in GOOD]
    (work / "black-box.txt").write_text("\n".join(sorted(chosen)) + "\n")
    (work / "done").touch()


def judge(work, command, arguments):
    """Runs tests of pytest's suite in a process per core; one record per test."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") and k not in ("CI", "PYTEST_ADDOPTS")}
    home = work / f"pytest-{VERSION}"
    words = [work / "env/bin/python", "-m", "pytest", "-q", "-p", "redirect", "--runpytest=subprocess"]
    words += ["-p", "no:cacheprovider", "--tb=no", "--no-header", "-rN"]
    files = sorted(str(path.relative_to(home)) for path in (home / "testing").rglob("test_*.py"))
    files += ["testing/acceptance_test.py", "testing/deprecated_test.py"] + sorted(
        str(path.relative_to(home)) for path in (home / "testing/python").glob("*.py") if not path.name.startswith("_")
    )
    files = [name for name in dict.fromkeys(files) if "example_scripts" not in name and "plugins_integration" not in name]
    chosen = set(arguments)
    shards = [files[number :: os.cpu_count() or 1] for number in range(os.cpu_count() or 1)]
    running = []
    for number, shard in enumerate(shards):
        log = work / f"outcomes-{number}.jsonl"
        log.unlink(missing_ok=True)
        ids = [name for name in arguments if name.split("::")[0] in set(shard)] if chosen else shard
        listed = work / f"chosen-{number}.txt"
        listed.write_text("\n".join(ids) + "\n")
        more = {"OWN_SUITE_COMMAND": command, "OWN_SUITE_LOG": str(log), "PYTHONPATH": str(HERE)}
        call = [*words, f"--basetemp={work}/tmp-{number}", f"@{listed}"]
        running.append((subprocess.Popen(call, cwd=home, env=env | more, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), log))
    records = {}
    for process, log in running:
        process.wait()
        for line in log.read_text().splitlines() if log.exists() else []:
            record = json.loads(line)
            if records.get(record["id"], record)["outcome"] in GOOD:
                records[record["id"]] = record
    return list(records.values())


def run(work, fastest, python):
    """Prints how many of the black-box tests hold, and where they do not."""
    prepare(work, python)
    ids = (work / "black-box.txt").read_text().split("\n")[:-1]
    records = {r["id"]: r for r in judge(work, f"{fastest} --python {work}/env/bin/python", ids)}
    holds = [name for name in ids if records.get(name, {}).get("outcome") in GOOD]
    short = collections.Counter(name.split("::")[0] for name in set(ids) - set(holds))
    for name, count in short.most_common():
        print(f"own suite: {count:4} short in {name}")
    print(f"own suite: {len(holds)} of {len(ids)} hold ({100 * len(holds) / max(1, len(ids)):.1f} %)")
