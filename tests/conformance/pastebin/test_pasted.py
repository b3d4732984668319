import pytest


def test_passes():
    print("not shown")


def test_fails():
    print("captured")
    assert [1, 2] == [1, 3]


@pytest.mark.skip(reason="skipped")
def test_skipped():
    pass


@pytest.fixture
def broken():
    raise ValueError("\u00e4rger")


def test_error(broken):
    pass
