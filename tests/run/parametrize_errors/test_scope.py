import pytest


@pytest.mark.parametrize("value", [1], scope="galaxy")
def test_scope(value):
    pass
