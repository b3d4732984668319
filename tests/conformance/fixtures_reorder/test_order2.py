import pytest


def test_0():
    pass


def test_1(ses):
    pass


def test_2(mod):
    pass


def test_3(mod, ses):
    pass


def test_4(fun):
    pass


class TestA:
    def test_5(self, cla, mod):
        pass

    def test_6(self, cla):
        pass

    def test_7(self, fun, ses):
        pass


class TestB(TestA):
    def test_8(self, cla, pack):
        pass


@pytest.mark.parametrize("arg", [1, 2, 3], scope="module")
@pytest.mark.parametrize("brg", ["x", "y"], scope="class")
def test_9(arg, brg, mod):
    pass


@pytest.mark.parametrize("arg", [1, 3, 2], scope="module")
def test_10(arg):
    pass


@pytest.mark.parametrize("arg", [1.0, True, 2], scope="module")
def test_11(arg):
    pass


def test_12(unhashable, ses):
    pass


def test_13(pack):
    pass


def test_14(unhashable):
    pass
