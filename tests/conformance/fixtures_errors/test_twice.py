import pytest


@pytest.fixture
@pytest.fixture
def twice():
    pass
