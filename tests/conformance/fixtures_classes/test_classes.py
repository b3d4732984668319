import pytest


class Base:
    @pytest.fixture
    def own(self):
        self.marked = True
        return self

    @pytest.fixture(scope="class")
    def of_class(self):
        return type(self).__name__

    @pytest.fixture(scope="class")
    @classmethod
    def of_class_method(cls):
        cls.shared = 1
        return cls.__name__

    @pytest.fixture
    @staticmethod
    def static():
        return "static"


class TestOne(Base):
    def test_own(self, own):
        assert own is self and self.marked

    def test_of_class(self, of_class, of_class_method):
        assert of_class_method == "TestOne"
        assert self.shared == 1

    def test_static(self, static):
        assert static == "static"


class TestTwo(Base):
    @pytest.fixture
    def own(self, own):
        return (own,)

    def test_own(self, own):
        assert own == (self,)


class TestWrong:
    @staticmethod
    @pytest.fixture
    def static_above():
        return 1

    @classmethod
    @pytest.fixture
    def class_above(cls):
        return 1

    def test_static(self, static_above):
        assert static_above == 1

    def test_class(self, class_above):
        pass


class TestYield:
    log = []

    @pytest.fixture(autouse=True)
    def around(self):
        self.log.append("setup")
        yield
        self.log.append("teardown")

    def test_1(self):
        assert self.log == ["setup"]

    def test_2(self):
        assert self.log == ["setup", "teardown", "setup"]


class Plugin:
    def __init__(self):
        self.value = 42

    @pytest.fixture
    def from_plugin(self):
        return self.value


def test_from_plugin(from_plugin):
    assert from_plugin == 42


class TestFromPlugin:
    def test_it(self, from_plugin):
        assert from_plugin == 42
