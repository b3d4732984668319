def pytest_runtest_setup(item, nosucharg): pass
