import pytest


@pytest.fixture(scope="session", params=["s1", "s2"])
def ses(request):
    return request.param


@pytest.fixture(scope="package", params=["p1", "p2"])
def pack(request):
    return request.param


@pytest.fixture(scope="module", params=["m1", "m2", "m3"])
def mod(request):
    return request.param


@pytest.fixture(scope="class", params=["c1", "c2"])
def cla(request):
    return request.param


@pytest.fixture(params=["f1", "f2"])
def fun(request):
    return request.param


@pytest.fixture(scope="module", params=[[1], [2]])
def unhashable(request):
    return request.param
