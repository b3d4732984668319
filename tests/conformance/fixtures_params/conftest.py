import pytest


@pytest.fixture(params=["x", "y"])
def base(request):
    return request.param


@pytest.fixture(scope="module", params=[1, 2], ids=["one", "two"])
def numbered(request):
    return request.param


@pytest.fixture(params=[pytest.param(1, marks=pytest.mark.skip(reason="no")), pytest.param(2, id="zwei"), 3])
def marked(request):
    return request.param


@pytest.fixture(params=[0.5, None, "a b", b"bytes", object, (1, 2)], ids=lambda v: None if v == 0.5 else repr(v))
def named(request):
    return request.param
