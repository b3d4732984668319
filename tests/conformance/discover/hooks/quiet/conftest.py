def pytest_configure(config):
    config.addinivalue_line("markers", "slow: x")


def pytest_runtest_setup(item): pass
