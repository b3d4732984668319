import pytest


@pytest.mark.parametrize("value", [1])
@pytest.mark.parametrize("value", [2])
def test_twice(value):
    pass
