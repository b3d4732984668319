"""The plugin "terminalprogress": registers the reporter of progress for terminal tabs, where there is a terminal."""

import os

from _pytest.config import hookimpl
from _pytest.terminal import TerminalProgressPlugin


@hookimpl(trylast=True)
def pytest_configure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not reporter.isatty() or os.environ.get("TERM") == "dumb":
        return
    config.pluginmanager.register(TerminalProgressPlugin(reporter), name="terminalprogress-plugin")
