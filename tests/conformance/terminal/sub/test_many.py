import pytest


@pytest.mark.parametrize("number", range(130))
def test_many(number):
    pass
