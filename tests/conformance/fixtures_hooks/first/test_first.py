import pytest


@pytest.fixture
def replaced():
    return "by the function"


def test_replaced(replaced):
    assert replaced == "by the hook"
