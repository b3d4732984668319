import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    result = yield
    print("after the protocol of", item.name)
    return result
