"""Discovers random projects and collects them with pytest: whatever is called exact must be collected so, in order.

run.py --fastest PATH --python PATH FIRST LAST: the seeds. A seed that differs leaves its project behind and is named.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import generate

# Prints ids as JSON, since an id may hold anything; a file whose collection failed comes with its error.
PLUGIN = """
import json, os, sys

def pytest_collection_finish(session):
    found = {"ids": [item.nodeid for item in session.items], "errors": session.config._errors}
    with open(os.environ["IDS_FILE"], "w") as file:
        json.dump(found, file)

def pytest_configure(config):
    config._errors = {}
    class Errors:
        def pytest_collectreport(self, report):
            if report.failed:
                config._errors[report.nodeid] = str(report.longrepr)[-400:]
            elif report.skipped:
                config._errors[report.nodeid] = "skipped"
    config.pluginmanager.register(Errors())
"""


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", **more}


def collect(python, folder, work):
    """ids in order and {node id: why its collection failed}; None when there was no collection."""
    ids = work / "ids.json"
    words = [python, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-p", "ids_plugin", "--continue-on-collection-errors"]
    got = subprocess.run(
        words, cwd=folder, env=environment(IDS_FILE=str(ids), PYTHONPATH=str(work)), capture_output=True, timeout=120
    )
    if not ids.exists():
        return None, got.stdout[-800:] + got.stderr[-800:]
    found = json.loads(ids.read_text())
    ids.unlink()
    return found["ids"], found["errors"]


def discover(fastest, python, folder, *words):
    got = subprocess.run(
        [fastest, "discover", "-o", "json", "--python", python, *words], cwd=folder, env=environment(), capture_output=True, timeout=60
    )
    if got.returncode < 0 or got.returncode == 3:
        raise Failed(f"discover ended with {got.returncode}: {got.stderr.decode(errors='replace')[-2000:]}")
    return json.loads(got.stdout) if got.stdout else None


class Failed(Exception):
    pass


def file_of(nodeid):
    return nodeid.split("::")[0]


def differences(document, ids, errors):
    """Where what is called exact is not so."""
    expected = collections.Counter(ids)
    exact_ids = []
    for file in document["files"]:
        exact_ids_here = [test["id"] for test in file["tests"] if test["exact"]]
        exact_ids += exact_ids_here
        here = [one for one in ids if file_of(one) == file["path"]]
        failed = {name: why for name, why in errors.items() if file_of(name) == file["path"]}
        if file["error"] and not failed:
            yield f"{file['path']}: said not to be collectable ({file['error']}), but pytest collects it"
        if file["exact"] and not file["error"]:
            if failed:
                yield f"{file['path']}: is called exact, and fails: {failed}"
            elif here != [test["id"] for test in file["tests"]]:
                missing = [one for one in here if one not in exact_ids_here]
                extra = [one for one in exact_ids_here if one not in here]
                yield f"{file['path']}: is called exact; not told: {missing}; not there: {extra}; or the order: {here} against {exact_ids_here}"
        elif any(why != "skipped" for name, why in failed.items() if name == file["path"]) and exact_ids_here:
            yield f"{file['path']}: has exact tests, and cannot be collected: {failed}"
    told = collections.Counter(exact_ids)
    for one, count in told.items():
        if expected[one] < count and not any(file_of(name) == file_of(one) for name in errors):
            yield f"{one}: is called exact {count} times, and is there {expected[one]} times"
    common = [one for one in ids if told[one]]
    if document["exact_order"] and common != exact_ids and sorted(common) == sorted(exact_ids):
        yield f"the order of exact tests: {common} against {exact_ids}"
    known = {file["path"] for file in document["files"]}
    for one in ids:
        if file_of(one) not in known and not document["reason"]:
            yield f"{one}: its file was not found"


def examine(options, seed):
    folder = pathlib.Path(options.work) / f"project{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    generate.generate(seed, folder)
    work = folder.with_name(f"plugin{seed}")
    work.mkdir(exist_ok=True)
    (work / "ids_plugin.py").write_text(PLUGIN)
    tally = collections.Counter()
    reasons = collections.Counter()
    found = []
    try:
        ids, errors = collect(options.python, folder, work)
        cold = discover(options.fastest, options.python, folder)
        warm = discover(options.fastest, options.python, folder)
        bare = discover(options.fastest, options.python, folder, "--no-index")
        if cold != warm or cold != bare:
            found.append("the index changes the answer")
        if cold is None or ids is None:
            tally["no session"] += 1
            if ids is not None:
                found.append("pytest collects it, discover does not")
            if cold is not None and not cold["reason"] and any(file["exact"] for file in cold["files"]):
                tally["discover alone"] += 1
                if not any(file["error"] for file in cold["files"]) and not cold["problems"]:
                    found.append(f"pytest does not collect it: {errors}")
        else:
            found += list(differences(cold, ids, errors))
            tally["tests"] = len(ids)
            tally["exact"] = sum(test["exact"] for file in cold["files"] for test in file["tests"])
            for file in cold["files"]:
                for test in file["tests"]:
                    if not test["exact"]:
                        reasons[re.sub(r"'[^']*'|[\w.]*\d+\w*|\w+\.\w+", "*", str(test["reason"]))] += 1
    except (Failed, subprocess.TimeoutExpired, json.JSONDecodeError) as problem:
        found.append(str(problem))
    shutil.rmtree(work)
    if not found:
        shutil.rmtree(folder)
    return seed, found, tally, reasons


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fastest", required=True, type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--work", default=None)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    options = parser.parse_args()
    options.work = options.work or tempfile.mkdtemp(prefix="fastest-discover-")
    tally, reasons, wrong = collections.Counter(), collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for seed, found, one_tally, one_reasons in pool.map(lambda seed: examine(options, seed), range(options.first, options.last)):
            tally += one_tally
            reasons += one_reasons
            for text in found:
                print(f"seed {seed}: {text}", flush=True)
            wrong += [seed] if found else []
    print(f"{options.last - options.first} projects, {tally['tests']} tests, {tally['exact']} called exact; {tally['no session']} without a session")
    for reason, count in reasons.most_common(25):
        print(f"  {count:6} {reason}")
    print(f"wrong: {wrong} in {options.work}" if wrong else "no exact test was wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
