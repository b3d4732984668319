"""Makes projects at random (generate.py), and holds what discovery calls exact in them against what pytest collects.

    random_projects.py --pytest PYTHON --fastest PROGRAM [--first SEED] [--count N] [--keep FOLDER] [--reasons]

The same seed makes the same project. With --keep, those that differ stay there. Each is discovered without an index,
with an empty one and with a full one: the answers are to be the same.
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
    if got.returncode == 4 or not ids.exists():
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
    """(what is wrong, tally, reasons) of a seed's project."""
    tally, reasons, found = collections.Counter(), collections.Counter(), []
    with tempfile.TemporaryDirectory(prefix="fastest-discover-") as name:
        folder, work = pathlib.Path(name, "project"), pathlib.Path(name, "plugin")
        generate.generate(seed, folder)
        work.mkdir()
        (work / "ids_plugin.py").write_text(PLUGIN)
        try:
            ids, errors = collect(options.pytest, folder, work)
            bare, cold, warm = (discover(options.fastest, options.pytest, folder, *words) for words in (["--no-index"], [], []))
            if cold != warm or cold != bare:
                found.append("the index changes the answer")
            if cold is None or ids is None:
                tally["no session"] += 1
                found += differences_without_session(cold, ids, errors)
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
        if found and options.keep:
            shutil.copytree(folder, options.keep / str(seed), dirs_exist_ok=True)
    return found, tally, reasons


def differences_without_session(document, ids, errors):
    """One of them has refused the command line, the configuration or a conftest."""
    if ids is not None:
        yield "pytest collects it, discover does not"
    elif document is not None and not document["reason"] and any(file["exact"] for file in document["files"]):
        if not any(file["error"] for file in document["files"]) and not document["problems"]:
            yield f"pytest does not collect it: {errors}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pytest", required=True)
    parser.add_argument("--fastest", required=True)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--reasons", action="store_true")
    options = parser.parse_args()
    options.pytest, options.fastest = os.path.abspath(options.pytest), os.path.abspath(options.fastest)
    tally, reasons, bad = collections.Counter(), collections.Counter(), 0
    seeds = range(options.first, options.first + options.count)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for seed, (found, one_tally, one_reasons) in zip(seeds, pool.map(lambda seed: examine(options, seed), seeds)):
            tally += one_tally
            reasons += one_reasons
            for text in found[:4]:
                print(f"seed {seed}: {text[:1000]}", flush=True)
            bad += bool(found)
    for reason, count in reasons.most_common(25) if options.reasons else ():
        print(f"  {count:6} {reason}")
    share = f"{tally['exact']} of {tally['tests']} tests exact, {tally['no session']} without a session"
    print(f"{options.count} projects, {bad} differ; {share}")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
