import enum
import re
from decimal import Decimal
from functools import partial

import pytest


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Alias(enum.Enum):
    ONE = 1
    EINS = 1


class Level(enum.IntEnum):
    LOW = 1


class Word(str, enum.Enum):
    UP = "up"


class Special(enum.Enum):
    A = 1
    def __str__(self): return "special"


class Thing: pass


class Named:
    __name__ = "named"


TEXT = "from a name"


def function(): pass


@pytest.mark.parametrize("a", [
    1, -1, 1_000, 0x1F, 1.0, 1e100, 1e-5, -0.0, 2j, None, True, ..., "", "a b", "a-b", "é", "\n\t\r\0\x7f", "\\", "\U0001f600",
    b"bytes", b"\xff\n\\", [1], (1,), {}, {1}, int, ValueError, IOError, NotImplemented, function, Thing, Thing(),
    lambda: 0, Color.RED, Level.LOW, Word.UP, TEXT, re.compile("x+\\d"), Decimal("1"), partial(int),
    float("inf"), "y" "z", object(), ValueError("x"), Color, print,
])
def test_values(a): pass


LONG = "z"


@pytest.mark.parametrize("a", ["0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
                               "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"])
def test_long(a): pass


@pytest.mark.parametrize("a", [1, 1, "1", "a", "a", "a0", "a1", "", ""])
def test_twice(a): pass


@pytest.mark.parametrize("a, b", [(1, 2), [3, 4], pytest.param(5, 6, id="given"), pytest.param(7, 8, marks=pytest.mark.skip)])
def test_pairs(a, b): pass


@pytest.mark.parametrize("a,", [(1,), (2,)])
@pytest.mark.parametrize(["b", "c"], [("x", "y")])
@pytest.mark.parametrize(("d",), [("z",)])
def test_stacked(a, b, c, d): pass


@pytest.mark.parametrize("a", [1, 2, 3], ids=["one", None, 3])
def test_given(a): pass


@pytest.mark.parametrize("a", ["e", 1, (1, "x'y")], ids=repr)
def test_repr(a): pass


@pytest.mark.parametrize("a", ["x", 1, None, (1, "x'y"), [1.5]], ids=str)
def test_str(a): pass


@pytest.mark.parametrize("a", [1, 2], ids=lambda value: f"<{value}>")
def test_by_lambda(a): pass


@pytest.mark.parametrize("a", [])
def test_none(a): pass


@pytest.mark.parametrize("a", ["x" * 3, f"{TEXT}"])
def test_operations(a): pass


@pytest.mark.parametrize("a", range(3))
def test_range(a): pass


@pytest.mark.parametrize("a", [value for value in range(3)])
def test_computed(a): pass


@pytest.mark.parametrize("a", [1, pytest.param(2, id=pytest.HIDDEN_PARAM)])
def test_hidden(a): pass


@pytest.mark.parametrize("a", "ab")
def test_characters(a): pass


@pytest.mark.parametrize("a", [Named()])
def test_named(a): pass


@pytest.mark.parametrize("a", [Alias.EINS])
def test_alias(a): pass


@pytest.mark.parametrize("a", [Special.A])
def test_special(a): pass


class TestEscapedAgain:
    """What `ids` made is remembered by the mark, and escaped again for whoever else has the mark."""

    @pytest.mark.parametrize("a", ["é", "\\", "plain", pytest.param("x", id="é")], ids=None)
    def test_a(self, a): pass

    test_b = test_a

    @pytest.mark.parametrize("a", ["é"])
    def test_c(self, a): pass

    test_d = test_c


class TestInherits(TestEscapedAgain): pass


@pytest.mark.parametrize("a", ["é"], ids=["ü"])
class TestMethods:
    def test_a(self, a): pass
    def test_b(self, a): pass
