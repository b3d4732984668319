import pytest
def pytest_sessionstart(session): pytest.exit("exit at start", 9)
