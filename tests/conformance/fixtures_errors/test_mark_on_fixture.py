import pytest


@pytest.fixture
@pytest.mark.skip
def marked():
    pass
