"""Results as JUnit XML: the file of --junitxml, and the fixtures that add to it."""

from __future__ import annotations

import os

import pytest
from _pytest.stash import StashKey

xml_key = StashKey["LogXML"]()

# Attributes of <testcase> that a family allows; None: all of them.
_ALLOWED = {"xunit1": None, "xunit2": ("classname", "name")}

# The message of a <failure> or <error> holds so many characters; the element's text has all of it.
MESSAGE_ATTR_BUDGET = 500

_not_xml = None


def __getattr__(name):
    """Types of options, for annotations."""
    from typing import Literal

    kinds = {
        "_JunitLogging": ("no", "log", "system-out", "system-err", "out-err", "all"),
        "_JunitDurationReport": ("total", "call"),
        "_JunitFamily": ("legacy", "xunit1", "xunit2"),
    }
    if name not in kinds:
        from fastest._native_hooks import attribute

        return attribute(__name__, name)
    return Literal[kinds[name]]


def _xml_path(text):
    """The type of --junitxml."""
    from _pytest.config import filename_arg

    return filename_arg(text, optname="--junitxml")


def bin_xml_escape(arg):
    """str(arg), with each character that XML cannot hold written as #xNN, for people to see."""
    global _not_xml
    if _not_xml is None:
        import re

        allowed = "\t\n\r\u0020-\u007e\u0080-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
        _not_xml = re.compile(f"[^{allowed}]")

    def visible(found):
        code = ord(found.group())
        return f"#x{code:02X}" if code < 0x100 else f"#x{code:04X}"

    return _not_xml.sub(visible, str(arg))


def shorten_message(msg, budget=MESSAGE_ATTR_BUDGET):
    """The first lines of a message, as many as fit; the last line then says where the rest is."""
    lines = msg.splitlines() or [""]
    used, count = len(lines[0]) + 1, 1
    while count < len(lines) and used + len(lines[count]) + 1 <= budget:
        used += len(lines[count]) + 1
        count += 1
    text = "\n".join(lines[:count])
    is_cut = len(text) > budget
    if is_cut:
        text = text[:budget] + "..."
    left = len(lines) - count
    if not left and not is_cut:
        return msg
    note = f"+{left} more line{'s' if left > 1 else ''}" if left else "truncated"
    return f"{text}\n[{note}; full report in element text]"


def mangle_test_address(address):
    """A node id as the parts of a class name, and the test's own name with its parameters."""
    from _pytest.nodeid import NodeId

    node = NodeId.parse(address)
    path = node.path.replace("/", ".")
    names = [path[: -len(".py")] if path.endswith(".py") else path, *node.names]
    if node.params is not None:
        names[-1] += f"[{node.params}]"
    return names


def _element(tag, text=None, **attributes):
    from xml.etree.ElementTree import Element

    element = Element(tag, attributes)
    element.text = text
    return element


def _properties(pairs):
    """<properties>, or nothing when there are none."""
    if not pairs:
        return []
    element = _element("properties")
    element.extend(_element("property", name=name, value=value) for name, value in pairs)
    return [element]


def _message_of(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(report.longrepr) if crash is None else crash.message


class _NodeReporter:
    """One <testcase> in the making."""

    def __init__(self, node_id, xml):
        self.id = node_id
        self.xml = xml
        self.family = xml.family
        self.duration = 0.0
        self.properties = []
        self.nodes = []
        self.attrs = {}
        self._element = None

    @property
    def add_stats(self):
        return self.xml.add_stats

    def append(self, node):
        self.xml.add_stats(node.tag)
        self.nodes.append(node)

    def add_property(self, name, value):
        self.properties.append((str(name), bin_xml_escape(value)))

    def add_attribute(self, name, value):
        self.attrs[str(name)] = bin_xml_escape(value)

    def make_properties_node(self):
        return next(iter(_properties(self.properties)), None)

    def record_testreport(self, testreport):
        """Says which test it is; attributes that were set by the test win."""
        *classes, name = mangle_test_address(testreport.nodeid)
        if self.xml.prefix:
            classes.insert(0, self.xml.prefix)
        path, line = testreport.location[:2]
        attrs = {"classname": ".".join(classes), "name": bin_xml_escape(name), "file": path}
        if line is not None:
            attrs["line"] = str(line)
        if hasattr(testreport, "url"):
            attrs["url"] = testreport.url
        attrs.update(self.attrs)
        allowed = _ALLOWED[self.family]
        self.attrs = attrs if allowed is None else {key: attrs[key] for key in attrs if key in allowed}

    def to_xml(self):
        if self._element is not None:
            return self._element
        testcase = _element("testcase", **self.attrs)
        testcase.set("time", f"{self.duration:.3f}")
        testcase.extend(_properties(self.properties))
        testcase.extend(self.nodes)
        return testcase

    def finalize(self):
        """Nothing is added any more: keeps the element alone."""
        self._element = self.to_xml()
        self.properties = self.nodes = self.attrs = None

    def _add_simple(self, tag, message, data=None):
        self.append(_element(tag, bin_xml_escape(data), message=message))

    def append_pass(self, report):
        self.xml.add_stats("passed")

    def append_failure(self, report):
        if hasattr(report, "wasxfail"):
            self._add_simple("skipped", "xfail-marked test passes unexpectedly")
        else:
            self._add_simple("failure", bin_xml_escape(shorten_message(_message_of(report))), str(report.longrepr))

    def append_error(self, report):
        phase = "teardown" if report.when == "teardown" else "setup"
        message = shorten_message(f'failed on {phase} with "{_message_of(report)}"')
        self._add_simple("error", bin_xml_escape(message), str(report.longrepr))

    def append_collect_error(self, report):
        self._add_simple("error", "collection failure", str(report.longrepr))

    def append_collect_skipped(self, report):
        self._add_simple("skipped", "collection skipped", str(report.longrepr))

    def append_skipped(self, report):
        if hasattr(report, "wasxfail"):
            reason = bin_xml_escape(report.wasxfail.removeprefix("reason: "))
            self.append(_element("skipped", type="pytest.xfail", message=reason))
            return
        path, line, reason = report.longrepr
        reason = reason.removeprefix("Skipped: ")
        text = bin_xml_escape(f"{path}:{line}: {reason}")
        self.append(_element("skipped", text, type="pytest.skip", message=bin_xml_escape(reason)))
        self.write_captured_output(report)

    def write_captured_output(self, report):
        logging = self.xml.logging
        if logging == "no" or (report.passed and not self.xml.log_passing_tests):
            return
        log = self._titled(report.caplog, " Captured Log ") if logging in ("log", "all") else ""
        if logging in ("system-out", "out-err", "all"):
            self._write_content("system-out", log + self._titled(report.capstdout, " Captured Out "))
        if logging in ("system-err", "out-err", "all"):
            self._write_content("system-err", self._titled(report.capstderr, " Captured Err "))
        if logging == "log":
            self._write_content("system-out", log)

    def _titled(self, content, title):
        return f"{title.center(80, '-')}\n{content}\n"

    def _write_content(self, tag, content):
        self.append(_element(tag, bin_xml_escape(content)))


class LogXML:
    def __init__(
        self,
        logfile,
        prefix,
        suite_name="pytest",
        logging="no",
        report_duration="total",
        family="xunit1",
        log_passing_tests=True,
    ):
        self.logfile = os.path.abspath(os.path.expanduser(os.path.expandvars(logfile)))
        self.prefix = prefix
        self.suite_name = suite_name
        self.problem = None  # why the file could not be written
        self.logging = logging
        self.log_passing_tests = log_passing_tests
        self.report_duration = report_duration
        self.family = "xunit1" if family == "legacy" else family
        self.stats = {"error": 0, "passed": 0, "failure": 0, "skipped": 0}
        self.node_reporters = {}  # those that are not complete, by node id and worker
        self.node_reporters_ordered = []
        self.global_properties = []
        self.open_reports = []  # of calls that failed: a failing teardown makes a second case of the test
        self.cnt_double_fail_tests = 0

    def add_stats(self, key):
        if key in self.stats:
            self.stats[key] += 1

    def add_global_property(self, name, value):
        __tracebackhide__ = True
        _check_record_param_type("name", name)
        self.global_properties.append((name, bin_xml_escape(value)))

    # Cases

    def _key(self, report):
        return str(getattr(report, "nodeid", report)), getattr(report, "node", None)

    def node_reporter(self, report):
        """The case of a report or a node id: the one in the making, or a new one."""
        key = self._key(report)
        if key not in self.node_reporters:
            case = self.node_reporters[key] = _NodeReporter(key[0], self)
            self.node_reporters_ordered.append(case)
        return self.node_reporters[key]

    def finalize(self, report):
        case = self.node_reporters.pop(self._key(report))
        for name, value in report.user_properties:
            case.add_property(name, str(value))
        case.finalize()

    def _opentestcase(self, report):
        case = self.node_reporter(report)
        case.record_testreport(report)
        return case

    def _failed_call_of(self, report):
        def identity(one):
            return one.nodeid, getattr(one, "item_index", None), getattr(one, "worker_id", None)

        return next((one for one in self.open_reports if identity(one) == identity(report)), None)

    def _failed(self, report):
        if report.when == "teardown":
            call = self._failed_call_of(report)
            if call:
                self.finalize(call)
            else:
                # A case that passed and fails now counts once.
                self.cnt_double_fail_tests += self._key(report) in self.node_reporters
        case = self._opentestcase(report)
        if report.when != "call":
            case.append_error(report)
            return
        case.append_failure(report)
        self.open_reports.append(report)
        if not self.log_passing_tests:
            case.write_captured_output(report)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self._failed(report)
        elif report.skipped:
            self._opentestcase(report).append_skipped(report)
        elif report.when == "call":
            self._opentestcase(report).append_pass(report)
        self.update_testcase_duration(report)
        if report.when == "teardown":
            self._opentestcase(report).write_captured_output(report)
            self.finalize(report)
            call = self._failed_call_of(report)
            if call:
                self.open_reports.remove(call)

    def update_testcase_duration(self, report):
        if self.report_duration in ("total", report.when):
            self.node_reporter(report).duration += getattr(report, "duration", 0.0)

    def pytest_collectreport(self, report):
        if report.failed:
            self._opentestcase(report).append_collect_error(report)
        elif not report.passed:
            self._opentestcase(report).append_collect_skipped(report)

    def pytest_internalerror(self, excrepr):
        case = self.node_reporter("internal")
        case.attrs.update(classname="pytest", name="internal")
        case._add_simple("error", "internal error", str(excrepr))

    # The file

    def pytest_sessionstart(self):
        from _pytest import timing

        self.suite_start = timing.Instant()

    def pytest_sessionfinish(self, session=None):
        from xml.etree.ElementTree import tostring

        root = _element("testsuites", name="pytest tests")
        root.append(self._suite())
        try:
            os.makedirs(os.path.dirname(self.logfile), exist_ok=True)
            with open(self.logfile, "w", encoding="utf-8") as out:
                out.write('<?xml version="1.0" encoding="utf-8"?>' + tostring(root, encoding="unicode"))
        except OSError as problem:
            if session is None:
                raise
            # Told in the summary, which must not be lost with it.
            self.problem = problem
            session.exitstatus = session.exitstatus or 1

    def _suite(self):
        import platform

        suite = _element(
            "testsuite",
            name=self.suite_name,
            errors=str(self.stats["error"]),
            failures=str(self.stats["failure"]),
            skipped=str(self.stats["skipped"]),
            tests=str(sum(self.stats.values()) - self.cnt_double_fail_tests),
            time=f"{self.suite_start.elapsed().seconds:.3f}",
            timestamp=self.suite_start.as_utc().astimezone().isoformat(),
            hostname=platform.node(),
        )
        suite.extend(_properties(self.global_properties))
        suite.extend(case.to_xml() for case in self.node_reporters_ordered)
        return suite

    def _get_global_properties_node(self):
        return next(iter(_properties(self.global_properties)), None)

    def pytest_terminal_summary(self, terminalreporter, config):
        if self.problem:
            terminalreporter.write_line(f"ERROR: cannot write the xml file: {self.problem}", red=True)
        elif config.get_verbosity() >= 0:
            terminalreporter.write_sep("-", f"generated xml file: {self.logfile}")


# ---- For the built-in plugin ----


def pytest_configure(config):
    """A worker of pytest-xdist leaves the file to its controller."""
    if not config.option.xmlpath or hasattr(config, "workerinput"):
        return
    config.stash[xml_key] = LogXML(
        config.option.xmlpath,
        config.option.junitprefix,
        *(config.getini(f"junit_{name}") for name in ("suite_name", "logging", "duration_report", "family")),
        config.getini("junit_log_passing_tests"),
    )
    config.pluginmanager.register(config.stash[xml_key])


def _stop(config):
    log = config.stash.get(xml_key, None)
    if log:
        del config.stash[xml_key]
        config.pluginmanager.unregister(log)


def _warn_incompatibility_with_xunit2(request, fixture_name):
    log = request.config.stash.get(xml_key, None)
    if log is not None and log.family not in ("xunit1", "legacy"):
        request.node.warn(
            pytest.PytestWarning(
                f"{fixture_name} is incompatible with junit_family '{log.family}' (use 'legacy' or 'xunit1')"
            )
        )


def record_property(request):
    _warn_incompatibility_with_xunit2(request, "record_property")

    def append_property(name, value):
        request.node.user_properties.append((name, value))

    return append_property


def record_xml_attribute(request):
    from _pytest.warning_types import PytestExperimentalApiWarning

    request.node.warn(PytestExperimentalApiWarning("record_xml_attribute is an experimental feature"))
    _warn_incompatibility_with_xunit2(request, "record_xml_attribute")
    log = request.config.stash.get(xml_key, None)
    if log is not None:
        return log.node_reporter(request.node.nodeid).add_attribute

    def add_attr_noop(name, value):
        pass

    return add_attr_noop


def _check_record_param_type(param, v):
    __tracebackhide__ = True
    if not isinstance(v, str):
        raise TypeError(f"{param} parameter needs to be a string, but {type(v).__name__} given")


def record_testsuite_property(request):
    __tracebackhide__ = True
    log = request.config.stash.get(xml_key, None)
    if log is not None:
        return log.add_global_property

    def record_func(name, value):
        __tracebackhide__ = True
        _check_record_param_type("name", name)

    return record_func
