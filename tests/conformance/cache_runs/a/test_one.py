import pytest
def test_1(): pass
def test_2(): assert 0
def test_3(): pass
@pytest.mark.parametrize("x", [1, 2, 3])
def test_p(x): assert x != 2
class TestK:
    def test_m(self): assert 0
    def test_n(self): pass
