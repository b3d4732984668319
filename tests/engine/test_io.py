"""TerminalWriter, safe and pretty representations; the outer runner's own modules are the oracle."""
import array
import collections
import dataclasses
import io
import os
import pathlib
import subprocess
import sys
import textwrap
import types

import pytest
from _pytest._io.pprint import PrettyPrinter as OraclePrinter
from _pytest._io.saferepr import saferepr as oracle_saferepr
from _pytest._io.wcwidth import wcswidth as oracle_wcswidth

from fastest import _fastest
from fastest._fastest import PrettyPrinter
from fastest._fastest import TerminalWriter
from fastest._fastest import saferepr


@pytest.fixture
def out():
    return io.StringIO()


@pytest.fixture
def writer(out, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return TerminalWriter(out)


def test_markup_is_written_in_the_order_of_its_names(writer, out):
    writer.hasmarkup = True
    writer.write("a", red=True, bold=True)
    writer.write("b", bold=True, red=True, green=False)
    writer.line("c")
    assert out.getvalue() == "\x1b[31m\x1b[1ma\x1b[0m\x1b[1m\x1b[31mb\x1b[0mc\n"
    with pytest.raises(ValueError, match="unknown markup: 'pink'"):
        writer.write("d", pink=True)


@pytest.mark.parametrize(
    "args, expected",
    [
        (("-", "ti"), "------------------ ti ------------------"),
        (("-",), "-" * 40),
        (("_ ",), "_ " * 20),
        (("=", "ïtle", 21), "======= ïtle ========"),
        (("=", "x" * 60), "= " + "x" * 60 + " ="),
    ],
)
def test_separators_fill_the_width(writer, out, args, expected):
    writer.sep(*args)
    assert out.getvalue() == expected + "\n"


def test_the_current_line_is_measured_in_columns(writer):
    writer.write("x\n日本")
    assert writer.width_of_current_line == 4
    writer.write("e\u0301", bold=True)
    assert writer.width_of_current_line == 5


def test_whoever_patches_write_sees_every_line(writer):
    seen = []
    writer.write = lambda text, **markup: seen.append((text, markup))
    writer.sep("-", fullwidth=3, bold=True)
    assert seen == [("---", {"bold": True}), ("\n", {})]


def test_what_a_file_cannot_encode_is_escaped():
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    TerminalWriter(file).write("é\ud800", flush=True)
    assert file.buffer.getvalue() == b"\\xe9\\ud800"


@pytest.mark.parametrize(
    "environment, expected",
    [
        ({"PY_COLORS": "1", "NO_COLOR": "1"}, True),
        ({"PY_COLORS": "0", "FORCE_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
        ({}, False),
    ],
)
def test_colours_follow_the_environment(monkeypatch, environment, expected):
    for name in ("PY_COLORS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert TerminalWriter(io.StringIO()).hasmarkup is expected


@pytest.mark.parametrize("text", ["", "abc", "a\tb", "\0", "日本e\u0301", "\u200b", "\N{GRINNING FACE}"])
def test_width_equals_pytests(text):
    assert _fastest.wcswidth(text) == oracle_wcswidth(text)


class Broken:
    def __repr__(self):
        raise self.error


class Unpresentable(BaseException):
    def __repr__(self):
        raise KeyError(1)

    def __str__(self):
        raise RuntimeError("no")


def broken(error):
    instance = Broken()
    instance.error = error
    return instance


RECURSIVE = [1]
RECURSIVE.append(RECURSIVE)

SAFE = [
    10**50,
    "a" * 300,
    "é'\n" * 200,
    "\ud800",
    b"x" * 500,
    list(range(9)),
    (1,),
    [[[[[[[[1]]]]]]]],
    {i: i for i in range(9)},
    set(),
    {3, 1, 2},
    {1, "a", None},
    frozenset("abc"),
    collections.deque(range(20)),
    array.array("i", range(9)),
    array.array("i"),
    broken(ValueError("x")),
    broken(Unpresentable()),
    [broken(ValueError("x"))],
    RECURSIVE,
    range(500),
    collections.OrderedDict(a=1),
]


@pytest.mark.parametrize("maxsize", [None, 240, 50, 10, 3])
@pytest.mark.parametrize("use_ascii", [False, True])
def test_saferepr_equals_pytests(maxsize, use_ascii):
    for value in SAFE:
        assert saferepr(value, maxsize, use_ascii) == oracle_saferepr(value, maxsize, use_ascii)


def test_saferepr_lets_interrupts_through():
    with pytest.raises(KeyboardInterrupt):
        saferepr(broken(KeyboardInterrupt()))


@dataclasses.dataclass
class Point:
    x: int
    y: object
    hidden: int = dataclasses.field(default=0, repr=False)


class Ours(list):
    pass


class Named(collections.namedtuple("Named", "a b")):
    pass


PRETTY = [
    {"a": [1, 2], "b": {"c": "word " * 40}},
    ["line\n" * 3, "x" * 200, ""],
    (b"abcd" * 30, bytearray(b"ab\n" * 30), b"ab"),
    {1, 2, 3},
    frozenset({"b", "a"}),
    collections.OrderedDict(a=[1]),
    collections.defaultdict(list, a=1),
    collections.Counter("aab"),
    collections.ChainMap({1: 2}, {}),
    collections.deque([1, [2]], maxlen=3),
    collections.UserDict({1: [2]}),
    collections.UserList([1]),
    types.SimpleNamespace(a=[1], b={}),
    types.MappingProxyType({1: [2]}),
    Named(1, [2]),
    Ours([1]),
    RECURSIVE,
]


@pytest.mark.parametrize("options", [{}, {"width": 20}, {"indent": 1}, {"depth": 1}])
def test_pretty_printing_equals_pytests(options):
    for value in PRETTY:
        assert PrettyPrinter(**options).pformat(value) == OraclePrinter(**options).pformat(value)


@pytest.mark.parametrize("bounds", [{"max_lines": 3}, {"max_chars": 20}, {"max_lines": 4, "max_chars": 200}, {}])
def test_bounded_pretty_printing_equals_pytests(bounds):
    for value in PRETTY:
        assert PrettyPrinter().pformat_lines(value, **bounds) == OraclePrinter().pformat_lines(value, **bounds)


def test_pretty_printing_stops_at_its_bound():
    class Endless(list):
        def __iter__(self):
            while True:
                yield 1

    assert len(PrettyPrinter().pformat_lines(Endless(), max_lines=5)) == 6


def test_a_plugin_can_add_to_the_table():
    class Wrapped:
        def __init__(self, value):
            self.value = value

    def pprint(self, wrapped, indent, allowance, context, level):
        yield "wrapped "
        yield from self._format(wrapped.value, indent, allowance, context, level)

    Wrapped.__repr__ = lambda self: "Wrapped"
    PrettyPrinter._dispatch[Wrapped.__repr__] = pprint
    try:
        assert PrettyPrinter().pformat([Wrapped([1])]) == "[\n    wrapped [\n        1,\n    ],\n]"
    finally:
        del PrettyPrinter._dispatch[Wrapped.__repr__]


def test_a_data_class_is_shown_by_its_fields():
    # In a process of its own: there our `_pytest` is the one that is imported.
    code = """
        import sys, dataclasses
        from fastest import _fastest
        sys.path.insert(0, {private!r})

        @dataclasses.dataclass
        class Point:
            x: int
            y: object
            hidden: int = dataclasses.field(default=0, repr=False)

        print(_fastest.PrettyPrinter().pformat([Point(1, {{1, "a"}})]))
    """
    private = str(pathlib.Path(_fastest.__file__).with_name("_private"))
    shown = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code.format(private=private))],
        env={**os.environ, "PYTHONPATH": str(pathlib.Path(_fastest.__file__).parents[1])},
        capture_output=True,
        text=True,
    )
    expected = OraclePrinter().pformat([Point(1, {1, "a"})])
    assert shown.stdout.strip() == expected, shown.stderr
