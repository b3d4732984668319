"""Sends what the terminal shows, or the failures, to a pastebin service (--pastebin)."""

from io import StringIO
import re
import tempfile

from _pytest.config import create_terminal_writer
from _pytest.deprecated import PASTEBIN
from _pytest.stash import StashKey


SERVICE = "https://bpa.st"
HEADLINE = "Sending information to Paste Service"

pastebinfile_key = StashKey()


def start(config):
    """Before the run: with "all" everything that is written is kept as well."""
    config.issue_config_time_warning(PASTEBIN.format(), 2)
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if config.option.pastebin != "all" or reporter is None:
        return
    file = config.stash[pastebinfile_key] = tempfile.TemporaryFile("w+b")
    write = reporter._tw.write

    def write_both(text, **kwargs):
        write(text, **kwargs)
        file.write(text.encode() if isinstance(text, str) else text)

    reporter._tw.write = write_both


def finish(config):
    """After it: what was kept is sent."""
    if pastebinfile_key not in config.stash:
        return
    with config.stash[pastebinfile_key] as file:
        file.seek(0)
        log = file.read()
    del config.stash[pastebinfile_key]
    reporter = config.pluginmanager.getplugin("terminalreporter")
    del reporter._tw.__dict__["write"]
    reporter.write_sep("=", HEADLINE)
    # By way of the module: tests put a function of theirs in its place.
    reporter.write_line(f"pastebin session-log: {create_new_paste(log)}\n")


def summarize(reporter):
    """With "failed": each failure is sent, and its address shown."""
    if reporter.config.option.pastebin != "failed" or "failed" not in reporter.stats:
        return
    reporter.write_sep("=", HEADLINE)
    for report in reporter.stats["failed"]:
        try:
            place = report.longrepr.reprtraceback.reprentries[-1].reprfileloc
        except AttributeError:
            place = reporter._getfailureheadline(report)
        text = StringIO()
        report.toterminal(create_terminal_writer(reporter.config, text))
        reporter.write_line(f"{place} --> {create_new_paste(text.getvalue())}")


def create_new_paste(contents):
    """Sends `contents` (str or bytes); the address that it got, or what went wrong."""
    from urllib.error import HTTPError
    from urllib.parse import urlencode
    from urllib.request import urlopen

    data = urlencode({"code": contents, "lexer": "text", "expiry": "1week"}).encode("ascii")
    try:
        response = urlopen(SERVICE, data=data).read().decode("utf-8")
    except HTTPError as error:
        with error:  # it holds the connection
            return f"bad response: {error}"
    except OSError as error:
        return f"bad response: {error}"
    found = re.search(r'href="/raw/(\w+)"', response)
    return f"{SERVICE}/show/{found.group(1)}" if found else f"bad response: invalid format ('{response}')"


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
