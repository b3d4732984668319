import pytest


@pytest.mark.parametrize("value", [1], indirect=["other"])
def test_indirect(value):
    pass
