import pytest


@pytest.fixture(scope="galaxy")
def far():
    pass


def test_far(far):
    pass
