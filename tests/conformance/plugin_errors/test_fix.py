import pytest
@pytest.fixture
def rec1(rec2): pass
@pytest.fixture
def rec2(rec1): pass
def test_rec(rec1): pass
def test_nofix(nosuch): pass
@pytest.fixture(scope="session")
def s(f): pass
@pytest.fixture
def f(): pass
def test_scope(s): pass
@pytest.fixture
def two():
    yield 1
    yield 2
def test_two(two): pass
@pytest.fixture
def none():
    if 0: yield
def test_none(none): pass
def test_direct(): f()
@pytest.mark.parametrize("a,b", [(1, 2, 3)])
def test_badparam(a, b): pass
@pytest.mark.usefixtures("nosuch2")
def test_use(): pass
