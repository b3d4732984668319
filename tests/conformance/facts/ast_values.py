"""What ast says of expressions: the values that facts can hold, and what a test of `if` comes to."""

import ast
import re

(UNKNOWN, NONE, FALSE, TRUE, ELLIPSIS, INTEGER, FLOAT, COMPLEX, STRING, BYTES, TUPLE, LIST, SET, DICT, NAME, CALL,
 LAMBDA, CONTAINER, LONG) = range(19)
FOLDED = -1  # an operator between literals: computed, or unknown
MAX_DEPTH = 64
CONSTANTS = {None: NONE, False: FALSE, True: TRUE}
NAMED_CHARACTER = re.compile(rb"(?<!\\)(?:\\\\)*\\N\{")  # or the same in a raw string: nobody writes that


def dotted(node):
    """"a.b.c" of names and attributes; None for anything else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def in_order(node):
    """All nodes below, as the source has them."""
    for child in sorted(ast.iter_child_nodes(node), key=lambda n: (getattr(n, "lineno", 0), getattr(n, "col_offset", 0))):
        yield child
        yield from in_order(child)


class Values:
    def __init__(self, source):
        self.lines = source.split(b"\n")

    def segment(self, node):
        lines = self.lines[node.lineno - 1 : node.end_lineno]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"\n".join(lines)

    def unknown(self, node):
        return (UNKNOWN, node)

    def constant(self, node):
        value = node.value
        if value is None or value is True or value is False:
            return (CONSTANTS[value],)
        if value is ...:
            return (ELLIPSIS,)
        if isinstance(value, str):
            return (STRING, value)
        if isinstance(value, bytes):
            return (BYTES, value)
        return self.number(node, value)

    def number(self, node, value):
        if isinstance(value, int):
            return (INTEGER, value) if abs(value) < 10**4000 else self.unknown(node)
        return (FLOAT if isinstance(value, float) else COMPLEX, repr(value))

    def of(self, node, depth=0):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and (
                    re.search("[\ud800-\udfff]", node.value) or NAMED_CHARACTER.search(self.segment(node))):
                return self.unknown(node)
            return self.constant(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            inner = node
            sign = 1
            while isinstance(inner, ast.UnaryOp) and isinstance(inner.op, (ast.USub, ast.UAdd)):
                sign = -sign if isinstance(inner.op, ast.USub) else sign
                inner = inner.operand
            number = isinstance(inner, ast.Constant) and type(inner.value) in (int, float, complex)
            if number and b"(" not in self.segment(node):
                return self.number(node, -inner.value if sign < 0 else inner.value)
            return self.unknown(node)
        if dotted(node):
            return self.unknown(node) if b"(" in self.segment(node) else (NAME, dotted(node))
        if isinstance(node, ast.Lambda):
            return (LAMBDA, node)
        if depth >= MAX_DEPTH:
            return self.unknown(node)
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            if any(isinstance(item, ast.Starred) for item in node.elts):
                return (CONTAINER, node)
            kind = {ast.Tuple: TUPLE, ast.List: LIST, ast.Set: SET}[type(node)]
            return (kind, [self.of(item, depth + 1) for item in node.elts])
        if isinstance(node, ast.Dict):
            if None in node.keys:
                return (CONTAINER, node)
            return (DICT, [self.of(item, depth + 1) for pair in zip(node.keys, node.values) for item in pair])
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp)):
            return (CONTAINER, node)
        if isinstance(node, ast.BinOp):
            return (FOLDED, node, self.of(node.left, depth + 1), self.of(node.right, depth + 1))
        if isinstance(node, ast.Call) and dotted(node.func) and b"(" not in self.segment(node.func):
            items = [self.of(item, depth + 1) for item in node.args]
            keywords = [(keyword.arg, self.of(keyword.value, depth + 1)) for keyword in node.keywords]
            return (CALL, dotted(node.func), items, keywords)
        return self.unknown(node)


# ---- Tests of if ----


def invert(outcome):
    return {"true": "false", "false": "true", "checking": "not checking", "not checking": "checking"}.get(outcome, outcome)


def conjunction(outcomes):
    for outcome in ("false", "checking", "unknown", "platform", "not checking"):
        if outcome in outcomes:
            return outcome
    return "true"


def is_platform(node):
    allowed = (ast.Compare, ast.Attribute, ast.Name, ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Subscript,
               ast.Slice, ast.cmpop, ast.expr_context, ast.Call)
    names = [dotted(n) for n in ast.walk(node) if isinstance(n, ast.Attribute)]
    roots = ("sys.version_info", "sys.platform", "os.name")
    if not any(name in roots for name in names) or not all(isinstance(n, allowed) for n in ast.walk(node)):
        return False
    for n in ast.walk(node):
        if isinstance(n, ast.Attribute) and dotted(n) not in roots and n.attr not in ("major", "minor", "micro", "startswith"):
            return False
        if isinstance(n, ast.Name) and n.id not in ("sys", "os"):
            return False
        if isinstance(n, (ast.Is, ast.IsNot, ast.Lt)) and isinstance(n, (ast.Is, ast.IsNot)):
            return False
        if isinstance(n, ast.Constant) and not isinstance(n.value, (int, float, complex, str, bytes)) or (
                isinstance(n, ast.Constant) and isinstance(n.value, bool)):
            return False
    return True


def outcome_of(test):
    if isinstance(test, ast.BoolOp):
        parts = [outcome_of(value) for value in test.values]
        if isinstance(test.op, ast.And):
            return conjunction(parts)
        return invert(conjunction([invert(part) for part in parts]))
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return invert(outcome_of(test.operand))
    if isinstance(test, ast.Constant):
        if isinstance(test.value, (bool, type(None))):
            return "true" if test.value else "false"
        if isinstance(test.value, int) and 0 <= test.value < 10:
            return "true" if test.value else "false"
        return "unknown"
    name = dotted(test)
    if name and name.count(".") < 2 and name.split(".")[-1] == "TYPE_CHECKING":
        return "checking"
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        sides = [test.left, test.comparators[0]]
        if any(isinstance(s, ast.Name) and s.id == "__name__" for s in sides) and any(
                isinstance(s, ast.Constant) and s.value == "__main__" for s in sides):
            if isinstance(test.ops[0], ast.Eq):
                return "false"
            if isinstance(test.ops[0], ast.NotEq):
                return "true"
    return "platform" if is_platform(test) else "unknown"
