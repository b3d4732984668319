import pytest

from shop import Basket


@pytest.fixture(scope="session")
def prices():
    return {"apple": 20, "pear": 35, "plum": 10}


@pytest.fixture
def basket(prices):
    return Basket(prices)
