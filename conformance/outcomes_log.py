"""Plugin: a JSON line for each phase of a test that says something, and for each collector that failed."""
import json
import os

import pytest

_path = os.environ.pop("OUTCOMES_LOG", None)


def _outcome(report):
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    return "error" if report.failed and report.when != "call" else report.outcome


class Log:
    def __init__(self, path):
        self.file = open(path, "a", buffering=1, encoding="utf-8")
        self.pid = os.getpid()

    def write(self, **record):
        if os.getpid() == self.pid:  # not in a child that a test forked
            self.file.write(json.dumps(record) + "\n")

    def pytest_collection_finish(self, session):
        self.write(collected=[item.nodeid for item in session.items])

    def pytest_runtest_logstart(self, nodeid):
        self.write(started=nodeid)

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or not report.passed:
            record = {"id": report.nodeid, "outcome": _outcome(report)}
            if report.skipped:
                record["says"] = str(report.longrepr)[-6000:]
            if report.failed:
                record["why"] = getattr(getattr(report.longrepr, "reprcrash", None), "message", "")[:300]
                record["says"] = (report.longreprtext + report.capstdout + report.capstderr)[-6000:]
            self.write(**record)

    def pytest_collectreport(self, report):
        if report.failed:
            self.write(broken=report.nodeid, why=str(report.longrepr)[-300:])


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    global _path
    path, _path = _path, None
    if path:  # sessions inside tests are not the one that is judged
        config.pluginmanager.register(Log(path), "outcomes-log")
