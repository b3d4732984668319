import pytest


@pytest.fixture(scope="session", params=["s1", "s2"])
def ses(request): pass


def test_a(ses): pass
def test_b(): pass
def test_c(ses): pass
