def pytest_runtest_logreport(report):
    print(report.when, "of", report.nodeid)
