import warnings


def pytest_runtest_teardown(item):
    warnings.warn("inner: before the crash")
    print("inner: in the hook")
    raise KeyError("inner: a hook of the conftest")


def pytest_sessionfinish(session):
    raise TypeError("inner: at the end")
