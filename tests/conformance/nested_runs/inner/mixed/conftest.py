import logging

import pytest


@pytest.fixture(scope="session")
def resource():
    print("inner: setup of the resource")
    yield 1
    print("inner: teardown of the resource")
    logging.getLogger("suite.inner").warning("resource gone")


@pytest.fixture
def failing_teardown():
    yield
    raise RuntimeError("in teardown")


def pytest_report_teststatus(report, config):
    if report.failed and report.when == "call":
        return "failed", "F", "INNER FAILED"
