import functools

import pytest


def test_missing(nothing_of_the_kind):
    pass


@pytest.fixture
def needs_missing(also_missing):
    pass


def test_needs_missing(needs_missing):
    pass


@pytest.fixture
def recursive_a(recursive_b):
    pass


@pytest.fixture
def recursive_b(recursive_a):
    pass


def test_recursive(recursive_a):
    pass


@pytest.fixture
def narrow():
    return 1


@pytest.fixture(scope="module")
def wide(narrow):
    return narrow


def test_mismatch(wide):
    pass


@pytest.fixture(scope="session")
def dynamic_wide(request):
    return request.getfixturevalue("narrow")


def test_dynamic_mismatch(dynamic_wide):
    pass


@pytest.fixture
def raises():
    raise RuntimeError("setup failed")


def test_raises(raises):
    pass


@pytest.fixture(scope="module")
def raises_once():
    raise RuntimeError("module setup failed")


def test_raises_first(raises_once):
    pass


def test_raises_second(raises_once):
    pass


@pytest.fixture
def skips():
    pytest.skip("not here")


def test_skips(skips):
    pass


@pytest.fixture
def yields_twice():
    yield 1
    yield 2


def test_yields_twice(yields_twice):
    pass


@pytest.fixture
def bad_teardown():
    yield
    raise ValueError("teardown")


def test_bad_teardown(bad_teardown):
    pass


@pytest.fixture
async def async_fixture():
    return 1


def test_async(async_fixture):
    pass


@pytest.fixture
async def async_generator():
    yield 1


def test_async_generator(async_generator):
    pass


def test_called_directly():
    narrow()


@pytest.fixture(params=[1])
def parametrized(request):
    return request.param


def test_param_missing(request):
    request.getfixturevalue("parametrized")


@pytest.fixture
def asks_param(request):
    return request.param


def test_no_param(asks_param):
    pass


def test_fail_in_test(narrow):
    assert narrow == 2


@pytest.fixture
def partial_fixture():
    return functools.partial(int, "3")


def test_partial(partial_fixture):
    assert partial_fixture() == 3


def test_raiseerror(request):
    request.raiseerror("my own message")


@pytest.fixture
def raiser(request):
    request.raiseerror("from a fixture")


def test_raiser(raiser):
    pass
