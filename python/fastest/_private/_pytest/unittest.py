"""unittest cases: collecting and running them is C; here is what a test tells when it does not simply pass."""

from __future__ import annotations

import sys

from fastest._fastest import TestCaseFunction
from fastest._fastest import UnitTestCase

_RAW_EXCINFO = "_twisted_raw_excinfo"


def _is_skipped(obj):
    """Whether unittest.skip marked it."""
    return bool(getattr(obj, "__unittest_skip__", False))


def _raised(exception):
    """The ExceptionInfo of an exception, raised for its traceback."""
    from _pytest._code import ExceptionInfo

    try:
        raise exception
    except BaseException:
        return ExceptionInfo.from_current()


# ---- What unittest reports ----


def _append(item, excinfo):
    item.__dict__.setdefault("_excinfo", []).append(excinfo)


def _addexcinfo(item, rawexcinfo):
    from _pytest._code import ExceptionInfo

    raw = _raw_of_twisted(rawexcinfo)
    try:
        excinfo = ExceptionInfo.from_exc_info(raw)
        # Ask for both now: what is not a triple of an exception shows here.
        excinfo.value, excinfo.traceback
    except TypeError:
        excinfo = _incompatible(raw)
    _append(item, excinfo)


def _incompatible(raw):
    """A failure that shows natively what is no exception to us."""
    import traceback

    from _pytest.outcomes import Failed

    try:
        lines = traceback.format_exception(*raw)
    except KeyboardInterrupt:
        raise
    except BaseException:
        text = f"ERROR: Unknown Incompatible Exception representation:\n{raw!r}"
    else:
        text = "NOTE: Incompatible Exception Representation, displaying natively:\n\n" + "".join(lines)
    return _raised(Failed(msg=text, pytrace=False))


def _addError(item, testcase, rawexcinfo):
    from _pytest.outcomes import Exit
    from _pytest.outcomes import exit

    try:
        value = rawexcinfo[1]
    except TypeError:
        value = None
    if isinstance(value, Exit):
        exit(value.msg)
    item._addexcinfo(rawexcinfo)


def _addFailure(item, testcase, rawexcinfo):
    item._addexcinfo(rawexcinfo)


def _addSkip(item, testcase, reason, *, handle_subtests=True):
    from unittest.case import _SubTest

    from _pytest.outcomes import Skipped

    in_subtest = handle_subtests and isinstance(testcase, _SubTest)
    if handle_subtests and not in_subtest and sys.version_info < (3, 11) and item.instance._outcome is not None:
        # Failed subtests come first; the last of them adds this skip.
        if _errors_and_skips(item)[0]:
            return
    _append(item, _raised(Skipped(reason, _use_item_location=True)))
    if in_subtest:
        item.addSubTest(testcase.test_case, testcase, item._excinfo[-1])


def _addExpectedFailure(item, testcase, rawexcinfo, reason=""):
    from _pytest.outcomes import xfail

    try:
        xfail(str(reason))
    except xfail.Exception:
        item._addexcinfo(sys.exc_info())


def _addUnexpectedSuccess(item, testcase, reason=None):
    from _pytest.outcomes import fail

    message = "Unexpected success"
    if reason:
        message += f": {reason.reason}"
    try:
        # A failure as in unittest, not an XPASS.
        fail(message, pytrace=False)
    except fail.Exception:
        item._addexcinfo(sys.exc_info())


def _addSubTest(item, test_case, test, exc_info):
    from unittest.case import _subtest_msg_sentinel

    from _pytest._code import ExceptionInfo
    from _pytest.runner import CallInfo
    from _pytest.runner import check_interactive_exception
    from _pytest.subtests import SubtestContext
    from _pytest.subtests import SubtestReport

    excinfo = ExceptionInfo(exc_info, _ispytest=True) if isinstance(exc_info, tuple) else exc_info
    call = CallInfo(None, excinfo, start=0, stop=0, duration=0, when="call", _ispytest=True)
    message = None if test._message is _subtest_msg_sentinel else str(test._message)
    report = SubtestReport._new(
        item.ihook.pytest_runtest_makereport(item=item, call=call),
        SubtestContext(msg=message, kwargs=dict(test.params)),
        captured_output=None,
        captured_logs=None,
    )
    item.ihook.pytest_runtest_logreport(report=report)
    if check_interactive_exception(call, report):
        item.ihook.pytest_exception_interact(node=item, call=call, report=report)
    if sys.version_info < (3, 11):
        errors, skips = _errors_and_skips(item)
        if skips and errors and exc_info is errors[-1][-1]:
            for testcase, reason in skips:
                item.addSkip(testcase, reason, handle_subtests=False)


def _errors_and_skips(item):
    """Python 3.10: the failed subtests and the skips outside of subtests, once per test."""
    from unittest.case import _SubTest

    if item._cached_errors_and_skips is None:
        outcome = item.instance._outcome
        item._cached_errors_and_skips = (
            [pair for pair in outcome.errors if isinstance(pair[0], _SubTest) and pair[1] is not None],
            [pair for pair in outcome.skipped if not isinstance(pair[0], _SubTest)],
        )
    return item._cached_errors_and_skips


def _convert_skip(call):
    """unittest.SkipTest becomes pytest's skip."""
    from _pytest.outcomes import skip
    from _pytest.runner import CallInfo

    reason = str(call.excinfo.value)
    call.excinfo = CallInfo.from_call(lambda: skip(reason), call.when).excinfo


def _postpone_teardown(item, testcase):
    """--pdb: the debugger sees the test as it was; the item's own teardown runs tearDown()."""
    item._explicit_tearDown = testcase.tearDown
    testcase.tearDown = lambda *args: None


def _filter_case_traceback(item, excinfo):
    """Without the frames of unittest itself."""
    from _pytest.python import _filter_function_traceback

    shown = _filter_function_traceback(item, excinfo)
    return shown.filter(lambda entry: not entry.frame.f_globals.get("__unittest")) or shown


# ---- twisted ----


def _twisted_major():
    """twisted's major version when its trial is in use, else None."""
    if "twisted.trial.unittest" not in sys.modules:
        return None
    from importlib.metadata import version

    return int(version("twisted").split(".")[0])


def _raw_of_twisted(raw):
    """The triple behind a twisted Failure; anything else as it is."""
    major = _twisted_major()
    if major is None:
        return raw
    if major <= 24:
        if hasattr(raw, _RAW_EXCINFO):
            triple = getattr(raw, _RAW_EXCINFO)
            delattr(raw, _RAW_EXCINFO)
            return triple
        return raw
    from twisted.python.failure import Failure

    if isinstance(raw, Failure):
        return type(raw.value), raw.value, raw.__traceback__ or sys.exc_info()[2]
    return raw


def _prepare_twisted(config):
    """Declares TestCaseFunction as trial's reporter."""
    from twisted.trial.itrial import IReporter
    from zope.interface import classImplements

    classImplements(TestCaseFunction, IReporter)
    if _twisted_major() <= 24 and not config.pluginmanager.has_plugin("unittest-twisted"):
        config.pluginmanager.register(_RawExceptions(), "unittest-twisted")


class _RawExceptions:
    """Up to twisted 24: every Failure remembers the exception that it hides."""

    def __init__(self):
        from _pytest.config import hookimpl

        # Decorated here, so that importing this module does not import the configuration.
        type(self).pytest_runtest_protocol = hookimpl(wrapper=True)(_remember_raw_exceptions)


def _remember_raw_exceptions(self, item):
    from twisted.python.failure import Failure

    original = Failure.__init__

    def remembering(self, exc_value=None, exc_type=None, exc_tb=None, captureVars=None):
        if exc_value is None:
            triple = sys.exc_info()
        else:
            triple = (exc_type or type(exc_value), exc_value, exc_tb or sys.exc_info()[2])
        setattr(self, _RAW_EXCINFO, triple)
        try:
            original(self, exc_value, exc_type, exc_tb, captureVars=captureVars)
        except TypeError:
            original(self, exc_value, exc_type, exc_tb)

    Failure.__init__ = remembering
    try:
        return (yield)
    finally:
        Failure.__init__ = original


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
