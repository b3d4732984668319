import pytest

def test_a():
    pytest.exit("enough", returncode=7)
