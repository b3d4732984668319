import sys
import warnings

import pytest


def test_pass():
    print("out of a test that passes")


def test_fail():
    print("out")
    print("err", file=sys.stderr)
    raise ValueError("first line\nsecond line")


def test_fail_with_a_long_message():
    raise ValueError("long " * 60)


def test_fail_with_a_wide_message():
    raise ValueError("\u65e5\u672c\u8a9e" * 60)


@pytest.mark.skip(reason="marked")
def test_skip():
    pass


def test_skip_inside():
    pytest.skip("a reason that takes more than one line of a narrow terminal " * 3)


@pytest.mark.xfail(reason="known")
def test_xfail():
    raise ValueError("expected")


@pytest.mark.xfail
def test_xpass():
    print("out of one that should not pass")


@pytest.mark.xfail(strict=True)
def test_xpass_strict():
    pass


@pytest.fixture
def broken():
    raise RuntimeError("setup")


@pytest.fixture
def broken_teardown():
    yield
    print("out of teardown")
    raise RuntimeError("teardown")


def test_error(broken):
    pass


@pytest.mark.xfail
def test_xfail_in_setup(broken):
    pass


def test_teardown_error(broken_teardown):
    pass


@pytest.mark.parametrize("number", range(12))
def test_same_warning(number):
    warnings.warn("the same")


def test_warning_of_two_lines():
    warnings.warn(UserWarning("one\ntwo"))


class TestClass:
    """What the class is for."""

    @pytest.mark.parametrize("value", ["a.b", "c"])
    def test_method(self, value):
        """What the test is for."""
        if value == "c":
            raise ValueError(value)


@pytest.mark.skip
class TestSkipped:
    def test_one(self):
        pass

    def test_two(self):
        pass
