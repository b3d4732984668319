"""Holds our facts against Python's own ast, file by file: bindings, functions, decorators, values, imports, lines.

usage: compare.py DUMP_PROGRAM [PATH...]     (default: the standard library of the running interpreter)
"""

import ast
import json
import pathlib
import subprocess
import sys
import sysconfig
import warnings

from ast_bodies import B_CLASS, B_FUNCTION, B_IMPORT, B_STAR, CALLS_UNNAMED, Reader, TOUCHES, words_of
from ast_values import (
    BYTES, CALL, COMPLEX, CONTAINER, DICT, FLOAT, FOLDED, INTEGER, LAMBDA, LIST, LONG, NAME, NAMED_CHARACTER, SET,
    STRING, TUPLE, UNKNOWN,
)

MAX_TEXT = 1000
MAX_LITERAL = 4096
COUNTS = {"files": 0, "bindings": 0, "definitions": 0, "imports": 0, "folded": 0, "skipped": 0}


class Difference(Exception):
    pass


# ---- Values ----


def text_of(raw):
    return raw.encode("latin-1").decode()


def is_same_source(text, node):
    if len(text) > MAX_TEXT - 8:
        return True
    star = isinstance(node, ast.Starred)
    try:
        if star:
            parsed = ast.parse(f"f({text})").body[0].value.args[0]
        else:
            parsed = ast.parse(f"({text}\n)", mode="eval").body
    except SyntaxError:
        try:  # a bare generator
            parsed = ast.parse(f"f({text}\n)", mode="eval").body.args[0]
        except SyntaxError:
            return False
    return ast.dump(parsed) == ast.dump(node)


def value_of(wanted):
    """What Python computes, from operands that are literal; joined items of lists need not be."""
    if wanted[0] == FOLDED:
        left, right = value_of(wanted[2]), value_of(wanted[3])
        if left[0] == right[0] and left[0] in (LIST, TUPLE) and isinstance(wanted[1].op, ast.Add):
            return (left[0], left[1] + right[1])
        result = eval(compile(ast.Expression(wanted[1]), "", "eval"), {})
        kind = {int: INTEGER, float: FLOAT, str: STRING, bytes: BYTES}[type(result)]
        return (kind, repr(result) if kind == FLOAT else result)
    return wanted


def is_value(wanted, got):
    kind, raw, items, keywords = got
    if kind == LONG or (kind == UNKNOWN and not raw and wanted[0] in (NAME, CALL)):
        whole = value_of(wanted)[1]
        return len(whole.encode("utf-8", "surrogatepass") if isinstance(whole, str) else whole) > MAX_LITERAL
    if wanted[0] == FOLDED:
        COUNTS["folded"] += kind != UNKNOWN
        return is_same_source(text_of(raw), wanted[1]) if kind == UNKNOWN else is_value(value_of(wanted), got)
    if wanted[0] != kind:
        return False
    if kind in (UNKNOWN, LAMBDA, CONTAINER):
        return is_same_source(text_of(raw), wanted[1])
    if kind == INTEGER:
        return str(wanted[1]) == raw
    if kind in (FLOAT, COMPLEX):
        return wanted[1] == raw
    if kind in (STRING, NAME):
        return wanted[1] == text_of(raw)
    if kind == BYTES:
        return wanted[1] == raw.encode("latin-1")
    if kind in (TUPLE, LIST, SET, DICT):
        return len(wanted[1]) == len(items) and all(map(is_value, wanted[1], items))
    if kind == CALL:
        return (wanted[1] == text_of(raw) and len(wanted[2]) == len(items) and len(wanted[3]) == len(keywords)
                and all(map(is_value, wanted[2], items))
                and all(w[0] == (g[0] and text_of(g[0])) and is_value(w[1], g[1]) for w, g in zip(wanted[3], keywords)))
    return True


# ---- Files ----


def same(what, wanted, got):
    if wanted != got:
        raise Difference(f"{what}: ast {wanted!r}, facts {got!r}")


def text(raw):
    return raw and text_of(raw)


def import_row(row):
    return [*row[:3], *map(text, row[3:])]


def compare_value(what, wanted, got):
    if not is_value(wanted, got):
        shown = (wanted[0], ast.unparse(wanted[1])) if wanted[0] in (UNKNOWN, LAMBDA, CONTAINER, FOLDED) else wanted
        raise Difference(f"{what}: ast {str(shown)[:300]}, facts {str(got)[:300]}")


def compare_decorators(what, wanted, got):
    same(f"{what} decorator count", len(wanted), len(got))
    for (line, value), (got_line, got_value) in zip(wanted, got):
        same(f"{what} decorator line", line, got_line)
        compare_value(f"{what} decorator", value, got_value)


def compare_flags(what, scope, got):
    got &= ~scope.may_touch | scope.flags
    same(f"{what} scope flags", scope.flags, got & ~CALLS_UNNAMED | scope.flags & got if scope.has_formatted else got)


def compare_function(wanted, got):
    what = f"{wanted['name']}()"
    same(what, wanted["name"], text(got["name"]))
    same(f"{what} place", wanted["at"], got["at"])
    same(f"{what} flags", wanted["flags"], got["flags"])
    same(f"{what} parameters", wanted["parameters"], [[text(p[0]), *p[1:]] for p in got["parameters"]])
    compare_decorators(what, wanted["decorators"], got["decorators"])
    if got["words"]:
        same(f"{what} words", sorted(words_of(wanted["node"]) - set(map(text, got["words"]))), [])
    same(f"{what} order of words", sorted(map(text, got["words"]), key=str.encode), [text(w) for w in got["words"]])
    same(f"{what} inner", len(wanted["inner"]), len(got["inner"]))
    for pair in zip(wanted["inner"], got["inner"]):
        compare_function(*pair)


def compare_class(name, wanted, got):
    for key in ("at", "has_keywords"):
        same(f"class {name} {key}", wanted[key], got[key])
    compare_flags(f"class {name}", wanted["scope"], got["flags"])
    same(f"class {name} bases", len(wanted["bases"]), len(got["bases"]))
    for pair in zip(wanted["bases"], got["bases"]):
        compare_value(f"class {name} base", *pair)
    same(f"class {name} keywords", [k for k, _ in wanted["keywords"]], [text(k) for k, _ in got["keywords"]])
    for (_, value), (_, got_value) in zip(wanted["keywords"], got["keywords"]):
        compare_value(f"class {name} keyword", value, got_value)
    compare_decorators(f"class {name}", wanted["decorators"], got["decorators"])
    compare_bindings(f"class {name}", wanted["bindings"], got["bindings"])


def compare_bindings(what, wanted, got):
    for at, (w, g) in enumerate(zip(wanted, got)):
        kind, flags, line, name, condition, target = w
        where = f"{what} binding {at}"
        line = g[2] if line is None else line
        same(where, [kind, flags, line, name], [g[0], g[1], g[2], text(g[3])])
        got_condition = g[4] and (list(map(text, g[4][0])), text(g[4][1]))
        same(f"{where} condition", condition and tuple(condition), got_condition)
        if kind == B_FUNCTION:
            compare_function(target, g[5])
        elif kind == B_CLASS:
            compare_class(name, target, g[5])
        elif kind in (B_IMPORT, B_STAR):
            same(where, target, import_row(g[5]))
        elif target is None:
            same(f"{where} target", None, g[5])
        else:
            compare_value(f"{where} {name}", target, g[5])
    same(f"{what} binding count", len(wanted), len(got))


def compare_file(source, module, got, counts):
    reader = Reader(source, module)
    compare_bindings("module", reader.scope.bindings, got["bindings"])
    if not source.isascii():  # what could be normalized is marked
        reader.scope.may_touch = TOUCHES
    compare_flags("module", reader.scope, got["flags"])
    calls = set(map(text, got["calls"]))
    same("calls", set(reader.scope.calls), calls & set(reader.scope.calls) if reader.scope.has_formatted else calls)
    same("imports", reader.all_imports(), list(map(import_row, got["imports"])))
    same("definitions", reader.definitions(), [[text(d[0]), *d[1:]] for d in got["definitions"]])
    docstring = ast.get_docstring(module, clean=False)
    if docstring is None or not NAMED_CHARACTER.search(reader.values.segment(module.body[0])):
        is_long = docstring is not None and len(docstring.encode()) > MAX_LITERAL
        same("docstring", None if is_long else docstring, text(got["docstring"]))
    counts["bindings"] += len(got["bindings"])
    counts["definitions"] += len(got["definitions"])
    counts["imports"] += len(got["imports"])


def dump(program, paths):
    output = subprocess.run([program, "facts", *paths], capture_output=True, check=True).stdout
    return [json.loads(line) for line in output.split(b"\n")[:-1]]


def is_judged(source):
    """ast numbers columns and lines otherwise where form feeds and lone carriage returns are."""
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    return b"\r" not in source


def main():
    program, *roots = sys.argv[1:]
    roots = roots or [sysconfig.get_path("stdlib")]
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(20000)
    sys.set_int_max_str_digits(0)
    paths = []
    for root in map(pathlib.Path, roots):
        paths += sorted(root.rglob("*.py")) if root.is_dir() else [root]
    counts = COUNTS
    differences = 0
    for at in range(0, len(paths), 50):
        group = [str(path) for path in paths[at : at + 50]]
        for path, got in zip(group, dump(program, group)):
            source = pathlib.Path(path).read_bytes().removeprefix(b"\xef\xbb\xbf")
            try:
                module = ast.parse(source)
                if got["error"]:
                    compile(source, path, "exec", dont_inherit=True)  # refuses what ast does not
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                counts["skipped"] += 1
                continue
            if not is_judged(source):
                counts["skipped"] += 1
                continue
            counts["files"] += 1
            try:
                same("error", None, got["error"])
                compare_file(source, module, got, counts)
            except Difference as difference:
                differences += 1
                print(f"{path}: {str(difference)[:700]}")
    print(", ".join(f"{value} {key}" for key, value in counts.items()) + f", {differences} differences")
    return bool(differences) or not counts["files"]


sys.exit(main())
