import pytest


def test_pass():
    print("seen only with -rA")


def test_fail():
    print("captured")
    left = {"a": 1, "b": [1, 2]}
    right = {"a": 1, "b": [1, 3]}
    assert left == right


@pytest.fixture
def broken():
    raise ValueError("no such thing")


def test_error(broken):
    pass


@pytest.mark.skip(reason="not today")
def test_skip():
    pass


@pytest.mark.xfail(reason="known")
def test_xfail():
    assert 0


@pytest.mark.xfail
def test_xpass():
    pass
