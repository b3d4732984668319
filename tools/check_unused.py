"""Fails on what a header declares in vain: a function that no other file uses; a macro, a member, an enumerator or an
interned name that is used nowhere."""
import collections
import pathlib
import re
import sys

import c_source

WORD = re.compile(r"[A-Za-z_]\w*")
# At the left margin, up to its semicolon or brace: the style puts nothing else there.
PROTOTYPE = re.compile(r"^(?!typedef\b|static\b)[A-Za-z_][\w *]*?[ *](\w+)\([^;{}]*;", re.MULTILINE)
INLINE = re.compile(r"^static inline[\w *\n]*?[ *\n](\w+)\([^;{}]*\{", re.MULTILINE)
OBJECT = re.compile(r"^extern\b([^;()]*);", re.MULTILINE)
MACRO = re.compile(r"^#define (\w+)", re.MULTILINE)
ENUM = re.compile(r"\benum\b[^;{(]*\{([^}]*)\}")
# A line without a call or a value: "struct cursor *at, *end;".
MEMBERS = re.compile(r"^ {4,}(?!return\b|goto\b)([A-Za-z_][^;=(){}\n]*);", re.MULTILINE)
# Of an inline function: braces in column 0.
BODY = re.compile(r"^\{.*?^\}", re.MULTILINE | re.DOTALL)
MEMBER_USE = re.compile(r"(?:\.|->)(\w+)|offsetof\([\w ]+, (\w+)")
INTERNED = re.compile(r"^ +NAME(?:_AS)?\((\w+)", re.MULTILINE)
INTERNED_USE = re.compile(r"\bnames(?:\.|->)(\w+)")
# For the compiler or Python.h, not for us.
OUTSIDE_MACROS = {"PY_SSIZE_T_CLEAN"}
# In records that are written as they lie in memory: no byte of them is undefined.
PADDING = {"unused"}


def read(root):
    return {path: c_source.blanked(path.read_text()) for path in sorted(root.rglob("*.[ch]"))}


def enumerators(text):
    for body in ENUM.findall(text):
        for row in body.split(",")[1:]:  # the first one is what a zeroed struct says
            name = WORD.match(row.strip())
            if name:
                yield name.group()


def words_declared(text):
    """(kind, name) of what must stand somewhere besides its declaration."""
    guard = MACRO.search(text)
    yield from (("inline function", name) for name in INLINE.findall(text))
    yield from (("macro", name) for name in MACRO.findall(text) if guard and name != guard.group(1))
    yield from (("enumerator", name) for name in enumerators(text))


class Uses:
    """In which files each word stands, and how often in all of them."""

    def __init__(self, texts):
        self.files, self.count = collections.defaultdict(set), collections.Counter()
        for path, text in texts.items():
            words = collections.Counter(WORD.findall(text))
            self.count.update(words)
            for word in words:
                self.files[word].add(path)


def unused_functions(path, text, uses):
    for name in PROTOTYPE.findall(text):
        others = uses.files[name] - {path}
        # More than its declaration in the header: a macro or an inline function there needs it.
        if len(others) <= 1 and len(re.findall(rf"\b{name}\b", text)) == 1:
            is_called = uses.count[name] > 1 + len(others)
            yield f"{path}: {name}(): " + (f"{others.pop().name} alone uses it, make it static" if is_called else "nobody uses it")


def unused_objects(path, text, uses):
    for names in OBJECT.findall(text):
        for name in re.findall(r"(\w+)(?:\[[^]]*\])*(?:,|$)", names):
            if len(uses.files[name]) <= 2:
                yield f"{path}: {name}: one file alone uses it, make it static"


def unused_words(path, text, uses):
    for kind, name in words_declared(text):
        if uses.count[name] == 1 and name not in OUTSIDE_MACROS:
            yield f"{path}: the {kind} {name}: nobody uses it"


def unused_members(path, text, used):
    for names in MEMBERS.findall(BODY.sub("", text)):
        for name in re.findall(r"(\w+)(?:\[[^]]*\])*(?: : \d+)?(?:,|$)", names):
            if name not in used and name not in PADDING:
                yield f"{path}: the member {name}: nobody uses it"


def unused_names(path, texts):
    declared = set(INTERNED.findall(texts[path]))
    used = {name for text in texts.values() for name in INTERNED_USE.findall(text)}
    if not declared:
        yield f"{path}: no names, nothing was checked"
    yield from (f"{path}: the name {name}: nobody uses it" for name in sorted(declared - used))


def main(root, tests):
    texts = read(root)
    uses = Uses({**texts, **read(tests)})
    members = {name for text in texts.values() for pair in MEMBER_USE.findall(text) for name in pair}
    headers = {path: text for path, text in texts.items() if path.suffix == ".h"}
    found = []
    for path, text in headers.items():
        for check in (unused_functions, unused_objects, unused_words):
            found += check(path, text, uses)
        found += unused_members(path, text, members)
    found += unused_names(root / "py" / "names.h", texts)
    print("\n".join(found) or f"unused ok ({len(headers)} headers)")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
