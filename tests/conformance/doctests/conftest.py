import pytest
@pytest.fixture(autouse=True)
def add(doctest_namespace):
    doctest_namespace["added"] = "by conftest"
@pytest.fixture
def fx():
    return 41
