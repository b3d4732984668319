"""Rewriting asserts in a syntax tree, for those who bring one: the statements are those of the rewritten source."""

import ast
import io
import tokenize

from fastest import _fastest

_BUILTINS = ("builtins", "@py_builtins")
_ENGINE = ("fastest._fastest", "@pytest_ar")


class _Names(ast.NodeTransformer):
    """Gives temporaries and helpers the names that no program can spell."""

    def __init__(self, temporary, fail, passed):
        self.temporary = temporary
        self.helpers = {fail: "assert_fail", passed: "assert_pass"}

    def visit_Name(self, node):
        if node.id in self.helpers:
            engine = ast.copy_location(ast.Name(_ENGINE[1], ast.Load()), node)
            return ast.copy_location(ast.Attribute(engine, self.helpers[node.id], ast.Load()), node)
        if node.id.startswith(self.temporary):
            node.id = "@py_assert" + node.id[len(self.temporary) :]
        return node


def _is_temporary(node):
    return isinstance(node, ast.NamedExpr) and node.target.id.startswith("@py_assert")


def _place(node, original):
    """Every node of a rewritten expression gets the position of what it was made from."""
    if _is_temporary(node) and not _is_temporary(original):
        ast.copy_location(node, original)
        ast.copy_location(node.target, original)
        _place(node.value, original)
        return
    if hasattr(original, "lineno"):
        ast.copy_location(node, original)
    for child, from_child in zip(ast.iter_child_nodes(node), ast.iter_child_nodes(original)):
        _place(child, from_child)


def _place_assert(statement, original):
    for node in ast.walk(statement):
        if hasattr(node, "lineno") or isinstance(node, (ast.expr, ast.stmt)):
            ast.copy_location(node, original)
    if isinstance(statement, ast.Assert):
        test, failure = statement.test, statement.msg
    else:
        test, failure = statement.value.test, statement.value.orelse
    if isinstance(test, ast.BoolOp) and _is_temporary(test.values[0]) and isinstance(test.values[0].value, ast.Attribute):
        test = test.values[-1]  # after the temporaries that are reset before
    _place(test, original.test)
    if original.msg is not None:
        _place(failure.args[1], original.msg)


def _graft(tree, rewritten):
    """Puts the rewritten statements where the original's asserts are; all else stays."""
    for field, value in ast.iter_fields(tree):
        other = getattr(rewritten, field)
        pairs = list(zip(value, other)) if isinstance(value, list) else [(value, other)]
        for index, (node, new) in enumerate(pairs):
            if isinstance(node, ast.Assert):
                _place_assert(new, node)
                value[index] = new
            elif isinstance(node, ast.AST) and not isinstance(node, ast.expr):
                _graft(node, new)


def _insert_imports(mod):
    """Behind the docstring and the imports from __future__: builtins, and the engine."""
    at = 0
    is_docstring_possible = True
    line = 1
    for statement in mod.body:
        value = getattr(statement, "value", None)
        is_text = isinstance(statement, ast.Expr) and isinstance(value, ast.Constant) and isinstance(value.value, str)
        is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__" and not statement.level
        line = statement.lineno
        if not is_future and not (is_docstring_possible and is_text):
            decorators = getattr(statement, "decorator_list", None)
            line = decorators[0].lineno if decorators else line
            break
        is_docstring_possible = False
        at += 1
    imports = [ast.Import([ast.alias(name, other)]) for name, other in (_BUILTINS, _ENGINE)]
    for statement in imports:
        for node in (statement, *statement.names):
            node.lineno = node.end_lineno = line
            node.col_offset = node.end_col_offset = 0
    mod.body[at:at] = imports


def rewrite_asserts(mod, source, module_path=None, config=None):
    """Rewrites the asserts of a module's tree in place; `source` is its text in UTF-8."""
    if not mod.body:
        return
    first = mod.body[0]
    value = getattr(first, "value", None)
    if isinstance(first, ast.Expr) and isinstance(value, ast.Constant) and isinstance(value.value, str):
        if "PYTEST_DONT_REWRITE" in value.value:
            return
    has_pass_hook = config is not None and bool(config.getini("enable_assertion_pass_hook"))
    found = _fastest.rewritten_source(source, has_pass_hook)
    if found is not None:
        text, *spellings = found
        _graft(mod, _Names(*spellings).visit(ast.parse(text)))
    _insert_imports(mod)


def get_assertion_exprs(src):
    """{line: text of the assert statement's test}, as it is written."""
    expressions = {}
    lines = src.decode(tokenize.detect_encoding(io.BytesIO(src).readline)[0]).splitlines(keepends=True)
    start = None  # (line of the statement, position where the test begins)
    depth = 0
    for token in tokenize.tokenize(io.BytesIO(src).readline):
        if token.type == tokenize.NAME and token.string == "assert":
            start, depth = (token.start[0], None), 0
        elif start is not None:
            if start[1] is None:
                start = (start[0], token.start)
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
            is_comma = token.type == tokenize.OP and token.string == "," and depth == 0
            if is_comma or token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
                expressions[start[0]] = _between(lines, start[1], token.start)
                start = None
    return expressions


def _between(lines, start, end):
    (first, from_column), (last, to_column) = start, end
    if first == last:
        text = lines[first - 1][from_column:to_column]
    else:
        middle = lines[first : last - 1]
        text = "".join([lines[first - 1][from_column:], *middle, lines[last - 1][:to_column]])
    return text.rstrip().rstrip("\\")
