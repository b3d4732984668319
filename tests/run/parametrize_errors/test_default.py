import pytest


@pytest.mark.parametrize("value", [1])
def test_default(value=2):
    pass
