import pytest


@pytest.fixture(scope="module", params=["m1", "m2"])
def mod(request): pass


@pytest.fixture(scope="class", params=["c1", "c2"])
def cls(request): pass


@pytest.fixture(params=["f1", "f2"])
def fun(request): pass


def test_a(mod): pass
def test_b(): pass
def test_c(mod, fun): pass


class TestOne:
    def test_d(self, cls): pass
    def test_e(self, mod, cls): pass
    def test_f(self): pass


class TestTwo(TestOne):
    def test_g(self, fun, cls): pass


@pytest.mark.parametrize("x", [1, 2], scope="module")
def test_h(x): pass


@pytest.mark.parametrize("x", [2, 1, [3]], scope="module")
def test_i(x, mod): pass
