"""Holds our lexer and our assertion trees against Python's own tokenize and ast, file by file.

usage: compare.py DUMP_PROGRAM [PATH...]     (default: the standard library of the running interpreter)
"""

import ast
import io
import pathlib
import subprocess
import sys
import sysconfig
import tokenize

KINDS = {"NAME": 1, "CONSTANT": 2}
OPERATORS = {
    ast.Or: 1, ast.And: 2, ast.Not: 3, ast.Invert: 4, ast.USub: 5, ast.UAdd: 6, ast.BitOr: 7, ast.BitXor: 8,
    ast.BitAnd: 9, ast.LShift: 10, ast.RShift: 11, ast.Add: 12, ast.Sub: 13, ast.Mult: 14, ast.Div: 15,
    ast.FloorDiv: 16, ast.Mod: 17, ast.Pow: 18, ast.MatMult: 19, ast.Eq: 20, ast.NotEq: 21, ast.Lt: 22, ast.LtE: 23,
    ast.Gt: 24, ast.GtE: 25, ast.Is: 26, ast.IsNot: 27, ast.In: 28, ast.NotIn: 29,
}
OPAQUE, NAME, CONSTANT, NAMED, BOOL, UNARY, BINARY, CALL, STARRED, KEYWORD, ATTRIBUTE, COMPARE = range(1, 13)


class Offsets:
    def __init__(self, source):
        self.lines = [0]
        at = 0
        for line in source.splitlines(keepends=True):
            at += len(line)
            self.lines.append(at)

    def start(self, node):
        return self.lines[node.lineno - 1] + node.col_offset

    def end(self, node):
        return self.lines[node.end_lineno - 1] + node.end_col_offset


def tree(node, offsets, comparison=0):
    kind, operator, children = OPAQUE, 0, []
    if isinstance(node, ast.Name):
        kind = NAME
    elif isinstance(node, ast.Constant):
        kind = CONSTANT
    elif isinstance(node, ast.NamedExpr):
        kind = NAMED
    elif isinstance(node, ast.BoolOp):
        kind, operator, children = BOOL, OPERATORS[type(node.op)], [(v, 0) for v in node.values]
    elif isinstance(node, ast.UnaryOp):
        kind, operator, children = UNARY, OPERATORS[type(node.op)], [(node.operand, 0)]
    elif isinstance(node, ast.BinOp):
        kind, operator, children = BINARY, OPERATORS[type(node.op)], [(node.left, 0), (node.right, 0)]
    elif isinstance(node, ast.Call):
        arguments = sorted(node.args + node.keywords, key=offsets.start)
        kind, children = CALL, [(v, 0) for v in [node.func, *arguments]]
    elif isinstance(node, ast.Starred):
        kind, children = STARRED, [(node.value, 0)]
    elif isinstance(node, ast.keyword):
        kind, children = KEYWORD, [(node.value, 0)]
    elif isinstance(node, ast.Attribute):
        kind, children = ATTRIBUTE, [(node.value, 0)]
    elif isinstance(node, ast.Compare):
        kind = COMPARE
        children = [(node.left, 0), *((v, OPERATORS[type(o)]) for o, v in zip(node.ops, node.comparators))]
    inner = "".join(tree(child, offsets, c) for child, c in children)
    return f"({kind} {operator} {comparison} {offsets.start(node)} {offsets.end(node)}{inner})"


def expected_assertions(source):
    module = ast.parse(source)
    offsets = Offsets(source)
    found = []

    def visit(node, scope, class_name):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Assert):
                found.append((offsets.start(child), offsets.end(child.msg or child.test), child.lineno,
                              bool(child.msg), scope, class_name, tree(child.test, offsets)))
            elif isinstance(child, ast.ClassDef):
                visit(child, 1, child.name)
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                visit(child, 2, class_name)
            elif not isinstance(child, ast.expr):
                visit(child, scope, class_name)

    visit(module, 0, "")
    return sorted(found)


def actual_assertions(lines):
    found = []
    for line in lines:
        if line.startswith("F"):
            return "not understood"
        _, start, end, number, comma, scope, class_name, *rest = line.split(" ", 7)
        found.append((int(start), int(end), int(number), comma != "0", int(scope), class_name, rest[0]))
    return found


def equal_assertions(expected, actual):
    if isinstance(actual, str) or len(expected) != len(actual):
        return False
    # Our end includes the parentheses of a test or message, ast's does not.
    return all(e[:1] + e[2:] == a[:1] + a[2:] and a[1] >= e[1] for e, a in zip(expected, actual))


def expected_tokens(source):
    offsets = Offsets(source)
    kinds = {tokenize.NAME: 5, tokenize.NUMBER: 6, tokenize.STRING: 7, tokenize.OP: 9, tokenize.NEWLINE: 2,
             tokenize.INDENT: 3, tokenize.DEDENT: 4}
    text_lines = source.decode().splitlines(keepends=True)
    found, opened = [], []
    formatted_start = {getattr(tokenize, n, -1) for n in ("FSTRING_START", "TSTRING_START")}
    formatted_end = {getattr(tokenize, n, -1) for n in ("FSTRING_END", "TSTRING_END")}

    def offset(position):
        line, column = position
        if line > len(text_lines):
            return len(source)
        return offsets.lines[line - 1] + len(text_lines[line - 1][:column].encode())

    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type in formatted_start:
            opened.append(token.start)
        elif token.type in formatted_end:
            start = opened.pop()
            if not opened:
                found.append((8, offset(start), offset(token.end), start[0]))
        elif not opened and token.type in kinds:
            if token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
                found.append((kinds[token.type], 0, 0, 0))
            else:
                found.append((kinds[token.type], offset(token.start), offset(token.end), token.start[0]))
    return found


def actual_tokens(lines):
    found = []
    for line in lines:
        kind, start, end, number = map(int, line.split()[1:])
        if kind in (2, 3, 4):
            found.append((kind, 0, 0, 0))
        elif kind:
            found.append((kind, start, end, number))
    return found


def sections(program, mode, paths):
    output = subprocess.run([program, mode, *paths], capture_output=True, check=True).stdout.decode(errors="replace")
    result = []
    for line in output.split("\n")[:-1]:
        if line.startswith("S "):
            result.append([])
        else:
            result[-1].append(line)
    return result


def main():
    program, *roots = sys.argv[1:]
    roots = roots or [sysconfig.get_path("stdlib")]
    paths = []
    for root in map(pathlib.Path, roots):
        paths += sorted(root.rglob("*.py")) if root.is_dir() else [root]
    counts = {"files": 0, "assertions": 0, "tokens": 0, "skipped": 0}
    differences = 0
    for at in range(0, len(paths), 50):
        group = [str(path) for path in paths[at : at + 50]]
        spans = sections(program, "spans", group)
        tokens = sections(program, "tokens", group)
        for path, span_lines, token_lines in zip(group, spans, tokens):
            source = pathlib.Path(path).read_bytes().removeprefix(b"\xef\xbb\xbf")
            try:
                source.decode()
                if b"\f" in source or b"\r" in source.replace(b"\r\n", b""):
                    raise UnicodeError("columns of tokenize and ast disagree here")
                ast.parse(source)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                counts["skipped"] += 1
                continue
            expected, actual = expected_assertions(source), actual_assertions(span_lines)
            counts["files"] += 1
            counts["assertions"] += len(expected)
            if not equal_assertions(expected, actual):
                differences += 1
                detail = actual if isinstance(actual, str) else next(
                    ((e, a) for e, a in zip(expected, actual) if not equal_assertions([e], [a])), "count")
                print(f"{path}: assertions differ: {detail}")
            if sys.version_info >= (3, 12):
                wanted, got = expected_tokens(source), actual_tokens(token_lines)
                counts["tokens"] += len(wanted)
                if wanted != got:
                    differences += 1
                    where = next((pair for pair in zip(wanted, got) if pair[0] != pair[1]), (len(wanted), len(got)))
                    print(f"{path}: tokens differ: {where}")
    print(", ".join(f"{value} {key}" for key, value in counts.items()) + f", {differences} differences")
    return bool(differences) or not counts["files"]


sys.exit(main())
