import pytest
def pytest_configure(config): raise pytest.UsageError("usage from configure")
