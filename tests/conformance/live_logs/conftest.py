import logging
def pytest_runtest_logreport(report): logging.getLogger("conf").info("logreport %s", report.when)
def pytest_sessionstart(session): logging.getLogger("conf").warning("start")
def pytest_sessionfinish(session): logging.getLogger("conf").warning("finish")
def pytest_collection_modifyitems(items): logging.getLogger("conf").warning("items")
