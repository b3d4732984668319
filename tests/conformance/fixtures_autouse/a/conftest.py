import pytest


@pytest.fixture(autouse=True)
def a_auto(overridden):
    assert overridden == "a root"


@pytest.fixture
def overridden(overridden):
    return "a " + overridden


@pytest.fixture
def only_a():
    pass
