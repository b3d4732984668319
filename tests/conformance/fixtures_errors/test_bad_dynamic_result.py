import pytest


@pytest.fixture(scope=lambda fixture_name, config: 42)
def far():
    pass


def test_far(far):
    pass
