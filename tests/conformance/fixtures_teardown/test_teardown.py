import pytest
@pytest.fixture(scope="module", params=[1,2])
def m(request):
    yield request.param
    if request.param == 1: raise ValueError("m teardown")
@pytest.fixture
def f(m):
    yield
    raise KeyError("f teardown")
def test_1(f): pass
def test_2(m): pass
@pytest.fixture(scope="class")
def c(m):
    yield
    raise OSError("c")
class TestC:
    def test_c(self, c): pass
    def test_c2(self, c, f): pass
class TestSkip:
    @pytest.fixture(autouse=True, scope="class")
    def sk(self): pytest.skip("all")
    def test_a(self): pass
    def test_b(self): pass
class TestXf:
    @pytest.fixture
    def xf(self): pytest.xfail("in fixture")
    def test_a(self, xf): pass
@pytest.fixture
def ex(): pytest.exit("bye") 
def test_last(ex): pass
def test_never(): pass
