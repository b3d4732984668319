def pytest_runtest_logreport(report): raise ValueError("in logreport")
