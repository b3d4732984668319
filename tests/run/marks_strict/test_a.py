import pytest


@pytest.mark.known
def test_a():
    pass


@pytest.mark.unknown
def test_b():
    pass
