import pytest


@pytest.mark.parametrize("value", [1, 2], ids=["only"])
def test_ids(value):
    pass
