import sys

import pytest


class Changing(Exception):
    """Its representation is another one each time it changes."""

    text = "before"

    def __repr__(self):
        return f"<{self.text}>"

    __str__ = __repr__


def helper(values, changing=Changing()):
    def inner():
        assert values == [
            1,
            2,
        ]

    inner()


@pytest.fixture
def changing():
    value = Changing()
    yield value
    value.text = "after"


@pytest.mark.xfail
def test_nested():
    helper([3, 4])


@pytest.mark.xfail(reason="reason", strict=True)
@pytest.mark.parametrize("letter", ["a", "é"])
def test_arguments(letter, changing):
    here = 1; assert letter == "é" * 3 + str(here), "más"


@pytest.mark.xfail
def test_message(changing):
    raise changing


@pytest.mark.xfail
def test_folder(monkeypatch):
    monkeypatch.chdir("/")
    assert 0


@pytest.mark.xfail
def test_chain():
    try:
        1 / 0
    except ZeroDivisionError as error:
        raise ValueError("chained") from error


@pytest.mark.xfail(raises=ValueError)
def test_other_failure():
    helper([1])


@pytest.mark.xfail
class TestMethods:
    def test_lines(self):
        raise RuntimeError("first\nsecond")

    def test_called(self):
        pytest.xfail("called")

    def test_without_trace(self):
        pytest.fail("nope", pytrace=False)

    def test_with_trace(self):
        pytest.fail("nope")

    def test_lambda(self):
        (lambda: 1 / 0)()

    def test_without_source(self):
        exec("def f():\n    raise KeyError('z')\nf()", {})

    @pytest.mark.skipif(sys.version_info < (3, 11), reason="groups")
    def test_group(self):
        raise ExceptionGroup("group", [ValueError(1)])


@pytest.fixture
def broken():
    assert 0, "fixture"


@pytest.mark.xfail
def test_setup(broken):
    pass


@pytest.mark.xfail
def test_lookup(absent):
    pass
