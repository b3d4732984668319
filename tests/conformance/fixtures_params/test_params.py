import pytest


def test_base(base):
    assert base in "xy"


def test_numbered(numbered):
    assert numbered in (1, 2)


def test_numbered_too(numbered, base):
    pass


def test_marked(marked):
    pass


def test_named(named):
    pass


class TestOverride:
    @pytest.fixture
    def base(self, base):
        return base * 2

    def test_doubled(self, base):
        assert len(base) == 2


class TestPlainOverride:
    @pytest.fixture
    def base(self):
        return "plain"

    def test_plain(self, base):
        assert base == "plain"


@pytest.mark.parametrize("base", ["direct"])
def test_direct(base):
    assert base == "direct"


@pytest.mark.parametrize("base", ["i1", "i2"], indirect=True)
def test_indirect(base):
    assert base in ("i1", "i2")


@pytest.fixture
def user(base):
    return base + "!"


@pytest.mark.parametrize("base", ["p", "q"])
def test_through(user, base):
    assert user == base + "!"


@pytest.fixture(scope="class")
def wide(request):
    return getattr(request, "param", "unset")


@pytest.mark.parametrize("wide", ["w1", "w2"], indirect=True, scope="class")
class TestWide:
    def test_1(self, wide):
        assert wide != "unset"

    def test_2(self, wide):
        assert wide != "unset"


@pytest.mark.parametrize("a", [1, 2], scope="module")
@pytest.mark.parametrize("b", ["k", "l"])
def test_cross(a, b):
    pass


@pytest.mark.parametrize("a", [1, 2], scope="module")
def test_cross_again(a):
    pass


@pytest.mark.parametrize("nan", [float("nan"), float("nan")], scope="module")
def test_nan(nan):
    pass


@pytest.mark.parametrize(("one", "true"), [(1, True), (True, 1), (1.0, "1")])
def test_equal_values(one, true):
    assert (type(one), type(true)) in [(int, bool), (bool, int), (float, str)]


@pytest.fixture(scope="module")
def over_numbered(numbered):
    yield numbered * 10


def test_over(over_numbered):
    assert over_numbered in (10, 20)


def test_over_2(over_numbered, numbered):
    assert over_numbered == numbered * 10
