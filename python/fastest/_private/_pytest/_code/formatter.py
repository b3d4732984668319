"""ExceptionInfoFormatter: what C does in one go for a report, step by step for those who want the steps."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import ClassVar

from _pytest._io.saferepr import saferepr
from fastest._fastest import ExceptionInfo

from .source import Source

_INDENT = "    "
_UNKNOWN = "???"


def character_offset(text, offset):
    """The number of characters in the first `offset` bytes of the text in UTF-8."""
    return len(text.encode("utf-8")[:offset].decode("utf-8", errors="replace"))


@dataclasses.dataclass
class ExceptionInfoFormatter:
    """Makes terminal representations of exceptions and of their parts.

    The options are those of :func:`ExceptionInfo.getrepr`.
    """

    flow_marker: ClassVar = ">"
    fail_marker: ClassVar = "E"

    showlocals: bool = False
    style: str = "long"
    abspath: bool = True
    tbfilter: object = True
    funcargs: bool = False
    truncate_locals: bool = True
    truncate_args: bool = True
    chain: bool = True

    astcache: dict = dataclasses.field(default_factory=dict, init=False, repr=False)

    # -- Whole exceptions

    def repr_excinfo(self, excinfo):
        """The exception and, with `chain`, those that led to it."""
        from .code import ExceptionChainRepr

        links, seen = [], set()
        error, description = excinfo.value, None
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            links.append((*self._repr_link(error, excinfo), description))
            error, description = self._cause_of(error) if self.chain else (None, None)
            excinfo = ExceptionInfo.from_exception(error) if error is not None and error.__traceback__ else None
        return ExceptionChainRepr(links[::-1])

    def _repr_link(self, error, excinfo):
        """(traceback, crash); as Python prints it for groups, and for what was never raised."""
        from .code import BaseExceptionGroup
        from .code import native_group
        from .code import native_without_traceback

        if excinfo is None:
            return native_without_traceback(error), None
        is_group = isinstance(error, BaseExceptionGroup)
        traceback = native_group(excinfo, self.tbfilter) if is_group else self.repr_traceback(excinfo)
        return traceback, excinfo._getreprcrash()

    def _cause_of(self, error):
        """(the exception behind it, how they are connected)."""
        from .code import BaseExceptionGroup

        if isinstance(error, BaseExceptionGroup):
            return None, None
        if error.__cause__ is not None:
            return error.__cause__, "The above exception was the direct cause of the following exception:"
        context = None if error.__suppress_context__ else error.__context__
        return context, "During handling of the above exception, another exception occurred:"

    def repr_traceback(self, excinfo):
        from .code import filter_excinfo_traceback
        from .code import ReprTraceback

        traceback = filter_excinfo_traceback(self.tbfilter, excinfo)
        extraline = None
        if isinstance(excinfo.value, RecursionError):
            traceback, extraline = self._truncate_recursive_traceback(traceback)
        if not traceback:
            hidden = "All traceback entries are hidden. Pass `--full-trace` to see hidden and internal frames."
            return ReprTraceback([self.repr_traceback_entry(None, excinfo)], extraline or hidden, style=self.style)
        if self.style == "value":
            return ReprTraceback([self.repr_traceback_entry(traceback[-1], excinfo)], None, style=self.style)
        entries = [self.repr_traceback_entry(entry) for entry in traceback[:-1]]
        entries.append(self.repr_traceback_entry(traceback[-1], excinfo))
        return ReprTraceback(entries, extraline, style=self.style)

    def _truncate_recursive_traceback(self, traceback):
        from .code import truncate_recursive_traceback

        return truncate_recursive_traceback(traceback, self.tbfilter)

    # -- One entry

    def repr_traceback_entry(self, entry, excinfo=None):
        from .code import ReprEntry

        style = getattr(entry, "_repr_style", None) or self.style
        if entry is not None and style in ("short", "long"):
            return self._repr_source_entry(entry, excinfo, style)
        lines = []
        if excinfo and style == "value":
            lines = str(excinfo.value).split("\n")
        elif excinfo:
            lines = self.get_exconly(excinfo, indent=4)
        return ReprEntry(lines, None, None, None, style)

    def _repr_source_entry(self, entry, excinfo, style):
        from .code import ReprEntry
        from .code import ReprFileLocation

        source = self._getentrysource(entry)
        place = {"source": Source(_UNKNOWN), "line_index": 0}
        if source is not None:
            place = {"source": source, "line_index": entry.relline, "end_line_index": entry.end_lineno_relative}
            place.update(colno=entry.colno, end_colno=entry.end_colno)
        is_short = style == "short"
        arguments = None if is_short else self.repr_args(entry)
        lines = self.get_source(excinfo=excinfo, short=is_short, **place)
        message = f"in {entry.name}" if is_short else (excinfo.typename if excinfo else "")
        location = ReprFileLocation(self._makepath(entry.path), entry.lineno + 1, message)
        return ReprEntry(lines, arguments, self.repr_locals(entry.locals), location, style)

    def _makepath(self, path):
        if not self.abspath and isinstance(path, Path):
            from _pytest.pathlib import bestrelpath

            try:
                relative = bestrelpath(Path.cwd(), path)
            except OSError:
                return str(path)
            if len(relative) < len(str(path)):
                return relative
        return str(path)

    # -- Its parts

    def repr_args(self, entry):
        from .code import ReprFuncArgs

        if not self.funcargs:
            return None
        limit = {} if self.truncate_args else {"maxsize": None}
        return ReprFuncArgs([(name, saferepr(value, **limit)) for name, value in entry.frame.getargs(var=True)])

    def repr_locals(self, locals):
        from .code import ReprLocals
        from .code import safeformat

        if not self.showlocals:
            return None
        lines = []
        for name in sorted(name for name in locals if not name.startswith("@")):
            if name == "__builtins__":
                lines.append("__builtins__ = <builtins>")
            else:
                shown = saferepr(locals[name]) if self.truncate_locals else safeformat(locals[name])
                lines.append(f"{name:<10} = {shown}")
        return ReprLocals(lines)

    def get_exconly(self, excinfo, indent=4, markall=False):
        """What the exception says, its first line (or all) marked."""
        plain = " " * indent
        marked = self.fail_marker + plain[1:]
        first, *others = excinfo.exconly(tryshort=True).split("\n")
        return [marked + first, *((marked if markall else plain) + line for line in others)]

    # -- Source

    def _getentrysource(self, entry):
        source = entry.getsource(self.astcache)
        return None if source is None else source.deindent()

    def _getindent(self, source):
        """How far to indent what the exception says: a step more than the last statement."""
        last = ""
        for find in (lambda: source.getstatement(len(source) - 1), lambda: source[-1]):
            try:
                last = str(find())
                break
            except Exception:
                continue
        else:
            return 0
        return 4 + len(last) - len(last.lstrip())

    def get_source(
        self, source, line_index=-1, excinfo=None, short=False, end_line_index=None, colno=None, end_colno=None
    ):
        """The lines of a source, the one at `line_index` marked, and what the exception says."""
        if source is not None and line_index < 0:
            line_index += len(source)
        if source is None or not 0 <= line_index < len(source.lines):
            source, line_index = Source(_UNKNOWN), 0
        line = source.lines[line_index].strip() if short else source.lines[line_index]
        arrows = self.get_highlight_arrows_for_line(
            raw_line=source.raw_lines[line_index],
            line=line,
            lineno=line_index,
            end_lineno=end_line_index,
            colno=colno,
            end_colno=end_colno,
        )
        if short:
            lines = [_INDENT + line, *arrows]
        else:
            lines = [_INDENT + other for other in source.lines[:line_index]]
            lines += [f"{self.flow_marker}   {line}", *arrows]
            lines += [_INDENT + other for other in source.lines[line_index + 1 :]]
        if excinfo is not None:
            lines += self.get_exconly(excinfo, indent=4 if short else self._getindent(source), markall=True)
        return lines

    def get_highlight_arrows_for_line(self, line, raw_line, lineno, end_lineno, colno, end_colno):
        """A line of carets under the part from `colno` to `end_colno` (bytes); none if that is all of the line."""
        if lineno != end_lineno or colno is None or end_colno is None:
            return []
        start = character_offset(raw_line, colno)
        count = character_offset(raw_line, end_colno) - start
        if count >= len(line.strip()):
            return []
        blanks = start - (len(raw_line) - len(line)) + 1
        return [_INDENT + " " * blanks + "^" * count]


ExceptionInfoFormatter.__module__ = sys.modules[__name__].__package__ + ".code"
