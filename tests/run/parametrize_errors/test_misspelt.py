import pytest


@pytest.mark.parametrise("value", [1])
def test_misspelt(value):
    pass
