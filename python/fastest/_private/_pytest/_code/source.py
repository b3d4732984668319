"""Source: fragments of source text, and where statements begin and end. Imported when a failure is shown."""

from __future__ import annotations

import ast
import bisect
import inspect
import linecache
import textwrap
import tokenize
import types
import warnings


class Source:
    """An immutable fragment of source code; lines given to it lose their common indentation."""

    def __init__(self, obj=None):
        self.lines = []
        self.raw_lines = []
        if not obj:
            return
        if isinstance(obj, Source):
            self.lines, self.raw_lines = obj.lines, obj.raw_lines
            return
        if isinstance(obj, (tuple, list)):
            raw = [line.rstrip("\n") for line in obj]
        elif isinstance(obj, str):
            raw = obj.split("\n")
        else:
            raw = _text_of(obj).split("\n")
        self.raw_lines = raw
        self.lines = deindent(raw)

    @classmethod
    def _of_lines(cls, lines, raw_lines):
        source = cls()
        source.lines, source.raw_lines = lines, raw_lines
        return source

    def __eq__(self, other):
        return self.lines == other.lines if isinstance(other, Source) else NotImplemented

    __hash__ = None

    def __getitem__(self, key):
        if isinstance(key, int):
            return self.lines[key]
        if key.step not in (None, 1):
            raise IndexError("cannot slice a Source with a step")
        return self._of_lines(self.lines[key.start : key.stop], self.raw_lines[key.start : key.stop])

    def __iter__(self):
        return iter(self.lines)

    def __len__(self):
        return len(self.lines)

    def __str__(self):
        return "\n".join(self.lines)

    def strip(self):
        """Without blank lines at either end."""
        filled = [i for i, line in enumerate(self.lines) if line.strip()]
        kept = self.lines[filled[0] : filled[-1] + 1] if filled else []
        return self._of_lines(kept, self.raw_lines)

    def indent(self, indent=" " * 4):
        """With every line indented by the given string."""
        return self._of_lines([indent + line for line in self.lines], self.raw_lines)

    def deindent(self):
        """Without the indentation that all lines share."""
        return self._of_lines(deindent(self.lines), self.raw_lines)

    def getstatement(self, lineno):
        """The statement that contains the given line, counted from 0."""
        start, end = self.getstatementrange(lineno)
        return self[start:end]

    def getstatementrange(self, lineno):
        """(start, end) of the smallest statement that contains the given line."""
        if not 0 <= lineno < len(self):
            raise IndexError("lineno out of range")
        _, start, end = getstatementrange_ast(lineno, self)
        return start, end


def _text_of(obj):
    try:
        return inspect.getsource(getrawcode(obj))
    except TypeError:
        return inspect.getsource(obj)


def deindent(lines):
    return textwrap.dedent("\n".join(lines)).splitlines()


def getrawcode(obj, trycall=True):
    """The code object of a function, or of the __call__ of an object."""
    code = getattr(obj, "__code__", None)
    if code is not None:
        return code
    call = getattr(obj, "__call__", None) if trycall and not isinstance(obj, type) else None
    if call:
        return getrawcode(call, trycall=False)
    raise TypeError(f"could not get code object for {obj!r}")


def findsource(obj):
    """(Source of the whole file, line of the object), or (None, -1)."""
    try:
        raw_lines, lineno = inspect.findsource(obj)
    except Exception:
        # Relative file names of compiled modules: linecache also looks along sys.path.
        code = obj if isinstance(obj, types.CodeType) else getattr(obj, "__code__", None)
        raw_lines = linecache.getlines(code.co_filename) if code is not None else []
        if not raw_lines:
            return None, -1
        lineno = code.co_firstlineno - 1
    return Source._of_lines([line.rstrip() for line in raw_lines], raw_lines), lineno


# ---- statements ----


def _parse(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, "source", "exec")


def _starts_below(tree):
    starts = getattr(tree, "_fastest_starts", None)
    if starts is not None:
        return starts
    starts = []
    for node in ast.walk(tree):
        if not isinstance(node, (ast.stmt, ast.ExceptHandler)):
            continue
        # The line of a decorated definition is that of its def: the decorators count, too.
        starts += [decorator.lineno - 1 for decorator in getattr(node, "decorator_list", ())]
        starts.append(node.lineno - 1)
        # `finally:` and `else:` begin statements of their own, one line above their first.
        for branch in ("finalbody", "orelse"):
            body = getattr(node, branch, None)
            if body:
                starts.append(body[0].lineno - 2)
    starts.sort()
    tree._fastest_starts = starts
    return starts


def _statement_linenos(node):
    """The lines at which statements start below a node, sorted and counted from 0; kept with the node."""
    return _starts_below(node)


def get_statement_startend2(lineno, node):
    """(start of the statement at a line, start of the next one or None)."""
    starts = _starts_below(node)
    index = bisect.bisect_right(starts, lineno)
    start = starts[index - 1] if index else None
    return start, starts[index] if index < len(starts) else None


def statement_starts(lines):
    """Sorted 0-based line numbers at which statements start; None for what does not parse."""
    try:
        return _starts_below(_parse("\n".join(line.rstrip() for line in lines)))
    except SyntaxError:
        return None


def block_end(lines, start, end):
    """Where the block ends that starts at line `start`, at most `end`: as inspect.getsource() would see it."""
    finder = inspect.BlockFinder()
    first = lines[start]
    finder.started = first[:1].isspace() and bool(first.strip())
    feed = iter([line.rstrip() + "\n" for line in lines[start:end]])
    try:
        for token in tokenize.generate_tokens(lambda: next(feed)):
            finder.tokeneater(*token)
    except (inspect.EndOfBlock, IndentationError):
        return finder.last + start
    except Exception:  # whatever tokenize says of a fragment: the whole of it is meant
        pass
    return end


def getstatementrange_ast(lineno, source, assertion=False, astnode=None):
    """(tree, start, end) of the statement at a line of a Source."""
    if astnode is None:
        astnode = _parse(str(source))
    starts = _starts_below(astnode)
    index = bisect.bisect_right(starts, lineno)
    start, end = 0, len(source.lines)
    if index:
        start = starts[index - 1]
        if index < len(starts):
            end = starts[index]
    if end > start + 1:
        end = block_end(source.lines, start, end)
    end = min(end, len(source.lines))
    while end and (not source.lines[end - 1].strip() or source.lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return astnode, start, end


def last_statement_indent(lines):
    """4 more than the indentation of the statement that the lines end with."""
    source = Source._of_lines(list(lines), list(lines))
    try:
        text = str(source.getstatement(len(source) - 1))
    except (SyntaxError, IndexError, ValueError, RecursionError):
        text = lines[-1]
    return 4 + len(text) - len(text.lstrip())


# ---- for the wrappers in C ----


def code_fullsource(code):
    return findsource(code.raw)[0]


def code_source(code):
    return Source(code.raw)


def frame_statement(frame):
    source = frame.code.fullsource
    return Source("") if source is None else source.getstatement(frame.lineno)


def frame_eval(frame, code, variables):
    namespace = dict(frame.f_locals)
    namespace.update(variables or {})
    return eval(code, frame.f_globals, namespace)


def entry_statement(entry):
    source = entry.frame.code.fullsource
    assert source is not None
    return source.getstatement(entry.lineno)


def entry_source(entry):
    source = entry.frame.code.fullsource
    if source is None:
        return None
    try:
        _, _, end = getstatementrange_ast(entry.lineno, source)
    except SyntaxError:
        end = entry.lineno + 1
    return source[entry.getfirstlinesource() : end]


def entry_framesummary(entry):
    import traceback

    return traceback.extract_tb(entry._rawentry, limit=1)[0]


def entry_text(entry):
    try:
        line = str(entry.statement).lstrip()
    except Exception:
        line = "???"
    return f"  File '{entry.path}':{entry.lineno + 1} in {entry.name}\n  {line}\n"
