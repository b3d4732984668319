"""What a formatted exception is made of, and the rarer ways of formatting one. Imported at the first failure."""

from __future__ import annotations

import os
import sys

from fastest._fastest import Code
from fastest._fastest import ExceptionInfo
from fastest._fastest import Frame
from fastest._fastest import Traceback
from fastest._fastest import TracebackEntry

if sys.version_info < (3, 11):
    try:
        from exceptiongroup import BaseExceptionGroup
    except ImportError:
        BaseExceptionGroup = ()
else:
    from builtins import BaseExceptionGroup


def __getattr__(name):
    if name == "ExceptionInfoFormatter":
        from .formatter import ExceptionInfoFormatter as value
    elif name == "_byte_offset_to_character_offset":
        from .formatter import character_offset as value
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


class TerminalRepr:
    """A piece of data that displays itself to a terminal."""

    __match_args__ = ()
    _shown_args = None  # in repr(); none: that of the base class

    def __init_subclass__(cls):
        super().__init_subclass__()
        if "__match_args__" in vars(cls):
            cls._shown_args = [*cls.__match_args__]
            if "reprcrash" in cls._shown_args:
                cls._shown_args.insert(2, "sections")

    def __str__(self):
        from io import StringIO

        from fastest._fastest import TerminalWriter

        file = StringIO()
        writer = TerminalWriter(file)
        self.toterminal(writer)
        writer.flush()
        return file.getvalue().strip()

    def __repr__(self):
        if self._shown_args is None:
            return f"<{self.__class__} instance at {id(self):0x}>"
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown_args)
        return f"{type(self).__qualname__}({values})"

    def toterminal(self, tw):
        raise NotImplementedError()


class ExceptionRepr(TerminalRepr):
    """An exception: its traceback, where it crashed, and titled sections that plugins add."""

    __match_args__ = ("reprtraceback", "reprcrash")

    def __init__(self, reprtraceback, reprcrash):
        self.reprtraceback = reprtraceback
        self.reprcrash = reprcrash
        self.sections = []

    def addsection(self, name, content, sep="-"):
        self.sections.append((name, content, sep))

    def toterminal(self, tw):
        for name, content, sep in self.sections:
            tw.sep(sep, name)
            tw.line(content)


class ExceptionChainRepr(ExceptionRepr):
    """A chain of exceptions, oldest first, with a description between them."""

    __match_args__ = ("reprtraceback", "reprcrash", "chain")

    def __init__(self, chain):
        super().__init__(chain[-1][0], chain[-1][1])
        self.chain = chain

    def toterminal(self, tw):
        for reprtraceback, _, description in self.chain:
            reprtraceback.toterminal(tw)
            if description is not None:
                tw.line("")
                tw.line(description, yellow=True)
        super().toterminal(tw)


class ReprExceptionInfo(ExceptionRepr):
    """A single exception."""

    def toterminal(self, tw):
        self.reprtraceback.toterminal(tw)
        super().toterminal(tw)


class ReprTraceback(TerminalRepr):
    """The entries of a traceback, and perhaps a line after them."""

    __match_args__ = ("reprentries", "extraline", "style")

    entrysep = "_ "

    def __init__(self, reprentries, extraline, style):
        self.reprentries = reprentries
        self.extraline = extraline
        self.style = style

    def toterminal(self, tw):
        following = [*self.reprentries[1:], None]
        for entry, after in zip(self.reprentries, following):
            if entry.style == "long":
                tw.line("")
            entry.toterminal(tw)
            if after is not None and (entry.style == "long" or (entry.style == "short" and after.style == "long")):
                tw.sep(self.entrysep)
        if self.extraline:
            tw.line(self.extraline)


class ReprTracebackNative(ReprTraceback):
    """A whole traceback as Python prints it: one entry."""

    def __init__(self, tblines, *, extraline=None):
        super().__init__([ReprEntryNative(tblines)], extraline, "native")


class ReprEntryNative(TerminalRepr):
    """Lines as Python prints them, with their line ends."""

    __match_args__ = ("lines",)

    style = "native"

    def __init__(self, lines):
        self.lines = lines

    def toterminal(self, tw):
        tw.write("".join(self.lines))


class ReprEntry(TerminalRepr):
    """One entry of a traceback: source with markers, and optional arguments, locals and location."""

    __match_args__ = ("lines", "reprfuncargs", "reprlocals", "reprfileloc", "style")

    def __init__(self, lines, reprfuncargs, reprlocals, reprfileloc, style):
        self.lines = lines
        self.reprfuncargs = reprfuncargs
        self.reprlocals = reprlocals
        self.reprfileloc = reprfileloc
        self.style = style

    def _write_entry_lines(self, tw):
        """Source highlighted, without its marker column; from the first "E" line on all red."""
        if not self.lines:
            return
        if self.style == "value":
            for line in self.lines:
                tw.write(line)
                tw.write("\n")
            return
        marker = "E   "
        width = len(marker)
        source_count = next((i for i, line in enumerate(self.lines) if line.startswith(marker)), len(self.lines))
        source = self.lines[:source_count]
        tw._write_source([line[width:] for line in source], [line[:width] for line in source])
        for line in self.lines[source_count:]:
            tw.line(line, bold=True, red=True)

    def toterminal(self, tw):
        if self.style == "short":
            if self.reprfileloc:
                self.reprfileloc.toterminal(tw)
            self._write_entry_lines(tw)
            if self.reprlocals:
                self.reprlocals.toterminal(tw, indent=" " * 8)
            return
        if self.reprfuncargs:
            self.reprfuncargs.toterminal(tw)
        self._write_entry_lines(tw)
        if self.reprlocals:
            tw.line("")
            self.reprlocals.toterminal(tw)
        if self.reprfileloc:
            if self.lines:
                tw.line("")
            self.reprfileloc.toterminal(tw)

    def __str__(self):
        lines = "\n".join(self.lines)
        return f"{lines}\n{self.reprlocals}\n{self.reprfileloc}"


class ReprFileLocation(TerminalRepr):
    """path:line: first line of a message, as editors understand it."""

    __match_args__ = ("path", "lineno", "message")

    def __init__(self, path, lineno, message):
        self.path = str(path)
        self.lineno = lineno
        self.message = message

    def toterminal(self, tw):
        tw.write(self.path, bold=True, red=True)
        tw.line(f":{self.lineno}: {self.message.partition(chr(10))[0]}")


class ReprLocals(TerminalRepr):
    """Local variables, formatted."""

    __match_args__ = ("lines",)

    def __init__(self, lines):
        self.lines = lines

    def toterminal(self, tw, indent=""):
        for line in self.lines:
            tw.line(indent + line)


class ReprFuncArgs(TerminalRepr):
    """The arguments of a function: name = value, as many on a line as fit."""

    __match_args__ = ("args",)

    def __init__(self, args):
        self.args = args

    def toterminal(self, tw):
        if not self.args:
            return
        line = ""
        for name, value in self.args:
            part = f"{name} = {value}"
            if len(part) + len(line) + 2 > tw.fullwidth:
                if line:
                    tw.line(line)
                line = part
            else:
                line = f"{line}, {part}" if line else part
        if line:
            tw.line(line)
        tw.line("")


# ---- text of exceptions ----


def stringify_exception(exc, include_subexception_msg=True):
    """str(exc) and its notes, a line each."""
    try:
        notes = getattr(exc, "__notes__", [])
    except KeyError:
        # urllib's HTTPError of some 3.10 and 3.11 looks attributes up in a dict.
        notes = []
    is_group = not include_subexception_msg and isinstance(exc, BaseExceptionGroup)
    return "\n".join([exc.message if is_group else str(exc), *notes])


def _only_exception_of(group):
    while len(group.exceptions) == 1:
        inner = group.exceptions[0]
        if not isinstance(inner, BaseExceptionGroup):
            return inner
        group = inner
    return None


def exception_only(exception, tryshort):
    """ExceptionInfo.exconly() of exceptions that the traceback module prints in a way of its own."""
    import traceback

    if tryshort and isinstance(exception, BaseExceptionGroup):
        single = _only_exception_of(exception)
        if single is not None:
            return f"{single!r} [single exception in {type(exception).__name__}]"
    return "".join(traceback.format_exception_only(type(exception), exception))


def safeformat(value):
    from _pytest._io.saferepr import safeformat

    return safeformat(value)


def excinfo_match(excinfo, regexp):
    __tracebackhide__ = True
    import re

    value = stringify_exception(excinfo.value)
    message = f"Regex pattern did not match.\n  Expected regex: {regexp!r}\n  Actual message: {value!r}"
    if regexp == value:
        message += "\n Did you mean to `re.escape()` the regex?"
    if not re.search(regexp, value):
        raise AssertionError(message)
    return True


def _contains(group, expected, match, wanted_depth, depth):
    import re

    if wanted_depth is not None and depth > wanted_depth:
        return False
    for exception in group.exceptions:
        is_group = isinstance(exception, BaseExceptionGroup)
        if is_group and _contains(exception, expected, match, wanted_depth, depth + 1):
            return True
        is_deep_enough = wanted_depth is None or depth == wanted_depth
        if is_deep_enough and isinstance(exception, expected):
            if match is None or re.search(match, stringify_exception(exception)):
                return True
    return False


def excinfo_group_contains(excinfo, expected_exception, *, match=None, depth=None):
    if not isinstance(excinfo.value, BaseExceptionGroup):
        raise AssertionError("Captured exception is not an instance of `BaseExceptionGroup`")
    if depth is not None and depth < 1:
        raise AssertionError("`depth` must be >= 1 if specified")
    return _contains(excinfo.value, expected_exception, match, depth, 1)


# ---- filtering ----


def _hidden_folders():
    import pathlib

    import _pytest

    folders = [pathlib.Path(_pytest.__file__).parent]
    pluggy = sys.modules.get("pluggy")
    if pluggy is not None and getattr(pluggy, "__file__", None):
        folders.append(pathlib.Path(pluggy.__file__).parent)
    return folders


def filter_traceback(entry):
    """Whether an entry is to be shown: not generated code, not inside pytest or pluggy."""
    import pathlib

    filename = entry.frame.code.raw.co_filename
    if "<" in filename and ">" in filename:
        return False
    parents = pathlib.Path(entry.path).parents
    return not any(folder in parents for folder in _hidden_folders())


def filter_excinfo_traceback(tbfilter, excinfo):
    if callable(tbfilter):
        return tbfilter(excinfo)
    return excinfo.traceback.filter(excinfo) if tbfilter else excinfo.traceback


# ---- styles that Python itself formats ----


def native_repr(excinfo):
    import traceback

    first = excinfo.traceback[0]._rawentry if excinfo.traceback else None
    lines = traceback.format_exception(excinfo.type, excinfo.value, first)
    return ReprExceptionInfo(ReprTracebackNative(lines), excinfo._getreprcrash())


def native_without_traceback(exception):
    import traceback

    return ReprTracebackNative(traceback.format_exception(type(exception), exception, None, chain=False))


def _filter_native(formatted, exception, tbfilter):
    """Drops hidden frames from a TracebackException and everything inside it."""
    import traceback

    if exception.__traceback__ is not None:
        shown = filter_excinfo_traceback(tbfilter, ExceptionInfo.from_exception(exception))
        kept = {(str(entry.frame.code.path), entry._rawentry.tb_lineno) for entry in shown}
        frames = [frame for frame in formatted.stack if (frame.filename, frame.lineno) in kept]
        formatted.stack = traceback.StackSummary.from_list(frames)
    if isinstance(exception, BaseExceptionGroup):
        for inner_formatted, inner in zip(getattr(formatted, "exceptions", None) or [], exception.exceptions):
            _filter_native(inner_formatted, inner, tbfilter)
    for name in ("__cause__", "__context__"):
        inner_formatted, inner = getattr(formatted, name), getattr(exception, name)
        if inner_formatted is not None and inner is not None:
            _filter_native(inner_formatted, inner, tbfilter)


def native_group(excinfo, tbfilter):
    import traceback

    shown = filter_excinfo_traceback(tbfilter, excinfo)
    formatted = traceback.TracebackException.from_exception(excinfo.value)
    _filter_native(formatted, excinfo.value, tbfilter)
    extraline = None
    if not shown:
        extraline = "All traceback entries are hidden. Pass `--full-trace` to see hidden and internal frames."
    return ReprTracebackNative(list(formatted.format()), extraline=extraline)


# ---- recursion ----


def recursion_index(traceback):
    """Index of the entry where the same code at the same line has the same locals again, or None."""
    seen = {}
    for i, entry in enumerate(traceback):
        code = entry.frame.code
        # By identity: generated code objects can be equal without being the same.
        earlier = seen.setdefault((code.path, id(code.raw), entry.lineno), [])
        variables = dict(entry.frame.f_locals)
        if any(other == variables for other in earlier):
            return i
        earlier.append(variables)
    return None


def truncate_recursive_traceback(traceback, tbfilter):
    """(traceback, line to add) of a RecursionError."""
    max_frames = 10
    shown = f"  Displaying first and last {max_frames} stack frames out of {len(traceback)}."
    ends = lambda: Traceback([*traceback[:max_frames], *traceback[-max_frames:]])  # noqa: E731
    try:
        index = traceback.recursionindex()
    except Exception as error:
        return ends(), (
            "!!! Recursion error detected, but an error occurred locating the origin of recursion.\n"
            "  The following exception happened when comparing locals in the stack frame:\n"
            f"    {type(error).__name__}: {error!s}\n{shown}"
        )
    if index is not None:
        return traceback[: index + 1], "!!! Recursion detected (same locals & position)"
    if tbfilter is not False and len(traceback) > 2 * max_frames:
        return ends(), (
            "!!! Recursion error detected, but the origin of the recursion could not be located.\n"
            f"{shown}\n  Pass `--full-trace` to see all frames."
        )
    return traceback, None


# ---- where things are defined ----


def getfslineno(obj):
    """(path, 0-based line) of an object's source, ("", -1) where there is none."""
    import inspect

    from _pytest.compat import get_real_func

    from .source import findsource

    obj = get_real_func(obj)
    obj = getattr(obj, "place_as", obj)
    try:
        code = Code.from_function(obj)
    except TypeError:
        pass
    else:
        return code.path, code.firstlineno
    try:
        filename = inspect.getsourcefile(obj) or inspect.getfile(obj)
    except TypeError:
        return "", -1
    if not filename:
        return "", -1
    import pathlib

    path = pathlib.Path(os.path.abspath(filename))
    try:
        return path, findsource(obj)[1]
    except OSError:
        return path, -1
