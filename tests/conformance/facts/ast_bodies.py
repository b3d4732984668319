"""What ast says of modules: bindings, functions, classes, imports, in the order and the shape of facts."""

import ast
import re

from ast_values import CALL, dotted, in_order, NAME, outcome_of, UNKNOWN, Values

B_FUNCTION, B_CLASS, B_IMPORT, B_STAR, B_VALUE, B_UNKNOWN, B_DELETED, B_ATTRIBUTE, B_ANNOTATION = range(9)
CONDITIONAL, CHECKING, IN_TRY, IN_EXCEPT = 1, 2, 4, 8
I_FUNCTION, I_CONDITIONAL, I_CHECKING, I_STAR, I_TRY = 1, 2, 4, 8, 16
TOUCHES, SKIPS, CALLS, CALLS_UNNAMED, SKIPS_IN_EXCEPT = 1, 2, 4, 8, 16
NAMESPACES = ("globals", "locals", "exec", "eval", "setattr", "delattr")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


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
        if self.is_class and node.simple:
            self.bind(B_ANNOTATION, node.target.id, self.line_of(node), context, self.reader.values.of(node.annotation))
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

    def on_Assert(self, node, context):
        self.note([node], context)
        first = self.reader.values.segment(node)[len(b"assert"):].lstrip(b" \t\\\n")
        if not context.flags & CHECKING and re.match(rb"(False|None|not|0)(?![\w.])", first):
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
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            words.add(node.value.id + "=")
    return words


def functions_in(node):
    for child in in_order_shallow(node):
        if isinstance(child, FUNCTIONS):
            yield child
        elif not isinstance(child, (ast.ClassDef, ast.expr)):
            yield from functions_in(child)
