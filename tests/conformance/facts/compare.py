"""Holds our facts against Python's own ast, file by file: bindings, functions, decorators, values, imports, lines.

usage: compare.py DUMP_PROGRAM [PATH...]     (default: the standard library of the running interpreter)
"""

import ast
import json
import pathlib
import re
import subprocess
import sys
import sysconfig
import warnings

(UNKNOWN, NONE, FALSE, TRUE, ELLIPSIS, INTEGER, FLOAT, COMPLEX, STRING, BYTES, TUPLE, LIST, SET, DICT, NAME, CALL,
 LAMBDA, CONTAINER) = range(18)
FOLDED = -1  # an operator between literals: computed, or unknown
B_FUNCTION, B_CLASS, B_IMPORT, B_STAR, B_VALUE, B_UNKNOWN, B_DELETED, B_ATTRIBUTE = range(8)
CONDITIONAL, CHECKING, IN_TRY, IN_EXCEPT = 1, 2, 4, 8
I_FUNCTION, I_CONDITIONAL, I_CHECKING, I_STAR, I_TRY = 1, 2, 4, 8, 16
TOUCHES, SKIPS, CALLS, CALLS_UNNAMED, SKIPS_IN_EXCEPT = 1, 2, 4, 8, 16
MAX_TEXT, MAX_DEPTH = 1000, 64
NAMESPACES = ("globals", "locals", "exec", "eval", "setattr", "delattr")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
COUNTS = {"files": 0, "bindings": 0, "definitions": 0, "imports": 0, "folded": 0, "skipped": 0}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
NAMED_CHARACTER = re.compile(rb"(?<!\\)(?:\\\\)*\\N\{")  # or the same in a raw string: nobody writes that
CONSTANTS = {None: NONE, False: FALSE, True: TRUE}


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


# ---- Values ----


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


# ---- Bodies ----


class Context:
    def __init__(self, flags=0, condition=None):
        self.flags, self.condition = flags, condition

    def with_flags(self, flags):
        return Context(self.flags | flags, None if flags & CONDITIONAL else self.condition)


class Scope:
    def __init__(self, reader, is_class):
        self.reader, self.is_class = reader, is_class
        self.bindings, self.flags, self.calls = [], 0, []
        self.may_touch = 0
        self.has_formatted = False  # what it calls is told from its text

    def bind(self, kind, name, line, context, target=None):
        self.bindings.append((kind, context.flags, line, name, context.condition, target))

    # -- what every statement may do

    def note(self, nodes, context):
        found = [n for node in nodes for n in [node, *in_order(node)]]
        for node in found:
            if isinstance(node, ast.NamedExpr):
                self.bind(B_UNKNOWN, node.target.id, node.lineno, context)
        if context.flags & CHECKING:
            return
        for node in found:
            if isinstance(node, ast.Name) and node.id in NAMESPACES:
                self.flags |= TOUCHES
            elif isinstance(node, ast.arg) and node.arg in NAMESPACES:  # of a lambda: facts are careful
                self.may_touch = TOUCHES
            elif isinstance(node, ast.Attribute) and (node.attr == "__dict__" or dotted(node) == "sys.modules"):
                self.flags |= TOUCHES
            elif isinstance(node, ast.Call):
                name = dotted(node.func)
                if name == "vars":
                    self.flags |= TOUCHES
                if name and re.fullmatch(r"(pytest\.)?(skip|importorskip|exit|fail|xfail)|sys\.exit|quit", name):
                    self.skip(context)

    def skip(self, context):
        self.flags |= SKIPS_IN_EXCEPT if context.flags & IN_EXCEPT else SKIPS

    def targets(self, node, kind, context):
        if isinstance(node, ast.Name):
            self.bind(kind, node.id, node.lineno, context)
        elif isinstance(node, ast.Attribute) and dotted(node):
            self.bind(B_ATTRIBUTE, dotted(node), self.line_of(node), context)
        elif isinstance(node, (ast.Tuple, ast.List)):
            for item in node.elts:
                self.targets(item, kind, context)
        elif isinstance(node, ast.Starred):
            self.targets(node.value, kind, context)
        else:  # part of something that has a name
            while not dotted(node) and isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
                node = node.func if isinstance(node, ast.Call) else node.value
            if dotted(node):
                self.bind(B_ATTRIBUTE, dotted(node) + ".[]", self.line_of(node), context)

    def line_of(self, node):
        while isinstance(node, ast.Attribute):
            node = node.value
        return node.lineno

    def target(self, node, value, context):
        if isinstance(node, ast.Name):
            self.bind(B_VALUE, node.id, node.lineno, context, value)
        elif isinstance(node, ast.Attribute) and dotted(node):
            self.bind(B_ATTRIBUTE, dotted(node), self.line_of(node), context, value)
        else:
            self.targets(node, B_UNKNOWN, context)

    # -- statements

    def body(self, statements, context):
        for statement in statements:
            self.statement(statement, context)

    def statement(self, node, context):
        handler = getattr(self, "on_" + type(node).__name__, None)
        if handler:
            handler(node, context)
        else:
            self.note([node], context)

    def on_FunctionDef(self, node, context):
        self.bind(B_FUNCTION, node.name, node.lineno, context, self.reader.function(node, self.is_class))

    on_AsyncFunctionDef = on_FunctionDef

    def on_ClassDef(self, node, context):
        self.bind(B_CLASS, node.name, node.lineno, context, self.reader.class_facts(node))

    def on_Import(self, node, context):
        for item in self.reader.imports_of(node, context):
            self.bind(B_IMPORT, item[5] or item[3].split(".")[0], node.lineno, context, item)

    def on_ImportFrom(self, node, context):
        for item in self.reader.imports_of(node, context):
            is_star = item[2] & I_STAR
            self.bind(B_STAR if is_star else B_IMPORT, None if is_star else item[5] or item[4], node.lineno, context, item)

    def on_Assign(self, node, context):
        self.note([node], context)
        value = self.reader.values.of(node.value)
        for target in node.targets:
            self.target(target, value, context)

    def on_AnnAssign(self, node, context):
        self.note([node], context)
        if node.value:
            self.target(node.target, self.reader.values.of(node.value), context)

    def on_AugAssign(self, node, context):
        self.note([node], context)
        self.targets(node.target, B_UNKNOWN, context)

    def on_Delete(self, node, context):
        self.note([node], context)
        for target in node.targets:
            self.targets(target, B_DELETED, context)

    def on_TypeAlias(self, node, context):
        self.note([node], context)
        self.bind(B_UNKNOWN, node.name.id, node.lineno, context)

    def on_Raise(self, node, context):
        self.note([node], context)
        if not context.flags & CHECKING:
            self.skip(context)

    def on_Global(self, node, context):
        self.flags |= TOUCHES if self.is_class else 0

    def on_Expr(self, node, context):
        self.note([node], context)
        if context.flags & CHECKING:
            return
        for call in [node.value, *in_order(node.value)]:
            self.has_formatted = self.has_formatted or isinstance(call, ast.JoinedStr)
            if isinstance(call, ast.Call):
                self.flags |= CALLS
                if dotted(call.func):
                    self.calls.append(dotted(call.func))
                else:
                    self.flags |= CALLS_UNNAMED

    # -- blocks

    def on_If(self, node, context, earlier=(), is_known=True, is_over=None):
        self.note([node.test], context)
        outcome = outcome_of(node.test)
        inside, is_known_next, over_next, earlier_next = context, is_known, is_over, earlier
        if is_over:
            inside = Context(context.flags | CHECKING, context.condition) if is_over == "not checking" else None
        elif outcome == "false":
            inside = None
        elif outcome == "checking":
            inside = Context(context.flags | CHECKING, context.condition)
        elif outcome in ("true", "not checking"):
            over_next = outcome
            inside = self.branch(context, earlier, is_known, None)
        else:
            test = self.reader.values.segment(node.test).decode() if outcome == "platform" else None
            fits = outcome == "platform" and len(earlier) < 16
            alone = is_known and not context.flags & CONDITIONAL and outcome == "platform"
            inside = Context(context.flags | CONDITIONAL, (list(earlier), test) if alone else None)
            if fits:
                earlier_next = (*earlier, test)
            else:
                is_known_next = False
        if inside:
            self.body(node.body, inside)
        else:
            self.reader.skip(node.body)
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If) and self.reader.is_elif(node.orelse[0]):
            self.on_If(node.orelse[0], context, earlier_next, is_known_next, over_next)
        elif node.orelse:
            if over_next == "not checking":
                self.body(node.orelse, Context(context.flags | CHECKING, context.condition))
            elif over_next:
                self.reader.skip(node.orelse)
            else:
                self.body(node.orelse, self.branch(context, earlier_next, is_known_next, None))

    def branch(self, context, earlier, is_known, test):
        if not earlier and is_known:
            return context
        alone = is_known and not context.flags & CONDITIONAL
        return Context(context.flags | CONDITIONAL, (list(earlier), test) if alone else None)

    def on_For(self, node, context):
        conditional = context.with_flags(CONDITIONAL)
        self.note([node.target, node.iter], context)
        self.targets(node.target, B_UNKNOWN, conditional)
        self.body(node.body, conditional)
        self.body(node.orelse, conditional)

    on_AsyncFor = on_For

    def on_While(self, node, context):
        self.note([node.test], context)
        self.body(node.body, context.with_flags(CONDITIONAL))
        self.body(node.orelse, context.with_flags(CONDITIONAL))

    def on_With(self, node, context):
        self.note(node.items, context)
        for item in node.items:
            if item.optional_vars:
                self.targets(item.optional_vars, B_UNKNOWN, context)
        self.body(node.body, context.with_flags(IN_TRY))

    on_AsyncWith = on_With

    def on_Try(self, node, context):
        self.body(node.body, context.with_flags(IN_TRY))
        for handler in node.handlers:
            inside = context.with_flags(CONDITIONAL | IN_EXCEPT)
            if handler.type:
                self.note([handler.type], context)
            if handler.name:
                self.bind(B_UNKNOWN, handler.name, None, inside)
            self.body(handler.body, inside)
            if handler.name:
                self.bind(B_DELETED, handler.name, handler.end_lineno, inside)
        self.body(node.orelse, context.with_flags(IN_TRY))
        self.body(node.finalbody, context)

    on_TryStar = on_Try

    def on_Match(self, node, context):
        self.note([node.subject], context)
        conditional = context.with_flags(CONDITIONAL)
        for case in node.cases:
            self.note([case.pattern, *([case.guard] if case.guard else [])], context)
            for pattern in sorted((n for n in ast.walk(case.pattern)), key=lambda n: (
                    getattr(n, "end_lineno", 0), getattr(n, "end_col_offset", 0))):
                name = getattr(pattern, "name", None) if isinstance(pattern, (ast.MatchAs, ast.MatchStar)) else getattr(
                    pattern, "rest", None)
                if name:
                    self.bind(B_UNKNOWN, name, None, conditional)
            self.body(case.body, conditional)


class Reader:
    def __init__(self, source, module):
        self.source, self.module = source, module
        self.values = Values(source)
        self.import_flags = {}
        self.scope = Scope(self, False)
        self.scope.body(module.body, Context())
        for node in in_order(module):
            if isinstance(node, FUNCTIONS) and node not in self.inside:
                for inner in in_order(node):
                    if isinstance(inner, FUNCTIONS):
                        self.inside.add(inner)
                    if isinstance(inner, ast.Global) and b"global " in source:
                        for name in inner.names:
                            self.scope.bind(B_UNKNOWN, name, None, Context(CONDITIONAL))

    inside = set()

    def is_elif(self, node):
        return self.values.lines[node.lineno - 1][node.col_offset :].startswith(b"elif")

    def skip(self, statements):
        for statement in statements:
            for node in [statement, *in_order(statement)]:
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    self.import_flags[node] = I_CHECKING

    def imports_of(self, node, context):
        flags = (I_CONDITIONAL if context.flags & CONDITIONAL else 0) | (I_CHECKING if context.flags & CHECKING else 0)
        flags |= I_TRY if context.flags & IN_TRY else 0
        self.import_flags[node] = flags
        return self.import_rows(node, flags)

    def import_rows(self, node, flags):
        for alias in node.names:
            if isinstance(node, ast.Import):
                yield [node.lineno, 0, flags, alias.name, None, alias.asname]
            elif alias.name == "*":
                yield [node.lineno, node.level, flags | I_STAR, node.module, None, None]
            else:
                yield [node.lineno, node.level, flags, node.module, alias.name, alias.asname]

    def all_imports(self):
        rows = []

        def visit(node, in_function):
            for child in in_order_shallow(node):
                if isinstance(child, (ast.Import, ast.ImportFrom)):
                    flags = self.import_flags.get(child, 0)
                    rows.extend(self.import_rows(child, flags | (I_FUNCTION if in_function else 0)))
                else:
                    visit(child, in_function or isinstance(child, FUNCTIONS))

        visit(self.module, False)
        return rows

    def definitions(self):
        rows = []

        def visit(node, parent):
            for child in in_order_shallow(node):
                if isinstance(child, DEFINITIONS):
                    rows.append([child.name, parent, child.lineno, child.end_lineno, int(isinstance(child, ast.ClassDef))])
                    visit(child, len(rows) - 1)
                elif not isinstance(child, ast.expr):
                    visit(child, parent)

        visit(self.module, -1)
        return rows

    def decorators(self, node):
        found = []
        for item in node.decorator_list:
            value = self.values.of(item)
            found.append((item.lineno, value if value[0] in (NAME, CALL) else (UNKNOWN, item)))
        return found

    def head(self, node):
        first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
        return [node.lineno, node.col_offset, node.end_lineno, first]

    def function(self, node, is_method):
        arguments = node.args
        plain = [*arguments.posonlyargs, *arguments.args]
        defaults = [0] * (len(plain) - len(arguments.defaults)) + [1] * len(arguments.defaults)
        rows = [[a.arg, int(i >= len(arguments.posonlyargs)), d] for i, (a, d) in enumerate(zip(plain, defaults))]
        if arguments.vararg:
            rows.append([arguments.vararg.arg, 2, 0])
        rows += [[a.arg, 3, int(d is not None)] for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults)]
        if arguments.kwarg:
            rows.append([arguments.kwarg.arg, 4, 0])
        flags = int(isinstance(node, ast.AsyncFunctionDef)) | (2 if has_yield(node.body) else 0) | (4 if is_method else 0)
        inner = []
        if not is_method and not node.name.startswith("test"):
            inner = [self.function(child, False) for child in functions_in(node)]
        return {"name": node.name, "at": self.head(node), "flags": flags, "parameters": rows, "inner": inner,
                "decorators": self.decorators(node), "node": node}

    def class_facts(self, node):
        scope = Scope(self, True)
        scope.body(node.body, Context())
        bases = []
        for base in node.bases:
            if isinstance(base, ast.Starred):
                continue
            plain = base.value if isinstance(base, ast.Subscript) and dotted(base.value) else base
            bases.append(self.values.of(plain, 1))
        starred = any(isinstance(base, ast.Starred) for base in node.bases)
        return {"at": self.head(node), "has_keywords": int(bool(node.keywords) or starred),
                "bases": bases, "keywords": [(k.arg, self.values.of(k.value, 1)) for k in node.keywords],
                "decorators": self.decorators(node), "bindings": scope.bindings, "scope": scope}


def in_order_shallow(node):
    return sorted(ast.iter_child_nodes(node), key=lambda n: (getattr(n, "lineno", 0), getattr(n, "col_offset", 0)))


def has_yield(nodes):
    for node in nodes:
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):
            continue
        if isinstance(node, ast.ClassDef):
            continue
        if has_yield(ast.iter_child_nodes(node)):
            return True
    return False


def words_of(function):
    words = set()
    for node in (n for statement in function.body for n in [statement, *in_order(statement)]):
        words |= {node.id} if isinstance(node, ast.Name) else set()
        words |= {node.attr} if isinstance(node, ast.Attribute) else set()
        if isinstance(node, ast.Assign):
            assigned = [target.value for target in node.targets if isinstance(target, ast.Attribute)]
            words |= {value.id + "=" for value in assigned if isinstance(value, ast.Name)}
    return words


def functions_in(node):
    for child in in_order_shallow(node):
        if isinstance(child, FUNCTIONS):
            yield child
        elif not isinstance(child, (ast.ClassDef, ast.expr)):
            yield from functions_in(child)


# ---- Comparison ----


class Difference(Exception):
    pass


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
        same("docstring", docstring, text(got["docstring"]))
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
