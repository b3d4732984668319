def pytest_sessionfinish(session): raise ValueError("in finish")
