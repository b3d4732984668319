import pytest


@pytest.fixture(scope="session")
def one():
    yield 1


@pytest.fixture(scope="module", params=["a", "b"])
def two(one, request):
    yield request.param


@pytest.fixture(autouse=True)
def three():
    yield


def test_first(two):
    pass


def test_second(two, one):
    pass
