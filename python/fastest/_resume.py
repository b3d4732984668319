"""A host that takes over from one that crashed: earlier results are reported again without being printed again, the
test that crashed gets a report, and the rest run."""
import collections
import io
import marshal
import signal

import pytest

from fastest import _fastest

TEST_STARTED, PHASE_FINISHED, TEST_FINISHED, HOST_DIED = 3, 4, 5, 9
EXITED = 256  # and the exit status: the number of a death without a signal
PHASES = ("setup", "call", "teardown")
OUTCOMES = ("passed", "failed", "skipped")


class Record:
    """What an earlier host did with one item."""

    def __init__(self, nodeid):
        self.nodeid = nodeid
        self.phases = []
        self.death = None  # how the host died in this test, in words
        self.stacks = ""


def read_records(events):
    """Records in the order of their start; how the last host died; the record of that moment or None."""
    records, running, last_death, last_crashed = [], None, None, None
    for kind, phase, outcome, number, start, stop, duration, text in events:
        if kind == TEST_STARTED:
            running = Record(text.decode("utf-8", "surrogatepass"))
            records.append(running)
        elif kind == PHASE_FINISHED and running:
            running.phases.append((PHASES[phase], OUTCOMES[outcome], (start, stop, duration), text))
        elif kind == TEST_FINISHED:
            running = None
        elif kind == HOST_DIED:
            last_death, last_crashed = describe_death(number), running
            if running:
                running.death = last_death
                running.stacks = text.decode("utf-8", "replace").strip("\n")
            running = None
    return records, last_death, last_crashed


def describe_death(number):
    if number >= EXITED:
        return "exited with status %d" % (number - EXITED)
    try:
        return "died of " + signal.Signals(number).name
    except ValueError:
        return "died of signal %d" % number


class Resume:
    def __init__(self, config):
        self.config = config
        records, self.last_death, self.last_crashed = read_records(_fastest.event_log_events())
        self.records = collections.defaultdict(collections.deque)
        for record in records:
            self.records[record.nodeid].append(record)
        self.muted = None
        _fastest.event_log_pause(True)

    # The terminal shows nothing that the earlier host has shown.

    def mute(self):
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if self.muted is None and hasattr(reporter, "_tw"):
            reporter._tw.flush()
            self.muted = reporter._tw, reporter._tw._file
            reporter._tw._file = io.StringIO()

    def unmute(self):
        if self.muted is not None:
            writer, file = self.muted
            self.muted = None
            writer.flush()
            writer._file = file
            where = " in %s" % self.last_crashed.nodeid if self.last_crashed else ""
            writer.line()
            writer.line("fastest: the interpreter %s%s; another one goes on" % (self.last_death, where), yellow=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self):
        self.mute()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        waiting = self.records.get(item.nodeid)
        if not waiting:
            self.unmute()
            _fastest.event_log_pause(False)
            return None
        record = waiting.popleft()
        _fastest.event_log_pause(True)
        if record.death and record is self.last_crashed:
            self.replay(item, record)
            self.unmute()
            self.report_crash(item, record)
        else:
            self.replay(item, record)
            if record.death:
                self.report_crash(item, record)
        item.session._setupstate.teardown_exact(nextitem)
        _fastest.event_log_pause(False)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self):
        self.unmute()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self):
        self.unmute()
        _fastest.event_log_pause(False)

    # Reports

    def replay(self, item, record):
        for phase in record.phases:
            report = self.make_report(item, *phase)
            item.ihook.pytest_runtest_logreport(report=report)

    def make_report(self, item, when, outcome, times, payload):
        fields = marshal.loads(payload) if payload else (outcome, None, None, None, None)
        if isinstance(fields, dict):
            report = self.config.hook.pytest_report_from_serializable(config=self.config, data=fields)
            if report is not None:
                return report
        if not isinstance(fields, tuple):
            fields = (outcome, str(fields), None, None, None)
        outcome, longrepr, sections, user_properties, attributes = fields
        report = self.new_report(item, when, outcome, longrepr, times)
        report.sections.extend(sections or ())
        report.user_properties.extend(user_properties or ())
        for name, value in (attributes or {}).items():
            setattr(report, name, value)
        return report

    def new_report(self, item, when, outcome, longrepr, times):
        start, stop, duration = times
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={name: 1 for name in item.keywords},
            outcome=outcome,
            longrepr=longrepr,
            when=when,
            duration=duration,
            start=start,
            stop=stop,
        )

    def report_crash(self, item, record):
        done = [phase[0] for phase in record.phases]
        when = next((phase for phase in PHASES if phase not in done), "teardown")
        text = "The interpreter %s in the test's %s." % (record.death, when)
        if record.stacks:
            text += "\n\n" + record.stacks
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        report = self.new_report(item, when, "failed", text, (0, 0, 0))
        item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
