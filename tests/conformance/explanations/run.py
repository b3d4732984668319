"""The explanation oracle: what failing asserts of a corpus say under pytest's rewriter and under ours.

usage: run.py --extension FILE --work FOLDER [--runner build/fastest] [--limit N] SUITE...

A SUITE is NAME=SOURCE_FOLDER=PYTHON=ARGUMENTS, ARGUMENTS separated by commas. Every suite is copied and transformed twice
(asserts as they are, and negated), and run with pytest's rewriter and with ours; where they differ, once more with
each, which shows what is not reproducible. Prints a line for each suite and the differences; exit status 1 when
there are any.
"""

import argparse
import ast
import json
import os
import pathlib
import shutil
import subprocess
import sys

from transform import transform

HERE = pathlib.Path(__file__).resolve().parent


def copy_transformed(source, target, negated):
    changed = skipped = 0
    shutil.rmtree(target, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", ".git", ".pytest_cache", "*.egg-info")
    shutil.copytree(source, target, ignore=ignored, symlinks=True)
    for path in target.rglob("*.py"):
        relative = str(path.relative_to(target))
        try:
            result = transform(path.read_bytes(), relative, negated)
        except OSError:
            continue
        if result is not None:
            path.write_bytes(result[0])
            changed += result[1]
            skipped += result[2]
    return changed, skipped


def execute(folder, python, arguments, log, rewriter, extension, seconds, runner):
    environment = dict(os.environ)
    environment.update(
        PYTHONPATH=str(HERE),
        PYTHONHASHSEED="0",
        EXPLANATIONS_LOG=str(log),
        EXPLANATIONS_REWRITER=rewriter,
        EXPLANATIONS_EXTENSION=str(extension),
        PYTHONDONTWRITEBYTECODE="1",
        COLUMNS="100",
    )
    environment.pop("CI", None)
    log.unlink(missing_ok=True)
    # With a runner of ours, it is the whole of it that explains; else our rewriter inside the real pytest.
    command = [str(runner), "--python", python] if runner and rewriter == "fastest" else [python, "-m", "pytest"]
    if command[0] == str(runner):
        environment["EXPLANATIONS_REWRITER"] = "pytest"
    words = [*command, "-p", "recorder", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    words += ["-p", "no:randomly", "--basetemp", str(folder.parent / "tmp"), "-W", "ignore", *arguments]
    try:
        got = subprocess.run(
            words, cwd=folder, env=environment, timeout=seconds, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        )
        last = (got.stdout.strip().splitlines() or [""])[-3:]
    except subprocess.TimeoutExpired:
        last = ["timeout"]
    log.with_suffix(".txt").write_text("\n".join(last))
    found = json.loads(log.read_text()) if log.exists() else {}
    return found, last


def compare(first, second, ours):
    """Sites that pytest explains the same twice, those unstable, and the differences of ours."""
    stable = {site: text for site, text in first.items() if second.get(site) == text}
    unstable = (first.keys() | second.keys()) - stable.keys()
    differences = [(site, text, ours.get(site)) for site, text in stable.items() if ours.get(site) != text]
    differences += [(site, None, text) for site, text in ours.items() if site not in stable and site not in unstable]
    return stable, unstable, differences


def assertion_at(source, site):
    path, line = site.rsplit(":", 1)
    for node in ast.walk(ast.parse((pathlib.Path(source) / path).read_bytes())):
        if isinstance(node, ast.Assert) and node.lineno == int(line):
            return node
    raise LookupError(site)


def has_chain(assertion):
    """pytest evaluates all operands of a chained comparison, Python does not."""
    return any(isinstance(part, ast.Compare) and len(part.ops) > 1 for part in ast.walk(assertion))


def rebinds_an_object(assertion):
    """Whether a walrus rebinds a name whose attribute is taken: pytest takes it of the object that it was before."""
    parts = list(ast.walk(assertion))
    rebound = {part.target.id for part in parts if isinstance(part, ast.NamedExpr)}
    owners = {part.value.id for part in parts if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name)}
    return bool(rebound & owners)


def is_python_right(source, difference):
    """Whether a difference is one of those where pytest evaluates something else than the language: differences.md."""
    site, expected, _ = difference
    assertion = assertion_at(source, site)
    return expected is None and has_chain(assertion) or rebinds_an_object(assertion)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--extension", required=True, type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--runner", type=lambda text: pathlib.Path(text).resolve(), help="build/fastest")
    parser.add_argument("--limit", type=int, default=5)
    parser.add_argument("--only-negated", action="store_true", help="as they are, asserts of a good suite say nothing")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("suites", nargs="+")
    options = parser.parse_args()
    totals = [0, 0, 0, 0]
    # A copy: somebody may build while this runs.
    options.work.mkdir(parents=True, exist_ok=True)
    extension = pathlib.Path(shutil.copy2(options.extension, options.work / "_fastest.abi3.so")).resolve()
    for suite in options.suites:
        name, source, python, arguments = suite.split("=", 3)
        for negated in (True,) if options.only_negated else (False, True):
            folder = options.work / f"{name}-{'negated' if negated else 'plain'}" / "src"
            changed, skipped = copy_transformed(pathlib.Path(source), folder, negated)

            def run(label, rewriter):
                log = folder.parent / f"{label}.json"
                return execute(
                    folder, python, arguments.split(","), log, rewriter, extension, options.seconds, options.runner
                )

            first, first_end = run("first", "pytest")
            ours, ours_end = run("ours", "fastest")
            second = first
            if first != ours:
                # Threads, random data, times: what pytest says in some run is right.
                second = run("second", "pytest")[0]
                for site, text in run("again", "fastest")[0].items():
                    if text in (first.get(site), second.get(site)):
                        ours[site] = text
            stable, unstable, differences = compare(first, second, ours)
            justified = [item for item in differences if is_python_right(source, item)]
            differences = [item for item in differences if item not in justified]
            totals[3] += len(justified)
            totals[0] += len(stable)
            totals[1] += len(unstable)
            totals[2] += len(differences)
            print(
                f"{name} {'negated' if negated else 'plain'}: {changed} changed, {skipped} left, {len(stable)} executed,"
                f" {len(unstable)} not reproducible, {len(justified)} pytest's own, {len(differences)} differ | {first_end[-1:]} | {ours_end[-2:]}",
                flush=True,
            )
            for site, expected, actual in differences[: options.limit]:
                print(f"  {folder}/{site}\n    pytest: {expected!r}\n    ours:   {actual!r}")
    print(
        f"executed {totals[0]}, not reproducible {totals[1]}, differ {totals[2]};"
        f" asserts that pytest evaluates otherwise than Python: {totals[3]}"
    )
    return bool(totals[2]) or not totals[0]


sys.exit(main())
