"""Compiles every header alone, with the flags of the build: each includes what it needs."""
import concurrent.futures
import json
import pathlib
import shlex
import subprocess
import sys


def flags_by_folder(build):
    """Folder of src/ -> the compiler's words for one of its files, without input and output."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        while "ccache" in words[0]:
            words = words[1:]
        kept = [words[0]] + [word for word in words[1:] if word.startswith(("-I", "-D", "-W", "-std"))]
        for at, word in enumerate(words):
            if word == "-isystem":
                kept += [word, words[at + 1]]
        file = pathlib.Path(entry["file"])
        if file.is_relative_to(ROOT):
            flags.setdefault(file.relative_to(ROOT).parts[0], kept)
    return flags


def compile_alone(header, flags):
    # Through an including line: a header as the main file warns about itself.
    unit = f'#include "{header.relative_to(ROOT)}"\nextern int nothing_else;\n'
    command = [*flags, "-Wno-unused-function", "-Werror", "-fsyntax-only", "-x", "c", "-"]
    got = subprocess.run(command, input=unit, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return got.stdout if got.returncode else ""


def main():
    flags = flags_by_folder(BUILD)
    fallback = flags["pyext"]
    headers = sorted(ROOT.rglob("*.h"))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(lambda one: compile_alone(one, flags.get(one.relative_to(ROOT).parts[0], fallback)), headers))
    found = [text for text in texts if text]
    print("\n".join(found) or f"headers ok ({len(headers)} compile alone)")
    return bool(found) or not headers


ROOT, BUILD = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
if __name__ == "__main__":
    sys.exit(main())
