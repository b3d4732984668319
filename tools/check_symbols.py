"""Fails when the extension exports more than its one function, needs an unknown symbol, or has mutable globals."""
import pathlib
import re
import subprocess
import sys

# CPython wants these tables writable: it links them into its own lists or stores what it made from them.
CPYTHON_TABLE = re.compile(
    r"^(?:\s*static\s+)?(?:struct\s+)?"
    r"(?:PyMethodDef|PyMemberDef|PyGetSetDef|PyType_Slot|PyType_Spec|PyModuleDef|PyModuleDef_Slot|PyStructSequence_\w+)\s+(\w+)",
    re.MULTILINE,
)


# Functions since 3.13 that were macros before: its headers let them through whatever the limited API asked for.
TOO_NEW = {"PyObject_DelAttr", "PyObject_DelAttrString"}


def cpython_tables(root):
    return {name for path in root.rglob("*.c") for name in CPYTHON_TABLE.findall(path.read_text())}


def nm(*arguments):
    return subprocess.run(["nm", *arguments], stdout=subprocess.PIPE, check=True, text=True).stdout


def exported(library):
    return [line.split()[-1] for line in nm("-D", "--defined-only", library).splitlines()]


def undefined_of_ours(library):
    """Symbols that the library leaves open and that neither Python nor a system library has: names without a version."""
    for line in nm("-D", "--undefined-only", library).splitlines():
        name = line.split()[-1]
        if name in TOO_NEW:
            yield name
        if "@" not in name and not name.startswith(("Py", "_Py", "_ITM_", "__gmon_start__", "__cxa")):
            yield name


def mutable_data(obj):
    """Names of objects in .data and .bss, thread-local ones included. Tables of constants with pointers live elsewhere."""
    text = subprocess.run(["objdump", "-t", obj], stdout=subprocess.PIPE, check=True, text=True).stdout
    for line in text.splitlines():
        found = re.match(r"^[0-9a-f]+ .{7} (?:\.data|\.bss|\.tdata|\.tbss|\*COM\*)(\.\S+)?\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$", line)
        if found and int(found.group(2), 16) and not found.group(3).startswith(".") and ".data.rel.ro" not in line:
            yield found.group(3)


def main(root, build):
    tables = cpython_tables(root)
    library = str(build / "python/fastest/_fastest.abi3.so")
    objects = sorted((build / "CMakeFiles").rglob("*.c.o"))
    problems = []
    names = exported(library)
    if names != ["PyInit__fastest"]:
        problems.append(f"{library}: exports {', '.join(names) or 'nothing'}; only PyInit__fastest is allowed")
    problems += [f"{library}: {name} is defined nowhere" for name in undefined_of_ours(library)]
    for obj in objects:
        for name in mutable_data(str(obj)):
            if name.split(".")[0] not in tables:
                problems.append(f"{obj.name}: {name} is mutable and global")
    if not objects:
        problems.append(f"{build}: no objects, nothing was checked")
    print("\n".join(problems) or f"symbols ok ({len(objects)} objects)")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
