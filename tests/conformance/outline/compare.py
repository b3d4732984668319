"""Holds our outlines against Python's own ast, file by file.

usage: compare.py [--refused] DUMP_PROGRAM [PATH...]     (default: the standard library of the running interpreter)

Runs on every CPython from 3.8 on. Files that ast refuses are counted apart; --refused lists those that we accept.
"""

import ast
import pathlib
import re
import subprocess
import sys
import sysconfig
import warnings

FUNCTION, CLASS, DECORATOR, IMPORT, FROM, BLOCK, STATEMENT = range(7)
ASYNC, IN_FUNCTION, ON_HEAD_LINE, HAS_YIELD = 1, 2, 4, 8
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
TRIES = tuple(getattr(ast, name) for name in ("Try", "TryStar") if hasattr(ast, name))
HEADS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, *TRIES, getattr(ast, "Match", ast.With))
ASYNC_NODES = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith)
# An opening word that ast has no node for.
WORDLESS = re.compile(rb"(else|finally)\b")
GROUP = 200


class Source:
    def __init__(self, raw):
        self.raw = raw[3:] if raw.startswith(b"\xef\xbb\xbf") else raw
        self.lines = [0] + [found.end() for found in re.finditer(rb"\r\n|\r|\n", self.raw)]
        try:
            self.raw.decode("utf-8")
            self.has_offsets = True  # ast's columns count bytes of UTF-8
        except UnicodeDecodeError:
            self.has_offsets = False

    def start(self, node):
        return self.lines[node.lineno - 1] + node.col_offset if self.has_offsets else 0

    def end(self, node):
        return self.lines[node.end_lineno - 1] + node.end_col_offset if self.has_offsets else 0


def has_yield(function):
    pending = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(node, FUNCTIONS):
            pending += node.decorator_list
            pending += [one for one in node.args.defaults + node.args.kw_defaults if one]
        elif isinstance(node, ast.Lambda):
            pending += [one for one in node.args.defaults + node.args.kw_defaults if one]
        else:
            pending += ast.iter_child_nodes(node)
    return False


def expected_entries(source):
    """(start, kind, flags, name, line, end_line, end, definition around it), sorted."""
    found = []

    def add(node, kind, parent, in_function, name="", end_line=None, flags=0, end=0):
        flags |= (ASYNC if isinstance(node, ASYNC_NODES) else 0) | (IN_FUNCTION if in_function else 0)
        found.append((source.start(node), kind, flags, name, node.lineno, end_line or node.end_lineno, end, parent))

    def visit(statements, parent, in_function):
        for node in statements:
            if isinstance(node, DEFINITIONS):
                is_function = isinstance(node, FUNCTIONS)
                for one in node.decorator_list:
                    add(one, DECORATOR, parent, in_function)
                flags = HAS_YIELD if is_function and has_yield(node) else 0
                add(node, FUNCTION if is_function else CLASS, parent, in_function, node.name, flags=flags)
                visit(node.body, node.name, in_function or is_function)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                kind = IMPORT if isinstance(node, ast.Import) else FROM
                add(node, kind, parent, in_function, end=source.end(node))
            elif isinstance(node, HEADS):
                if not in_function:
                    last = node.cases[-1].body[-1] if hasattr(node, "cases") else node.body[-1]
                    add(node, BLOCK, parent, in_function, end_line=last.end_lineno)
                for case in getattr(node, "cases", ()):
                    visit(case.body, parent, in_function)
                visit(getattr(node, "body", ()), parent, in_function)
                for handler in getattr(node, "handlers", ()):
                    if not in_function:
                        add(handler, BLOCK, parent, in_function)
                    visit(handler.body, parent, in_function)
                visit(getattr(node, "orelse", ()), parent, in_function)
                visit(getattr(node, "finalbody", ()), parent, in_function)
            elif not in_function:
                add(node, STATEMENT, parent, in_function, end=source.end(node))

    visit(ast.parse(source.raw).body, "", False)
    return sorted(found, key=lambda entry: (entry[4], entry[0]))


def actual_entries(lines, source):
    """The same from our program's lines, without the heads that ast has no node for."""
    rows, found = [], []
    for line in lines:
        if line.startswith("F"):
            return line
        rows.append([int(word) for word in line.split()[1:]])
    for kind, flags, parent, start, end, name_start, name_length, line, end_line in rows:
        while parent >= 0 and rows[parent][0] == BLOCK:
            parent = rows[parent][2]
        around = name_of(rows[parent], source) if parent >= 0 else ""
        name = name_of([kind, flags, parent, start, end, name_start, name_length], source)
        if kind == BLOCK and (WORDLESS.match(source.raw, start) or re.compile(rb"case\b").match(source.raw, start)):
            continue
        if kind == DECORATOR:
            # ast has the expression without its parentheses.
            opening = re.compile(rb"(?:[(\s\\]|#[^\r\n]*)*").match(source.raw, name_start)
            line += len(re.findall(rb"\r\n|\r|\n", source.raw[start : opening.end()]))
            start = opening.end() if source.raw[start : start + 1] == b"@" else 0
            end_line = 0
        if kind not in (IMPORT, FROM, STATEMENT):
            end = 0
        flags &= ~ON_HEAD_LINE
        found.append((start if source.has_offsets else 0, kind, flags, name, line, end_line, end, around))
    return sorted(found, key=lambda entry: (entry[4], entry[0]))


def name_of(row, source):
    return source.raw[row[5] : row[5] + row[6]].decode(errors="replace")


def is_same(wanted, got, source):
    if wanted[1] == DECORATOR:
        # Its end line is the expression's; a parenthesised generator or tuple begins with its parenthesis.
        return wanted[1:5] == got[1:5] and wanted[7] == got[7] or wanted[4] <= got[4] and wanted[1:4] == got[1:4]
    if not source.has_offsets:
        return wanted[1:3] + wanted[4:6] == got[1:3] + got[4:6]
    if wanted[1] == STATEMENT and wanted[0] != got[0]:
        # Parentheses around a whole expression are ours, not ast's.
        between = source.raw[min(wanted[0], got[0]) : max(wanted[0], got[0])]
        return got[0] < wanted[0] and not re.sub(rb"[(\s\\]|#[^\r\n]*", b"", between) and wanted[1:4] == got[1:4]
    if wanted[1] == STATEMENT and wanted[6] != got[6]:
        between = source.raw[wanted[6] : got[6]]
        return not re.sub(rb"[)\s\\,]|#[^\r\n]*", b"", between) and wanted[1:5] == got[1:5]
    # A class's or function's name is normalised by Python (NFKC).
    if wanted[3] != got[3] and wanted[3].isascii() and got[3].isascii():
        return False
    return wanted[:3] + wanted[4:7] == got[:3] + got[4:7]


def difference(wanted, got, source):
    if isinstance(got, str):
        return "refused: " + got
    if len(wanted) != len(got):
        pair = next(((w, g) for w, g in zip(wanted, got) if not is_same(w, g, source)), (wanted[-1:], got[-1:]))
        return "%d entries, %d found; %s" % (len(wanted), len(got), pair)
    return next(("%s found as %s" % (w, g) for w, g in zip(wanted, got) if not is_same(w, g, source)), None)


def sections(program, paths):
    given = "".join("%s\n" % path for path in paths).encode()
    output = subprocess.run([program], input=given, stdout=subprocess.PIPE, check=True).stdout.decode(errors="replace")
    return [part.splitlines() for part in output.split("S\n")[1:]]


def main():
    arguments = [one for one in sys.argv[1:] if not one.startswith("--")]
    program, roots = arguments[0], arguments[1:] or [sysconfig.get_path("stdlib")]
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(10000)
    paths = []
    for root in map(pathlib.Path, roots):
        paths += sorted(path for path in root.rglob("*.py") if path.is_file()) if root.is_dir() else [root]
    counts = {"files": 0, "bytes": 0, "entries": 0, "refused by ast": 0, "of these by us": 0}
    differences = 0
    for at in range(0, len(paths), GROUP):
        group = paths[at : at + GROUP]
        for path, lines in zip(group, sections(program, group)):
            source = Source(path.read_bytes())
            try:
                wanted = expected_entries(source)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
                counts["refused by ast"] += 1
                counts["of these by us"] += bool(lines and lines[-1].startswith("F"))
                if "--refused" in sys.argv and not (lines and lines[-1].startswith("F")):
                    print("%s: accepted: %s" % (path, problem))
                continue
            got = actual_entries(lines, source)
            counts["files"] += 1
            counts["bytes"] += len(source.raw)
            counts["entries"] += len(wanted)
            problem = difference(wanted, got, source)
            if problem:
                differences += 1
                print("%s: %s" % (path, problem))
    print("CPython %s: " % sys.version.split()[0]
          + ", ".join("%d %s" % (value, key) for key, value in counts.items()) + ", %d differences" % differences)
    return bool(differences) or not counts["files"]


sys.exit(main())
