"""The plugin of `fastest verify`: writes what a run reports, one line each. The same under both runners.

    V VERSION             of the pytest that runs
    R OUTCOME NODEID      a phase of a test that says something: every call, and what else did not pass
    C NODEID              a collector that failed
    E STATUS              the session's exit status
"""
import os

import pytest

_path = os.environ.pop("FASTEST_VERIFY_LOG", None)


def _outcome(report):
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.when != "call" and report.failed:
        return "error-" + report.when
    return report.outcome


def _escaped(nodeid):
    return nodeid.encode("unicode_escape", "surrogatepass").decode("ascii")


class Recorder:
    def __init__(self, path):
        self.out = open(path, "w", encoding="ascii", buffering=1 << 16)
        self.pid = os.getpid()
        self.write("V", pytest.__version__)

    def write(self, *words):
        if os.getpid() == self.pid:  # not in a child that a test forked
            self.out.write(" ".join(words) + "\n")

    def pytest_runtest_logreport(self, report):
        outcome = _outcome(report)
        if report.when == "call" or outcome != "passed":
            self.write("R", outcome, _escaped(report.nodeid))

    def pytest_collectreport(self, report):
        if report.failed:
            self.write("C", _escaped(report.nodeid))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus):
        self.write("E", "%d" % exitstatus)
        if os.getpid() == self.pid:
            self.out.flush()


def pytest_configure(config):
    global _path
    path, _path = _path, None
    if path:  # sessions inside tests are not the one that is compared
        config.pluginmanager.register(Recorder(path), "fastest-verify")
