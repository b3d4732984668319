import pytest


def no_keywords():
    return "function"


@pytest.fixture(scope=no_keywords)
def far():
    pass


def test_far(far):
    pass
