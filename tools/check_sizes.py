"""Fails when a function or a file is too long, or a function takes too many parameters."""
import pathlib
import re
import sys

import c_source

AIM_FUNCTION, MAX_FUNCTION = 60, 100
AIM_FILE, MAX_FILE = 500, 900
MAX_PARAMETERS = 8  # the aim is 5
# Tables and single switches may be longer; the reason stands beside each.
LONG_FUNCTIONS = {}


def main(root):
    problems, notes, counted = [], [], 0
    for path in sorted(pathlib.Path(root).rglob("*.[ch]")):
        text = path.read_text()
        lines = text.count("\n")
        if lines > MAX_FILE:
            problems.append(f"{path}: {lines} lines, {MAX_FILE} allowed: split it by subject")
        elif lines > AIM_FILE:
            notes.append(f"{path}: {lines} lines")
        if path.suffix != ".c":
            continue
        for name, parameters, first, last in c_source.functions(text):
            counted += 1
            length = last - first + 1
            if length > MAX_FUNCTION and name not in LONG_FUNCTIONS:
                problems.append(f"{path}:{first}: {name}() has {length} lines, {MAX_FUNCTION} allowed")
            elif length > AIM_FUNCTION:
                notes.append(f"{path}:{first}: {name}() has {length} lines")
            if len(re.findall(",", parameters)) + 1 > MAX_PARAMETERS:
                problems.append(f"{path}:{first}: {name}() takes more than {MAX_PARAMETERS} parameters")
    if not counted:
        problems.append(f"{root}: no functions, nothing was checked")
    if "-v" in sys.argv:
        print("\n".join(notes))
    print("\n".join(problems) or f"sizes ok ({counted} functions, {len(notes)} above the aims; -v lists them)")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
