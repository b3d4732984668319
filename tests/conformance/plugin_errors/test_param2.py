import pytest
@pytest.mark.parametrize("zz", [1])
def test_noarg(): pass
