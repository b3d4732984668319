import pytest


@pytest.fixture(autouse=True)
def z_module_auto():
    pass


@pytest.fixture(autouse=True)
def a_module_auto():
    pass


def test_a(overridden):
    assert overridden == "a root"


@pytest.mark.usefixtures("used", "only_a")
def test_used():
    pass


@pytest.mark.usefixtures("used")
class TestClass:
    @pytest.fixture(autouse=True)
    def class_auto(self, overridden):
        self.seen = overridden

    def test_method(self):
        assert self.seen == "a root"

    @pytest.mark.usefixtures("only_a")
    def test_other(self):
        pass

    class TestNested:
        @pytest.fixture(autouse=True)
        def nested_auto(self):
            pass

        def test_nested(self):
            pass


@pytest.mark.usefixtures()
def test_empty_usefixtures():
    pass
