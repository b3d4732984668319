import pytest


@pytest.fixture
def from_ini():
    pass


@pytest.fixture(autouse=True)
def root_auto():
    pass


@pytest.fixture(autouse=True, scope="session")
def session_auto():
    pass


@pytest.fixture
def overridden():
    return "root"


@pytest.fixture
def used():
    pass
