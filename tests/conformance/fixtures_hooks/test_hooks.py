import pytest


@pytest.fixture(scope="module")
def wide():
    yield "wide"


@pytest.fixture(params=[1, 2])
def param(request, wide):
    return request.param


@pytest.fixture
def fails():
    raise RuntimeError("no")


def test_one(param):
    pass


def test_two(wide, fails):
    pass


@pytest.mark.parametrize("direct", [1])
def test_direct(direct):
    pass


@pytest.fixture
def replaced():
    return "by the function"


def test_not_replaced(replaced):
    assert replaced == "by the function"


@pytest.fixture(autouse=True)
def finalizers(request):
    request.addfinalizer(lambda: None)
    yield
    assert len(request._fixturedef._finalizers) == 2
