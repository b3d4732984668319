"""The plugin of `fastest discover --verify`: writes what a session collected. Entries end with NUL:

    I ID        an item, in order
    C ID        a collector that failed
    E STATUS    the session's exit status: it came to its end
"""
import os

import pytest

_path = os.environ.pop("FASTEST_COLLECTED_LOG", None)


class Collected:
    def __init__(self, path):
        self.path = path
        self.failed = []
        self.items = []

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed.append("C " + report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        self.items = ["I " + item.nodeid for item in session.items]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus):
        entries = self.items + self.failed + ["E %d" % exitstatus, ""]
        with open(self.path, "wb") as out:
            out.write("\0".join(entries).encode("utf-8", "surrogateescape"))


def pytest_configure(config):
    global _path
    path, _path = _path, None
    if path:  # sessions inside of the session are not the one that is asked about
        config.pluginmanager.register(Collected(path), "fastest-collected")
