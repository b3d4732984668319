"""The terminal reporter is C; here are its rare paths, and what plugins take from this module."""

import argparse
from collections import Counter
from collections import namedtuple
import inspect
from pathlib import Path
import sys
import textwrap

from fastest._fastest import TerminalReporter
from fastest._fastest import WarningReport
from fastest._fastest import _format_trimmed
from fastest._fastest import _get_raw_skip_reason
from fastest._fastest import format_session_duration

from _pytest._io.wcwidth import wcswidth
from _pytest.compat import running_on_ci
from _pytest.config import hookimpl
from _pytest.pathlib import bestrelpath


__all__ = [
    "KNOWN_TYPES",
    "REPORT_COLLECTING_RESOLUTION",
    "MoreQuietAction",
    "TerminalProgressPlugin",
    "TerminalReporter",
    "TestShortLogReport",
    "WarningReport",
    "_format_trimmed",
    "_get_raw_skip_reason",
    "format_node_duration",
    "format_session_duration",
    "getreportopt",
]

REPORT_COLLECTING_RESOLUTION = 0.5

KNOWN_TYPES = (
    "failed",
    "passed",
    "skipped",
    "deselected",
    "xfailed",
    "xpassed",
    "warnings",
    "error",
    "subtests passed",
    "subtests failed",
    "subtests skipped",
)

_REPORTCHARS_DEFAULT = "fE"

# Plugins add their categories here; the reporter reads it back.
_color_for_type = {
    "failed": "red",
    "error": "red",
    "warnings": "yellow",
    "passed": "green",
    "subtests passed": "green",
    "subtests failed": "red",
}
_color_for_type_default = "yellow"


class MoreQuietAction(argparse.Action):
    """Counts the destination down, and `quiet` up."""

    def __init__(self, option_strings, dest, default=None, required=False, help=None):
        super().__init__(
            option_strings=option_strings, dest=dest, nargs=0, default=default, required=required, help=help
        )

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, getattr(namespace, self.dest, 0) - 1)
        namespace.quiet = getattr(namespace, "quiet", 0) + 1


class TestShortLogReport(namedtuple("TestShortLogReport", ["category", "letter", "word"])):
    """What pytest_report_teststatus says of a report, for example ``"rerun", "R", ("RERUN", {"yellow": True})``."""

    __slots__ = ()
    __test__ = False


def getreportopt(config):
    """The letters of -r, with its shorthands resolved."""
    letters = ""
    for letter in config.option.reportchars:
        if letter in "FS":
            letter = letter.lower()
        if letter in "aAN":
            letters = {"a": "sxXEf", "A": "PpsxXEf", "N": ""}[letter]
        elif letter not in letters:
            letters += letter
    if config.option.disable_warnings:
        return letters.replace("w", "")
    return letters if "w" in letters else "w" + letters


def pluralize(count, noun):
    if noun == "warnings":
        noun = "warning"
    elif noun not in ("error", "test"):
        return count, noun
    return count, noun if count == 1 else noun + "s"


def format_node_duration(seconds):
    """Format the given seconds in a human readable manner to show in the test progress."""
    for scale, unit, precision, limit in (
        (1_000_000, "us", 3, 10),
        (1_000_000, "us", 2, 100),
        (1_000_000, "us", 1, 1000),
        (1000, "ms", 3, 10),
        (1000, "ms", 2, 100),
        (1000, "ms", 1, 1000),
        (1, "s", 3, 60),
    ):
        # The unit is chosen by what is shown: 999.96us are "1.000ms".
        shown = f"{seconds * scale:.{precision}f}"
        if float(shown) < limit:
            return f" {shown}{unit}"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f" {minutes}m {rest}s"
    return f" {minutes // 60}h {minutes % 60}m"


def _get_node_id_with_markup(tw, config, rep):
    nodeid = config.cwd_relative_nodeid(rep.id)
    return nodeid.path if nodeid.rest is None else f"{nodeid.path}::{tw.markup(nodeid.rest, bold=True)}"


def _get_line_with_reprcrash_message(config, rep, tw, word_markup):
    """The line of a report in the short summary."""
    word, markup = rep._get_verbose_word_with_markup(config, word_markup)
    line = f"{tw.markup(word, **markup)} {_get_node_id_with_markup(tw, config, rep)}"
    if isinstance(rep.longrepr, str):
        message = rep.longrepr
    else:
        try:
            message = rep.longrepr.reprcrash.message
        except AttributeError:
            return line
    option = config.option
    if (running_on_ci() or option.verbose >= 2) and not option.force_short_summary:
        return f"{line} - {message}"
    return line + (_format_trimmed(" - {}", message, tw.fullwidth - wcswidth(line)) or "")


def _folded_skips(startpath, skipped):
    """[(count, path, line or None, reason)]: reports of skips that say the same."""
    counts = Counter()
    for report in skipped:
        path, line, reason = report.longrepr
        keywords = getattr(report, "keywords", {})
        # The line of a mark's skip is that of the test; several of them are one class's or module's.
        if report.when == "setup" and "skip" in keywords and "pytestmark" not in keywords:
            line = None
        counts[bestrelpath(startpath, Path(path)), line, reason] += 1
    return [(count, *key) for key, count in counts.items()]


def _plugin_nameversions(plugininfo):
    names = (f"{dist.project_name}-{dist.version}".removeprefix("pytest-") for _, dist in plugininfo)
    return list(dict.fromkeys(names))


# ---- Rare paths of the reporter, which calls them by name ----


def _wrap_write(reporter, content, *, flush=False, margin=8, line_sep="\n", **markup):
    """Wraps to the width of the screen, less the room for the progress."""
    width = reporter._tw.width_of_current_line
    lines = textwrap.wrap(
        " " * width + content,
        width=reporter._screen_width - margin,
        drop_whitespace=True,
        replace_whitespace=False,
    )
    reporter._tw.write(line_sep.join(lines)[width:], flush=flush, **markup)


def _call_locationline(reporter, nodeid, location):
    from _pytest.nodeid import NodeId

    return reporter._locationline(NodeId.parse(nodeid), *location)


def _reports_to_display(reporter, key):
    return [report for report in reporter.stats.get(key, []) if getattr(report, "count_towards_summary", True)]


def _times_message(reporter):
    """Durations at the right: of the test with -v, else of the file's tests when its last one is done."""
    from _pytest.reports import TestReport

    # Where the module was not imported there are no such reports.
    subtests = sys.modules.get("_pytest.subtests")
    SubtestReport = subtests.SubtestReport if subtests else ()
    shows_each = reporter.config.get_verbosity("test_cases") > 0
    current = reporter._current_logreport
    if isinstance(current, SubtestReport):
        return format_node_duration(current.duration) if shows_each else ""
    reports = [
        report
        for category in ("passed", "xpassed", "failed", "xfailed", "skipped", "error", "")
        for report in reporter._get_reports_to_display(category)
    ]
    if current is not None:
        path = current.location[0]
    else:
        path = reports[-1].location[0] if reports else ""
    seen = reporter._timing_nodeids_reported
    new = [report for report in reports if not isinstance(report, SubtestReport) and report.nodeid not in seen]
    if not shows_each:
        in_file = sum(item.location[0] == path for item in reporter._session.items)
        done = sum(report.when == "setup" for report in new if report.location[0] == path)
        if done != in_file:
            return ""
    seen.update(report.nodeid for report in new)
    return format_node_duration(sum(report.duration for report in new if isinstance(report, TestReport)))


def _print_doc(reporter, node, indent):
    obj = getattr(node, "obj", None)
    for line in (inspect.getdoc(obj) or "").splitlines() if obj else ():
        reporter._tw.line(" " * indent + line)


def _print_counts(reporter, items, indent):
    counts = Counter(item.nodeid.split("::", 1)[0] for item in items)
    for name, count in sorted(counts.items()):
        reporter._tw.line(f"{name}: {count}")


def _trace_config(config, reporter):
    def write(tags, args):
        reporter.write_line("[traceconfig] " + " ".join(map(str, args)))

    config.trace.root.setprocessor("pytest:config", write)


# ---- The reporter's hooks, for subclasses: functions, as a plugin manager wants to find them by name ----

_native = TerminalReporter.__dict__.copy()


class _Hooks:
    def pytest_internalerror(self, excrepr):
        return _native["pytest_internalerror"](self, excrepr)

    def pytest_warning_recorded(self, warning_message, nodeid):
        _native["pytest_warning_recorded"](self, warning_message, nodeid)

    def pytest_plugin_registered(self, plugin):
        _native["pytest_plugin_registered"](self, plugin)

    def pytest_deselected(self, items):
        _native["pytest_deselected"](self, items)

    def pytest_runtest_logstart(self, nodeid, location):
        _native["pytest_runtest_logstart"](self, nodeid, location)

    def pytest_runtest_logreport(self, report):
        _native["pytest_runtest_logreport"](self, report)

    @hookimpl(wrapper=True)
    def pytest_runtestloop(self):
        result = yield
        self._finish_loop()
        return result

    def pytest_collection(self):
        _native["pytest_collection"](self)

    def pytest_collectreport(self, report):
        _native["pytest_collectreport"](self, report)

    @hookimpl(trylast=True)
    def pytest_sessionstart(self, session):
        _native["pytest_sessionstart"](self, session)

    def pytest_report_header(self, config):
        return _native["pytest_report_header"](self, config)

    def pytest_collection_finish(self, session):
        _native["pytest_collection_finish"](self, session)

    @hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session, exitstatus):
        result = yield
        self._finish_session(session, exitstatus)
        return result

    @hookimpl(wrapper=True)
    def pytest_terminal_summary(self):
        shows = not self.no_summary
        if shows:
            self.summary_errors()
            self.summary_failures()
            self.summary_xfailures()
            self.summary_warnings()
            self.summary_passes()
            self.summary_xpasses()
        try:
            return (yield)
        finally:
            if shows:
                self.short_test_summary()
                self.summary_warnings()

    def pytest_keyboard_interrupt(self, excinfo):
        _native["pytest_keyboard_interrupt"](self, excinfo)

    def pytest_unconfigure(self):
        _native["pytest_unconfigure"](self)


for _name, _hook in vars(_Hooks).items():
    if _name.startswith("pytest_"):
        _hook.__qualname__ = f"TerminalReporter.{_name}"
        setattr(TerminalReporter, _name, _hook)


class TerminalProgressPlugin:
    """Shows the progress on the terminal's tab, by OSC 9;4 sequences.

    Ref: https://conemu.github.io/en/AnsiEscapeCodes.html#ConEmu_specific_OSC
    """

    _STATES = {"remove": 0, "normal": 1, "error": 2, "indeterminate": 3, "paused": 4}

    def __init__(self, tr):
        self._tr = tr
        self._session = None
        self._has_failures = False

    def _emit_progress(self, state, progress=None):
        shown = "" if progress is None or state in ("remove", "indeterminate") else progress
        self._tr.write_raw(f"\x1b]9;4;{self._STATES[state]};{shown}\x1b\\", flush=True)

    @hookimpl
    def pytest_sessionstart(self, session):
        self._session = session
        self._emit_progress("indeterminate")

    @hookimpl
    def pytest_collection_finish(self):
        if self._session.testscollected > 0:
            self._emit_progress("normal", 0)

    @hookimpl
    def pytest_runtest_logreport(self, report):
        if report.failed:
            self._has_failures = True
        collected = self._session.testscollected
        if report.when == "call" and collected > 0:
            progress = min(self._tr.reported_progress * 100 // collected, 100)
            self._emit_progress("error" if self._has_failures else "normal", progress)

    @hookimpl
    def pytest_sessionfinish(self):
        self._emit_progress("remove")


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
