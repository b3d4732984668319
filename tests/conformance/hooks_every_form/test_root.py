import warnings

import pytest


@pytest.fixture
def number():
    yield 3


def test_passes(number):
    assert number == 3


def test_fails():
    left, right = [1, 2], [1, 3]
    assert left == right


@pytest.mark.skip(reason="not now")
def test_skipped():
    pass


@pytest.mark.parametrize("value", [1, "two", 3.0])
def test_values(value):
    pass


def test_warns():
    warnings.warn(UserWarning("careful"), stacklevel=1)


def test_deselected():
    pass
