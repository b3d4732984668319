import pytest


@pytest.fixture(scope="module", autouse=True)
def resource():
    yield
    print("inner: torn down")


def test_interrupted():
    print("inner: interrupted")
    raise KeyboardInterrupt


def test_after():
    pass
