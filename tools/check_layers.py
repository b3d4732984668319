"""Fails when a folder of src/ includes something above it, across the two towers, or a private header."""
import pathlib
import re
import sys

# Lowest first. A folder may include folders from earlier rows of the ground floor and of its own tower.
GROUND = [["base"], ["os"], ["model"], ["wire"], ["syntax"], ["facts"], ["config"], ["discover"]]
EXECUTABLE = [["front"], ["watch"], ["cli"]]
EXTENSION = [
    ["py"], ["io"], ["code"], ["hooks"], ["nodes"], ["marks"], ["fixtures"], ["collect"], ["run"],
    ["rewrite"], ["plugins"], ["pyext"],
]
# Toolboxes: every header is public. Elsewhere only FOLDER/FOLDER.h is.
OPEN_FOLDERS = {"base", "os", "model", "wire", "py"}
BANNED = {("model", "os")}  # model/ is data

TOWER = {folder: tower for tower, rows in enumerate([GROUND, EXECUTABLE, EXTENSION]) for row in rows for folder in row}
LEVEL = {folder: level for rows in (GROUND, EXECUTABLE, EXTENSION) for level, row in enumerate(rows) for folder in row}
INCLUDE = re.compile(r'^\s*#\s*include\s+"(?:([^"/]+)/)?([^"]+)"', re.MULTILINE)


def is_below(folder, user):
    if TOWER[folder] == TOWER[user]:
        return LEVEL[folder] < LEVEL[user]
    return TOWER[folder] == 0


def problems(source, parts):
    user = parts[0]
    if user not in TOWER:
        yield f"{source}: {user} is not a folder of the map"
        return
    text = source.read_text()
    if TOWER[user] != 2 and re.search(r"#\s*include\s+<Python\.h>", text):
        yield f"{source}: only the extension's folders know Python.h"
    for folder, header in INCLUDE.findall(text):
        if folder == user:
            room = header.split("/")[0] if "/" in header else None
            # FOLDER/FOLDER.c lists the rooms: it may see the face of each.
            is_list = parts == (user, f"{user}.c") and header == f"{room}/{room}.h"
            if room and not is_list and (len(parts) < 3 or parts[1] != room):
                yield f"{source}: {user}/{room}/ is a room of its own"
        elif folder not in TOWER:
            yield f'{source}: write "{user}/{header}", or add the folder to the map'
        elif not is_below(folder, user) or (user, folder) in BANNED:
            yield f"{source}: {user}/ may not include {folder}/"
        elif folder not in OPEN_FOLDERS and header != f"{folder}.h":
            yield f"{source}: {folder}/{header} is private to {folder}/"


root = pathlib.Path(sys.argv[1])
sources = sorted(root.rglob("*.[ch]"))
found = [text for path in sources for text in problems(path, path.relative_to(root).parts)]
if not sources:
    found = [f"{root}: no sources, nothing was checked"]
print("\n".join(found) or f"layers ok ({len(sources)} files)")
sys.exit(bool(found))
