def pytest_sessionstart(session): raise ValueError("in start")
