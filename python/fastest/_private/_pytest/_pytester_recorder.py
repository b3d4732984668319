"""Recording the hook calls of a run, and questions about them."""

from __future__ import annotations

import sys

from _pytest.deprecated import check_ispytest
from _pytest.outcomes import fail

_COLLECT, _RUN = "pytest_collectreport", "pytest_runtest_logreport"


def get_public_names(values):
    """Those of the names that do not begin with an underscore."""
    return [name for name in values if name[0] != "_"]


class RecordedHookCall:
    """A call of a hook; the call's arguments are its attributes."""

    def __init__(self, name, kwargs):
        vars(self).update(kwargs)
        self._name = name

    def __repr__(self):
        arguments = {name: value for name, value in vars(self).items() if name != "_name"}
        return f"<RecordedHookCall {self._name!r}(**{arguments!r})>"


class HookRecorder:
    """All calls of hooks of a plugin manager, each recorded before it is made.

    :class:`Pytester` makes them.
    """

    def __init__(self, pluginmanager, *, _ispytest=False):
        check_ispytest(_ispytest)
        self._pluginmanager = pluginmanager
        self.calls = []
        self.ret = None
        self._undo_wrapping = pluginmanager.add_hookcall_monitoring(self._before, self._after)

    def _before(self, hook_name, hook_impls, kwargs):
        self.calls.append(RecordedHookCall(hook_name, kwargs))

    def _after(self, outcome, hook_name, hook_impls, kwargs):
        pass

    def finish_recording(self):
        self._undo_wrapping()

    def clear(self):
        """Forgets what was recorded."""
        self.calls.clear()

    # -- Calls

    def getcalls(self, names):
        """The calls of hooks with these names: a list, or a string with blanks between them."""
        wanted = names.split() if isinstance(names, str) else names
        return [call for call in self.calls if call._name in wanted]

    def getcall(self, name):
        """The call of this hook, of which there must be just one."""
        values = self.getcalls(name)
        assert len(values) == 1, (name, values)
        return values[0]

    def popcall(self, name):
        """Takes the first call of this hook out of the list."""
        __tracebackhide__ = True
        for position, call in enumerate(self.calls):
            if call._name == name:
                return self.calls.pop(position)
        fail("\n".join([f"could not find call {name!r}, in:", *(f"  {call}" for call in self.calls)]))

    def assert_contains(self, entries):
        """Fails unless there are calls in this order: each entry is a name and an expression over the arguments."""
        __tracebackhide__ = True
        scope = dict(sys._getframe(1).f_locals)
        calls = iter(list(self.calls))
        for name, check in list(entries):
            for call in calls:
                if call._name != name:
                    print("NONAMEMATCH", name, "with", call)
                    continue
                print("NAMEMATCH", name, call)
                if eval(check, scope, vars(call)):
                    print("CHECKERMATCH", repr(check), "->", call)
                    break
                print("NOCHECKERMATCH", repr(check), "-", call)
            else:
                fail(f"could not find {name!r} check {check!r}")

    # -- Reports

    def getreports(self, names=(_COLLECT, _RUN)):
        """The reports of these hooks' calls."""
        return [call.report for call in self.getcalls(names)]

    def matchreport(self, inamepart="", names=(_RUN, _COLLECT), when=None):
        """The one report with this path or name in its id; a passed setup or teardown counts if `when` says so."""
        found = []
        for report in self.getreports(names):
            if when:
                counts = report.when == when
            else:
                counts = report.when == "call" or not report.passed
            if counts and (not inamepart or inamepart in (report.id.path, *report.id.names)):
                found.append(report)
        if not found:
            raise ValueError(f"could not find test report matching {inamepart!r}: no test reports at all!")
        if len(found) > 1:
            raise ValueError(f"found 2 or more testreports matching {inamepart!r}: {found}")
        return found[0]

    def getfailures(self, names=(_COLLECT, _RUN)):
        return [report for report in self.getreports(names) if report.failed]

    def getfailedcollections(self):
        return self.getfailures(_COLLECT)

    def listoutcomes(self):
        """(passed, skipped, failed): lists of reports; of those that passed only the calls."""
        passed, skipped, failed = [], [], []
        for report in self.getreports():
            if report.skipped:
                skipped.append(report)
            elif not report.passed:
                assert report.failed, f"Unexpected outcome: {report!r}"
                failed.append(report)
            elif report.when == "call":
                passed.append(report)
        return passed, skipped, failed

    def countoutcomes(self):
        return list(map(len, self.listoutcomes()))

    def assertoutcome(self, passed=0, skipped=0, failed=0):
        __tracebackhide__ = True
        from _pytest.pytester_assertions import assertoutcome

        assertoutcome(self.listoutcomes(), passed=passed, skipped=skipped, failed=failed)


class PytestArg:
    """What the fixture _pytest gives: recorders that end with the test."""

    def __init__(self, request):
        self._request = request

    def gethookrecorder(self, hook):
        recorder = HookRecorder(hook._pm)
        self._request.addfinalizer(recorder.finish_recording)
        return recorder


for _class in (RecordedHookCall, HookRecorder, PytestArg):
    _class.__module__ = "_pytest.pytester"
