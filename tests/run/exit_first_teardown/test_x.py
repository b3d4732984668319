import pytest


@pytest.fixture
def thing():
    yield 1
    raise RuntimeError("teardown fails")


def test_teardown(thing):
    pass


def test_never():
    pass
