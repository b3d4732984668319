"""Fails on functions that are banned, on files without a first line, on state outside the module state."""
import pathlib
import re
import sys

import c_source

BANNED = "strcpy strcat sprintf vsprintf strtok gmtime localtime system popen atoi gets".split()
# malloc and its family are for base/ alone: elsewhere memory comes from an arena or memory_alloc().
ALLOCATORS = "malloc calloc realloc free strdup strndup asprintf".split()
SYSTEM_FOLDERS = {"os", "base"}
# Only os/ knows which system it runs on.
PLATFORM = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b.*(?:__linux__|__APPLE__|_WIN32|__unix__)", re.MULTILINE)
STATIC_OBJECT = re.compile(r"^static\s+(?!inline)(?:\w+\s+)*PyObject\s*\*\s*\w+\s*(?:=|;)", re.MULTILINE)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def problems(path, folder):
    text = path.read_text()
    code = c_source.blanked(text)
    if not re.match(r"/\*(?: |\n \* )\S", text):
        yield f"{path}:1: the first line says what the file is for"
    names = BANNED + ([] if folder == "base" else ALLOCATORS)
    for found in re.finditer(r"(?<![\w.>])(%s)\s*\(" % "|".join(names), code):
        yield f"{path}:{line_of(code, found.start())}: {found.group(1)}() is banned here"
    if folder not in SYSTEM_FOLDERS:
        for found in PLATFORM.finditer(code):
            yield f"{path}:{line_of(code, found.start())}: only os/ knows the system"
    for found in STATIC_OBJECT.finditer(code):
        yield f"{path}:{line_of(code, found.start())}: objects belong to the module state"
    if path.suffix == ".h":
        guard = "_".join(path.parts[path.parts.index("src") + 1 :]).upper().replace(".", "_").replace("-", "_")
        if f"#ifndef {guard}\n#define {guard}\n" not in text and "py/names.h" not in str(path):
            yield f"{path}: the guard is {guard}"


def main(root):
    paths = sorted(pathlib.Path(root).rglob("*.[ch]"))
    found = [text for path in paths for text in problems(path, path.relative_to(root).parts[0])]
    if not paths:
        found = [f"{root}: no sources, nothing was checked"]
    print("\n".join(found) or f"source ok ({len(paths)} files)")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
