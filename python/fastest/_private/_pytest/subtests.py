"""The fixture subtests, and reports of parts of a test. Imported when a test has such parts."""

from __future__ import annotations

import contextlib
from collections import defaultdict

from _pytest import timing
from _pytest._code import ExceptionInfo
from _pytest._io.saferepr import saferepr
from _pytest.capture import CaptureFixture
from _pytest.capture import FDCapture
from _pytest.capture import SysCapture
from _pytest.runner import CallInfo
from _pytest.runner import check_interactive_exception
from _pytest.runner import get_reraise_exceptions
from _pytest.reports import TestReport
from _pytest.stash import StashKey

failed_subtests_key = StashKey()


def _failed_subtests(config):
    return config.stash.setdefault(failed_subtests_key, defaultdict(int))


class SubtestContext:
    """What distinguishes a subtest: its message and keyword arguments, as texts."""

    __slots__ = ("kwargs", "msg")

    def __init__(self, *, msg, kwargs):
        self.msg = msg
        self.kwargs = {name: saferepr(value) for name, value in kwargs.items()}

    def __eq__(self, other):
        if not isinstance(other, SubtestContext):
            return NotImplemented
        return (self.msg, self.kwargs) == (other.msg, other.kwargs)

    def __repr__(self):
        return f"SubtestContext(msg={self.msg!r}, kwargs={self.kwargs!r})"

    def _to_json(self):
        return {"msg": self.msg, "kwargs": dict(self.kwargs)}

    @classmethod
    def _from_json(cls, data):
        return cls(msg=data["msg"], kwargs=data["kwargs"])


class SubtestReport(TestReport):
    """The report of a part of a test."""

    @property
    def head_line(self):
        return f"{self.location[2]} {self._sub_test_description()}"

    def _sub_test_description(self):
        parts = []
        if self.context.msg is not None:
            parts.append(f"[{self.context.msg}]")
        if self.context.kwargs:
            parts.append("({})".format(", ".join(f"{name}={text}" for name, text in self.context.kwargs.items())))
        return " ".join(parts) or "(<subtest>)"

    def _to_json(self):
        data = super()._to_json()
        del data["context"]
        data["_report_type"] = "SubTestReport"
        data["_subtest.context"] = self.context._to_json()
        return data

    @classmethod
    def _from_json(cls, reportdict):
        report = super()._from_json(reportdict)
        report.context = SubtestContext._from_json(reportdict["_subtest.context"])
        return report

    @classmethod
    def _new(cls, test_report, context, captured_output, captured_logs):
        """A test's report as that of a part, with what the part wrote."""
        report = super()._from_json(test_report._to_json())
        report.context = context
        if captured_output:
            for name, text in (("stdout", captured_output.out), ("stderr", captured_output.err)):
                if text:
                    report.sections.append((f"Captured {name} call", text))
        log = captured_logs.handler.stream.getvalue() if captured_logs else ""
        if log:
            report.sections.append(("Captured log call", log))
        return report


# ---- the fixture ----


class Subtests:
    """What the fixture subtests is."""

    def __init__(self, ihook, suspend_capture_ctx, request, *, _ispytest=False):
        self._ihook = ihook
        self._suspend_capture_ctx = suspend_capture_ctx
        self._request = request

    def test(self, msg=None, **kwargs):
        """A context manager around a part of the test that fails for itself."""
        return _SubTestContextManager(self._ihook, msg, kwargs, self._suspend_capture_ctx, self._request)


def subtests_fixture(request):
    manager = request.node.config.pluginmanager.get_plugin("capturemanager")
    suspend = contextlib.nullcontext if manager is None else manager.global_and_fixture_disabled
    return Subtests(request.node.ihook, suspend, request, _ispytest=True)


class _SubTestContextManager:
    def __init__(self, ihook, msg, kwargs, suspend_capture_ctx, request):
        self.ihook = ihook
        self.msg = msg
        self.kwargs = kwargs
        self.suspend_capture_ctx = suspend_capture_ctx
        self.request = request
        self.config = request.config

    def __enter__(self):
        __tracebackhide__ = True
        self._start = timing.Instant()
        self._exit_stack = contextlib.ExitStack()
        self._captured_output = self._exit_stack.enter_context(capturing_output(self.request))
        self._captured_logs = self._exit_stack.enter_context(capturing_logs(self.request))

    def __exit__(self, exc_type, exc_val, exc_tb):
        __tracebackhide__ = True
        excinfo = None if exc_val is None else ExceptionInfo.from_exception(exc_val)
        self._exit_stack.close()
        duration = self._start.elapsed()
        item = self.request.node
        call = CallInfo(
            None, excinfo, start=duration.start.time, stop=duration.stop.time, duration=duration.seconds, when="call"
        )
        report = self._report(item, call)
        with self.suspend_capture_ctx():
            self.ihook.pytest_runtest_logreport(report=report)
        if check_interactive_exception(call, report):
            self.ihook.pytest_exception_interact(node=item, call=call, report=report)
        if exc_val is None:
            return True
        # The whole test ends where the run does.
        return not isinstance(exc_val, get_reraise_exceptions(self.config)) and not self.request.session.shouldfail

    def _report(self, item, call):
        report = self.ihook.pytest_runtest_makereport(item=item, call=call)
        context = SubtestContext(msg=self.msg, kwargs=self.kwargs)
        report = SubtestReport._new(report, context, self._captured_output, self._captured_logs)
        if report.failed:
            _failed_subtests(self.config)[item.id] += 1
        return report


class Captured:
    """What a part of a test wrote."""

    def __init__(self):
        self.out = ""
        self.err = ""


class CapturedLogs:
    """What a part of a test logged."""

    def __init__(self, handler):
        self.handler = handler


@contextlib.contextmanager
def capturing_output(request):
    classes = {"sys": SysCapture, "fd": FDCapture}
    manager = request.config.pluginmanager.getplugin("capturemanager")
    fixture = None
    captured = Captured()
    # With capsys and the like the test reads the output itself.
    if not getattr(manager, "_capture_fixture", None):
        capture_class = classes.get(request.config.getoption("capture", None))
        fixture = capture_class and CaptureFixture(capture_class, request, _ispytest=True)
    if fixture:
        fixture._start()
    try:
        yield captured
    finally:
        if fixture:
            captured.out, captured.err = fixture.readouterr()
            fixture.close()


@contextlib.contextmanager
def capturing_logs(request):
    import sys

    plugin = request.config.pluginmanager.getplugin("logging-plugin")
    if plugin is None or "logging" not in sys.modules:
        yield None
        return
    from _pytest.logging import LogCaptureHandler
    from _pytest.logging import catching_logs

    handler = LogCaptureHandler()
    handler.setFormatter(plugin.formatter)
    with catching_logs(handler, level=plugin.log_level):
        yield CapturedLogs(handler)


# ---- called from C ----


def report_teststatus(report, config):
    """Category, letter and word of a part; a test with failed parts fails."""
    if report.when != "call":
        return None
    if not isinstance(report, SubtestReport):
        failed = _failed_subtests(config)[report.id]
        if report.passed and failed:
            report.outcome = "failed"
            report.longrepr = f"contains {failed} failed subtest{'s' if failed > 1 else ''}"
        return None
    quiet = config.get_verbosity("subtests") == 0
    outcome = report.outcome
    description = report._sub_test_description()
    if hasattr(report, "wasxfail"):
        if quiet:
            return "", "", ""
        return ("xfailed", "y", f"SUBXFAIL{description}") if outcome == "skipped" else None
    if report.failed:
        return outcome, "u", f"SUBFAILED{description}"
    if quiet:
        return "", "", ""
    if report.passed:
        return f"subtests {outcome}", "u", f"SUBPASSED{description}"
    return outcome, "-", f"SUBSKIPPED{description}"


def report_from_serializable(data):
    return SubtestReport._from_json(data) if data.get("_report_type") == "SubTestReport" else None


pytest_report_from_serializable = report_from_serializable


def pytest_report_to_serializable(report):
    return report._to_json() if isinstance(report, SubtestReport) else None


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
