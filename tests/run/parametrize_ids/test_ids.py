import enum
import re

import pytest


class Color(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [1, -2.5, True, None, 1j, "", "plain", "é\n\\", b"\xff\t", re.compile("a.*"), Color.RED, int, len, object(), "x" * 101],
)
def test_values(value):
    pass


@pytest.mark.parametrize("a, b", [(1, 2), pytest.param(3, 4, id="named"), (1, 2)])
def test_pairs(a, b):
    pass


@pytest.mark.parametrize("value", ["a", "a", "a0", "b"])
def test_unique(value):
    pass


@pytest.mark.parametrize("outer", "xy")
@pytest.mark.parametrize("inner", [1, 2], ids=["one", None])
def test_stacked(inner, outer):
    pass


@pytest.mark.parametrize("value", [1, 2, 3], ids=lambda value: value * 10 if value != 2 else None)
def test_function(value):
    pass


@pytest.mark.parametrize("value", [pytest.param(1, id=pytest.HIDDEN_PARAM), 2])
def test_hidden(value):
    pass


@pytest.mark.parametrize("value", [])
def test_empty(value):
    pass


def pytest_generate_tests(metafunc):
    if "generated" in metafunc.fixturenames:
        metafunc.parametrize("generated", ["g", "h"])


@pytest.mark.parametrize("marked", [1])
def test_both(generated, marked):
    pass
