import pytest


def test_before():
    print("inner: before")
    assert 0


def test_exit():
    print("inner: exiting")
    pytest.exit("inner: enough", returncode=7)


def test_after():
    pass
